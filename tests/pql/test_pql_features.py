"""What a feature row says, counted by hand, and that it sees nothing that was received after its day."""

import datetime as dt
import math

import pandas as pd
import pytest

from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.features.tables import FEATURES as TABLE


def rows(world):
    return world.warehouse.frame(feature_queries.features(as_of=world.as_of, policy=world.policy)).set_index("user_id")


def only(world, *names):
    row = rows(world).loc["u"]
    return tuple(row[name] for name in names)


def test_the_query_gives_the_declared_columns_in_their_types(world):
    world.user("u")
    arrow = world.warehouse.arrow(feature_queries.features(as_of=world.as_of, policy=world.policy))
    assert set(arrow.column_names) == {*TABLE.column_names}
    assert TABLE.column_names[3:] == tuple(f.name for f in FEATURES)
    world.warehouse.connection.register("given", arrow)
    described = dict(world.warehouse.connection.execute("select column_name, column_type from (describe given)").fetchall())
    assert {c.name: described[c.name] for c in TABLE.columns} == {c.name: c.type for c in TABLE.columns}


def test_everybody_who_signed_up_before_the_cut_has_a_row_with_or_without_activity(world):
    world.user("u", days_ago=9)
    world.user("today", days_ago=0)
    world.user("tomorrow", days_ago=-1)
    found = rows(world)
    assert sorted(found.index) == ["today", "u"]
    assert (found.loc["u", "tenure_days"], found.loc["today", "tenure_days"]) == (9, 0)
    assert found.loc["u", "events_30d"] == 0 and pd.isna(found.loc["u", "days_since_last_active"])


def test_a_day_is_whole_only_when_its_last_moment_is_over(world):
    """291 ms after midnight: one second's boundary more than 9 days are crossed, but 9 whole days are not over."""
    cut = world.as_of.cut
    for user, moment in (("u", cut - dt.timedelta(days=9, milliseconds=-291)), ("whole", cut - dt.timedelta(days=9))):
        world.add(
            "ingest.users", user_id=user, signup_at=moment, known_at=moment, known_date=moment.date(), origin="source"
        )  # fmt: skip
    found = rows(world)
    assert (found.loc["u", "tenure_days"], found.loc["whole", "tenure_days"]) == (8, 9)


def test_windows_count_days_back_from_the_as_of_day(world):
    world.user("u", days_ago=60)
    world.active("u", 0, 6, 7, 13, 14, 27, 28, 29, 30, qualifying_events=2, events=3)
    assert only(world, "events_1d", "events_7d", "events_14d", "events_28d", "events_30d") == (2, 4, 8, 12, 16)
    assert only(world, "active_days_7d", "active_days_14d", "active_days_28d", "active_days_30d") == (2, 4, 6, 8)
    assert only(world, "days_since_last_active", "events_trend") == (0, pytest.approx(math.log(5 / 5)))


def test_a_day_of_passive_events_only_is_no_active_day(world):
    world.user("u")
    world.active("u", 2, 3, qualifying_events=0)
    world.active("u", 5)
    assert only(world, "active_days_7d", "days_since_last_active", "longest_streak_28d") == (1, 5, 1)


def test_the_longest_streak_is_the_longest_run_of_consecutive_days(world):
    world.user("u", days_ago=60)
    world.active("u", 0, 1, 2, 4, 5, 6, 7, 20, 21)
    assert only(world, "longest_streak_28d") == (4,)
    world.active("u", 3)
    assert only(world, "longest_streak_28d") == (8,)


def test_the_first_fourteen_days_begin_with_the_signup_day_and_are_remembered(world):
    world.user("u", days_ago=100)
    world.active("u", 100, 99, 87, 86, 5)
    assert only(world, "active_days_first_14") == (3,)


