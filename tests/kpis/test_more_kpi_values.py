"""The KPIs of invites, onboarding, use, money over a year, leads, surveys and spend, every number computed by hand.

As of Sunday 2025-03-16 the newest complete week is 10–16 March, the newest month February.
"""

import random

import pandas as pd
import pytest

from plg_orchestration.kpis.registry import KPIS, kpi

SUNDAY = "2025-03-16"
APRIL_2 = "2025-04-02"
"""On this day January to March is a complete quarter."""


def figures(row: pd.Series) -> tuple[float | None, float | None, float | None, int]:
    """Value, numerator, denominator (None where null) and n."""
    names = ("value", "numerator", "denominator")
    value, numerator, denominator = (None if pd.isna(row[name]) else float(row[name]) for name in names)
    return value, numerator, denominator, int(row["n"])


# -- periods and dimensions ---------------------------------------------------------------------------------------------


def test_a_quarter_is_three_calendar_months(world) -> None:
    for name, day in (("u1", "2025-01-01"), ("u2", "2025-03-31 23:59"), ("u3", "2025-04-01"), ("u4", "2024-12-31")):
        world.user(name, day, known="2024-12-31")
    row = world.row("signups", APRIL_2, period="quarter")
    assert (row["period_start"], row["value"]) == (pd.Timestamp("2025-01-01"), 2)


def test_every_dimension_divides_the_whole(world) -> None:
    for name, channel, device in (("u1", "ads", "phone"), ("u2", "ads", None), ("u3", None, "phone")):
        world.user(name, "2025-03-04", channel=channel, device=device)
    world.activates("u1", "2025-03-05")
    found = {
        where: figures(world.row("activation_rate", SUNDAY, start="2025-03-03", where=where))[:3]
        for where in ("channel=ads", "channel=unknown", "device=phone", "region=unknown", "plan=unknown")
    }
    assert found == {
        "channel=ads": (50, 1, 2), "channel=unknown": (0, 0, 1), "device=phone": (50, 1, 2),
        "region=unknown": (pytest.approx(100 / 3), 1, 3), "plan=unknown": (pytest.approx(100 / 3), 1, 3),
    }  # fmt: skip


def test_the_plan_is_that_paid_for_now_and_free_where_nothing_is(world) -> None:
    for name in ("pays", "stopped", "never"):
        world.account(name, "2025-03-12")
        world.user(name, "2025-03-12", name)
    world.pays("pays", 10, "2025-03-13", plan="team")
    world.pays("stopped", 10, "2025-03-12", "2025-03-14", plan="team")
    assert world.row("signups", SUNDAY, where="plan=team")["value"] == 1
    assert world.row("signups", SUNDAY, where="plan=free")["value"] == 2


def test_a_median_is_broken_down_too(world) -> None:
    for name, channel, signup in (("u1", "ads", "2025-03-11"), ("u2", "ads", "2025-03-09"), ("u3", "direct", "2025-03-10")):
        world.user(name, signup, channel=channel)
        world.activates(name, "2025-03-12")
    assert world.row("time_to_value", SUNDAY, where="channel=ads")["value"] == 2
    assert world.row("time_to_value", SUNDAY)["value"] == 2


# -- acquisition --------------------------------------------------------------------------------------------------------


def test_referral_share_counts_those_who_name_a_referrer_or_whom_an_invite_names(world) -> None:
    world.user("named", "2025-03-12", referred_by="somebody")
    world.user("invited", "2025-03-12")
    world.invite("somebody", "invited", "2025-03-11")
    world.user("alone", "2025-03-12")
    assert figures(world.row("referral_share", SUNDAY))[1:3] == (2, 3)
    assert world.row("referral_share", "2025-03-08")["reason"] == "nobody signed up in the period"


