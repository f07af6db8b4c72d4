"""Accounts qualify by the leads among their users; nobody outside an account and no other scorer counts."""

import pandas as pd
import pytest

from plg_orchestration.pql.accounts.queries import account_scores
from plg_orchestration.pql.features.queries import features
from plg_orchestration.warehouse import table


@pytest.fixture
def scored(world):
    """Account a with two leads of three users (one of them idle), b without a lead, and a lead who has no account."""
    for user, account in (("u", "a"), ("v", "a"), ("idle", "a"), ("w", "b"), ("alone", None)):
        world.user(user, account)
    world.account("a", segment="smb")
    world.active("u", 1, account_id="a")
    world.active("v", 2, account_id="a")
    world.keep("pql.features", world.warehouse.frame(features(as_of=world.as_of, policy=world.policy)))
    for name in ("pql.champion", "pql.scores"):
        world.warehouse.ensure(table(name))
    champion = {"as_of": world.as_of.date, "target": "conversion", "scorer": "rules", "version": "r1"}
    world.add("pql.champion", **champion)
    for user, account, score in (
        ("u", "a", 90.0),
        ("v", "a", 90.0),
        ("idle", "a", 30.0),
        ("w", "b", 40.0),
        ("alone", None, 99.0),
    ):
        world.add(
            "pql.scores", **champion, user_id=user, account_id=account, score=score, percentile=score, is_pql=score >= 65
        )  # fmt: skip
    world.add("pql.scores", **{**champion, "scorer": "weighted"}, user_id="w", account_id="b", score=99.0, is_pql=True)
    return world


def test_an_account_is_qualified_by_its_leads_and_says_who_is_best(scored):
    found = scored.warehouse.frame(account_scores(as_of=scored.as_of, policy=scored.policy)).set_index("account_id")
    a, b = found.loc["a"], found.loc["b"]
    assert (a["is_pqa"], a["leads"], a["users"], a["active_users"], a["coverage"]) == (True, 2, 3, 2, 1.0)
    assert (a["best_user_id"], a["best_score"], a["mean_score"], a["segment"], a["account_rank"]) == ("u", 90.0, 70.0, "smb", 1)
    assert (b["is_pqa"], b["leads"], b["active_users"], b["account_rank"]) == (False, 0, 0, 2) and pd.isna(b["coverage"])
    assert len(found) == 2


def test_the_policy_says_how_many_leads_qualify_an_account(scored):
    accounts = scored.policy.accounts.model_copy(update={"min_leads": 3})
    policy = scored.policy.model_copy(update={"accounts": accounts})
    found = scored.warehouse.frame(account_scores(as_of=scored.as_of, policy=policy))
    assert not found["is_pqa"].any()


def test_without_scores_there_are_no_accounts(world):
    for name in ("pql.features", "pql.champion", "pql.scores"):
        world.warehouse.ensure(table(name))
    assert world.warehouse.rows(account_scores(as_of=world.as_of, policy=world.policy)) == []
