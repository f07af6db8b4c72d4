"""Every governance target has its figure, or says why not; and each figure that only a target asks for, on a few rows."""

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.governance.register.policy import Target
from plg_orchestration.governance.register.targets import Figure, hold, targets_on
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.warehouse import Warehouse, sql_file, table
from tests.governance.test_evaluate_controls import Workspace

Make = Callable[..., None]
Figures = Callable[..., Measurement]
POLICY = load_default("governance", GovernancePolicy)
PUBLISHED = list(csv.DictReader(Path(__file__).with_name("governance_targets.csv").read_text().splitlines()))
D = "'2025-06-30'"


def test_the_packaged_targets_are_the_published_ones() -> None:
    assert {name: (t.target, t.source_area) for name, t in POLICY.targets.items()} == {
        row["metric"]: (row["target"], row["source_area"]) for row in PUBLISHED
    }


def test_every_kpi_that_a_target_names_is_computed_for_its_period() -> None:
    known = {kpi.name: kpi for kpi in KPIS}
    named = [(t.kpi, t.period) for t in POLICY.targets.values() if t.kpi]
    assert named and all(name in known for name, _ in named)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"metric": "risk_closure"}, "unknown metric 'risk_closure'; choose one of"),
        ({"metric": "risk_closure_rate", "kpi": "mau", "passes_when": ["> 1"]}, "needs exactly one of metric, kpi and missing"),
        ({}, "needs exactly one of metric, kpi and missing"),
        ({"kpi": "mau"}, "needs passes_when exactly when it has a figure"),
        ({"kpi": "mau", "passes_when": ["over 9"]}, "condition 'over 9' cannot be read"),
    ],
)
def test_a_target_that_could_not_work_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Target.model_validate({"target": "x", "source_area": "y", **given})


def test_a_workspaces_targets_stand_beside_the_packaged_ones() -> None:
    from plg_orchestration.config.section import default_document

    own = {"mine": {"target": "many", "source_area": "us", "kpi": "mau", "passes_when": ["> 9"]}}
    found = GovernancePolicy.model_validate({**default_document("governance").data, "targets": own}).targets
    assert set(found) == {*POLICY.targets, "mine"}


def test_a_target_is_met_missed_or_without_data_and_never_met_without() -> None:
    target = Target(target="70/30", source_area="x", metric="nudge_in_app_share", passes_when=(">= 0.6", "<= 0.8"))
    assert hold(target, Figure(Measurement(0.7, "7 of 10", judged=0.7))) == ("met", "7 of 10")
    assert hold(target, Figure(Measurement(0.9, "9 of 10", judged=0.9))) == ("missed", "0.9 is not <= 0.8: 9 of 10")
    assert hold(target, Figure(Measurement(None, "none"))) == ("no_data", "none")
    assert hold(target, Figure(Measurement(float("nan"), "none", judged=float("nan")))) == ("no_data", "none")


# -- the night's table --------------------------------------------------------------------------------------------------------


def test_before_anything_is_built_no_target_is_met(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, settings={"threads": "1"}) as store:
        rows = targets_on(store, as_of=AsOf(dt.date(2025, 6, 30)), workspace=Workspace()).set_index("metric")
        assert list(rows.index) == [row["metric"] for row in PUBLISHED]
        assert set(rows["status"]) == {"no_data"} and rows["reason"].str.len().min() > 10
        assert rows.at["spam_report_rollback", "reason"].startswith("nothing computes it: ")
        assert rows.at["alert_churn", "reason"] == "the KPI gross_churn by month is not in the night's snapshot"