def test_invites_are_accepted_and_activated_within_14_days(world) -> None:
    world.user("a", "2025-01-05")
    for name, accepted, activated in (
        ("quick", "2025-02-11", "2025-02-12"), ("slow to accept", "2025-02-24 00:00:01", "2025-02-25"),
        ("slow to activate", "2025-02-11", "2025-02-24"),
    ):  # fmt: skip
        world.user(name, accepted)
        world.invite("a", name, "2025-02-10", accepted=accepted)
        world.activates(name, activated)
    world.invite("a", None, "2025-02-10")
    assert figures(world.row("referral_conversion", SUNDAY, period="month", start="2025-02-01")) == (50, 2, 4, 4)
    assert figures(world.row("invite_to_activation", SUNDAY, period="month", start="2025-02-01")) == (50, 1, 2, 2)


def test_time_to_invite_is_the_median_of_first_invites_in_the_period(world) -> None:
    for name, signup, sent in (
        ("u1", "2025-03-09", "2025-03-10"),
        ("u2", "2025-03-07", "2025-03-10"),
        ("u3", "2025-03-01", "2025-03-02"),
    ):
        world.user(name, signup)
        world.invite(name, None, sent)
    world.invite("u3", None, "2025-03-12")
    row = world.row("time_to_invite", SUNDAY)
    assert (row["value"], row["n"]) == (2, 2)


def spending(world, *, margin: float | None = None) -> None:
    """February: 300 on ads and 100 on direct; ads won two accounts, direct one; two older ones pay, one of which leaves."""
    world.setting.start = world.setting.start.replace(year=2024)
    for channel, amount in (("ads", 300), ("direct", 100)):
        world.ingested("spend", known="2025-03-03", channel=channel, month="2025-02-01", amount=amount, currency="USD")
    for name, channel in (("x", "ads"), ("y", "ads"), ("z", "direct"), ("stays", None), ("leaves", None)):
        world.account(name, "2025-01-05", acquisition_channel=channel)
    for name in ("x", "y", "z"):
        world.pays(name, 40, "2025-02-15")
    world.pays("stays", 40, "2025-01-10")
    world.pays("leaves", 40, "2025-01-10", "2025-02-20")
    if margin is not None:
        world.ingested("finance", known="2025-03-03", month="2025-02-01", gross_margin=margin)


def test_what_a_customer_costs_by_channel_and_over_all(world) -> None:
    spending(world)
    assert figures(world.row("cac_by_channel", SUNDAY, period="month")) == (pytest.approx(400 / 3), 400, 3, 3)
    assert world.row("cac_by_channel", SUNDAY, period="month", where="channel=ads")["value"] == 150
    assert world.row("cac_by_channel", SUNDAY, period="month", where="channel=direct")["value"] == 100
    assert world.row("cac_by_channel", SUNDAY, period="month", segment="smb")["reason"] == "it is not known by segment"
    early = world.row("cac_by_channel", "2025-03-01", period="month")
    assert (pd.isna(early["value"]), early["reason"]) == (
        True, "no account first paid in the period, or the spend of its months is not all known",
    )  # fmt: skip


def test_spend_in_another_currency_is_not_added_up(world) -> None:
    spending(world)
    world.ingested("spend", channel="fairs", month="2025-02-01", amount=1, currency="EUR")
    reason = world.row("cac_by_channel", SUNDAY, period="month")["reason"]
    assert reason == "spend is stated in another currency than the reporting one"


def test_payback_and_lifetime_value_need_the_gross_margin(world) -> None:
    spending(world, margin=0.8)
    payback = world.row("cac_payback", SUNDAY, period="month")
    assert payback["value"] == pytest.approx((400 / 3) / (0.8 * 40)), "133.33 / 32 = 4.17 months"
    assert world.row("ltv_to_cac", SUNDAY, period="month")["value"] == pytest.approx((0.8 * 40 / 0.5) / (400 / 3)), "64 / 133.33"
    early = world.row("cac_payback", "2025-03-02", period="month")
    assert pd.isna(early["value"]) and "gross margin is not known" in early["reason"]


# -- activation and use ---------------------------------------------------------------------------------------------------


