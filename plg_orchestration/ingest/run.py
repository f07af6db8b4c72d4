"""The ingestion of a workspace's files: every line of a file ends in exactly one place, or the file changes nothing.

Reading, identity and storage are in their own modules; here is the order in which they happen and what makes a file known.
"""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from plg_orchestration.clock import midnight
from plg_orchestration.config.sources import SCANS, Source
from plg_orchestration.ingest import billing, events, ledger, people, references
from plg_orchestration.ingest.batch import STAGED, Batch, Clock, Intake, batches
from plg_orchestration.ingest.erased import drop_erased
from plg_orchestration.ingest.forgetting import Retention, forget_on_the_way_in
from plg_orchestration.ingest.lines import digest
from plg_orchestration.ingest.parts import (
    REPEATING,
    Part,
    RecentIds,
    create_events_view,
    lake_folder,
    parts_of,
    parts_table,
    refused_folder,
)
from plg_orchestration.ingest.reading import raw_lines, stage_batch
from plg_orchestration.ingest.reasons import Reason, Refusal
from plg_orchestration.ingest.scans import scan_identity
from plg_orchestration.ingest.staging import Finish
from plg_orchestration.ingest.tables import BILLING_RECORDS, EVENTS, LEDGER, PARTS, REFERENCES
from plg_orchestration.warehouse import Table, Warehouse
from plg_orchestration.warehouse.parquet import write_parquet

WRITERS = 8
"""Parts written at the same time; writing mostly waits for the disk."""


class RoleEvent(Protocol):
    """An event that plays a role."""

    @property
    def event(self) -> str:
        """The event's own name."""
        ...


