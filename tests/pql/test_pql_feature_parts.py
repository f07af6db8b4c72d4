"""The relations from which features are put together (people, user_activity, reached, payers, account_usage), each by hand."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration import behavior
from plg_orchestration.behavior.tables import ACTIVITY
from plg_orchestration.pql.features import queries as feature_queries


def part(world, name):
    """The rows of one part, as dictionaries by its key."""
    whole = feature_queries.features(as_of=world.as_of, policy=world.policy)
    query = next(required for required in whole.requires if required.name == name)
    rows = world.warehouse.frame(query).to_dict("records")
    keys = ("unit", "unit_id") if name == "reached" else ("payer_id",) if name == "payers" else ("user_id",)
    return {tuple(row[k] for k in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows}


def test_people_are_those_who_signed_up_before_the_cut_with_their_payer_and_local_signup_day(world):
    world.account("a", segment="smb", region="emea")
    world.user("u", "a", days_ago=3)
    world.user("alone", days_ago=0)
    world.user("later", days_ago=-1)
    found = part(world, "people")
    assert {user: row["payer_id"] for user, row in found.items()} == {"u": "a", "alone": "alone"}
    assert found["u"]["signup_date"].date() == dt.date(2025, 3, 28) and found["u"]["region"] == "emea"


def test_user_activity_sums_windows_for_everybody_and_forgets_what_lies_before_the_lookback(world):
    world.user("u", days_ago=500)
    world.user("idle")
    world.user("gone", days_ago=500)
    world.active("u", 2, 8, sessions=2, limit_hits=1)
    world.active("u", 450)
    world.active("gone", 450)
    found = part(world, "user_activity")
    names = ("events_7d", "events_14d", "sessions_28d", "limit_hits_28d", "longest_streak_28d", "active_days_first_14")
    assert [found["u"][name] for name in names] == [1, 2, 4, 2, 1, 0] and found["u"]["days_since_last_active"] == 2
    assert [found["idle"][name] for name in names] == [0, 0, 0, 0, 0, 0]
    assert pd.isna(found["gone"]["days_since_last_active"])


@pytest.mark.parametrize("signup", [5, 62, 63, 75, 76, 200])
def test_the_first_fourteen_days_are_exact_wherever_activity_began(world, signup):
    begins = {"before": signup + 49, "long_before": signup + 50, "at_once": signup, "within": signup - 4, "last": signup - 13}
    for user, first in begins.items():
        world.user(user, days_ago=signup)
        days = {ago for ago in (first, signup + 1, signup, signup - 4, signup - 13, signup - 14) if 0 <= ago <= first}
        world.active(user, *sorted(days))
    found = part(world, "user_activity")
    for user, first in begins.items():
        expected = sum(0 <= ago <= first for ago in (signup, signup - 4, signup - 13))
        assert found[user]["active_days_first_14"] == expected, user


def test_whoever_was_active_only_after_the_first_fourteen_days_has_none_of_them(world):
    for user, signup in (("late", 100), ("later", 300)):
        world.user(user, days_ago=signup)
        world.active(user, signup - 14, 20)
    assert [row["active_days_first_14"] for row in part(world, "user_activity").values()] == [0, 0]


def test_stored_and_computed_activity_give_the_same_features(world):
    for user, days in {"u": (0, 3, 70, 80), "v": (90, 120), "w": ()}.items():
        world.user(user, days_ago=85)
        world.active(user, *days, items_created=2)
    computed = world.warehouse.frame(feature_queries.features(as_of=world.as_of, policy=world.policy))
    world.warehouse.ensure(ACTIVITY)
    world.warehouse.insert(ACTIVITY, behavior.activity(as_of=world.as_of))
    world.warehouse.connection.execute("delete from behavior.user_days where received_date < '2025-02-20'")
    stored = world.warehouse.frame(feature_queries.features(as_of=world.as_of, policy=world.policy, stored=True))
    pd.testing.assert_frame_equal(computed, stored)
    assert (computed["items_created"].tolist(), computed["active_days_first_14"].tolist()) == ([8, 4, 0], [1, 0, 0])


def test_reached_counts_distinct_items_over_received_days_and_keeps_accounts_for_payment_only(world):
    for ago in (9, 4):
        world.reached("u", "core_feature", "reports", days_ago=ago)
        world.reached("u", "payment_info_added", days_ago=ago, events=2)
    world.reached("u", "activation", days_ago=4)
    world.reached("u", "activation", days_ago=9)
    world.reached("a", "plan_upgraded", days_ago=8, unit="account")
    world.reached("a", "plan_upgraded", days_ago=3, unit="account")
    world.reached("a", "payment_info_added", days_ago=3, unit="account")
    found = part(world, "reached")
    own, account = found[("user", "u")], found[("account", "a")]
    assert (own["core_features_ever"], own["payments_added"]) == (1, 4)
    assert own["activated_at"] == dt.datetime(2025, 3, 22, 12) and account["upgraded_at"] == dt.datetime(2025, 3, 28, 12)
    assert pd.isna(account["payments_added"])


def test_payers_are_accounts_or_single_users_and_each_has_one_row(world):
    world.user("u", "a")
    world.user("mate", "a")
    world.user("alone")
    world.subscription("a", mrr=10.0, days_ago=3)
    world.outcome("alone", "accepted", days_ago=2)
    found = part(world, "payers")
    states = {payer: (row["is_paying"], row["on_trial"], row["in_sales"]) for payer, row in found.items()}
    assert states == {"a": (True, False, False), "alone": (False, False, True)}
