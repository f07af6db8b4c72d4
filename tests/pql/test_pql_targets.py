"""Which outcomes (paid, expansions) count for a target, for whom (`population`, without whoever is `objecting`), and when."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.queries import features
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.targets import queries as target_queries
from plg_orchestration.pql.targets.policy import Target


def labels_of(world, target, *, days_ago):
    world.warehouse.prepare(target_queries.outcomes(as_of=world.as_of, target=target))
    found = world.warehouse.frame(
        target_queries.labels(as_of=world.as_of.minus(days_ago), target=target, policy=world.policy)
    )  # fmt: skip
    return dict(zip(found["user_id"], found["label"], strict=True))


def grows(world, account, *, days_ago, mrr=10.0):
    """A second subscription beside the first one."""
    world.add("ingest.subscriptions", subscription_id=f"{account}-more-{days_ago}", account_id=account, mrr=mrr, trial=False,
              started_at=dt.datetime(2025, 3, 31, 12) - dt.timedelta(days=days_ago),
              known_at=dt.datetime(2025, 3, 31, 12) - dt.timedelta(days=days_ago),
              known_date=dt.date(2025, 3, 31) - dt.timedelta(days=days_ago))  # fmt: skip


def test_expansion_labels_paying_accounts_whose_revenue_grows_after_the_gap_and_inside_the_horizon(world, policy):
    target = policy.targets["expansion"]
    assert (target.population, target.gap_days, target.horizon_days) == ("paying", 1, 60)
    for name, ago in {"gap": 69, "first": 68, "last": 9, "late": 8, "never": None}.items():
        world.user(name, name, days_ago=150)
        world.subscription(name, mrr=50.0, days_ago=120)
        if ago is not None:
            grows(world, name, days_ago=ago)
    world.user("free", "free", days_ago=150)
    world.user("shrinks", "shrinks", days_ago=150)
    world.subscription("shrinks", mrr=50.0, days_ago=120)
    world.subscription("shrinks", mrr=20.0, days_ago=110, ended=40)
    found = labels_of(world, target, days_ago=70)
    assert pd.isna(found.pop("gap"))
    assert found == {"first": True, "last": True, "late": False, "never": False, "shrinks": False}


def test_an_expansion_known_later_than_the_day_of_knowledge_is_none(world, policy):
    world.user("u", "a", days_ago=100)
    world.subscription("a", mrr=50.0, days_ago=90)
    grows(world, "a", days_ago=3)
    rows = {
        ago: world.warehouse.rows(target_queries.outcomes(as_of=world.as_of.minus(ago), target=policy.targets["expansion"]))
        for ago in (4, 3)
    }
    assert rows == {4: [], 3: [("a", dt.datetime(2025, 3, 28))]}


def test_an_expansion_happens_at_the_beginning_of_the_workspaces_local_day(world, policy):
    world.user("u", "a", days_ago=100)
    world.subscription("a", mrr=50.0, days_ago=90)
    grows(world, "a", days_ago=3)
    as_of = AsOf(world.as_of.date, "Pacific/Auckland")
    found = world.warehouse.rows(target_queries.outcomes(as_of=as_of, target=policy.targets["expansion"]))
    assert found == [("a", dt.datetime(2025, 3, 28, 11))]


def test_a_workspace_may_declare_another_target_and_must_keep_conversion(policy):
    declared = policy.model_dump(mode="json")
    quick = {"population": "free", "outcome": "paid", "gap_days": 0, "horizon_days": 7}
    more = PqlPolicy.model_validate({**declared, "targets": {**declared["targets"], "quick": quick}})
    assert more.targets["quick"].window_days == 7
    with pytest.raises(ValueError, match="declare the target 'conversion'"):
        PqlPolicy.model_validate({**declared, "targets": {"quick": quick}})
    with pytest.raises(ValueError, match="the night trains and routes 'conversion' alone; remove nightly from quick"):
        PqlPolicy.model_validate({**declared, "targets": {**declared["targets"], "quick": {**quick, "nightly": True}}})
    with pytest.raises(ValueError, match="population"):
        Target.model_validate({**quick, "population": "all"})


def test_the_night_scores_exactly_whom_a_label_of_that_day_is_about(world, policy):
    world.user("free", "free", days_ago=90)
    world.user("pays", "pays", days_ago=90)
    world.subscription("pays", mrr=50.0, days_ago=40)
    world.user("talks", "talks", days_ago=90)
    world.outcome("talks", "opportunity", days_ago=2)
    world.user("alone", None, days_ago=90)
    stored = world.warehouse.frame(features(as_of=world.as_of, policy=policy)).assign(as_of=world.as_of.date)
    world.keep("pql.features", stored)
    asked = {name: target_queries.population(as_of=world.as_of, target=policy.targets[name]) for name in policy.targets}
    found = {name: sorted(row[0] for row in world.warehouse.rows(query)) for name, query in asked.items()}
    assert found == {"conversion": ["alone", "free"], "expansion": ["pays"]}
    labeled = {name: sorted(labels_of(world, policy.targets[name], days_ago=0)) for name in policy.targets}
    assert labeled == found
