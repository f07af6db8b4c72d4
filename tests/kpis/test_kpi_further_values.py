"""The KPIs of leads over time, free users, first revenue, waiting times, guidance, virality and help, computed by hand.

As of Sunday 2025-03-16 the newest complete week is 10–16 March, the newest month February; as of 2 May the newest is April.
"""

import datetime as dt
import math

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.virality.queries import viral

SUNDAY = "2025-03-16"
MAY_2 = "2025-05-02"
T_2, T_8 = 4.3027, 2.3060
"""The 97.5 % quantiles of Student's t with 2 and with 8 degrees of freedom."""


def figures(row: pd.Series) -> tuple[float | None, float | None, float | None, int]:
    """Value, numerator, denominator (None where null) and n."""
    names = ("value", "numerator", "denominator")
    value, numerator, denominator = (None if pd.isna(row[name]) else float(row[name]) for name in names)
    return value, numerator, denominator, int(row["n"])


# -- intervals of ratios ------------------------------------------------------------------------------------------------


def test_a_mean_carries_students_interval(world) -> None:
    for name, signup, at in (
        ("u1", "2025-03-10 00:00", "2025-03-11 00:00"), ("u2", "2025-03-10 00:00", "2025-03-12 12:00"),
        ("u3", "2025-03-01 00:00", "2025-03-14 00:00"),
    ):  # fmt: skip
        world.user(name, signup)
        world.activates(name, at)
    row = world.row("time_to_first_key_action", SUNDAY)
    assert figures(row) == (5.5, 16.5, 3, 3), "1, 2.5 and 13 days"
    factor = math.exp(T_2 * math.sqrt((4.5**2 + 3**2 + 7.5**2) / 2 / 3) / 5.5)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(5.5 / factor, rel=1e-4), pytest.approx(5.5 * factor, rel=1e-4))


def test_a_share_of_money_carries_the_interval_of_its_residuals(world) -> None:
    for name, before, after in (("grows", 100, 150), ("shrinks", 100, 60), ("leaves", 50, 0)):
        world.account(name, "2025-01-05")
        world.pays(name, before, "2025-01-10", "2025-02-10")
        world.pays(name, after, "2025-02-10")
    rows = world.rows(("net_revenue_retention", "net_churn"), SUNDAY, "month")
    kept, lost = rows["net_revenue_retention"], rows["net_churn"]
    assert (figures(kept), figures(lost)) == ((84, 210, 250, 3), (16, 40, 250, 3))
    half = T_2 * 100 * math.sqrt((66**2 + 24**2 + 42**2) * 3 / 2) / 250
    factor = math.exp(half / 84)
    assert (kept["ci_low"], kept["ci_high"]) == (pytest.approx(84 / factor, rel=1e-4), pytest.approx(84 * factor, rel=1e-4))
    assert (lost["ci_low"], lost["ci_high"]) == (pytest.approx(16 - half, rel=1e-4), pytest.approx(16 + half, rel=1e-4))


def test_without_spread_or_with_one_row_there_is_no_interval(world) -> None:
    world.account("a", "2025-01-05")
    world.pays("a", 10, "2025-01-10")
    one = world.row("arpa", SUNDAY, period="month")
    world.account("b", "2025-01-05")
    world.pays("b", 10, "2025-01-10")
    two = world.row("arpa", SUNDAY, period="month")
    assert [(row["value"], pd.isna(row["ci_low"])) for row in (one, two)] == [(10, True), (10, True)]


# -- leads --------------------------------------------------------------------------------------------------------------


def test_leads_convert_within_60_and_90_days(world) -> None:
    for name, paid in (("day 29", "2025-02-08"), ("day 59", "2025-03-10"), ("day 60", "2025-03-11"), ("day 90", "2025-04-10")):
        world.account(name, "2025-01-05")
        world.user(name, "2025-01-05", name)
        world.pays(name, 10, paid)
        world.put("pql.decisions", decision_id=name, as_of="2025-01-10", user_id=name, account_id=name, qualified=True)
    world.put("pql.decisions", decision_id="earlier", as_of="2025-01-01", user_id="x", qualified=False)
    names = ("pql_conversion_60d", "pql_conversion_90d")
    rows = world.rows(names, "2025-04-20", "month", start="2025-01-01")
    assert [rows[name]["value"] for name in names] == [50, 75]
    assert all(figures(rows[name])[3] == 4 for name in names)


