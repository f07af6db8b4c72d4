"""Signup cohorts and their mature outcomes, counted by hand."""

import datetime as dt

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