def test_milestones_count_ever_and_core_features_are_distinct(world):
    world.user("u")
    world.role("Tour Done", "onboarding_step", step=1)
    world.role("Profile Filled", "onboarding_step", step=2)
    world.reached("u", "onboarding_step", "Tour Done")
    for item in ("reports", "charts", "reports"):
        world.reached("u", "core_feature", item, days_ago=7 if item == "charts" else 3)
    world.reached("u", "item_created", events=4)
    world.reached("u", "item_created", events=6, days_ago=18)
    world.reached("u", "activation", days_ago=10)
    assert only(world, "core_features_ever", "items_created") == (2, 10)
    assert only(world, "onboarding_steps", "onboarding_completed", "activated", "days_since_activation") == (1, False, True, 10)
    world.reached("u", "onboarding_step", "Profile Filled")
    assert only(world, "onboarding_steps", "onboarding_completed") == (2, True)


def test_core_features_used_lately_are_counted_once_each(world):
    world.user("u")
    for item, ago in (("reports", 1), ("reports", 2), ("charts", 27), ("exports", 28)):
        day = world.as_of.minus(ago).date
        world.add("behavior.user_features", received_date=day, event_date=day, user_id="u", feature=item, events=1)
    assert only(world, "core_features_28d") == (2,)


def test_invites_come_from_the_source_or_the_events_whichever_knows_more(world):
    world.user("u")
    for accepted in (True, False, False):
        world.invite("u", days_ago=3, accepted=accepted)
    world.reached("u", "invite_sent", events=2)
    world.reached("u", "invite_accepted", events=2)
    assert only(world, "invites_sent", "invites_accepted", "teammates") == (3, 2, 2)


def test_the_account_lends_its_attributes_seats_and_size(world):
    world.account("a", segment="enterprise", industry="FinTech", region="emea")
    world.user("u", "a", acquisition_channel="seo")
    world.user("v", "a", region="apac")
    world.active("u", 1, account_id="a", core_events=2)
    world.active("v", 2, account_id="a", core_events=3)
    found = rows(world)
    assert found.loc["u", ["segment", "industry", "region", "channel"]].tolist() == ["enterprise", "FinTech", "emea", "seo"]
    assert found.loc["v", "region"] == "apac"
    assert only(world, "company_size_fit", "industry_fit") == (True, True)
    assert only(world, "account_members", "account_active_seats_28d", "account_core_events_28d", "teammates") == (2, 2, 5, 1)


def test_an_account_adds_up_what_its_users_did_lately_and_a_user_without_one_stands_alone(world):
    world.account("a", days_ago=40)
    world.user("u", "a", days_ago=30)
    world.user("v", "a", days_ago=10)
    world.user("alone", days_ago=5)
    world.active("u", 1, 27, account_id="a", limit_hits=2, pricing_views=1, invites_sent=3)
    world.active("v", 2, account_id="a", limit_hits=1, premium_attempts=4)
    world.active("v", 28, account_id="a", limit_hits=50)
    world.active("alone", 3, limit_hits=7, invites_sent=1)
    for user, item in (("u", "reports"), ("v", "reports"), ("v", "charts")):
        day = world.as_of.minus(2).date
        world.add(
            "behavior.user_features", received_date=day, event_date=day, user_id=user, account_id="a", feature=item, events=1
        )
    world.reached("a", "integration_connected", unit="account")
    found = rows(world)
    names = ["limit_hits", "pricing_views", "premium_attempts", "invites_sent", "core_features"]
    of_account = [f"account_{name}_28d" for name in names]
    assert found.loc["u", of_account].tolist() == found.loc["v", of_account].tolist() == [5, 2, 4, 6, 2]
    assert found.loc["alone", of_account].tolist() == [7, 0, 0, 1, 0]
    assert found["account_integration_connected"].to_dict() == {"u": True, "v": True, "alone": False}
    assert found["account_tenure_days"].to_dict() == {"u": 30, "v": 30, "alone": 5}


def test_support_load_counts_tickets_of_the_user_and_of_the_account_as_known_by_then(world):
    world.user("u", "a")
    world.user("v", "a")
    world.user("alone")
    world.ticket("t1", user_id="u", account_id="a", opened=3)
    world.ticket("t2", user_id="u", account_id="a", opened=89, closed=80)
    world.ticket("t3", user_id="v", account_id="a", opened=91)
    world.ticket("t4", user_id="alone", opened=1)
    world.ticket("later", user_id="u", account_id="a", opened=-1)
    found = rows(world)
    names = ["support_tickets_90d", "account_tickets_90d", "account_open_tickets"]
    assert found[names].to_dict("index") == {
        "u": dict(zip(names, (2, 2, 2), strict=True)),
        "v": dict(zip(names, (0, 2, 2), strict=True)),
        "alone": dict(zip(names, (1, 1, 1), strict=True)),
    }


