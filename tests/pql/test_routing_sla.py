"""Service levels by hand: sla (who was contacted in time) and sla_adherence (which share, by team, day and week)."""

import datetime as dt

import numpy as np
import pytest

from plg_orchestration.cohorts.statistics import wilson
from plg_orchestration.pql.routing import night as routing
from tests.pql.routing_nights import MONDAY, opened

DAY = dt.timedelta(days=1)


def at(day, hour, minute=0):
    return dt.datetime(2025, 3, day, hour, minute)


@pytest.fixture
def nights(tmp_path):
    with opened(tmp_path) as made:
        yield made


def follow(nights, day):
    """Both tables of the day; the leads of `pql.sla` by user."""
    as_of = nights.as_of(day)
    nights.publish("pql.sla", day, routing.sla(nights.warehouse, as_of=as_of, policy=nights.policy))
    nights.publish("pql.sla_adherence", day, routing.sla_adherence(nights.warehouse, as_of=as_of, policy=nights.policy))
    return nights.read("pql.sla", day)


def adherence(nights, day):
    found = nights.read("pql.sla_adherence", day, "route")
    return {(route, row["period"], f"{row['period_start']:%m-%d}"): row for route, row in found.iterrows()}


def test_each_lead_is_in_time_late_breached_or_not_yet_due(nights):
    users = ("early", "exact", "late", "never", "before", "odd", "future")
    nights.night(MONDAY, dict.fromkeys(users, 70))  # handed over Tuesday 00:00, due Tuesday 13:00
    nights.outcome("early", "contacted", at(11, 9))
    nights.outcome("early", "won", at(11, 15))
    nights.outcome("exact", "accepted", at(11, 13))
    nights.outcome("late", "rejected", at(11, 13, 1))
    nights.outcome("before", "lost", at(10, 23, 59))
    nights.outcome("odd", "newsletter", at(11, 9))
    nights.outcome("future", "accepted", at(12, 0))
    monday = follow(nights, MONDAY)
    assert set(monday["status"]) == {"not_yet_due"} and not monday["is_due"].any()
    tuesday = follow(nights, MONDAY + DAY)
    assert tuesday["status"].to_dict() == {
        "early": "in_time", "exact": "in_time", "late": "late", "never": "breached", "before": "breached", "odd": "breached",
        "future": "breached",
    }  # fmt: skip
    assert tuesday["is_due"].all() and tuesday["contact"]["early"] == "contacted"
    assert (tuesday["hours_to_contact"]["early"], tuesday["hours_to_contact"]["never"]) == (9.0, None)
    assert follow(nights, MONDAY + 2 * DAY)["status"]["future"] == "late"


def test_an_outcome_counts_for_the_decision_that_it_names_else_for_the_hand_over_before_it(nights):
    nights.night(MONDAY, {"u": 70, "v": 70})
    nights.night(MONDAY + DAY, {"u": 120, "v": 120})  # a better route opens: handed over again
    first = nights.read("pql.decisions", MONDAY)["decision_id"]
    nights.outcome("u", "accepted", at(12, 9))
    nights.outcome(None, "accepted", at(12, 9), decision=first["v"])
    found = follow(nights, MONDAY + 2 * DAY).reset_index().set_index(["user_id", "decided_on"])["status"]
    assert {(user, f"{day:%m-%d}"): status for (user, day), status in found.items()} == {
        ("u", "03-10"): "breached", ("u", "03-11"): "in_time", ("v", "03-10"): "late", ("v", "03-11"): "breached",
    }  # fmt: skip


def test_adherence_is_in_time_over_due_with_wilsons_interval(nights):
    nights.night(MONDAY, {f"u{n:02d}": 70 for n in range(12)})
    for n in range(10):
        nights.outcome(f"u{n:02d}", "accepted", at(11, 10))
    nights.outcome("u10", "accepted", at(11, 16))
    nights.night(MONDAY + DAY, {"next": 70})
    follow(nights, MONDAY + DAY)
    rows = adherence(nights, MONDAY + DAY)
    low, high = wilson(np.array([10.0]), np.array([12.0]))
    for key in (("inside_sales", "day", "03-11"), ("all", "week", "03-10")):
        row = rows[key]
        assert (row["due"], row["in_time"], row["late"], row["breached"]) == (12, 10, 1, 1)
        assert (row["adherence"], row["ci_low"], row["ci_high"]) == pytest.approx((10 / 12, low[0], high[0]))
        assert (row["goal"], row["verdict"]) == (0.95, "warn")  # the interval reaches 0.953


def test_verdicts_pass_at_the_goal_fail_below_it_and_say_when_nothing_was_due(nights):
    nights.night(MONDAY, {**{f"u{n}": 70 for n in range(8)}, "top": 120})
    follow(nights, MONDAY)
    rows = adherence(nights, MONDAY)
    assert {row["verdict"] for row in rows.values()} == {"insufficient"} and {row["due"] for row in rows.values()} == {0}
    assert all(row["adherence"] is None and row["ci_low"] is None for row in rows.values())
    assert set(rows) == {
        (team, period, "03-10") for team in ("all", "inside_sales", "account_executive") for period in ("day", "week")
    }
    nights.outcome("top", "accepted", at(11, 9))
    follow(nights, MONDAY + DAY)
    rows = adherence(nights, MONDAY + DAY)
    assert rows["account_executive", "day", "03-11"]["verdict"] == "pass"
    assert rows["inside_sales", "week", "03-10"]["verdict"] == "fail" and rows["inside_sales", "day", "03-11"]["adherence"] == 0


def test_a_lead_counts_on_the_local_day_on_which_it_was_due(tmp_path):
    with opened(tmp_path, timezone="Pacific/Kiritimati") as made:
        made.night(MONDAY, {"u": 70})  # due Tuesday 13:00 local, which is Monday 23:00 UTC
        follow(made, MONDAY + DAY)
        rows = adherence(made, MONDAY + DAY)
        assert rows["inside_sales", "day", "03-11"]["due"] == 1


def test_campaigns_and_queued_leads_have_no_service_level_and_old_ones_leave_the_window(nights):
    nights.warehouse.connection.execute("update config.route_capacity set leads_per_day = 1")
    nights.night(MONDAY, {"lead": 80, "queued": 70, "campaign": 50})
    assert set(follow(nights, MONDAY + DAY).index) == {"lead"}
    assert follow(nights, MONDAY + nights.policy.routing.sla.window_days * DAY).empty
