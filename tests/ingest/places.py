"""Helpers of the ingest tests: tiny workspaces in a temporary folder, taken in by the real warehouse."""

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from plg_orchestration.config.sources import Source
from plg_orchestration.config.taxonomy import RoleEvent
from plg_orchestration.ingest import IngestSummary, ingest_files
from plg_orchestration.warehouse import Query, Warehouse

DAY = dt.date(2025, 3, 10)


@dataclass
class Place:
    """A workspace for ingestion: a folder, its clock, its sources; `say` writes files, `take` ingests through a day."""

    root: Path
    sources: dict[str, Source]
    timezone: str = "UTC"
    start: dt.date = dt.date(2025, 1, 1)
    roles: dict[str, tuple[RoleEvent, ...]] = field(default_factory=dict)
    warehouse: Warehouse | None = None

    def say(self, name: str, *lines: str | bytes | dict[str, Any], end: bytes = b"\n") -> Path:
        """Write a file of the given lines (dictionaries as JSON) into the workspace's folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(as_bytes(line) + end for line in lines))
        return path

    def take(self, through: dt.date = DAY) -> IngestSummary:
        """Ingest everything dated `through` or earlier."""
        assert self.warehouse is not None
        return ingest_files(self.warehouse, self, through=through)

    def rows(self, text: str, **parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        assert self.warehouse is not None
        return list(self.warehouse.connection.execute(text, parameters or None).fetchall())

    def frame(self, query: Query) -> pd.DataFrame:
        """The frame of a query."""
        assert self.warehouse is not None
        return self.warehouse.frame(query)

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that ingestion stored and that counts as content, sorted."""
        tables = ("events", "files", "quarantine", "identities", "users", "accounts", "parts")
        return {name: self.rows(f"select * from ingest.{name} order by all") for name in tables}


def as_bytes(line: str | bytes | dict[str, Any]) -> bytes:
    """A line's bytes without its end."""
    if isinstance(line, dict):
        line = json.dumps(line)
    return line if isinstance(line, bytes) else line.encode()


def track(number: int | str | None, *, user: str | None = "u1", at: str = "2025-03-10T08:00:00Z", **more: Any) -> dict[str, Any]:
    """A track call with message id `m<number>`."""
    call: dict[str, Any] = {"type": "track", "event": "Report Created", "timestamp": at, "properties": {"n": 1}}
    if number is not None:
        call["messageId"] = f"m{number}"
    if user is not None:
        call["userId"] = user
    return call | more


def segment(path: str = "*.jsonl") -> dict[str, Source]:
    """Segment calls as the only source."""
    return {"events": Source(name="events", path=path, format="segment")}