def test_an_unknown_size_is_unknown_fit_and_a_foreign_one_is_none(world):
    world.user("u", "a")
    world.account("b", segment="smb", industry="mining")
    world.user("v", "b")
    found = rows(world)
    assert pd.isna(found.loc["u", "company_size_fit"]) and pd.isna(found.loc["u", "industry_fit"])
    assert found.loc["v", ["company_size_fit", "industry_fit"]].tolist() == [False, False]


def test_paying_trial_and_ended_accounts_are_told_apart(world):
    for name, subscription in {
        "pays": {"mrr": 50.0, "days_ago": 9}, "tries": {"mrr": 0.0, "days_ago": 9, "trial": True},
        "left": {"mrr": 50.0, "days_ago": 9, "ended": 2}, "ends_later": {"mrr": 50.0, "days_ago": 9, "ended": -5},
    }.items():  # fmt: skip
        world.user(name, name)
        world.subscription(name, **subscription)
    found = rows(world)
    assert found["is_paying"].to_dict() == {"pays": True, "tries": False, "left": False, "ends_later": True}
    assert found["on_trial"].to_dict() == {"pays": False, "tries": True, "left": False, "ends_later": False}


def test_without_subscriptions_the_upgrade_and_cancel_events_say_who_pays(world):
    world.user("u")
    world.user("mate", "a")
    world.user("left")
    world.reached("u", "plan_upgraded", days_ago=5)
    world.reached("a", "plan_upgraded", days_ago=5, unit="account")
    world.reached("left", "plan_upgraded", days_ago=5)
    world.reached("left", "cancelled", days_ago=2)
    assert rows(world)["is_paying"].to_dict() == {"u": True, "mate": True, "left": False}


def test_a_sales_conversation_with_one_user_holds_for_the_account_until_it_ends(world):
    world.user("u", "a")
    world.user("mate", "a")
    world.user("other")
    world.outcome("u", "accepted", days_ago=9)
    world.outcome("u", "opportunity", days_ago=5)
    assert rows(world)["in_sales"].to_dict() == {"u": True, "mate": True, "other": False}
    world.outcome("u", "lost", days_ago=1)
    assert not rows(world)["in_sales"].any()


def test_spending_signals_are_payment_info_and_trials_after_the_first(world):
    world.user("u")
    world.reached("u", "trial_started", days_ago=18)
    assert only(world, "spending_signals", "payment_info_added") == (0, False)
    world.reached("u", "trial_started", days_ago=2)
    world.reached("u", "payment_info_added", days_ago=1)
    assert only(world, "spending_signals", "payment_info_added") == (2, True)


def test_what_is_received_after_the_day_changes_no_feature(world):
    """The replay: everything received from the cut on is there, then altered; the row of the day stays byte for byte."""
    world.account("a", segment="smb", industry="saas")
    world.user("u", "a", region="emea")
    world.active("u", 1, 3, 4, account_id="a", core_events=1)
    world.reached("u", "item_created", events=3)
    world.subscription("a", mrr=0.0, days_ago=4, trial=True)
    before = rows(world)
    world.account("a", days_ago=-1, segment="enterprise", industry="mining")
    world.user("u", "b", days_ago=-1, region="apac")
    world.user("new", days_ago=-1)
    world.active("u", 2, 3, received=-1, qualifying_events=9, core_events=9)
    world.active("u", -1)
    world.reached("u", "item_created", events=99, days_ago=-1)
    world.reached("u", "payment_info_added", days_ago=-2)
    world.subscription("a", mrr=500.0, days_ago=-1)
    pd.testing.assert_frame_equal(rows(world), before)
    for name in ("behavior.user_days", "behavior.milestones", "ingest.users", "ingest.accounts", "ingest.subscriptions"):
        world.warehouse.connection.execute(f"delete from {name} where {world.received(name)} > '{world.as_of.date}'")
    pd.testing.assert_frame_equal(rows(world), before)
