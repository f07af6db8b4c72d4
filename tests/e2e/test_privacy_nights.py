"""What nights leave behind: every file belongs to a store that an erasure knows, and MLflow and the logs name nobody."""

import re
import sqlite3
from pathlib import Path

from plg_orchestration.governance.privacy.stores import state_files, store_of

PERSON = re.compile(rb"(?<![0-9A-Za-z])[uv]0\d{5,6}(?![0-9A-Za-z])|[\w.+-]+@[\w-]+\.(?:example|com|org)\b")
"""Ids of the generated people, named and anonymous, and addresses."""
TEXTS = {".csv", ".md", ".json", ".html", ".txt", ".svg", ".yaml", ".err", ".out", ".log", ".jsonl"}


def named_in(path: Path) -> list[bytes]:
    if path.suffix in TEXTS:
        return PERSON.findall(path.read_bytes())
    if not path.read_bytes().startswith(b"SQLite format 3"):
        return []
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    tables = [name.decode() for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall()]
    cells = [cell for table in tables for row in connection.execute(f'select * from "{table}"').fetchall() for cell in row]
    connection.close()
    return [hit for cell in cells if isinstance(cell, bytes) for hit in PERSON.findall(cell)]


def test_every_file_that_nights_leave_belongs_to_a_store(two_nights):
    state = two_nights.workspace.state
    assert sorted({path.name for path in state_files(state) if store_of(path, state) is None}) == []


def test_neither_mlflow_nor_the_logs_of_steps_nor_notes_name_anybody(two_nights):
    state = two_nights.workspace.state
    looked = [path for path in state_files(state) if path.relative_to(state).parts[0] in ("mlartifacts", "mlflow.db", "audit")]
    looked += [path for path in state_files(state) if "compute_logs" in path.parts or path.suffix in (".log", ".jsonl")]
    assert any(path.name == "mlflow.db" for path in looked)
    assert {str(path.relative_to(state)): named_in(path)[:3] for path in looked if named_in(path)} == {}
