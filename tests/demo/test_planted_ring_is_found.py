"""The planted ring of fake accounts against the rules, the anomaly model, and both; and the innocents among everybody else."""

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.governance.abuse.people import Evidence
from plg_orchestration.governance.abuse.queries import fingerprints
from plg_orchestration.governance.abuse.rules import judge_signups
from plg_orchestration.governance.abuse.screening import Screening, gather, screen
from plg_orchestration.warehouse import Warehouse, table
from tests.demo.conftest import Made


@pytest.fixture(scope="module")
def seen(warehouse: Warehouse, workspace: Workspace, last: AsOf) -> Evidence:
    warehouse.ensure(table("governance.fingerprints"))
    built = warehouse.insert(table("governance.fingerprints"), fingerprints(as_of=last, first=workspace.start))
    assert built
    return gather(warehouse, as_of=last, policy=workspace.governance.abuse)


@pytest.fixture(scope="module")
def screened(seen: Evidence, workspace: Workspace, last: AsOf) -> Screening:
    rules = workspace.governance
    return screen(seen, as_of=last, policy=rules.abuse, disposable=rules.disposable_domains)


@pytest.fixture(scope="module")
def fakes(seen: Evidence, demo: Made) -> set[str]:
    """Who stands behind the planted accounts."""
    found = set(seen.people.loc[seen.people["account_id"].isin(demo.truth.fake_ring.accounts), "user_id"])
    assert len(found) == demo.truth.fake_ring.users == 72
    return found


def figures(flagged: set[str], fakes: set[str]) -> tuple[float, float]:
    """Precision and recall."""
    return len(flagged & fakes) / len(flagged), len(flagged & fakes) / len(fakes)


def test_the_rules_find_the_whole_ring_and_nobody_else(screened: Screening, fakes: set[str]) -> None:
    assert figures(set(screened.suspects["unit_id"]), fakes) == (1.0, 1.0)
    rules = screened.suspects.groupby("rule")["unit_id"].nunique().to_dict()
    assert rules == {"disposable_domain": 72, "invite_ring": 72, "shared_device": 72, "signup_velocity": 72}
    said = set(screened.suspects.loc[screened.suspects["rule"].eq("invite_ring"), "evidence"])
    assert said == {"24 people on 1 shared device sent each other 24 invitations that lead back to where they began"}


def test_without_a_list_of_throw_away_domains_they_find_it_by_what_it_did(
    seen: Evidence, workspace: Workspace, fakes: set[str]
) -> None:
    blind = judge_signups(seen, policy=workspace.governance.abuse, disposable=())
    assert figures(set(blind.suspects["unit_id"]), fakes) == (1.0, 1.0)


def test_the_model_alone_finds_about_half_at_equal_number_and_ranks_the_rest_high(screened: Screening, fakes: set[str]) -> None:
    """Behavior alone: the ring is busy and signs up in a crowd, and so do some enthusiasts."""
    scores = screened.scores
    precision, recall = figures(set(scores.loc[scores["by_model"], "user_id"]), fakes)
    assert precision == recall and 0.4 <= recall <= 0.75
    ring = scores.loc[scores["user_id"].isin(fakes), "percentile"]
    assert ring.median() >= 95


def test_where_both_agree_it_is_the_ring_and_together_they_miss_nobody(screened: Screening, fakes: set[str]) -> None:
    by = screened.scores.groupby("agreement")["user_id"].agg(set)
    assert figures(by["both"], fakes)[0] == 1.0 and len(by["both"]) >= 0.4 * len(fakes)
    precision, recall = figures(by["both"] | by["rules_only"] | by["model_only"], fakes)
    assert recall == 1.0 and 0.55 <= precision <= 0.8


def test_the_busiest_honest_inviters_and_largest_teams_are_left_alone(
    seen: Evidence, screened: Screening, fakes: set[str]
) -> None:
    suspects = set(screened.suspects["unit_id"])
    invited = seen.invites[~seen.invites["inviter_id"].isin(fakes)].groupby("inviter_id").size().nlargest(20)
    teams = seen.people[~seen.people["user_id"].isin(fakes)].groupby("account_id")["user_id"].agg(list)
    largest = {user for users in sorted(teams, key=len)[-20:] for user in users}
    assert invited.max() >= 5 and not suspects & set(invited.index) and not suspects & largest
