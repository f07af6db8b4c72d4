"""What auditors find in MLflow's run of a night: every table that names nobody, figures that chart, and words for a stranger."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.tracking.governance import ADDRESS, described, governance_figures, governance_tables
from plg_orchestration.warehouse import Warehouse, table

DAY = AsOf(dt.date(2025, 6, 30))


def put(warehouse: Warehouse, name: str, *rows: dict[str, object]) -> None:
    declared = table(name)
    warehouse.ensure(declared)
    warehouse.insert(declared, pd.DataFrame(rows, columns=list(declared.column_names)).astype(object))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path) as opened:
        day = DAY.date
        put(opened, "governance.risks",
            {"as_of": day, "risk_id": "R1", "title": "privacy", "inherent_score": 9, "residual_score": 6, "status": "open"},
            {"as_of": dt.date(2025, 7, 1), "risk_id": "R1", "inherent_score": 9, "residual_score": 9})  # fmt: skip
        put(opened, "governance.controls",
            {"as_of": day, "control_id": "R1-C1", "metric": "consent_rate", "value": 0.9, "status": "failed"},
            {"as_of": day, "control_id": "R1-C2", "metric": "dpia_age_days", "value": None, "status": "no_data"})  # fmt: skip
        put(opened, "governance.incidents",
            {"as_of": day, "incident_id": "i", "status": "open", "response": "overdue", "acknowledged_by": "Ada B"})  # fmt: skip
        put(opened, "governance.acceptances",
            {"number": 1, "risk_id": "R1", "as_of": day, "person": "Ada Byron", "rationale": "we wait"},
            {"number": 2, "risk_id": "R1", "as_of": dt.date(2025, 7, 1), "person": "Ada Byron"})  # fmt: skip
        yield opened


def test_the_run_holds_the_days_tables_without_people_and_says_which_are_not_there(kept: Warehouse) -> None:
    tables, absent = governance_tables(kept, DAY)
    assert {name: len(rows) for name, rows in tables.items()} == {"risks": 1, "controls": 2, "incidents": 1, "acceptances": 1}
    assert "Ada" not in "".join(rows.to_csv() for rows in tables.values())
    assert absent["vendors"] == "governance.vendors has not been built"


def test_figures_have_names_that_chart_over_nights_and_no_data_is_no_figure(kept: Warehouse) -> None:
    figures = governance_figures(governance_tables(kept, DAY)[0])
    assert (figures["residual_R1"], figures["controls_failed"], figures["controls_no_data"]) == (6.0, 1.0, 1.0)
    assert (figures["incidents_open"], figures["incidents_overdue"], figures["risks_open"]) == (1.0, 1.0, 1.0)
    assert figures["control/R1-C1_consent_rate"] == 0.9
    assert not any("R1-C2" in name for name in figures)


def test_the_runs_description_tells_a_stranger_what_each_file_is(kept: Warehouse) -> None:
    said = described(DAY.date, *governance_tables(kept, DAY))
    assert "**R1** privacy: **open** (9 before controls, 6 after)" in said
    assert "`controls.csv` | 2 | Every control of the risk register" in said
    assert "Not here: `vendors.csv`: governance.vendors has not been built." in said


def test_addresses_do_not_leave_the_warehouse() -> None:
    assert ADDRESS.sub("(an address)", "owner ada@example.org, told") == "owner (an address), told"
