"""The ingestion of a workspace's files, each in one transaction: every line ends in exactly one place, or the file changes nothing.

Reading, identity and storage are in their own modules; here is the order in which they happen and what makes a file known.
"""

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

import pyarrow as pa

from plg_orchestration.clock import midnight
from plg_orchestration.config.sources import Source
from plg_orchestration.ingest import events, people, references
from plg_orchestration.ingest.lines import digest
from plg_orchestration.ingest.parts import RecentIds, create_events_view, quoted, refused_folder, write_parts
from plg_orchestration.ingest.reading import STAGED, Finish, Frame, Tally, raw_lines, stage_file
from plg_orchestration.ingest.reasons import FUTURE_SKEW, FileRefused, Reason, Refusal
from plg_orchestration.ingest.tables import ARROW_TYPES, EVENTS, LEDGER, PARTS, QUARANTINE, REFERENCES
from plg_orchestration.warehouse import Table, Warehouse

MICROSECOND = dt.timedelta(microseconds=1)


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


def ingest_files(
    warehouse: Warehouse, workspace: IngestibleWorkspace, *, through: dt.date, progress: Callable[[FileResult], None] | None = None
) -> IngestSummary:
    """Take in every file of the workspace that is not in the ledger and dated `through` or earlier (or undated), in a fixed order.

    Each file is one transaction: its ledger row, parts, quarantined lines, links, versions and the view appear together. Running
    it again changes nothing; a kill in between leaves litter at most. `progress` is called after every new file.
    """
    ensure_tables(warehouse)
    signups = tuple(entry.event for entry in workspace.roles.get("signup", ()))
    create_events_view(warehouse)
    people.refresh_signups(warehouse, signups)
    ingestion = _Ingestion(warehouse, workspace, through)
    done: list[FileResult] = []
    for source, path in _candidates(workspace, through):
        result = ingestion.take(source, path)
        if result is not None:
            done.append(result)
            if progress is not None:
                progress(result)
    return IngestSummary(tuple(done), ingestion.known, ingestion.copies, dict(sorted(ingestion.reasons.items())))


def ensure_tables(warehouse: Warehouse) -> None:
    """Create the ingest tables; when the declaration of any has changed, all start anew and every file is read again."""
    stale = [table for table in LEDGER if warehouse.exists(table.name) and _described(warehouse, table) != table.column_names]
    for table in LEDGER if stale else ():
        warehouse.connection.execute(f"drop table if exists {table.name}")
    for table in LEDGER:
        warehouse.ensure(table)


def _described(warehouse: Warehouse, table: Table) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in warehouse.connection.execute(f"describe {table.name}").fetchall())


def _candidates(workspace: IngestibleWorkspace, through: dt.date) -> Iterator[tuple[Source, Path]]:
    order = [name for name in REFERENCES if name in workspace.sources]
    for name in (*order, "events"):
        source = workspace.sources[name]
        for path in source.files(workspace.root):
            date = source.file_date(path, root=workspace.root)
            if date is None or date <= through:
                yield source, path