def test_figures_come_from_the_days_controls_and_from_the_newest_mature_kpi(tmp_path: Path) -> None:
    import pandas as pd

    with Warehouse.open(tmp_path, settings={"threads": "1"}) as store:
        day = dt.date(2025, 6, 30)
        for name in ("governance.controls", "kpis.snapshot", "governance.metrics"):
            store.ensure(table(name))
        control = {"as_of": day, "control_id": "R1-C1", "metric": "consent_rate", "value": 0.9, "judged": 0.9, "numerator": 9.0,
                   "denominator": 10.0, "evidence": "9 of 10", "unit": "share", "status": "degraded"}  # fmt: skip
        kpi = {"as_of": day, "period": "month", "kpi": "gross_churn", "segment": "all", "dimension": "", "unit": "percent"}
        rows = [
            {
                **kpi,
                "period_start": dt.date(2025, 4, 1),
                "value": 3.0,
                "numerator": 3.0,
                "denominator": 100.0,
                "mature_share": 1.0,
            },
            {**kpi, "period_start": dt.date(2025, 5, 1), "value": 9.0, "mature_share": 0.5},
            {**kpi, "period_start": dt.date(2025, 5, 1), "value": 9.0, "mature_share": 1.0, "segment": "smb"},
        ]
        for name, found in (("governance.controls", [control]), ("kpis.snapshot", rows)):
            store.insert(table(name), pd.DataFrame(found, columns=list(table(name).column_names)).astype(object))
        made = targets_on(store, as_of=AsOf(day), workspace=Workspace())
        store.insert(table("governance.metrics"), made)
        got = made.set_index("metric")  # newest_kpis.sql
        assert tuple(got.loc["consent_rate", ["measured_by", "status", "value"]]) == ("control R1-C1", "missed", 0.9)
        assert got.at["consent_rate", "reason"] == "0.9 is not > 0.95: 9 of 10"
        assert tuple(got.loc["alert_churn", ["status", "value", "period_start"]]) == ("met", 3.0, dt.date(2025, 4, 1))
        assert got.at["alert_churn", "reason"] == "gross_churn in the month of 2025-04-01 (3 of 100)"
        assert store.scalar("select count(*) from governance.metrics where status = 'met'") >= 2


# -- the figures --------------------------------------------------------------------------------------------------------------


def test_risk_closure_rate_counts_actions_that_fell_due_within_a_year(warehouse: Warehouse, figures: Figures) -> None:
    warehouse.connection.execute("create table known_governance_records (kind varchar, due_at timestamp, closed_at timestamp)")
    assert figures("risk_closure_rate").value is None
    warehouse.connection.execute("""insert into known_governance_records values
        ('risk_action', '2025-06-10', '2025-06-09'), ('risk_action', '2025-06-10', '2025-06-11'),
        ('risk_action', '2025-06-20', null),
        ('risk_action', '2025-07-20', '2025-06-11'), ('risk_action', '2024-06-10', null), ('dpia', '2025-06-10', '2025-06-09'),
        ('risk_action', '2025-06-30', '2025-06-30')""")
    found = figures("risk_closure_rate")
    assert (found.value, found.numerator, found.denominator) == (0.5, 2, 4)
    assert found.detail.endswith("1 are still open")


def test_audit_compliance_counts_missing_nights_and_controls_without_data(make: Make, figures: Figures) -> None:
    make("governance.controls")
    assert figures("audit_compliance").value is None
    make("governance.controls", "'2025-06-28', 'a', null, true, 'effective'", "'2025-06-28', 'b', null, true, 'failed'",
         f"{D}, 'a', null, true, 'effective'",
         f"{D}, 'b', null, true, 'no_data'", f"{D}, 'c', null, false, 'no_data'")  # fmt: skip
    found = figures("audit_compliance")
    assert (found.value, found.numerator, found.denominator) == (0.5, 3, 6)  # 2 + 2 of the missing night + 2
    assert found.detail.endswith("1 nights are missing")


def test_incident_response_is_that_of_the_slowest_incident_that_is_decided(make: Make, figures: Figures) -> None:
    make("governance.incidents", f"{D}, 'new', 'waiting', null, {D}, null, 0")
    assert figures("incident_response_hours").value is None
    make("governance.incidents", f"{D}, 'a', 'in_time', 2.5, '2025-06-28', null, 48",
         f"{D}, 'new', 'waiting', null, {D}, null, 0",
         f"{D}, 'b', 'unanswered', null, '2025-06-20', '2025-06-22', 240")  # fmt: skip
    found = figures("incident_response_hours")
    assert (found.value, found.numerator, found.denominator) == (48, 1, 2)
    assert found.detail.startswith("1 of 2 incidents were acknowledged in time; b waited longest: 48.0 hours")
    make("governance.incidents")
    assert figures("incident_response_hours").detail == "no incident is open or was closed lately"


def test_ages_of_reviews_and_drills(make: Make, figures: Figures) -> None:
    make("reports.drift_review")
    make("known_governance_records", "'rollback_drill', '2025-06-20 09:00', null, null")
    assert (figures("drift_review_age_days").value, figures("rollback_drill_age_days").value) == (None, 10)
    make("reports.drift_review", "'2025-05-31', 'x'", "'2025-07-31', 'x'")
    assert figures("drift_review_age_days").value == 30


