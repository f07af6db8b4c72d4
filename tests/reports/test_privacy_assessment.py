"""The yearly privacy assessment: the evidence of a year, of privacy alone, for a person to sign."""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.reports.privacy.assessment import assessed, assessment_csv, assessment_page, write_assessment
from plg_orchestration.warehouse import Warehouse, table

DAY = AsOf(dt.date(2025, 6, 30))
YAML = """\
workspace: small
start: 2025-03-01
sources:
  events: {path: "data/*.jsonl", format: segment}
"""


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse.open(tmp_path / "state") as opened:
        yield opened


def workspace(folder):
    (folder / "plg.yaml").write_text(YAML)
    return load_workspace(folder / "plg.yaml")


def a_year(warehouse):
    for name in ("governance.controls", "governance.privacy", "governance.invite_retention", "reports.record_of_processing"):
        warehouse.ensure(table(name))
    insert = warehouse.connection.execute
    for day, status in (("2024-06-30", "failed"), ("2025-06-29", "failed"), ("2025-06-30", "effective")):
        insert("insert into governance.controls (as_of, control_id, risk_id, question, status, evidence) "
               f"values ('{day}', 'R1-C6', 'R1', 'Is it?', '{status}', 'seen on {day}'), "
               f"('{day}', 'R2-C1', 'R2', 'x', 'failed', '')")  # fmt: skip
        insert(
            f"insert into governance.invite_retention (as_of, store, dropped, past_retention) values ('{day}', 'events', 4, 0)"
        )
    insert("insert into governance.privacy (as_of, request_id, origin, requested_at, due_on, status, reason) "
           "values ('2025-06-30', 'G1', 'erasure', '2025-05-01', '2025-05-31', 'overdue', 'overdue for 30 days')")  # fmt: skip
    for day, digest in (("2025-06-01", "a"), ("2025-06-02", "a"), ("2025-06-30", "b")):
        insert(f"insert into reports.record_of_processing (as_of, tables, unnamed, digest) values ('{day}', 3, 1, '{digest}')")


def test_the_assessment_is_the_evidence_of_the_year_and_of_privacy_alone(tmp_path, warehouse):
    a_year(warehouse)  # assessment_controls, assessment_requests, assessment_purges, assessment_changes
    found = assessed(warehouse, as_of=DAY)
    assert found.controls is not None and found.purges is not None and found.changes is not None
    (control,) = found.controls
    assert (control["control_id"], control["nights"], control["failed"], control["newest_evidence"]) == (
        "R1-C6", 2, 1, "seen on 2025-06-30"
    )  # fmt: skip
    assert (found.not_effective, found.purges[0]["dropped"], found.purging_nights) == (1, 8, 2)
    assert [(str(row["as_of"])[:10], str(row["since"])[:10]) for row in found.changes] == [("2025-06-30", "2025-06-02")]
    page = assessment_page(found, as_of=DAY, workspace=workspace(tmp_path))
    assert "1 requests to be forgotten, 1 late, overdue or incomplete" in page and "Signature" in page
    assert "controls,R1-C6,failed,1" in assessment_csv(found)
    row = write_assessment(warehouse, as_of=DAY, workspace=workspace(tmp_path)).to_dict("records")[0]
    assert (row["controls"], row["requests"], row["purges"], row["changes"]) == (1, 1, 2, 1)


def test_an_assessment_without_evidence_says_so(tmp_path, warehouse):
    page = assessment_page(assessed(warehouse, as_of=DAY), as_of=DAY, workspace=workspace(tmp_path))
    assert "governance.controls has not been built" in page
