"""Requests to be forgotten: their deadlines and what became of them, from certificates, journals and the source's records."""

import datetime as dt
import json

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.privacy import requests
from plg_orchestration.warehouse import Warehouse, table

DAY = AsOf(dt.date(2025, 3, 31))


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse.open(tmp_path) as opened:
        opened.ensure(table("ingest.governance_records"))
        yield opened


def told(warehouse, record: str, at: str, due: str | None, closed: str | None) -> None:
    warehouse.connection.execute(
        "insert into ingest.governance_records by name select $r as record_id, 'erasure_request' as kind, "
        "cast($a as timestamp) as \"at\", "
        "cast($d as timestamp) as due_at, cast($c as timestamp) as closed_at, cast($a as timestamp) as known_at, "
        "cast($a as date) as known_date, 'f' as file_id, 1 as line", {"r": record, "a": at, "d": due, "c": closed},
    )  # fmt: skip


def certified(state, name: str, *, due: str, done: str, findings=(), as_of="2025-03-01") -> None:
    (state / "certificates").mkdir(exist_ok=True)
    values = {
        "erasure_id": name, "requested_at": "2025-03-02T10:00:00", "due_on": due, "done_at": done, "persons": ["x", "y"],
        "findings": list(findings), "problems": [], "removed": {"lake": {"rows": 3}, "inputs": {"lines": 4}}, "as_of": as_of,
    }  # fmt: skip
    (state / "certificates" / f"{name}.json").write_text(json.dumps(values))


def test_each_request_has_its_deadline_and_its_status(warehouse, tmp_path):
    told(warehouse, "r1", "2025-03-20", None, None)
    told(warehouse, "r2", "2025-02-01", None, None)
    told(warehouse, "r3", "2025-01-01", "2025-01-31", "2025-02-05")
    told(warehouse, "r4", "2025-03-01", None, "2025-04-05")
    certified(tmp_path, "erasure-a", due="2025-04-01", done="2025-03-02T10:05:00")
    certified(tmp_path, "erasure-b", due="2025-04-01", done="2025-03-02T10:05:00", findings=["evidence: one place"])
    certified(tmp_path, "erasure-later", due="2025-05-01", done="2025-04-02T10:05:00", as_of="2025-04-01")
    (tmp_path / "keys").mkdir(exist_ok=True)
    (tmp_path / "keys" / "erasure-20250330T080000Z-abc.erasure").write_bytes(b"sealed")
    found = {row["request_id"]: row for row in requests.privacy(warehouse, state=tmp_path, as_of=DAY).to_pylist()}
    assert {name: row["status"] for name, row in found.items()} == {
        "r1": "open", "r2": "overdue", "r3": "late", "r4": "open", "erasure-a": "done", "erasure-b": "incomplete",
        "erasure-20250330T080000Z-abc": "open",
    }  # fmt: skip
    assert found["r2"]["reason"] == "overdue for 28 days" and found["r1"]["due_on"] == dt.date(2025, 4, 19)
    assert found["r3"]["reason"] == "done 5 days late"
    assert (found["erasure-a"]["persons"], found["erasure-a"]["removed"], found["erasure-b"]["done_at"]) == (2, 7, None)


def test_without_any_request_there_is_no_row(warehouse, tmp_path):
    assert requests.privacy(warehouse, state=tmp_path, as_of=DAY).num_rows == 0
    assert requests.requests(as_of=DAY).name == "requests"