def test_marketing_leads_count_from_what_sales_first_reported(world) -> None:
    for name, paid in (("soon", "2025-02-08"), ("late", "2025-02-09"), ("of the product", "2025-02-01")):
        world.account(name, "2025-01-05")
        world.user(name, "2025-01-05", name)
        world.pays(name, 10, paid)
        for outcome, at in (("accepted", "2025-01-10"), ("opportunity", "2025-01-20")):
            world.ingested(
                "crm_outcomes", known=at, outcome_id=f"{name}{outcome}", user_id=name, outcome=outcome, at=at,
                origin="pql" if name == "of the product" else "mql",
            )  # fmt: skip
    assert figures(world.row("mql_conversion", SUNDAY, period="month", start="2025-01-01")) == (50, 1, 2, 2)


# -- free users and first revenue ---------------------------------------------------------------------------------------


def test_free_users_are_lost_when_the_period_does_not_see_them(world) -> None:
    for name in ("seen", "gone", "pays", "gone before"):
        world.account(name, "2025-01-01")
        world.user(name, "2025-01-01", name)
    world.pays("pays", 10, "2025-01-31")
    world.active("seen", "2025-01-20", "2025-02-28", account="seen")
    world.active("gone", "2025-01-02", "2025-03-01", account="gone")
    world.active("pays", "2025-01-20", account="pays")
    world.active("gone before", "2025-01-01", account="gone before")
    assert figures(world.row("free_user_churn", SUNDAY, period="month")) == (50, 1, 2, 2)


def test_users_not_seen_for_14_days(world) -> None:
    for name, days in (("here", ["2025-03-16"]), ("gone", ["2025-02-15", "2025-03-02"]), ("away", ["2025-02-14"])):
        world.user(name, "2025-01-05")
        world.active(name, *days)
    assert figures(world.row("inactivity_14d", SUNDAY)) == (50, 1, 2, 2)


def test_the_first_90_days_bring_money_from_those_who_pay_in_them(world) -> None:
    for name, paid in (("pays after 30 days", "2025-02-09"), ("free", None), ("pays after 90 days", "2025-04-10")):
        world.account(name, "2025-01-10")
        if paid:
            world.pays(name, 36.5, paid)
    rows = world.rows(("arpu_90d", "arpu_90d_delta"), MAY_2, "month", start="2025-01-01")
    assert figures(rows["arpu_90d"]) == (pytest.approx(24), pytest.approx(72), 3, 3), "36.50 a month are 1.20 a day, 60 days"
    assert rows["arpu_90d_delta"]["value"] == pytest.approx(72 - 24)
    assert world.row("arpu_90d", "2025-04-02", period="month", start="2025-01-01")["mature_share"] == 0


# -- waiting times ------------------------------------------------------------------------------------------------------


def test_waiting_accounts_and_users_count_until_now(world) -> None:
    for name, paid in (("a", "2025-02-02"), ("b", "2025-02-04"), ("c", None), ("d", None)):
        world.account(name, "2025-02-01")
        world.user(name, "2025-02-01", name)
        world.activates(name, "2025-02-03")
        if paid:
            world.pays(name, 10, paid)
    for name in ("a", "b"):
        world.put("revenue.mrr_movements", date="2025-02-13", account_id=name, movement="expansion", amount=1, currency="USD")
    world.user("late", "2025-02-28")
    names = ("time_to_conversion_with_waiting", "expansion_velocity_with_waiting", "time_to_value_with_waiting")
    rows = world.rows(names, SUNDAY, "month")
    assert [(rows[name]["value"], rows[name]["n"]) for name in names] == [(3, 4), (10, 4), (2, 5)]
    assert world.row("time_to_conversion", SUNDAY, period="month")["value"] == 2, "the converters' own median"