def test_activation_day_1_ends_with_the_day_after_the_signups(world) -> None:
    world.user("in time", "2025-03-10 01:00")
    world.activates("in time", "2025-03-11 23:59")
    world.user("late", "2025-03-10 23:00")
    world.activates("late", "2025-03-12 00:00")
    world.user("open", "2025-03-16 10:00")
    row = world.row("activation_day_1", SUNDAY)
    assert (figures(row), row["mature_share"]) == ((50, 1, 2, 2), pytest.approx(2 / 3))


def test_dropoff_asks_those_not_activated_by_the_day_and_not_seen_after(world) -> None:
    for name in ("gone", "back", "activated", "seen too early"):
        world.user(name, "2025-01-10 12:00")
    world.active("back", "2025-01-31")
    world.activates("activated", "2025-01-17 23:00")
    world.active("seen too early", "2025-01-17")
    world.active("seen too early", "2025-02-01")

    def of_january(name: str) -> tuple[float | None, ...]:
        return figures(world.row(name, "2025-03-10", period="month", start="2025-01-01"))[1:3]

    assert of_january("activation_dropoff") == (2, 3)
    assert of_january("activation_dropoff_day_10") == (1, 3)
    assert of_january("activation_dropoff_day_1") == (3, 4)
    assert of_january("activation_dropoff_day_3") == (3, 4)


def test_onboarding_and_tours_are_finished_within_7_days(world) -> None:
    for name, done in (("u1", "2025-03-09 09:00"), ("u2", "2025-03-10 11:00"), ("u3", None)):
        world.user(name, "2025-03-03 10:00")
        world.activates(name, "2025-03-03 10:00", role="tour_started")
        if done:
            world.activates(name, done, role="onboarding_complete")
            world.activates(name, done, role="tour_completed")
    for name in ("onboarding_completion", "guidance_completion"):
        assert figures(world.row(name, SUNDAY, start="2025-03-03")) == (pytest.approx(100 / 3), 1, 3, 3)


def test_use_of_core_features_by_active_users(world) -> None:
    for name in ("u1", "u2", "idle"):
        world.user(name, "2025-01-05")
    world.active("u1", "2025-03-10", "2025-03-11", core_events=3, sessions=2)
    world.active("u2", "2025-03-12", core_events=0, sessions=1)
    world.active("u2", "2025-03-08", core_events=9, sessions=5)
    for day, feature in (
        ("2025-03-10", "reports"),
        ("2025-03-11", "reports"),
        ("2025-03-11", "alerts"),
        ("2025-03-08", "alerts"),
    ):
        world.put("behavior.user_features", received_date=day, event_date=day, user_id="u1", feature=feature, events=1)
    assert figures(world.row("core_feature_adoption", SUNDAY)) == (50, 1, 2, 2)
    assert figures(world.row("depth", SUNDAY)) == (3, 6, 2, 2)
    assert figures(world.row("frequency", SUNDAY)) == (1.5, 3, 2, 2)
    assert figures(world.row("session_frequency", SUNDAY)) == (2.5, 5, 2, 2)
    assert figures(world.row("feature_breadth", SUNDAY)) == (2.5, 5, 2, 2), "u1 used both features: 5; u2 none"
    assert (
        world.row("depth", "2025-03-09", segment="smb")["reason"] == "no account's segment is known, nor its number of employees"
    )


# -- money --------------------------------------------------------------------------------------------------------------


def test_retention_of_revenue_over_the_accounts_paying_at_the_start(world) -> None:
    for name in ("grows", "shrinks", "leaves", "new", "returns"):
        world.account(name, "2025-01-05")
    world.pays("grows", 100, "2025-01-10", "2025-02-10")
    world.pays("grows", 150, "2025-02-10")
    world.pays("shrinks", 100, "2025-01-10", "2025-02-10")
    world.pays("shrinks", 60, "2025-02-10")
    world.pays("leaves", 50, "2025-01-10", "2025-02-10")
    world.pays("new", 500, "2025-02-10")
    world.pays("returns", 20, "2025-01-06", "2025-01-08")
    world.pays("returns", 30, "2025-02-10")
    expected = {
        "gross_revenue_retention": (64, 160, 250, 3), "net_revenue_retention": (84, 210, 250, 3),
        "gross_revenue_churn": (36, 90, 250, 3), "net_churn": (16, 40, 250, 3), "net_churn_with_reactivation": (4, 10, 250, 3),
        "arr_growth_in_period": (196, 12 * 490, 12 * 250, 5), "average_contract_value": (2220, 12 * 740, 4, 4),
    }  # fmt: skip
    assert {name: figures(row) for name, row in world.rows(tuple(expected), SUNDAY, "month").items()} == expected


