"""The risk committee's pack: what is to be decided comes first, what is not stored or built is said, and nobody is named.

The extracts are committee_controls, committee_history, committee_incidents and committee_before.
"""

import csv
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.reports.committee.decisions import changes
from plg_orchestration.reports.committee.drawn import Placed, heat_map
from plg_orchestration.reports.committee.material import gather
from plg_orchestration.reports.committee.page import make_pack, write_risk_report
from plg_orchestration.warehouse import Warehouse
from tests.reports.conftest import put

END = dt.date(2025, 9, 30)
POLICY = load_default("governance", GovernancePolicy)


def risk(day: dt.date, name: str, status: str, residual: int, **more: Any) -> dict[str, Any]:
    base = {"as_of": day, "risk_id": name, "title": f"what {name} is", "likelihood": 3, "impact": 3, "inherent_score": 9,
            "residual_score": residual, "status": status, "owner": "legal", "reason": "R1-C1 consent_rate: failed"}  # fmt: skip
    return {**base, **more}


def control(day: dt.date, name: str, status: str, value: float | None) -> dict[str, Any]:
    return {"as_of": day, "control_id": name, "risk_id": name[:2], "question": "Did everybody agree?", "metric": "consent_rate",
            "unit": "share", "value": value, "judged": value, "threshold": ">= 0.95", "status": status,
            "evidence": "880 of 1000 agreed", "severity": "high", "mandatory": True, "owner": "team:legal"}  # fmt: skip


@pytest.fixture(scope="module")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Three of the quarter's days, and the last one of the quarter before."""
    days = [dt.date(2025, 9, 28), dt.date(2025, 9, 29), END]
    with Warehouse.open(tmp_path_factory.mktemp("quarter")) as opened:
        put(opened, "governance.risks", [
            risk(dt.date(2025, 6, 30), "R1", "controlled", 6), risk(dt.date(2025, 6, 30), "R2", "controlled", 6),
            *(risk(day, "R1", "open", 9, escalation="board") for day in days),
            *(risk(day, "R2", "controlled", 6, review_due=dt.date(2025, 9, 15)) for day in days),
            *(risk(day, "R3", "accepted", 9, accepted_until=dt.date(2025, 11, 1)) for day in days),
            *(risk(day, "R4", "acceptance_expired", 9, accepted_until=dt.date(2025, 9, 1)) for day in days),
        ])  # fmt: skip
        put(opened, "governance.controls", [
            control(dt.date(2025, 6, 30), "R1-C1", "effective", 0.97),
            *(control(day, "R1-C1", status, 0.88) for day, status in zip(days, ("degraded", "failed", "failed"), strict=True)),
            *(control(day, "R2-C1", "no_data", None) for day in days),
        ])  # fmt: skip
        opened_at = dt.datetime(2025, 9, 30)
        incident = {"incident_id": "R1-C1-2025-09-29", "control_id": "R1-C1", "risk_id": "R1", "severity": "high",
                    "owner": "team:legal", "metric": "consent_rate", "opened_on": days[1], "opened_at": opened_at}  # fmt: skip
        old = {**incident, "incident_id": "R1-C1-2025-05-01", "closed_on": dt.date(2025, 5, 9), "status": "closed"}
        put(opened, "governance.incidents", [
            {**incident, "as_of": days[1], "status": "open", "response": "waiting"},
            {**incident, "as_of": END, "status": "open", "response": "overdue", "acknowledged_by": "Ada Byron"},
            {**old, "as_of": END, "response": "late"},
        ])  # fmt: skip
        put(opened, "governance.acceptances", [
            {"number": 1, "acceptance_id": "a1", "risk_id": "R3", "action": "accept", "as_of": days[0], "owner": "product",
             "until": dt.date(2025, 11, 1), "person": "Ada Byron", "rationale": "we wait for the vendor"},
        ])  # fmt: skip
        put(opened, "governance.obligations", [
            {"as_of": END, "framework": "gdpr", "requirement": "Art. 7", "title": "consent", "answered_by": "R1-C1",
             "kind": "control", "status": "failed", "evidence": "880 of 1000 agreed", "evidence_date": END, "place": 1},
            {"as_of": END, "framework": "gdpr", "requirement": "Art. 8", "title": "children", "answered_by": "",
             "kind": "nothing", "status": "unanswered", "evidence": "nothing answers it", "gap": "ages unknown", "place": 2},
        ])  # fmt: skip
        yield opened


def workspace(state: Path) -> Any:
    return SimpleNamespace(name="tidemark", state=state, governance=POLICY)