def test_a_median_that_is_not_reached_has_a_reason(world) -> None:
    for name in ("a", "b", "c"):
        world.user(name, "2025-03-10")
    world.activates("a", "2025-03-11")
    row = world.row("time_to_value_with_waiting", SUNDAY)
    assert pd.isna(row["value"]) and row["reason"].startswith("less than half of those who signed up")


# -- guidance, virality, help ---------------------------------------------------------------------------------------------


def test_guidance_uplift_compares_those_who_finished_a_tour_with_those_who_saw_none(world) -> None:
    for number in range(11):
        name = f"u{number}"
        world.user(name, "2025-03-03 10:00")
        if number < 6:
            world.activates(name, "2025-03-03 11:00", role="tour_started")
        if number < 4:
            world.activates(name, "2025-03-03 12:00", role="tour_completed")
        if number in (0, 1, 2, 4, 10):
            world.activates(name, "2025-03-04")
    row = world.row("guidance_uplift", SUNDAY, start="2025-03-03")
    half = 100 * math.sqrt(0.75 * 0.25 / 4 + 0.2 * 0.8 / 5)
    assert row["value"] == pytest.approx(75 - 20), "3 of 4 who finished one, 1 of 5 who saw none"
    assert row["ci_high"] - row["value"] == pytest.approx(2.228 * half, rel=0.01), "of 11 users, 10 degrees of freedom"
    assert world.row("guidance_uplift", "2025-03-09")["reason"].startswith("the window of 7 days is still open")


def test_k_is_that_of_the_viral_loop(world) -> None:
    for name in ("a", "b", "c"):
        world.user(name, "2025-01-01")
    for number, (inviter, activated) in enumerate([("a", True), ("a", True), ("a", False), ("b", True)]):
        world.user(f"n{number}", "2025-02-20", known="2025-02-20")
        world.invite(inviter, f"n{number}", "2025-02-19")
        if activated:
            world.activates(f"n{number}", "2025-02-21")
    for number, days in enumerate(["2025-02-25", None]):
        world.user(f"r{number}", "2025-01-20", referred_by="a")
        if days:
            world.active(f"r{number}", days)
    table = world.warehouse.frame(viral(as_of=AsOf(dt.date.fromisoformat(SUNDAY)))).set_index("form")
    rows = world.rows(("k_basic", "k_retention_adjusted"), SUNDAY, "day")
    for name, form in (("k_basic", "basic"), ("k_retention_adjusted", "adjusted")):
        assert rows[name]["value"] == pytest.approx(table.loc[form, "k"]) and rows[name]["value"] > 0
        error = (table.loc[form, "ci_high"] - table.loc[form, "k"]) / 1.96
        assert rows[name]["ci_high"] - rows[name]["value"] == pytest.approx(T_8 * error, rel=0.02), "nine users"
    assert rows["k_basic"]["numerator"] == 3 and rows["k_basic"]["denominator"] == 9


def test_tickets_after_help_in_vain_and_users_who_need_none(world) -> None:
    for name in ("asks", "alone"):
        world.user(name, "2025-01-05", "a")
        world.active(name, "2025-02-10", help_views=1, account="a")
    world.ticket("2025-02-11 10:00", user="asks")
    world.ticket("2025-02-20 10:00", user="asks")
    rows = world.rows(("support_escalation", "self_service_resolution"), SUNDAY, "month")
    assert figures(rows["support_escalation"]) == (50, 1, 2, 2)
    assert figures(rows["self_service_resolution"]) == (50, 1, 2, 2)


def test_referred_signups_are_counted(world) -> None:
    world.user("named", "2025-03-12", referred_by="somebody")
    world.user("alone", "2025-03-12")
    assert world.row("referral_signups", SUNDAY)["value"] == 1


def test_what_nobody_asked_or_told_says_so(world) -> None:
    said = {
        "support_first_response": "when they were first answered", "nps_response_rate": "who was asked",
        "csat_response_rate": "who was asked", "support_cost_per_seat": "what support costs", "data_accuracy": "second source",
    }  # fmt: skip
    for name, row in world.rows(tuple(said), SUNDAY, "month").items():
        assert pd.isna(row["value"]) and said[name] in row["reason"]
