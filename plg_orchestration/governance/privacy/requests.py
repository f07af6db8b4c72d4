"""Requests to be forgotten as they stand on a day: those that were carried out here, and those that the source tells of.

Carrying one out is `erasure.py`.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.privacy.certificate import DUE, read_certificates
from plg_orchestration.governance.privacy.journal import SUFFIX
from plg_orchestration.ingest.known import known_governance_records
from plg_orchestration.warehouse import Query, Warehouse, sql_file

SCHEMA = pa.schema([
    ("as_of", pa.date32()), ("request_id", pa.string()), ("origin", pa.string()), ("requested_at", pa.timestamp("us")),
    ("due_on", pa.date32()), ("done_at", pa.timestamp("us")), ("persons", pa.int64()), ("removed", pa.int64()),
    ("findings", pa.int64()), ("status", pa.string()), ("reason", pa.string()),
])  # fmt: skip
STAMP = "%Y%m%dT%H%M%SZ"


def requests(*, as_of: AsOf) -> Query:
    """The source's requests (request_id, requested_at, due_at, done_at) as known on the day."""
    return sql_file("governance/privacy/requests.sql", requires=(known_governance_records(as_of),), cut=as_of.cut)


def privacy(warehouse: Warehouse, *, state: Path, as_of: AsOf) -> pa.Table:
    """The rows of `governance.privacy` for the day."""
    rows = [
        _certified(told, as_of) for told in read_certificates(state) if told["as_of"] is None or told["as_of"] <= str(as_of.date)
    ]
    certified = {row["request_id"] for row in rows}
    rows += [_begun(path, as_of) for path in sorted((state / "keys").glob(f"*{SUFFIX}")) if path.stem not in certified]
    if warehouse.exists("ingest.governance_records"):
        rows += [_told(row, as_of) for row in warehouse.arrow(requests(as_of=as_of)).to_pylist()]
    return pa.Table.from_pylist([{"as_of": as_of.date, **row} for row in sorted(rows, key=_order)], schema=SCHEMA)


def _order(row: dict[str, Any]) -> tuple[dt.datetime, str]:
    return row["requested_at"], row["request_id"]


def _certified(told: dict[str, Any], as_of: AsOf) -> dict[str, Any]:
    due, done = dt.date.fromisoformat(told["due_on"]), dt.datetime.fromisoformat(told["done_at"])
    left = len(told["findings"]) + len(told["problems"])
    status = "incomplete" if left else "late" if done.date() > due else "done"
    words = {
        "incomplete": f"{left} places are left; the certificate names them", "late": f"done {(done.date() - due).days} days late",
        "done": "done in time; a search of every store found nothing",
    }  # fmt: skip
    return {
        "request_id": told["erasure_id"], "origin": "erasure", "requested_at": dt.datetime.fromisoformat(told["requested_at"]),
        "due_on": due, "done_at": None if left else done, "persons": len(told["persons"]), "findings": left, "status": status,
        "removed": sum(number for counts in told["removed"].values() for number in counts.values()), "reason": words[status],
    }  # fmt: skip


def _begun(path: Path, as_of: AsOf) -> dict[str, Any]:
    at = dt.datetime.strptime(path.stem.split("-")[1], STAMP)
    row = {"request_id": path.stem, "origin": "erasure", "requested_at": at, "due_on": (at + DUE).date(), "findings": None}
    return {**row, **_waiting((at + DUE).date(), as_of), "reason": "begun and interrupted; run `plg erase` again, it goes on"}


def _told(row: dict[str, Any], as_of: AsOf) -> dict[str, Any]:
    due = (row["due_at"] or row["requested_at"] + DUE).date()
    made = {"origin": "governance_records", "request_id": row["request_id"], "requested_at": row["requested_at"], "due_on": due}
    done = row["done_at"]
    if done is None:
        return {**made, **_waiting(due, as_of)}
    late = (done.date() - due).days
    said = f"done {late} days late" if late > 0 else "done in time, as the source says"
    return {**made, "done_at": done, "status": "late" if late > 0 else "done", "reason": said}


def _waiting(due: dt.date, as_of: AsOf) -> dict[str, Any]:
    overdue = (as_of.date - due).days
    said = f"overdue for {overdue} days" if overdue > 0 else f"open, due in {-overdue} days"
    return {"status": "overdue" if overdue > 0 else "open", "reason": said}
