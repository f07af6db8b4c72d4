"""What each KPI says, on a handful of users, accounts and events, with every number computed by hand.

As of Sunday 2025-03-16 the newest complete week is 10–16 March, the one before 3–9 March, the newest complete month February.
"""

import pandas as pd
import pytest

SUNDAY = "2025-03-16"


def figures(row: pd.Series) -> tuple[float | None, float | None, float | None, int]:
    """Value, numerator, denominator (None where null) and n."""
    names = ("value", "numerator", "denominator")
    value, numerator, denominator = (None if pd.isna(row[name]) else float(row[name]) for name in names)
    return value, numerator, denominator, int(row["n"])


def test_signups_count_the_users_of_the_local_period(world) -> None:
    world.user("u1", "2025-03-10 00:00")
    world.user("u2", "2025-03-16 23:59")
    world.user("before", "2025-03-09 23:59")
    world.user("in february", "2025-02-28 12:00")
    assert figures(world.row("signups", SUNDAY)) == (2, 2, None, 2)
    assert figures(world.row("signups", SUNDAY, period="day")) == (1, 1, None, 1)
    assert figures(world.row("signups", SUNDAY, period="month")) == (1, 1, None, 1)
    assert world.row("signups", SUNDAY)["period_start"] == pd.Timestamp("2025-03-10")


def test_organic_share_leaves_out_channels_that_nobody_listed(world) -> None:
    for name, channel in (("u1", "direct"), ("u2", "ads"), ("u3", "ads"), ("u4", "radio"), ("u5", None)):
        world.user(name, "2025-03-12", channel=channel)
    value, numerator, denominator, n = figures(world.row("organic_share", SUNDAY))
    assert (value, numerator, denominator, n) == (pytest.approx(100 / 3), 1, 3, 5)


def test_activation_rate_counts_the_mature_part_and_shows_its_share(world) -> None:
    world.user("at once", "2025-03-03 10:00")
    world.activates("at once", "2025-03-03 11:00")
    world.user("on the last second", "2025-03-04 10:00")
    world.activates("on the last second", "2025-03-11 09:59:59")
    world.user("too late", "2025-03-05 10:00")
    world.activates("too late", "2025-03-12 10:00")
    world.user("never", "2025-03-06 10:00")
    world.user("this week", "2025-03-10 10:00")
    world.activates("this week", "2025-03-10 10:05")
    mature = world.row("activation_rate", SUNDAY, start="2025-03-03")
    assert (figures(mature), mature["mature_share"]) == ((50, 2, 4, 4), 1)
    newest = world.row("activation_rate", SUNDAY)
    assert newest["period_start"] == pd.Timestamp("2025-03-10")
    assert (figures(newest), newest["mature_share"]) == ((None, 0, 0, 0), 0)
    assert newest["reason"] == "the window of 7 days is still open for everybody"
    partly = world.row("activation_rate", "2025-03-15", start="2025-03-03")
    assert (figures(partly), partly["mature_share"]) == ((50, 2, 4, 4), 1)


def test_an_open_window_is_no_failure(world) -> None:
    world.user("mature", "2025-03-03 10:00")
    world.activates("mature", "2025-03-03 11:00")
    world.user("open", "2025-03-09 10:00")
    row = world.row("activation_rate", "2025-03-12", start="2025-03-03")
    assert (figures(row), row["mature_share"]) == ((100, 1, 1, 1), 0.5)


def test_activation_24h_ends_after_24_hours(world) -> None:
    world.user("u1", "2025-03-10 10:00")
    world.activates("u1", "2025-03-11 09:59")
    world.user("u2", "2025-03-10 10:00")
    world.activates("u2", "2025-03-11 10:00")
    assert figures(world.row("activation_24h", SUNDAY))[:3] == (50, 1, 2)


