"""Signup cohorts and their mature outcomes, counted by hand."""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup import queries
from plg_orchestration.cohorts.signup.tables import SIGNUP_COHORTS

MARCH_10 = dt.date(2025, 3, 10)
OUTCOMES = ("signups", "activated_24h", "mature_24h", "activated_7d", "mature_7d", "paid_30d", "mature_30d")


def outcomes(world, as_of, unit="user"):
    rows = world.records(queries.signup_cohorts(as_of=AsOf(as_of)))
    return {str(row["cohort_week"]): tuple(row[name] for name in OUTCOMES) for row in rows if row["unit"] == unit}


def test_only_members_whose_window_is_over_count(world):
    world.role("Shared", "activation")
    for user, signup, activated in (
        ("ann", "2025-03-03 00:00", "2025-03-03 23:59"), ("bob", "2025-03-03 12:00", "2025-03-04 12:00"),
        ("cem", "2025-03-04 00:00", "2025-03-11 00:00"), ("dan", "2025-03-04 00:01", "2025-03-04 00:02"),
    ):  # fmt: skip
        world.user(user, signup)
        world.reached("user", user, "activation", activated)
    # As of 10 March (cut 11 March 00:00) dan's seven days are one minute short; cem's activation is not yet received.
    assert outcomes(world, MARCH_10) == {"2025-03-03": (4, 2, 4, 2, 3, None, 0)}
    # A day later cem's activation is known, and came when the seven days were over.
    assert outcomes(world, dt.date(2025, 3, 11)) == {"2025-03-03": (4, 2, 4, 3, 4, None, 0)}


def test_without_an_activation_role_or_a_way_to_pay_the_outcomes_are_null_not_zero(world):
    world.user("ann", "2025-01-06 09:00")
    assert outcomes(world, MARCH_10) == {"2025-01-06": (1, None, 1, None, 1, None, 1)}


def test_a_trial_or_a_free_plan_is_not_a_paid_day(world):
    for user, account in (("ann", "acme"), ("bob", "beta"), ("cem", "corp"), ("dan", None)):
        world.user(user, "2025-01-06 09:00", account_id=account)
    for account in ("acme", "beta", "corp"):
        world.account(account, "2025-01-06 09:00")
    world.subscription("acme", "2025-01-07", 0)
    world.subscription("acme", "2025-01-08", 50, trial=True)
    world.subscription("beta", "2025-02-05 08:59", 50)
    world.subscription("corp", "2025-02-05 09:00", 50)
    assert outcomes(world, MARCH_10)["2025-01-06"][-2:] == (1, 4)
    assert outcomes(world, MARCH_10, "account")["2025-01-06"][-2:] == (1, 3)


def test_without_subscriptions_an_upgrade_event_pays_for_the_user_and_the_team(world):
    world.role("Upgraded", "plan_upgraded")
    for user, account in (("ann", "acme"), ("bob", "acme"), ("cem", None), ("dan", None)):
        world.user(user, "2025-01-06 09:00", account_id=account)
    world.account("acme")
    for unit, unit_id in (("user", "ann"), ("account", "acme"), ("user", "cem")):
        world.reached(unit, unit_id, "plan_upgraded", "2025-01-20 09:00")
    assert outcomes(world, MARCH_10)["2025-01-06"][-2:] == (3, 4)
    assert outcomes(world, MARCH_10, "account")["2025-01-06"][-2:] == (1, 1)


def test_cohorts_are_told_apart_by_week_channel_segment_region_and_device(world):
    world.account("acme", "2025-03-02 09:00", segment="smb", acquisition_channel="ads", region="EU")
    world.user("ann", "2025-03-02 09:00", account_id="acme", acquisition_channel="ads", region="EU", device="phone")
    world.user("bob", "2025-03-03 09:00")
    rows = world.records(queries.signup_cohorts(as_of=AsOf(MARCH_10)))
    names = ("unit", "cohort_week", "channel", "segment", "region", "device", "signups")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("account", dt.date(2025, 2, 24), "ads", "smb", "EU", "phone", 1),
        ("user", dt.date(2025, 2, 24), "ads", "smb", "EU", "phone", 1),
        ("user", dt.date(2025, 3, 3), "unknown", "unknown", "unknown", "unknown", 1),
    ]


def test_the_53rd_week_of_2020_takes_the_first_days_of_2021(world):
    for user, signup in (("ann", "2020-12-28 00:00"), ("bob", "2021-01-03 23:59"), ("cem", "2021-01-04 00:00")):
        world.user(user, signup)
    assert {week: row[0] for week, row in outcomes(world, dt.date(2021, 1, 5)).items()} == {"2020-12-28": 2, "2021-01-04": 1}


def test_only_the_newest_weeks_are_kept(world):
    for user, signup in (("old", "2025-02-23 23:59"), ("ann", "2025-02-24 00:00"), ("bob", "2025-03-10 00:00")):
        world.user(user, signup)
    for as_of in (MARCH_10, dt.date(2025, 3, 16)):
        rows = world.records(queries.signup_cohorts(as_of=AsOf(as_of), weeks=3))
        assert {row["cohort_week"] for row in rows} == {dt.date(2025, 2, 24), dt.date(2025, 3, 10)}


