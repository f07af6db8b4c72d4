"""The replay certificate passes when nothing looks ahead, names a leak, and tells changed settings from one."""

import datetime as dt

import pytest

from plg_orchestration.pql.features.queries import features
from plg_orchestration.pql.features.replay import certify
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Query

BEFORE = 3


@pytest.fixture
def kept(world):
    """A world whose features of three days ago are stored as they were that night, and which has gone on since."""
    for user, account in (("u", "a"), ("v", "a"), ("alone", None)):
        world.user(user, account, days_ago=30)
    world.active("u", 4, 5, 12, account_id="a", limit_hits=1)
    world.subscription("a", mrr=20.0, days_ago=10)
    world.ticket("t", user_id="u", account_id="a", opened=5)
    past = world.as_of.minus(BEFORE)
    world.keep("pql.features", world.warehouse.frame(features(as_of=past, policy=world.policy)))
    world.active("u", 0, 1, account_id="a", limit_hits=9)
    world.active("v", 4, received=1, account_id="a")
    world.user("alone", "b", days_ago=1)
    world.reached("u", "activation", days_ago=1)
    return world


def certificate(world, build=None):
    return certify(
        world.warehouse, as_of=world.as_of, build=build or (lambda past: features(as_of=past, policy=world.policy))
    )  # fmt: skip


def test_features_rebuilt_without_later_rows_are_those_of_the_night(kept):
    found = certificate(kept)
    assert found is not None and (found.day, found.verdict, found.tonight) == (dt.date(2025, 3, 28), Verdict.PASS, None)
    assert found.stored == found.replayed and found.stored.startswith("3:")


def test_a_query_that_reads_past_its_day_fails(kept):
    def leaking(past):
        honest = features(as_of=past, policy=kept.policy)
        text = """select f.* replace (f.limit_hits_28d + n.later as limit_hits_28d)
            from features as f cross join (select cast(sum(limit_hits) as bigint) as later from behavior.user_days) as n"""
        return Query("looking_ahead", text, {}, (honest,))

    kept.warehouse.connection.execute("delete from pql.features")
    past = kept.as_of.minus(BEFORE)
    kept.keep("pql.features", kept.warehouse.frame(leaking(past)))
    found = certificate(kept, leaking)
    assert found is not None and found.verdict is Verdict.FAIL and "received after 2025-03-28" in found.reason


def test_other_settings_are_told_from_a_leak(kept):
    kept.role("Tour Done", "onboarding_step", step=1)
    kept.warehouse.connection.execute("update pql.features set events_7d = events_7d + 1 where user_id = 'u'")
    found = certificate(kept)
    assert found is not None and found.verdict is Verdict.WARN and "publish the day again" in found.reason


def test_without_an_earlier_stored_day_there_is_no_certificate(world):
    world.user("u")
    world.keep("pql.features", world.warehouse.frame(features(as_of=world.as_of, policy=world.policy)))
    assert certificate(world) is None
    assert world.warehouse.scalar("select current_database()") != "replay"