def test_time_to_value_is_the_median_of_those_who_activated_in_the_period(world) -> None:
    for name, signup, at in (
        ("u1", "2025-03-10 00:00", "2025-03-11 00:00"), ("u2", "2025-03-10 00:00", "2025-03-12 12:00"),
        ("u3", "2025-03-01 00:00", "2025-03-14 00:00"), ("u4", "2025-03-01 00:00", "2025-03-02 00:00"),
    ):  # fmt: skip
        world.user(name, signup)
        world.activates(name, at)
    world.activates("u4", "2025-03-12 00:00")
    world.user("slow", "2025-01-05 00:00", known="2025-01-05")
    world.activates("slow", "2025-03-12 00:00")
    row = world.row("time_to_value", SUNDAY)
    assert (float(row["value"]), int(row["n"])) == (7.75, 4), "1, 2.5, 13 and 66 days"
    assert pd.isna(row["ci_low"]), "less than six values have no exact interval"


def test_viral_coefficient_is_activated_invitees_per_inviter(world) -> None:
    for name in ("a", "b"):
        world.user(name, "2025-01-05")
    for number in range(4):
        world.user(f"n{number}", f"2025-02-2{number} 10:00", known="2025-02-28")
        world.invite("a" if number < 3 else "b", f"n{number}", f"2025-02-{number + 15} 10:00")
    world.invite("b", None, "2025-02-19 10:00")
    world.activates("n0", "2025-02-21 10:00")
    world.activates("n1", "2025-02-22 10:00")
    world.activates("n3", "2025-03-15 10:00")
    row = world.row("viral_coefficient", SUNDAY, period="month", start="2025-02-01")
    assert figures(row) == (1.0, 2, 2, 5), "2 of 5 invitees within 14 days, by 2 inviters: 2.5 x 0.4"


def test_an_invitee_counts_once_and_an_old_user_not_at_all(world) -> None:
    for name in ("a", "b", "old"):
        world.user(name, "2025-01-05")
    world.activates("old", "2025-02-20 10:00")
    world.invite("a", "old", "2025-02-18 10:00")
    world.user("new", "2025-02-19 10:00")
    world.activates("new", "2025-02-20 10:00")
    world.invite("a", "new", "2025-02-18 10:00")
    world.invite("b", "new", "2025-02-18 12:00")
    assert figures(world.row("viral_coefficient", SUNDAY, period="month", start="2025-02-01")) == (0.5, 1, 2, 3)


def test_active_users_of_the_day_the_week_and_the_month(world) -> None:
    for name in ("u1", "u2", "u3"):
        world.user(name, "2025-01-05")
    world.active("u1", "2025-03-10", "2025-03-12", "2025-03-16")
    world.active("u2", "2025-03-11", "2025-02-20")
    world.active("u3", "2025-02-15")
    world.active("u3", "2025-03-16", qualifying=0)
    world.active(None, "2025-03-16", account="a")
    assert figures(world.row("dau", SUNDAY, period="day")) == (1, 1, None, 1)
    assert figures(world.row("wau", SUNDAY)) == (2, 2, None, 2)
    assert figures(world.row("wau", "2025-03-15", period="day")) == (2, 2, None, 2)
    assert figures(world.row("mau", SUNDAY, period="day")) == (3, 3, None, 3), "30 days: from 15 February"
    assert figures(world.row("mau", "2025-03-17", period="day")) == (2, 2, None, 2)
    value, numerator, denominator, n = figures(world.row("dau_mau", SUNDAY))
    assert (value, numerator, denominator, n) == (pytest.approx(100 * (4 / 7) / 3), pytest.approx(4 / 7), 3, 3)


def test_free_to_paid_conversion_asks_the_accounts_that_were_free_at_the_start(world) -> None:
    for name in ("free", "converts", "comes back", "pays already", "starts with it", "for a day"):
        world.account(name, "2025-01-05")
    world.account("too new", "2025-02-03")
    world.pays("converts", 10, "2025-02-10")
    world.pays("comes back", 10, "2025-01-10", "2025-01-20")
    world.pays("comes back", 10, "2025-02-28")
    world.pays("pays already", 10, "2025-01-31")
    world.pays("starts with it", 10, "2025-02-01")
    world.pays("for a day", 10, "2025-02-10", "2025-02-11")
    world.pays("too new", 10, "2025-02-10")
    row = world.row("free_to_paid_conversion", SUNDAY, period="month")
    assert figures(row) == (80, 4, 5, 5)


