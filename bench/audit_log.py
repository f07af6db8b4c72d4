"""Verification of the decision log, and its floor: SHA-256 over the same bytes."""

import datetime as dt
import hashlib
import shutil
from pathlib import Path

RECORDS, DAYS = 200_000, 4
FEATURES = ",".join(f'"feature_of_the_user_{n:02d}":{n % 7}' for n in range(18))
SECRET = "a secret for measuring only"


def make_log(folder: Path) -> Path:
    """A log of 200,000 decisions of about the size that a model's have, made once."""
    from plg_orchestration.governance.audit_log.appending import append_waiting
    from plg_orchestration.governance.privacy.secret import secret_in
    from plg_orchestration.warehouse import Warehouse

    if (folder / "audit" / "heads.jsonl").exists():
        return folder / "audit"
    shutil.rmtree(folder, ignore_errors=True)
    with Warehouse.open(folder) as warehouse:
        for number in range(DAYS):
            day = dt.date(2025, 1, 1) + dt.timedelta(days=number)
            _enter(warehouse, day, number * RECORDS // DAYS, RECORDS // DAYS)
            append_waiting(warehouse, state=folder, secret=secret_in(folder, SECRET), day=day, at=dt.datetime(2025, 1, 1))
    return folder / "audit"


def _enter(warehouse: object, day: dt.date, first: int, count: int) -> None:
    import pyarrow as pa

    from plg_orchestration.governance.audit_log.outbox import SCHEMA, add, entry_id, prepare
    from plg_orchestration.warehouse import Warehouse

    assert isinstance(warehouse, Warehouse)
    at = dt.datetime.combine(day, dt.time())
    numbers = range(first, first + count)
    bodies = [f'{{"as_of":"{day}","features":{{{FEATURES}}},"score":{n}.5,"status":"decided"}}' for n in numbers]
    prepare(warehouse)
    add(warehouse, pa.table(
        {
            "kind": ["decision"] * count, "key": [f"{n:032x}" for n in numbers], "as_of": [day] * count, "at": [at] * count,
            "state": ["decided"] * count, "entry": [entry_id("decision", "", body) for body in bodies],
            "user_id": [f"u{n}" for n in numbers], "staff": ["{}"] * count, "links": ["{}"] * count, "body": bodies,
        },
        schema=SCHEMA,
    ))  # fmt: skip


def prepare_ours(log: str) -> tuple[()]:
    """Import what verification needs, and read the files once, as for the floor."""
    from plg_orchestration.governance import verify_audit_log

    _ = verify_audit_log
    return prepare_floor(log)


def ours(log: str) -> dict[str, int]:
    """Verify the log; records and days."""
    from plg_orchestration.governance import verify_audit_log

    found = verify_audit_log(log)
    assert found.valid, found.fault
    return {"records": found.records, "days": found.days}


def prepare_floor(log: str) -> tuple[()]:
    """Read the files once, so that neither is measured with a cold disk."""
    for path in Path(log).glob("2*.jsonl"):
        path.read_bytes()
    return ()


def floor(log: str) -> dict[str, int]:
    """SHA-256 over the same bytes; how many."""
    size = 0
    for path in sorted(Path(log).glob("2*.jsonl")):
        with path.open("rb") as handle:
            hashlib.file_digest(handle, "sha256")
        size += path.stat().st_size
    return {"bytes": size}