def test_what_is_to_be_decided_is_told_gravest_first(quarter: Warehouse, tmp_path: Path) -> None:
    pack = make_pack(quarter, as_of=AsOf(END), workspace=workspace(tmp_path))
    said = [(one.tone, one.text) for one in pack.decisions]
    assert said[0] == (
        "bad", "R1 (what R1 is) is open at score 9: R1-C1 consent_rate: failed. Treat it, or accept it until a day."
    )  # fmt: skip
    texts = " ".join(text for _, text in said)
    assert "R1 (what R1 is) has reached the board" in texts
    assert "R4 (what R4 is): its acceptance ended on 2025-09-01" in texts
    assert "R3 (what R3 is) is accepted until 2025-11-01, before the next pack" in texts
    assert "R2 (what R2 is): its review was due on 2025-09-15; none is on record." in texts
    assert "Incident R1-C1-2025-09-29 (consent rate) is open since 2025-09-29" in texts
    assert [tone for tone, _ in said] == sorted((tone for tone, _ in said), key=("bad", "warn", "none").index)
    assert pack.page.index('id="decide"') < pack.page.index('id="heat"')


def test_days_are_counted_among_those_that_are_stored_and_the_page_says_how_many(quarter: Warehouse, tmp_path: Path) -> None:
    pack = make_pack(quarter, as_of=AsOf(END), workspace=workspace(tmp_path))
    found = {row["control_id"]: row for row in pack.material.rows("committee_controls")}
    assert (found["R1-C1"]["days_failed"], found["R1-C1"]["days_degraded"], found["R2-C1"]["days_no_data"]) == (2, 1, 3)
    assert "kept on 3 of the 92 days" in pack.page


def test_a_quarter_that_has_not_ended_is_said(quarter: Warehouse, tmp_path: Path) -> None:
    pack = make_pack(quarter, as_of=AsOf(dt.date(2025, 9, 29)), workspace=workspace(tmp_path))
    assert "The quarter ends on 2025-09-30; this pack goes to 2025-09-29." in pack.page
    assert len(pack.material.stored) == 2


def test_an_incident_stands_as_its_last_night_left_it_and_one_closed_before_the_quarter_is_left_out(quarter: Warehouse) -> None:
    rows = gather(quarter, AsOf(END)).rows("committee_incidents")
    assert [(row["incident_id"], row["response"]) for row in rows] == [("R1-C1-2025-09-29", "overdue")]


def test_what_changed_since_the_quarter_before(quarter: Warehouse) -> None:
    found = {row["id"]: ((row["was"] or {}).get("status"), row["now"]["status"]) for row in changes(gather(quarter, AsOf(END)))}
    assert found["R1"] == ("controlled", "open")
    assert found["R1-C1"] == ("effective", "failed")
    assert found["R3"] == (None, "accepted")
    assert "R2" not in found


def test_a_part_without_its_table_says_so(quarter: Warehouse, tmp_path: Path) -> None:
    pack = make_pack(quarter, as_of=AsOf(END), workspace=workspace(tmp_path))
    assert "governance.initiatives has not been built" in pack.page
    assert "experiments.rollouts has not been built" in pack.page


def test_the_pack_asks_for_nothing_over_the_network_and_names_nobody(quarter: Warehouse, tmp_path: Path) -> None:
    pack = make_pack(quarter, as_of=AsOf(END), workspace=workspace(tmp_path))
    for text in (pack.page, *pack.files.values()):
        assert "Ada Byron" not in text
        assert "wait for the vendor" not in text
        assert not re.search(r"(src|href)=[\"']?https?:", text)
    assert "claims nothing legal" in pack.page
    assert "claims nothing legal" in pack.files["obligations.html"]


def test_the_page_and_every_table_lie_below_the_state_folder(quarter: Warehouse, tmp_path: Path) -> None:
    row = write_risk_report(quarter, as_of=AsOf(END), workspace=workspace(tmp_path)).to_dict("records")[0]
    assert (row["quarter"], row["days_stored"], row["days"]) == ("2025Q3", 3, 92)
    assert (tmp_path / row["path"]).stat().st_size == row["bytes"]
    folder = (tmp_path / row["path"]).with_suffix("")
    assert {"register.csv", "controls.csv", "control_history.csv", "incidents.csv", "acceptances.csv"} <= {
        path.name for path in folder.iterdir()
    }
    listed = list(csv.DictReader((folder / "control_history.csv").read_text().splitlines()))
    assert len(listed) == 3 * 4 + 3 * 2
    assert sum(1 for _ in folder.iterdir()) == row["files"]


def test_the_same_pack_is_the_same_bytes(quarter: Warehouse, tmp_path: Path) -> None:
    first, second = (make_pack(quarter, as_of=AsOf(END), workspace=workspace(tmp_path)) for _ in range(2))
    assert (first.page, first.files) == (second.page, second.files)


def test_a_warehouse_without_governance_gives_a_page_that_says_so(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as bare:
        pack = make_pack(bare, as_of=AsOf(END), workspace=workspace(tmp_path))
    assert "governance.risks has not been built" in pack.page
    assert pack.decisions == ()


def test_the_heat_map_puts_a_risk_where_likelihood_and_impact_meet() -> None:
    drawn = str(heat_map([Placed("R9", 3, 1)], label="where"))
    assert drawn.count(">R9<") == 1
    assert 'aria-label="where"' in drawn