def test_a_year_is_compared_with_the_same_day_a_year_before(world) -> None:
    world.setting.start = world.setting.start.replace(year=2023)
    for name in ("old", "left", "new"):
        world.account(name, "2024-01-05", known="2024-01-05")
    world.pays("old", 100, "2024-02-28")
    world.pays("left", 100, "2024-02-28", "2024-12-01")
    world.pays("new", 300, "2025-02-28")
    world.pays("left", 70, "2024-03-01", "2024-06-01")
    assert figures(world.row("arr_growth", SUNDAY, period="month")) == (100, 2400, 2400, 3)
    assert figures(world.row("net_revenue_retention_12m", SUNDAY, period="month")) == (50, 100, 200, 2)
    assert figures(world.row("gross_revenue_retention_12m", SUNDAY, period="month")) == (50, 100, 200, 2)


def test_without_a_year_of_payers_growth_is_missing_with_the_reason(world) -> None:
    world.account("a", "2025-01-05")
    world.pays("a", 10, "2025-01-10")
    assert world.row("arr_growth", SUNDAY, period="month")["reason"] == "no account was paying a year before the period's end"


def test_time_to_conversion_and_expansion_are_medians_of_those_who_did(world) -> None:
    for name, signup, paid in (
        ("a", "2025-02-01", "2025-02-11"),
        ("b", "2025-01-01", "2025-02-20"),
        ("c", "2025-01-01", "2025-01-03"),
    ):
        world.account(name, signup)
        world.pays(name, 10, paid)
        world.user(name, signup, name)
        world.activates(name, signup)
        world.put("revenue.mrr_movements", date="2025-02-25", account_id=name, movement="expansion", amount=1, currency="USD")
    world.put("revenue.mrr_movements", date="2025-01-25", account_id="c", movement="expansion", amount=1, currency="USD")
    row = world.row("time_to_conversion", SUNDAY, period="month")
    assert (row["value"], row["n"]) == (30, 2), "10 and 50 days"
    row = world.row("expansion_velocity", SUNDAY, period="month")
    assert (row["value"], row["n"]) == (39.5, 2), "24 and 55 days; c expanded in January first"


def test_gross_retention_is_at_most_100_percent_and_at_most_net_retention(world) -> None:
    """Random histories, told apart by the channel of their accounts."""
    generator, day = random.Random(11), pd.Timestamp("2025-01-01")
    histories = [f"h{number}" for number in range(12)]
    for name in histories:
        for account in (f"{name}-{number}" for number in range(4)):
            world.account(account, "2025-01-01", acquisition_channel=name)
            for _ in range(generator.randrange(4)):
                start, length = generator.randrange(70), generator.choice((None, generator.randrange(1, 70)))
                end = None if length is None else str(day + pd.Timedelta(days=start + length))
                world.pays(account, generator.randrange(1, 40), str(day + pd.Timedelta(days=start)), end)
    rows = world.snapshot(
        SUNDAY, kpis=tuple(kpi(name) for name in ("gross_revenue_retention", "net_revenue_retention", "net_churn"))
    )
    of = rows[rows["period"] == "month"].set_index(["dimension_value", "kpi"]).sort_index()
    compared = 0
    for name in histories:
        gross, net, churn = (of.loc[(name, kpi)] for kpi in ("gross_revenue_retention", "net_revenue_retention", "net_churn"))
        assert pd.isna(gross["value"]) == pd.isna(net["value"]) == (gross["denominator"] == 0)
        if gross["denominator"]:
            compared += 1
            assert gross["value"] <= min(100, net["value"])
            assert net["value"] + churn["value"] == pytest.approx(100)
    assert compared >= 8