class _Ingestion:
    """The state of one call: which paths and files are known, and the ids of recent days."""

    def __init__(self, warehouse: Warehouse, workspace: IngestibleWorkspace, through: dt.date) -> None:
        self.warehouse, self.workspace, self.through = warehouse, workspace, through
        self.known = self.copies = 0
        self.reasons: Counter[str] = Counter()
        rows = warehouse.connection.execute("select source, path, bytes, changed_ns from ingest.paths").fetchall()
        self.paths = set(rows)
        named = warehouse.connection.execute("select file_id, path from ingest.files").fetchall()
        self.files: dict[str, str] = {str(file_id): str(path) for file_id, path in named}
        self.recent = RecentIds(warehouse)

    def take(self, source: Source, path: Path) -> FileResult | None:
        """Ingest one file; None when it was known (by path, size and time of change, or by its bytes)."""
        stat = path.stat()
        shown = self._shown(path)
        seen = (source.name, shown, stat.st_size, stat.st_mtime_ns)
        if seen in self.paths:
            self.known += 1
            return None
        file_id = digest(path)
        if file_id in self.files:
            self._remember(seen, file_id)
            return None
        date = source.file_date(path, root=self.workspace.root)
        result = self._ingest(source, path, _Known(file_id, shown, date, stat.st_size), seen)
        self.paths.add(seen)
        self.files[file_id] = shown
        return result

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.workspace.root)) if path.is_relative_to(self.workspace.root) else str(path)

    def _remember(self, seen: tuple[str, str, int, int], file_id: str) -> None:
        first = self.files[file_id]
        copy = first != seen[1]
        self.copies += copy
        self.known += not copy
        self.paths.add(seen)
        with self.warehouse.transaction():
            self._note_path(seen, file_id, f"copy of {first}" if copy else None)

    def _note_path(self, seen: tuple[str, str, int, int], file_id: str, note: str | None) -> None:
        values = {"s": seen[0], "p": seen[1], "f": file_id}
        self.warehouse.connection.execute("delete from ingest.paths where source = $s and path = $p and file_id = $f", values)
        values |= {"b": seen[2], "c": seen[3], "n": note}
        self.warehouse.connection.execute("insert into ingest.paths values ($s, $p, $b, $c, $f, $n)", values)

    # -- one file -------------------------------------------------------------------------------------------------------

    def _ingest(self, source: Source, path: Path, known: "_Known", seen: tuple[str, str, int, int]) -> FileResult:
        frame = self._frame(known.date)
        table = EVENTS if source.name == "events" else REFERENCES[source.name]
        try:
            tally = self._stage(source, table, path, frame)
            note = None if tally.lines else "empty"
        except FileRefused as refused:
            note = f"refused: {refused}"
            tally = Tally(lines=1, refused=[Refusal(0, Reason.FILE, str(refused), b"")])
            self._keep(path, known.file_id)
        result = self._commit(source, path, table, tally, known, seen, note)
        self.reasons.update(refusal.reason.value for refusal in tally.refused)
        return result

    def _stage(self, source: Source, table: Table, path: Path, frame: Frame) -> Tally:
        timezone = self.workspace.timezone

        def finish(columns: frozenset[str]) -> Finish:
            if table is EVENTS:
                return events.finish(columns, timezone)
            return references.finish(source, table, columns, timezone)

        return stage_file(self.warehouse, source, path, frame=frame, finish=finish, root=self.workspace.root)

    def _frame(self, date: dt.date | None) -> Frame:
        zone, day = self.workspace.timezone, date or self.through
        last = midnight(day + dt.timedelta(days=1), zone) - MICROSECOND
        return Frame(
            date=date, day_start=midnight(day, zone), day_last=last, start=midnight(self.workspace.start, zone), timezone=zone,
            limit=last + FUTURE_SKEW if date else None,
        )  # fmt: skip

    def _keep(self, path: Path, file_id: str) -> None:
        folder = refused_folder(self.warehouse)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / f"{file_id}{''.join(path.suffixes[-2:])}")

    def _commit(
        self, source: Source, path: Path, table: Table, tally: Tally, known: "_Known", seen: tuple[str, str, int, int], note: str | None
    ) -> FileResult:
        duplicates, days = 0, dict[dt.date, pa.Table]()
        staged = tally.staged
        if staged and table is EVENTS:
            duplicates, days = self._identify(source, path, known.file_id, tally)
        elif staged:
            duplicates = references.drop_repeats(self.warehouse, table, known.file_id)
        parts = write_parts(self.warehouse, known.file_id, days)
        with self.warehouse.transaction():
            accepted = sum(rows.num_rows for rows in days.values())
            if staged and table is EVENTS:
                self._derive(known.file_id)
            elif staged:
                accepted = references.insert_versions(self.warehouse, table, known.file_id)
            result = FileResult(
                source.name, known.path, known.file_id, tally.lines, accepted, duplicates, len(tally.refused), tally.blank, note
            )
            self._ledger(result, known, tally.refused, parts, table if staged else None)
            self._note_path(seen, known.file_id, None)
            if parts.num_rows:
                create_events_view(self.warehouse)
        self.recent.add(self.warehouse, days, parts)
        return result

    def _identify(self, source: Source, path: Path, file_id: str, tally: Tally) -> tuple[int, dict[dt.date, pa.Table]]:
        events.number_derived_ids(self.warehouse)
        resolved = events.resolve_identity(self.warehouse, self.recent)
        raws = raw_lines(self.warehouse, source, path, [line for line, *_ in resolved.conflicts])
        tally.refused += [Refusal(line, reason, detail, raws[line]) for line, reason, detail in resolved.conflicts]
        return resolved.duplicates, events.accepted(self.warehouse, file_id)

    def _derive(self, file_id: str) -> None:
        self.warehouse.connection.execute(
            f"create or replace temp view new_events as select s.*, {quoted(file_id)} as file_id from {STAGED} as s "
            "where s.problem is null and not exists (select 1 from dropped_lines as d where d.line = s.line)"
        )
        people.derive_versions(self.warehouse)

    def _ledger(self, result: FileResult, known: "_Known", refused: list[Refusal], parts: pa.Table, table: Table | None) -> None:
        if result.lines != result.accepted + result.duplicates + result.quarantined + result.blank:
            raise AssertionError(
                f"{result.path}: {result.lines} lines, but {result.accepted} accepted + {result.duplicates} duplicates + "
                f"{result.quarantined} quarantined + {result.blank} blank; nothing of this file was stored, please report it"
            )
        clock = self._clock(table)
        values = {
            "file_id": result.file_id, "source": result.source, "path": result.path, "file_date": known.date, "bytes": known.size,
            "lines": result.lines, "accepted": result.accepted, "duplicates": result.duplicates, "quarantined": result.quarantined,
            "blank": result.blank, "received_from": clock[0], "received_to": clock[1], "note": result.note,
        }  # fmt: skip
        names = ", ".join(values)
        marks = ", ".join(f"${name}" for name in values)
        self.warehouse.connection.execute(f"insert into ingest.files ({names}) values ({marks})", values)
        if parts.num_rows:
            self.warehouse.insert(PARTS, parts)
        if refused:
            self.warehouse.insert(QUARANTINE, _quarantine(result, refused))

    def _clock(self, table: Table | None) -> tuple[dt.datetime | None, dt.datetime | None]:
        if table is None:
            return None, None
        column = "received_at" if table is EVENTS else "known_at"
        row = self.warehouse.connection.execute(f"select min({column}), max({column}) from {STAGED} where problem is null").fetchone()
        return cast("tuple[dt.datetime | None, dt.datetime | None]", row)


@dataclass(frozen=True)
class _Known:
    file_id: str
    path: str
    date: dt.date | None
    size: int


def _quarantine(result: FileResult, refused: list[Refusal]) -> pa.Table:
    ordered = sorted(refused, key=lambda refusal: refusal.line)
    columns: dict[str, list[object]] = {
        "file_id": [result.file_id] * len(ordered),
        "source": [result.source] * len(ordered),
        "path": [result.path] * len(ordered),
        "line": [refusal.line for refusal in ordered],
        "reason": [refusal.reason.value for refusal in ordered],
        "detail": [refusal.detail for refusal in ordered],
        "raw": [refusal.raw for refusal in ordered],
    }
    return pa.table({c.name: pa.array(columns[c.name], ARROW_TYPES[c.type]) for c in QUARANTINE.columns})