def test_the_query_gives_the_declared_columns_and_no_rows_for_nobody(world):
    rows = world.warehouse.arrow(queries.signup_cohorts(as_of=AsOf(MARCH_10)))
    assert (tuple(rows.column_names), rows.num_rows) == (SIGNUP_COHORTS.column_names, 0)


@pytest.mark.parametrize(
    ("timezone", "weeks"),
    [
        ("UTC", {"2025-03-03": 1, "2025-03-10": 1}), ("Etc/GMT+12", {"2025-03-03": 2}), ("Pacific/Kiritimati", {"2025-03-10": 2}),
        ("America/New_York", {"2025-03-03": 2}),
    ],
)  # fmt: skip
def test_a_quarter_to_midnight_and_a_minute_past_it_are_told_apart_by_the_workspaces_clock(world, timezone, weeks):
    world.user("ann", "2025-03-09 23:45")
    world.user("bob", "2025-03-10 00:01")
    rows = world.records(queries.signup_cohorts(as_of=AsOf(dt.date(2025, 3, 12), timezone)))
    assert {str(row["cohort_week"]): row["signups"] for row in rows} == weeks


def test_weeks_that_end_with_a_change_of_the_clocks_end_at_local_midnight(world):
    berlin = {"spring": ("2025-03-30 21:59", "2025-03-30 22:00"), "autumn": ("2025-10-26 22:59", "2025-10-26 23:00")}
    for name, (sunday, monday) in berlin.items():
        world.user(f"{name} sunday", sunday)
        world.user(f"{name} monday", monday)
    rows = world.records(queries.signup_cohorts(as_of=AsOf(dt.date(2025, 11, 2), "Europe/Berlin"), weeks=40))
    assert {str(row["cohort_week"]): row["signups"] for row in rows} == {
        "2025-03-24": 1, "2025-03-31": 1, "2025-10-20": 1, "2025-10-27": 1,
    }  # fmt: skip


def test_windows_are_elapsed_hours_also_where_the_local_day_has_23_or_25(world):
    world.role("Shared", "activation")
    for day, signup in (("2025-03-30", "2025-03-29 12:00"), ("2025-10-26", "2025-10-25 12:00")):
        world.clear()
        for user, minute in (("ann", "11:59"), ("bob", "12:00")):
            world.user(user, signup)
            world.reached("user", user, "activation", f"{day} {minute}")
        rows = world.records(queries.signup_cohorts(as_of=AsOf(dt.date.fromisoformat(day), "Europe/Berlin")))
        assert [(row["activated_24h"], row["mature_24h"]) for row in rows] == [(1, 2)]


def test_what_is_learnt_later_changes_tomorrows_cohorts_and_not_yesterdays(world):
    world.role("Shared", "activation")
    world.user("ann", "2025-03-03 09:00")
    before = outcomes(world, MARCH_10)
    world.reached("user", "ann", "activation", "2025-03-03 10:00", received="2025-03-11")
    world.user("bob", "2025-03-03 09:00", known="2025-03-11 00:00")
    assert outcomes(world, MARCH_10) == before == {"2025-03-03": (1, 0, 1, 0, 1, None, 0)}
    assert outcomes(world, dt.date(2025, 3, 11)) == {"2025-03-03": (2, 1, 2, 1, 2, None, 0)}


def test_the_earliest_milestone_counts_in_whatever_order_it_arrived(world):
    world.role("Shared", "activation")
    for user, times in (("ann", ("2025-03-03 10:00", "2025-03-08 10:00")), ("bob", ("2025-03-08 10:00", "2025-03-03 10:00"))):
        world.user(user, "2025-03-03 09:00")
        for at in times:
            world.reached("user", user, "activation", at, received="2025-03-09")
    assert outcomes(world, MARCH_10) == {"2025-03-03": (2, 2, 2, 2, 2, None, 0)}


def test_a_signup_elsewhere_changes_no_other_cohort(world):
    world.user("ann", "2025-03-03 09:00", device="phone")
    before = world.records(queries.signup_cohorts(as_of=AsOf(MARCH_10)))
    world.user("bob", "2025-03-03 09:00", device="desktop")
    after = world.records(queries.signup_cohorts(as_of=AsOf(MARCH_10)))
    assert [row for row in after if row["device"] == "phone"] == before


def test_an_account_signs_up_with_its_first_member_when_nothing_says_otherwise_and_never_without_one(world):
    world.account("acme")
    world.account("empty")
    world.user("bob", "2025-03-05 09:00", account_id="acme", device="desktop", acquisition_channel="ads")
    world.user("ann", "2025-03-04 09:00", account_id="acme", device="phone", acquisition_channel="seo")
    rows = world.records(queries.signup_cohorts(as_of=AsOf(MARCH_10)))
    assert [(row["channel"], row["device"], row["signups"]) for row in rows if row["unit"] == "account"] == [("seo", "phone", 1)]