# -- leads --------------------------------------------------------------------------------------------------------------


def test_leads_count_from_their_first_qualified_night(world) -> None:
    for name in ("wins", "late", "lost", "again"):
        world.account(name, "2025-01-05")
        world.user(name, "2025-01-05", name)
    for name, night in (
        ("wins", "2025-01-10"),
        ("late", "2025-01-10"),
        ("lost", "2025-01-10"),
        ("again", "2024-12-30"),
        ("again", "2025-01-20"),
    ):
        world.put("pql.decisions", decision_id=f"{name}{night}", as_of=night, user_id=name, account_id=name, qualified=True)
    world.put("pql.decisions", decision_id="no", as_of="2025-01-11", user_id="not", qualified=False)
    world.pays("wins", 10, "2025-02-08")
    world.pays("late", 10, "2025-02-09")
    for name, outcome, at in (
        ("wins", "opportunity", "2025-01-12"),
        ("lost", "rejected", "2025-01-12"),
        ("late", "won", "2025-02-09"),
    ):
        world.ingested("crm_outcomes", known=at, outcome_id=name, user_id=name, outcome=outcome, at=at, origin="pql")
    found = {
        kpi: figures(world.row(kpi, SUNDAY, period="month", start="2025-01-01"))
        for kpi in ("pql_conversion", "pql_to_opportunity")
    }
    assert found == dict.fromkeys(found, (pytest.approx(100 / 3), 1, 3, 3))
    assert world.row("pql_volume", "2025-02-03", period="month")["value"] == 3


def test_lead_velocity_asks_those_who_activated(world) -> None:
    for name in ("soon", "late", "never"):
        world.user(name, "2025-02-01")
        world.activates(name, "2025-02-10")
    world.put("pql.decisions", decision_id="first", as_of="2025-01-31", user_id="other", qualified=False)
    for name, night in (("soon", "2025-02-23"), ("late", "2025-02-24")):
        world.put("pql.decisions", decision_id=name, as_of=night, user_id=name, qualified=True)
    assert figures(world.row("pql_lead_velocity", SUNDAY, period="month", start="2025-02-01")) == (
        pytest.approx(100 / 3),
        1,
        3,
        3,
    )


# -- health -------------------------------------------------------------------------------------------------------------


def test_surveys_count_their_own_kind(world) -> None:
    for number, (kind, score) in enumerate([("nps", 10), ("nps", 9), ("nps", 8), ("nps", 6), ("csat", 5), ("csat", 4)]):
        world.ingested("surveys", survey_id=f"{number}", kind=kind, user_id="u", score=score, answered_at="2025-03-12")
    assert figures(world.row("nps", SUNDAY)) == (25, 100, 4, 4)
    assert figures(world.row("csat", SUNDAY)) == (4.5, 9, 2, 2)
    assert world.row("csat", "2025-03-09")["reason"] == "nobody answered such a survey in the period"


def test_help_and_tickets(world) -> None:
    world.user("u", "2025-01-05", "a")
    world.active("u", "2025-03-10", "2025-03-11", help_views=3)
    world.ticket("2025-03-11 10:00", user="u", closed="2025-03-12 09:59")
    world.ticket("2025-03-12 10:00", user="u", closed="2025-03-13 10:00")
    assert figures(world.row("friction_score", SUNDAY)) == (3, 6, 2, 4)
    assert figures(world.row("support_resolved_24h", SUNDAY)) == (50, 1, 2, 2)


def test_stakeholders_are_roles_of_active_users(world) -> None:
    for name in ("a", "b"):
        world.account(name, "2025-01-05")
    for name, account, role in (("u1", "a", "manager"), ("u2", "a", "analyst"), ("u3", "a", "analyst"), ("u4", "b", None)):
        world.user(name, "2025-01-05", account, role=role)
        world.active(name, "2025-03-11", account=account)
    assert figures(world.row("stakeholder_coverage", SUNDAY)) == (1.5, 3, 2, 2)
    assert figures(world.row("power_user_islands", SUNDAY)) == (50, 1, 2, 2)