class IngestibleWorkspace(Protocol):
    """What ingestion needs to know of a workspace."""

    @property
    def root(self) -> Path: ...  # noqa: D102 (as in config.Workspace)
    @property
    def timezone(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> dt.date: ...  # noqa: D102
    @property
    def sources(self) -> Mapping[str, Source]: ...  # noqa: D102
    @property
    def roles(self) -> Mapping[str, tuple[RoleEvent, ...]]: ...  # noqa: D102


@dataclass(frozen=True)
class FileResult:
    """What became of one file; `note` says what concerns it as a whole."""

    source: str
    path: str
    file_id: str
    lines: int
    accepted: int
    duplicates: int
    quarantined: int
    blank: int
    note: str | None = None
    erased: int = 0


@dataclass(frozen=True)
class IngestSummary:
    """What one call of `ingest_files` did: the new files, how many were known already, and the reasons of refused lines."""

    files: tuple[FileResult, ...]
    known: int
    copies: int
    reasons: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def lines(self) -> int:
        """Lines of the new files."""
        return sum(file.lines for file in self.files)

    @property
    def accepted(self) -> int:
        """Accepted lines."""
        return sum(file.accepted for file in self.files)

    @property
    def duplicates(self) -> int:
        """Lines that repeat what was known."""
        return sum(file.duplicates for file in self.files)

    @property
    def quarantined(self) -> int:
        """Refused lines."""
        return sum(file.quarantined for file in self.files)

    @property
    def blank(self) -> int:
        """Blank lines."""
        return sum(file.blank for file in self.files)

    @property
    def erased(self) -> int:
        """Lines about people who were erased, dropped."""
        return sum(file.erased for file in self.files)


def ingest_files(
    warehouse: Warehouse,
    workspace: IngestibleWorkspace,
    *,
    through: dt.date,
    retention: Retention | None = None,
    progress: Callable[[FileResult], None] | None = None,
) -> IngestSummary:
    """Take in every file of the workspace that is not in the ledger and dated `through` or earlier, or undated; in a fixed order.

    A file's ledger row, parts, quarantined lines, links, versions and the view appear in one transaction (small files share
    one), so that a file is there as a whole or not at all. Running it again changes nothing; a kill in between leaves litter at
    most. What identifies an invited person beyond the `retention` is taken out on the way in. `progress` is called for every new
    file.
    """
    warehouse.forget_lasting()
    ensure_tables(warehouse)
    signups = tuple(entry.event for entry in workspace.roles.get("signup", ()))
    create_events_view(warehouse)
    people.refresh_signups(warehouse, signups)
    ingestion = _Ingestion(warehouse, workspace, through, retention)
    done: list[FileResult] = []
    reasons: Counter[str] = Counter()
    for batch in batches(ingestion.new_files()):
        ingestion.take(batch)
        for file in batch.files:
            reasons.update(refusal.reason.value for refusal in file.refused)
            done.append(_result(batch.source, file))
            if progress is not None:
                progress(done[-1])
    return IngestSummary(tuple(done), ingestion.known, ingestion.copies, dict(sorted(reasons.items())))


def _result(source: Source, file: Intake) -> FileResult:
    return FileResult(
        source.name,
        file.shown,
        file.file_id,
        file.lines,
        file.accepted,
        file.duplicates,
        len(file.refused),
        file.blank,
        file.note,
        file.erased,
    )


def ensure_tables(warehouse: Warehouse) -> None:
    """Create the ingest tables; when the declaration of any has changed, all start anew and every file is read again."""
    there = _columns(warehouse)
    if all(there.get(table.name) == table.column_names for table in LEDGER):
        return
    drop = made_by_another_release(warehouse)
    text: list[str] = []
    for table in LEDGER:
        if drop:
            text.append(f"drop table if exists {table.name};")
        body = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
        text.append(f"create table if not exists {table.name} ({body});")
    with warehouse.transaction():
        warehouse.connection.execute("\n".join(text)).fetchall()


def made_by_another_release(warehouse: Warehouse) -> bool:
    """Whether an ingest table has other columns than are declared, so that every file must be read again."""
    there = _columns(warehouse)
    return any(there.get(table.name, table.column_names) != table.column_names for table in LEDGER)


def _columns(warehouse: Warehouse) -> dict[str, tuple[str, ...]]:
    rows = warehouse.connection.execute("""
        select table_name, list(column_name order by column_index) from duckdb_columns()
        where schema_name = 'ingest' and not internal group by table_name""").fetchall()
    return {f"ingest.{name}": tuple(names) for name, names in rows}


def _candidates(workspace: IngestibleWorkspace, through: dt.date) -> Iterator[tuple[Source, Path]]:
    order = [name for name in REFERENCES if name in workspace.sources]
    for name in (*order, "events"):
        source = workspace.sources[name]
        for path in source.files(workspace.root):
            date = source.file_date(path, root=workspace.root)
            if date is None or date <= through:
                yield source, path


def _table_of(source: Source) -> Table:
    """The table that the source's rows are stored in; subscriptions are derived from a billing system's records."""
    if source.name == "events":
        return EVENTS
    return BILLING_RECORDS if source.format == "stripe" else REFERENCES[source.name]


class _Ingestion:
    """The state of one call: which paths and files are known, and the ids of recent days."""

    def __init__(
        self, warehouse: Warehouse, workspace: IngestibleWorkspace, through: dt.date, retention: Retention | None
    ) -> None:
        self.warehouse, self.workspace, self.retention = warehouse, workspace, retention
        self.clock = Clock(workspace.timezone, midnight(workspace.start, workspace.timezone), through)
        self.known = self.copies = 0
        self.paths = set(warehouse.connection.execute("select source, path, bytes, changed_ns from ingest.paths").fetchall())
        known = "select file_id, path from ingest.files union all select sha256, path from ingest.rewritten"
        self.files: dict[str, str] = dict(warehouse.connection.execute(known).fetchall())
        self.recent = RecentIds(warehouse)

    def new_files(self) -> Iterator[tuple[Source, Intake]]:
        """The files to take in, in order; those known by path, size and time of change, or by their bytes, are left out."""
        for source, path in _candidates(self.workspace, self.clock.through):
            stat = path.stat()
            shown = self._shown(path)
            if (source.name, shown, stat.st_size, stat.st_mtime_ns) in self.paths:
                self.known += 1
                continue
            date = source.file_date(path, root=self.workspace.root)
            identity = scan_identity(digest(path), date) if source.format in SCANS else digest(path)
            file = Intake(0, path, shown, identity, date, stat.st_size, stat.st_mtime_ns)
            first = self.files.get(file.file_id)
            if first is None:
                self.files[file.file_id] = shown
                yield source, file
            elif first == shown:
                self.known += 1
                ledger.note_path(self.warehouse, source, file, None)
            else:
                self.copies += 1
                ledger.note_path(self.warehouse, source, file, f"copy of {first}")

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.workspace.root)) if path.is_relative_to(self.workspace.root) else str(path)

    def take(self, batch: Batch) -> None:
        """Take a batch of files in, in one transaction."""
        table = _table_of(batch.source)
        timezone = self.clock.timezone

        def finishing(columns: frozenset[str]) -> Finish:
            return events.finish(columns, timezone) if table is EVENTS else references.finish(table, columns, timezone)

        stage_batch(self.warehouse, batch, clock=self.clock, finishing=finishing, root=self.workspace.root)
        drop_erased(self.warehouse, batch, table)
        if self.retention is not None:
            forget_on_the_way_in(self.warehouse, batch, table, self.retention)
        for file in batch.files:
            if file.note is not None:
                self._keep(file)
            elif not file.lines:
                file.note = "empty"
        parts: list[Part] = []
        if batch.staged and table is EVENTS:
            self._identify(batch)
            parts = self._write(batch)
        elif batch.staged:
            references.mark_repeats(self.warehouse, table, self.retention)
        with self.warehouse.transaction():
            self._store(batch, table, parts)
        if batch.staged and table is EVENTS:
            self.recent.add(self.warehouse, parts)

    def _keep(self, file: Intake) -> None:
        folder = refused_folder(self.warehouse)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, folder / f"{file.file_id}{''.join(file.path.suffixes[-2:])}")

    def _identify(self, batch: Batch) -> None:
        """Mark staged rows that repeat a known id: duplicates, and conflicts, which are refused with the line that was first."""
        events.number_derived_ids(self.warehouse)
        repeats = events.repeats(self.warehouse, self.recent)
        if not repeats:
            return
        conflicts = events.conflicts(self.warehouse, repeats, self.retention)
        raws = raw_lines(self.warehouse, batch, sorted(conflicts))
        for repeat in repeats:
            file = batch.at(repeat.place)
            if repeat.place in conflicts:
                where = f"line {repeat.line}" + ("" if repeat.file_id == file.file_id else f" of file {repeat.file_id[:16]}")
                detail = f"id {repeat.event_id!r} was used for other content in {where}"
                file.refused.append(Refusal(repeat.place - file.first, Reason.CONFLICT, detail, raws[repeat.place]))
        marks = pa.table({"place": pa.array([repeat.place for repeat in repeats], pa.int64())})
        marks = marks.append_column(
            "mark", pa.array(["conflict" if r.place in conflicts else "duplicate" for r in repeats], pa.string())
        )
        self.warehouse.connection.register("marks", marks)
        self.warehouse.connection.execute(
            f"update {STAGED} as s set problem = m.mark from marks as m where m.place = s.place"
        ).fetchall()
        self.warehouse.connection.unregister("marks")

    def _write(self, batch: Batch) -> list[Part]:
        folder = lake_folder(self.warehouse)
        pieces = [
            part for index, day, rows in events.accepted(self.warehouse)
            for part in parts_of(batch.files[index].file_id, day, rows)
        ]  # fmt: skip
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(lambda part: write_parquet(folder / part.part, part.rows, repeating=REPEATING), pieces))
        return pieces

    def _store(self, batch: Batch, table: Table, parts: list[Part]) -> None:
        spans: dict[int, tuple[dt.datetime, dt.datetime]] = {}
        if batch.staged:
            ledger.count(self.warehouse, batch)
            spans = ledger.spans(self.warehouse, "received_at" if table is EVENTS else "known_at")
            if table is EVENTS:
                people.derive_versions(self.warehouse)
            else:
                references.insert_versions(self.warehouse, table)
            if table is BILLING_RECORDS:
                billing.derive_subscriptions(self.warehouse, self.clock.timezone)
        ledger.write(self.warehouse, batch, spans)
        if parts:
            self.warehouse.insert(PARTS, parts_table(parts))
            create_events_view(self.warehouse)
