"""A small workspace of needle people with rows in every table and something in every store, made without a night."""

import datetime as dt
import json
import shutil
import sqlite3
from pathlib import Path

import pyarrow as pa

from plg_orchestration.config import Workspace, load_workspace, write_config_tables
from plg_orchestration.demo import generate
from plg_orchestration.governance.audit_log.keeping import flush
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue
from plg_orchestration.governance.privacy.identifiers import SUBJECTS
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.secret import secret_of
from plg_orchestration.ingest import ingest_files
from plg_orchestration.pql.routing.records import Override, append_record, override_id, read_records, restore
from plg_orchestration.warehouse import Table, Warehouse, all_tables
from tests.governance import needle_world
from tests.governance.needle_world import PEOPLE, needle

AT = dt.datetime(2025, 3, 3, 12)
KINDS = {"users": "user", "anonymous": "anon", "invitees": "hash", "decisions": "decision"}
TYPES = {"DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "BOOLEAN": pa.bool_(), "DOUBLE": pa.float64()}
FIXED = {"state": "delivered", "destination": "crm"}
BYHAND = ("ingest.", "governance.a", "governance.incidents", "pql.promotions", "pql.overrides")


def ids(first: int, last: int) -> list[str]:
    return [needle("user", number) for number in range(first, last)]


def make(folder: Path) -> Workspace:
    generate(folder, users=130, days=28)
    needle_world.plant(folder)
    text = (folder / "plg.yaml").read_text()
    handed = "pql:\n  destinations: [{name: handed, kind: csv, folder: handed_over}]\n"
    (folder / "plg.yaml").write_text(text.replace("pql:\n", handed, 1))
    workspace = load_workspace(folder / "plg.yaml")
    assert workspace.last_day is not None
    with Warehouse.open(workspace.state) as warehouse:
        write_config_tables(warehouse, workspace)
        ingest_files(warehouse, workspace, through=workspace.last_day)
        from plg_orchestration.ingest.tables import EVENTS, TABLES

        taken = [t for t in TABLES if t is not EVENTS and warehouse.exists(t.name)]
        warehouse.republish(taken, workspace.last_day)
        for table in all_tables():
            if not table.name.startswith(BYHAND):
                rows = _rows(table, workspace.last_day)
                warehouse.publish(table, lambda _, rows=rows: rows, [workspace.last_day])
        _overrides(workspace, warehouse)
        _audit(workspace, warehouse)
    _others(workspace)
    return workspace


def _rows(table: Table, day: dt.date) -> pa.Table:
    """A row of the table for each needle person; what says whom a row is about does, and other texts are the person's own."""
    made: dict[str, pa.Array] = {}
    for column in table.columns:
        kind = column.type.upper()
        if kind == "DATE":
            values: list[object] = [day if column.name == table.day else day - dt.timedelta(days=n) for n in range(PEOPLE)]
        elif kind == "TIMESTAMP":
            values = [AT + dt.timedelta(seconds=n) for n in range(PEOPLE)]
        elif kind.startswith("VARCHAR["):
            made[column.name] = pa.array([[needle("country", n)] for n in range(PEOPLE)])
            continue
        elif "VARCHAR" in kind:
            values = [_text(column.name, n) for n in range(PEOPLE)]
        else:
            made[column.name] = pa.array([n % 2 == 0 if kind == "BOOLEAN" else n for n in range(PEOPLE)])
            continue
        made[column.name] = pa.array(values, TYPES.get(kind, pa.string()))
    return pa.table(made)


def _text(column: str, n: int) -> str:
    if column in SUBJECTS:
        return needle(KINDS[SUBJECTS[column]], n)
    if column in FIXED:
        return FIXED[column]
    return f"because of {needle('country', n)} and {needle('user', n)}" if "reason" in column else needle("country", n)


def _overrides(workspace: Workspace, warehouse: Warehouse) -> None:
    file = workspace.root / workspace.pql.routing.overrides.file
    for number in range(1, PEOPLE + 1):
        who, decision = needle("user", number - 1), needle("decision", number - 1)
        append_record(file, Override(
            number=number, override_id=override_id(number, decision, "hold", "self_serve", "Dana"), decision_id=decision,
            as_of=dt.date(2025, 1, 9), target="conversion", user_id=who, action="hold", was_route="sales", was_status="queued",
            was_reason="contacted by sales lately", now_route="self_serve", now_status="suppressed", until=dt.date(2025, 2, 1),
            person="Dana", recorded_at=AT, rationale=f"{who} is on holiday",
        ))  # fmt: skip
    assert restore(warehouse, read_records(file)) == ()


def _audit(workspace: Workspace, warehouse: Warehouse) -> None:
    with warehouse.transaction():
        enqueue(warehouse, [
            Entry("decision", needle("decision", n), {"route": "sales"}, AT, as_of=dt.date(2025, 1, 9), user_id=needle("user", n))
            for n in range(PEOPLE)
        ])  # fmt: skip
    flush(workspace, warehouse, at=AT)


def _others(workspace: Workspace) -> None:
    """MLflow, Dagster, reports, notes, copies of unreadable files, and leads handed to a folder."""
    state = workspace.state
    people = range(PEOPLE)
    sample = "| user | score |\n|---|---|\n" + "\n".join(f"| {needle('user', n)} | 9{n} |" for n in people)
    texts = {
        "mlartifacts/pql/1/artifacts/table.csv": "user,score\n" + "".join(f"{needle('user', n)},{n}\n" for n in people),
        "models/conversion/v1/notes.json": json.dumps({"seen": [needle("user", n) for n in people]}),
        "reports/2025-01-10/lead_queue.csv": "user_id,why\n" + "".join(f'{needle("user", n)},"a ""lead"""\n' for n in people),
        "reports/2025-01-10/executive.html": "".join(f"<tr><td>{needle('user', n)}</td></tr>" for n in people),
        "reports/2025-01-10/drift.md": f"# Leads\n{sample}\n",
        "run_failures.jsonl": "".join(json.dumps({"error": f"no {needle('mail', n)}@people.example"}) + "\n" for n in people),
        "dagster/storage/1/compute_logs/a.err": "".join(f"read {needle('user', n)}\n" for n in people),
    }  # fmt: skip
    for name, text in texts.items():
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text(text)
    refused = state / "lake" / "refused"
    refused.mkdir(parents=True, exist_ok=True)
    for n in people:
        (refused / f"{n:064d}.jsonl").write_bytes(json.dumps({"userId": needle("user", n)}).encode("utf-16"))
    handed = workspace.root / "handed_over"
    handed.mkdir()
    (handed / "2025-01-10_sales.csv").write_text(texts["reports/2025-01-10/lead_queue.csv"])
    (state / "dagster" / "history" / "runs").mkdir(parents=True)
    for name in ("dagster/history/runs/index.db", "mlflow.db"):
        with sqlite3.connect(state / name) as connection:
            connection.execute("create table event_logs (id integer primary key, event text)")
            connection.execute("insert into event_logs (event) values (?)", (json.dumps({"sample": sample}),))
            connection.executemany("insert into event_logs (event) values (?)", [(f"read {needle('user', n)}",) for n in people])
        connection.close()


def copy(workspace: Workspace, folder: Path) -> Workspace:
    shutil.copytree(workspace.root, folder)
    return load_workspace(folder / "plg.yaml")


def with_keys(workspace: Workspace) -> set[int]:
    """The numbers of the needle people whose pseudonyms can still be told."""
    with open_keyring(workspace.state, secret_of(workspace)) as keys:
        return {n for n in range(PEOPLE) if keys.known(needle("user", n))}