def test_live_figures_are_the_newest_realized_ones(make: Make, figures: Figures) -> None:
    make("pql.live_performance", f"{D}, 'week', '2025-06-23', 'v', 'precision', 'estimated', 0.9, 10, null, ''",
         f"{D}, 'history', null, 'all', 'lift', 'realized', null, 0, 0, '0 of 0 held back'")  # fmt: skip
    assert figures("live_precision").detail == "no lead is old enough for its outcome to be known"
    assert (figures("live_lift").value, figures("live_lift").detail) == (None, "0 of 0 held back")
    make("pql.live_performance", f"{D}, 'week', '2025-05-05', 'v', 'precision', 'realized', 0.5, 10, 5, ''",
         f"{D}, 'week', '2025-05-12', 'v', 'precision', 'realized', 0.25, 8, 2, ''",
         f"{D}, 'week', '2025-05-19', 'v', 'precision', 'realized', null, 0, 0, 'too young'",
         f"{D}, 'week', '2025-05-12', 'v', 'recall', 'realized', 0.75, 4, 3, ''")  # fmt: skip
    found = figures("live_precision")  # live_figure.sql
    assert (found.value, found.numerator, found.denominator, figures("live_recall").value) == (0.25, 2, 8, 0.75)


def test_the_champions_false_positive_rate_is_that_of_its_version(make: Make, figures: Figures) -> None:
    make("pql.champion", f"{D}, 'conversion', 'model', '7'")
    make("pql.candidate", "'2025-06-01', 'conversion', 'model', '8', 0.5, 10, 2")
    assert figures("champion_false_positive_rate").value is None
    make("pql.candidate", "'2025-06-01', 'conversion', 'model', '7', 0.25, 10, 2")
    found = figures("champion_false_positive_rate")
    assert (found.value, found.numerator, found.denominator) == (0.25, 2, 8)


def test_routing_sla_adherence_is_that_of_the_newest_week_with_due_leads(make: Make, figures: Figures) -> None:
    make("pql.sla_adherence", f"{D}, 'all', 'week', '2025-06-30', 0, 0, null", f"{D}, 'sales', 'week', '2025-06-23', 9, 1, 0.1")
    assert figures("routing_sla_adherence").value is None
    make(
        "pql.sla_adherence",
        f"{D}, 'all', 'week', '2025-06-30', 0, 0, null",
        "'2025-06-29', 'all', 'week', '2025-06-23', 4, 3, 0.75",
    )
    assert figures("routing_sla_adherence").value == 0.75


def test_event_coverage_is_the_share_of_expected_events(make: Make, figures: Figures) -> None:
    make("ingest.coverage", f"{D}, 'z', false, true")
    assert figures("event_coverage").value is None
    make("ingest.coverage", f"{D}, 'a', true, true", f"{D}, 'b', true, false", f"{D}, 'z', false, true")
    found = figures("event_coverage")
    assert (found.value, found.detail) == (0.5, "1 of 2 expected events were seen; not seen: b")


def test_activation_fall_margin_is_above_the_alert_level_or_below(make: Make, figures: Figures) -> None:
    make("kpis.alert_checks", f"{D}, 'r', 'activation_rate', 'change', 'smb', 'quiet', 40, 20, 'x'")
    assert figures("activation_fall_margin").value is None
    make("kpis.alert_checks", f"{D}, 'r', 'activation_rate', 'change', 'all', 'breach', 30, 40, 'it fell'")
    assert (figures("activation_fall_margin").value, figures("activation_fall_margin").detail) == (-0.25, "it fell")


def test_nudge_in_app_share_leaves_people_out(make: Make, figures: Figures) -> None:
    make("cohorts.play_queue", f"{D}, 'human'")
    assert figures("nudge_in_app_share").value is None
    make("cohorts.play_queue", *[f"{D}, 'in_app'"] * 3, f"{D}, 'email'", f"{D}, 'human'")
    assert figures("nudge_in_app_share").value == 0.75


def test_experiments_outside_duration_ran_too_short_or_too_long(make: Make, figures: Figures) -> None:
    make("experiments.registry", f"{D}, 'young', '2025-06-20', null")
    assert figures("experiments_outside_duration").value is None
    make("experiments.registry", f"{D}, 'short', '2025-05-01', '2025-05-27'", f"{D}, 'fine', '2025-05-01', '2025-05-28'",
         f"{D}, 'long', '2025-05-01', null", f"{D}, 'young', '2025-06-20', '2025-08-01'")  # fmt: skip
    found = figures("experiments_outside_duration")
    assert (found.value, found.denominator) == (2, 3)
    assert found.detail.endswith("long (61 days), short (27 days)")


def test_every_figure_names_one_file_that_is_there() -> None:
    from plg_orchestration.governance import METRICS

    assert all(sql_file(entry.path).text for entry in METRICS)