def test_free_to_paid_30d_follows_the_accounts_that_signed_up(world) -> None:
    world.account("in time", "2025-01-10")
    world.account("late", "2025-01-10")
    world.account("never", "2025-01-31")
    world.pays("in time", 10, "2025-02-08")
    world.pays("late", 10, "2025-02-09")
    row = world.row("free_to_paid_30d", SUNDAY, period="month", start="2025-01-01")
    assert (*figures(row)[1:], row["mature_share"]) == (1, 3, 3, 1)
    assert row["value"] == pytest.approx(100 / 3)


def test_free_to_paid_30d_takes_upgrades_of_users_where_nothing_else_is_known(world) -> None:
    world.user("u1", "2025-01-10")
    world.user("u2", "2025-01-11")
    world.activates("u2", "2025-01-20 10:00", role="plan_upgraded")
    assert figures(world.row("free_to_paid_30d", SUNDAY, period="month", start="2025-01-01")) == (50, 1, 2, 2)


def test_customers_lost_are_those_that_no_longer_pay_at_the_end(world) -> None:
    for name in ("stays", "leaves", "leaves and returns", "leaves later", "new"):
        world.account(name, "2025-01-05")
    world.pays("stays", 100, "2025-01-10")
    world.pays("leaves", 50, "2025-01-10", "2025-02-28")
    world.pays("leaves and returns", 30, "2025-01-10", "2025-02-10")
    world.pays("leaves and returns", 40, "2025-02-20")
    world.pays("leaves later", 20, "2025-01-10", "2025-03-01")
    world.pays("new", 10, "2025-02-10")
    assert figures(world.row("gross_churn", SUNDAY, period="month")) == (25, 1, 4, 4)
    assert figures(world.row("expansion_mrr", SUNDAY, period="month")) == (5, 10, 200, 4)
    assert figures(world.row("net_churn", SUNDAY, period="month")) == (20, 40, 200, 4)
    assert figures(world.row("arpa", SUNDAY, period="month")) == (42.5, 170, 4, 4)
    assert figures(world.row("arpa", SUNDAY, period="day")) == (50, 150, 3, 3)


def test_arpu_divides_mrr_by_the_active_users_of_paying_accounts(world) -> None:
    world.account("pays", "2025-01-05")
    world.account("free", "2025-01-05")
    world.pays("pays", 120, "2025-01-10")
    for name, account in (("u1", "pays"), ("u2", "pays"), ("u3", "free"), ("idle", "pays")):
        world.user(name, "2025-01-05", account)
    world.active("u1", "2025-02-03", "2025-02-04", account="pays")
    world.active("u2", "2025-02-28", account="pays")
    world.active("u3", "2025-02-28", account="free")
    world.active("idle", "2025-03-02", account="pays")
    assert figures(world.row("arpu", SUNDAY, period="month")) == (60, 120, 2, 1)


def test_support_deflection_counts_help_without_a_ticket_on_that_day_or_the_next(world) -> None:
    for name in ("alone", "asks next day", "asks two days later", "colleague"):
        world.user(name, "2025-01-05", "a")
    world.active("alone", "2025-02-03", help_views=3)
    world.active("asks next day", "2025-02-03", help_views=1)
    world.ticket("2025-02-04 10:00", user="asks next day")
    world.active("asks two days later", "2025-02-03", help_views=1)
    world.ticket("2025-02-05 10:00", user="asks two days later")
    world.active("colleague", "2025-02-20", account="b", help_views=1)
    world.ticket("2025-02-20 10:00", account="b")
    assert figures(world.row("support_deflection", SUNDAY, period="month")) == (40, 2, 5, 5)
