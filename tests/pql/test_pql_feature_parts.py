"""The relations from which features are put together (people, user_activity, reached, payers), each by hand."""

import datetime as dt

import pandas as pd

from plg_orchestration.pql import queries


def part(world, name):
    """The rows of one part, as dictionaries by its key."""
    whole = queries.features(as_of=world.as_of, policy=world.policy)
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
    world.active("u", 2, 8, sessions=2, limit_hits=1)
    world.active("u", 450)
    found = part(world, "user_activity")
    names = ("events_7d", "events_14d", "sessions_28d", "limit_hits_28d", "longest_streak_28d", "active_days_first_14")
    assert [found["u"][name] for name in names] == [1, 2, 4, 2, 1, 0] and found["u"]["days_since_last_active"] == 2
    assert [found["idle"][name] for name in names] == [0, 0, 0, 0, 0, 0]


def test_reached_counts_distinct_items_over_received_days_and_keeps_accounts_for_payment_only(world):
    for ago in (9, 4):
        world.reached("u", "core_feature", "reports", days_ago=ago)
        world.reached("u", "item_created", days_ago=ago, events=2)
    world.reached("u", "activation", days_ago=4)
    world.reached("u", "activation", days_ago=9)
    world.reached("a", "plan_upgraded", days_ago=8, unit="account")
    world.reached("a", "plan_upgraded", days_ago=3, unit="account")
    world.reached("a", "item_created", days_ago=3, unit="account")
    found = part(world, "reached")
    own, account = found[("user", "u")], found[("account", "a")]
    assert (own["core_features_ever"], own["items_created"]) == (1, 4)
    assert own["activated_at"] == dt.datetime(2025, 3, 22, 12) and account["upgraded_at"] == dt.datetime(2025, 3, 28, 12)
    assert pd.isna(account["items_created"])


def test_payers_are_accounts_or_single_users_and_each_has_one_row(world):
    world.user("u", "a")
    world.user("mate", "a")
    world.user("alone")
    world.subscription("a", mrr=10.0, days_ago=3)
    world.outcome("alone", "accepted", days_ago=2)
    found = part(world, "payers")
    states = {payer: (row["is_paying"], row["on_trial"], row["in_sales"]) for payer, row in found.items()}
    assert states == {"a": (True, False, False), "alone": (False, False, True)}