def test_the_activation_scores_velocity_is_read_from_the_days_scores(world) -> None:
    for name, at, hours in (("u1", "2025-03-11", 5.0), ("u2", "2025-03-12", 9.0), ("u3", "2025-03-02", 1.0)):
        world.put("cohorts.activation_scores", as_of=SUNDAY, user_id=name, reached_at=at, hours_to_threshold=hours)
    world.put("cohorts.activation_scores", as_of=SUNDAY, user_id="u4")
    row = world.row("activation_score_velocity", SUNDAY)
    assert (row["value"], row["n"]) == (7, 2)


def test_those_who_have_not_reached_the_activation_scores_threshold_count_as_waiting(world) -> None:
    """By Kaplan and Meier 4/5 at 5 hours, 4/5 × 2/3 at 30 and half of that at 50, where it falls under one half."""
    for name, signup, reached_at, hours, age in (
        ("u1", "2025-03-10 00:00", "2025-03-10 05:00", 5, 168), ("u2", "2025-03-16 04:00", None, None, 20),
        ("u3", "2025-03-10 00:00", "2025-03-11 06:00", 30, 168), ("u4", "2025-03-10 00:00", "2025-03-12 02:00", 50, 168),
        ("u5", "2025-03-12 20:00", None, None, 100), ("a week before", "2025-03-09 23:00", "2025-03-10 00:00", 1, 169),
    ):  # fmt: skip
        world.user(name, signup)
        reached = {"reached_at": reached_at, "hours_to_threshold": hours}
        world.put("cohorts.activation_scores", as_of=SUNDAY, user_id=name, age_hours=age, **reached)
    world.put("cohorts.activation_scores", as_of="2025-03-15", user_id="u5", reached_at="2025-03-12 21:00", hours_to_threshold=1)
    row = world.row("activation_score_velocity_with_waiting", SUNDAY)
    assert (row["value"], row["n"]) == (50, 5)
    assert world.row("activation_score_velocity", SUNDAY)["value"] == 17.5, "1, 5, 30 and 50 hours"


def test_half_of_the_week_still_under_the_threshold_is_a_reason_and_no_median(world) -> None:
    for name, hours in (("u1", 5), ("u2", None), ("u3", None)):
        world.user(name, "2025-03-10 00:00")
        reached = {"reached_at": "2025-03-10 05:00" if hours else None, "hours_to_threshold": hours}
        world.put("cohorts.activation_scores", as_of=SUNDAY, user_id=name, age_hours=168, **reached)
    row = world.row("activation_score_velocity_with_waiting", SUNDAY)
    assert pd.isna(row["value"]) and row["reason"].startswith("less than half of those who signed up")


def test_nothing_at_all_gives_a_reason_or_a_count_of_none(world) -> None:
    rows = world.snapshot(SUNDAY)
    counts = {kpi.name for kpi in KPIS if kpi.measure == "count" and not kpi.decided}
    whole = rows[rows["segment"] == "all"]
    assert set(whole.loc[whole["value"].notna(), "kpi"]) == counts
    assert (whole.loc[whole["value"].isna(), "reason"].str.len() > 0).all()


def test_leads_of_periods_before_the_first_stored_night_are_unknown_and_not_zero(world) -> None:
    world.user("ann", "2025-01-05")
    none = world.row("pql_volume", "2025-02-03", period="month")
    assert pd.isna(none["value"]) and none["reason"] == "no night has decided on leads yet"
    world.put("pql.decisions", decision_id="d", as_of="2025-01-20", user_id="ann", qualified=True)
    partly = world.row("pql_volume", "2025-02-03", period="month")
    assert pd.isna(partly["value"]) and partly["reason"].endswith("the first night that decided on leads, 2025-01-20")
    assert world.row("pql_volume", "2025-02-03", period="week", start="2025-01-27")["value"] == 0
