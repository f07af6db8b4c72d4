"""The packaged rules, night by night over the demo: the planted week raises its alerts, and nothing else is of high severity."""

import datetime as dt

import pytest

from plg_orchestration.config import Workspace
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.alerts.nightly import nights_alerts
from plg_orchestration.kpis.alerts.tables import ALERT_CHECKS, ALERTS
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.warehouse import Warehouse, table
from tests.demo.conftest import Made

READ = ("cohorts.activation_scores", "pql.decisions", "revenue.mrr_movements", "kpis.snapshot")
WEEK = dt.timedelta(weeks=1)
Alert = dict[str, object]


@pytest.fixture(scope="module")
def told(demo: Made, warehouse: Warehouse, workspace: Workspace) -> dict[dt.date, list[Alert]]:
    """The alerts of the nights on which the weeks about the planted one are known, and of the last night."""
    for name in (*READ, "governance.suspicions"):
        warehouse.ensure(table(name))
    policy = workspace.kpis.alerts
    judged = {rule.kpi for rule in policy.live.values()}
    kpis = tuple(kpi for kpi in KPIS if kpi.name in judged)
    known = dt.date.fromisoformat(demo.truth.activation_drop.first_day) + 2 * WEEK
    found: dict[dt.date, list[Alert]] = {}
    for night in (known - WEEK, known, known + WEEK, dt.date.fromisoformat(demo.truth.last_day)):
        as_of = workspace.as_of(night)
        warehouse.publish(
            table("kpis.history"), lambda _, as_of=as_of: queries.history(as_of=as_of, workspace=workspace, kpis=kpis), [night]
        )
        made = nights_alerts(warehouse, as_of=as_of, policy=policy)
        warehouse.publish(ALERTS, lambda _, rows=made.alerts: rows, [night])
        warehouse.publish(ALERT_CHECKS, lambda _, rows=made.checks: rows, [night])
        found[night] = made.alerts.to_pylist()
    return found


def high(rows: list[Alert]) -> set[tuple[object, object, object]]:
    return {
        (row["rule"], row["segment"], row["period_start"]) for row in rows if (row["state"], row["severity"]) == ("open", "high")
    }


def test_the_planted_week_raises_alerts_of_high_severity_about_its_segment_and_nothing_else_does(
    demo: Made, told: dict[dt.date, list[Alert]]
) -> None:
    planted = demo.truth.activation_drop
    first = dt.date.fromisoformat(planted.first_day)
    before, known, after, last = told.values()
    assert {("activation_falls", planted.segment, first), ("unusual_activation", planted.segment, first)} <= high(known)
    assert all(rule in ACTIVATION and segment in (planted.segment, "all") for rule, segment, _ in high(known))
    assert high(before) == high(after) == high(last) == set()


ACTIVATION = ("activation_falls", "unusual_activation", "activation_below_target")


def test_the_alert_says_what_was_planted(demo: Made, told: dict[dt.date, list[Alert]]) -> None:
    planted = demo.truth.activation_drop
    (row,) = [row for row in list(told.values())[1] if (row["rule"], row["segment"]) == ("activation_falls", planted.segment)]
    assert row["value"] == pytest.approx(100 * planted.rate_in_week, abs=2)
    assert (row["n"], row["owner"], row["lagging_kpi"]) == (planted.signups, "team:growth", "free_to_paid_conversion")


def test_it_is_over_when_the_next_week_is_known(demo: Made, told: dict[dt.date, list[Alert]]) -> None:
    _, known, after, _ = told.values()
    opened = {row["alert_id"] for row in known if row["state"] == "open"}
    assert opened <= {row["alert_id"] for row in after if row["state"] == "resolved"}
