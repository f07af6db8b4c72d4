"""Files into typed rows: lines are checked, mapped and staged in a temporary table; the refused are set aside with a reason.

Identity, duplicates and storage come after (`events.py`, `references.py`); how a format is understood is in `dialects/`.
"""

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from plg_orchestration.config.sources import SCANS
from plg_orchestration.ingest import jsonlines
from plg_orchestration.ingest.batch import STAGED, Batch, Clock, Intake
from plg_orchestration.ingest.delimited import CsvFile, ParquetFile
from plg_orchestration.ingest.dialects import DIALECTS, Selection
from plg_orchestration.ingest.lines import CHUNK, Chunk, chunks, readable, without_feed
from plg_orchestration.ingest.reasons import FileRefused, Reason, Refusal
from plg_orchestration.ingest.records import TEXT, Records
from plg_orchestration.ingest.scans import ScanFile
from plg_orchestration.ingest.staging import Finishing, Stage
from plg_orchestration.ingest.strict import is_blank, reason_of
from plg_orchestration.warehouse import Warehouse


def stage_batch(warehouse: Warehouse, batch: Batch, *, clock: Clock, finishing: Finishing, root: Path) -> None:
    """Fill the temporary table `staged_rows` with the batch's rows, and its files with their counts and refused lines.

    A file that cannot be read as a whole keeps no rows; its one refusal, at line 0, says why.
    """
    warehouse.connection.execute(f"drop table if exists {STAGED}")
    stage = Stage(warehouse, batch, clock, finishing, root)
    if batch.source.format in ("csv", "parquet", "stripe", *SCANS):
        _Records(stage).read()
    else:
        _Lines(stage).read()
    batch.staged = stage.made


def _refuse_whole(stage: Stage, file: Intake, why: str) -> None:
    file.refused = [Refusal(0, Reason.FILE, why, b"")]
    file.lines, file.blank, file.note = 1, 0, f"refused: {why}"
    if stage.made:
        stage.warehouse.connection.execute(f"delete from {STAGED} where file = $file", {"file": file.index})


def _problem(line: int, text: str, raw: bytes) -> Refusal:
    reason, _, detail = text.partition("|")
    return Refusal(line, Reason(reason), detail, raw)


# -- JSON lines ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Held:
    """A chunk of one file that waits to be staged, and the place of its first line."""

    file: Intake
    chunk: Chunk
    place: int
    table: pa.Table


class _Lines:
    """JSON lines of all files of a batch, staged a chunk at a time; small files share a chunk."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.selection = DIALECTS[stage.batch.source.format].select(
            stage.batch.source, header=None, timezone=stage.clock.timezone, root=stage.root
        )
        self.shapes = jsonlines.Shapes(stage.warehouse, self.selection.known_keys or ())
        self.held: list[_Held] = []
        self.size = 0

    def read(self) -> None:
        """Read every file; the last chunk is staged at the end."""
        first = 0
        for file in self.stage.batch.files:
            file.first = first
            try:
                for chunk in chunks(file.path):
                    self._hold(file, chunk)
            except FileRefused as refused:
                self.held = [held for held in self.held if held.file is not file]
                _refuse_whole(self.stage, file, str(refused))
            first += max(file.lines, 1)
        self._flush()

    def _hold(self, file: Intake, chunk: Chunk) -> None:
        table, undecodable = readable(chunk)
        file.lines += len(chunk.raw)
        for place in undecodable:
            raw = _raw(chunk, place)
            reason, detail = reason_of(raw) or (Reason.ENCODING, "no UTF-8")
            file.refused.append(Refusal(chunk.first + place, reason, detail, raw))
        self.held.append(_Held(file, chunk, file.first + chunk.first, table))
        self.size += chunk.raw.nbytes
        if self.size >= CHUNK:
            self._flush()

    def _flush(self) -> None:
        held, self.held, self.size = self.held, [], 0
        if not held:
            return
        rows = pa.concat_tables([_numbered(one, vetted=False) for one in held])
        self.shapes.look(rows)
        self._stage(rows)
        starts = [one.place for one in held]
        cleared: list[int] = []
        for place, problem in self.stage.problems(held[0].place):
            one = held[bisect_right(starts, place) - 1]
            if self._judge(one, place, problem):
                cleared.append(place)
        if cleared:
            self._stage_cleared([(held[bisect_right(starts, place) - 1], place) for place in cleared])

    def _stage(self, rows: pa.Table) -> None:
        """Stage lines; those of a shape that was not met before a second time, when it is known."""
        self._add(rows)
        unknown = self.stage.unknown_shapes()
        if unknown:
            self.shapes.learn(unknown.values())
            places = pa.array(unknown, pa.int64())
            self.stage.forget(places)
            among = pc.is_in(rows.column("place"), value_set=places)  # pyright: ignore[reportAttributeAccessIssue]
            self._add(rows.filter(among))

    def _add(self, rows: pa.Table) -> None:
        self.stage.add(self.selection, rows, self.shapes.parameters(), {"shapes": self.shapes.table})

    def _judge(self, one: _Held, place: int, problem: str) -> bool:
        """Set a line aside that the vectorised check or the dialect did not take; True when the strict reading clears it."""
        raw = _raw(one.chunk, place - one.place)
        line = place - one.file.first
        if problem not in ("blank", "suspect"):
            one.file.refused.append(_problem(line, problem, raw))
        elif is_blank(raw):
            one.file.blank += 1
        elif (found := reason_of(raw)) is not None:
            one.file.refused.append(Refusal(line, found[0], found[1], raw))
        else:
            return True
        return False

    def _stage_cleared(self, cleared: list[tuple[_Held, int]]) -> None:
        texts = [_raw(one.chunk, place - one.place).decode() for one, place in cleared]
        rows = pa.table({
            "place": pa.array([place for _, place in cleared], pa.int64()),
            "file": pa.array([one.file.index for one, _ in cleared], pa.int64()),
            "raw": pa.array(texts, pa.large_string()),
            "vetted": pa.array([True] * len(cleared)),
        })  # fmt: skip
        places = [place for _, place in cleared]
        self.stage.forget(pa.array(places, pa.int64()))
        self._stage(rows)
        by_place = dict(zip(places, cleared, strict=True))
        for place, problem in self.stage.problems(places[0]):
            if place in by_place:
                why = "json_syntax|the engine's JSON reader does not take it" if problem == "suspect" else problem
                self._judge(by_place[place][0], place, why)


def _numbered(held: _Held, *, vetted: bool) -> pa.Table:
    count = held.table.num_rows
    place = pc.add(held.table.column("line"), held.file.first)  # pyright: ignore[reportAttributeAccessIssue]
    columns = {
        "place": place, "file": pa.repeat(pa.scalar(held.file.index, pa.int64()), count), "raw": held.table.column("raw"),
        "vetted": pa.repeat(pa.scalar(vetted), count),
    }  # fmt: skip
    return pa.table(columns)


def _raw(chunk: Chunk, place: int) -> bytes:
    return without_feed(chunk.raw[place].as_py())


def raw_lines(warehouse: Warehouse, batch: Batch, places: list[int]) -> dict[int, bytes]:
    """The bytes of some staged lines by place, read again from their files (records: from the temporary table)."""
    if not places:
        return {}
    if batch.source.format == "csv":
        text = f"select place, raw from {STAGED} where list_contains($places, place)"
        return {place: raw.encode() for place, raw in warehouse.connection.execute(text, {"places": places}).fetchall()}
    found: dict[int, bytes] = {}
    wanted: dict[int, list[int]] = {}
    for place in sorted(places):
        wanted.setdefault(batch.at(place).index, []).append(place)
    for index, inside in wanted.items():
        file = batch.files[index]
        if batch.source.format == "parquet":
            found |= _raw_records(file, inside)
            continue
        for chunk in chunks(file.path):
            first = file.first + chunk.first
            found |= {place: _raw(chunk, place - first) for place in inside if first <= place < first + len(chunk.raw)}
    return found


# -- records ------------------------------------------------------------------------------------------------------------

RECORDS_AT_ONCE = 262_144
"""Records that are staged by one statement: enough for several threads."""


def _raw_records(file: Intake, places: list[int]) -> dict[int, bytes]:
    """The text of a Parquet file's rows at some places."""
    found: dict[int, bytes] = {}
    for part in ParquetFile(file.path).batches(file.fields):
        lines = part.lines.to_numpy()
        inside = [place for place in places if lines[0] <= place - file.first <= lines[-1]]
        texts = part.texts(pa.array([place - file.first - int(lines[0]) for place in inside], pa.int64()))
        found |= {place: text.encode() for place, text in zip(inside, texts.to_pylist(), strict=True)}
    return found


class _Records:
    """CSV or Parquet files of a batch; each file has its own header, files of the same columns are staged together."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.selections: dict[tuple[tuple[str, ...], frozenset[str]], Selection] = {}
        self.held: list[tuple[Intake, Records, pa.Table]] = []
        self.selection = Selection({}, "")

    def read(self) -> None:
        """Read every file; the last records are staged at the end."""
        first = 0
        for file in self.stage.batch.files:
            file.first = first
            try:
                first += self._read(file)
            except FileRefused as refused:
                self.held = [held for held in self.held if held[0] is not file]
                _refuse_whole(self.stage, file, str(refused))
                first += file.size + 1
        self._flush()

    def _read(self, file: Intake) -> int:
        last = 0
        reader = self._reader(file)
        if not reader.header:
            return 1
        file.fields = self._selection(reader.header, frozenset()).fields
        for part in reader.batches(file.fields):
            file.lines += len(part.lines) + len(part.refused) + part.blank
            file.blank += part.blank
            file.refused += part.refused
            last = max([last, *(refusal.line for refusal in part.refused)])
            if len(part.lines):
                last = max(last, part.lines[-1].as_py())
                instants = frozenset(file.fields[place - 1] for place in part.instants())
                self._hold(file, part, self._selection(reader.header, instants))
        return last + 1

    def _reader(self, file: Intake) -> CsvFile | ParquetFile | ScanFile:
        kind = self.stage.batch.source.kind_of(file.path)
        if kind in SCANS:
            return ScanFile(file.path, kind, date=file.date, timezone=self.stage.clock.timezone)
        return CsvFile(file.path) if kind == "csv" else ParquetFile(file.path)

    def _selection(self, header: tuple[str, ...], instants: frozenset[str]) -> Selection:
        """The selection for such a file, the same object each time."""
        key = (header, instants)
        if key not in self.selections:
            source, zone = self.stage.batch.source, self.stage.clock.timezone
            dialect = DIALECTS[source.format]
            self.selections[key] = dialect.select(source, header=header, timezone=zone, root=self.stage.root, instants=instants)
        return self.selections[key]

    def _hold(self, file: Intake, part: Records, selection: Selection) -> None:
        table = self._table(file, part, selection)
        if self.held and (selection is not self.selection or table.schema != self.held[0][2].schema):
            self._flush()
        self.selection = selection
        self.held.append((file, part, table))
        if sum(table.num_rows for *_, table in self.held) >= RECORDS_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        held, self.held = self.held, []
        if not held:
            return
        self.stage.add(self.selection, pa.concat_tables([table for *_, table in held]), {}, {})
        starts = [table.column("place")[0].as_py() for *_, table in held]
        refused: dict[int, list[tuple[int, str]]] = {}
        for place, problem in self.stage.problems(starts[0]):
            refused.setdefault(bisect_right(starts, place) - 1, []).append((place, problem))
        for number, problems in refused.items():
            file, part, _ = held[number]
            places = pa.array([place - file.first for place, _ in problems], pa.int64())
            rows = pc.index_in(places, value_set=part.lines)  # pyright: ignore[reportAttributeAccessIssue]
            texts = part.texts(rows).to_pylist()
            pairs = zip(problems, texts, strict=True)
            file.refused += [_problem(place - file.first, problem, text.encode()) for (place, problem), text in pairs]

    def _table(self, file: Intake, part: Records, selection: Selection) -> pa.Table:
        columns = part.columns(selection.reads)
        identity = None if selection.identity is None else columns[selection.identity]
        events = self.stage.batch.source.name == "events"
        raw = part.raw_column(identity) if events else pa.nulls(len(part.lines), TEXT)
        place = pc.add(part.lines, file.first)  # pyright: ignore[reportAttributeAccessIssue]
        return pa.table({"place": place, "file": pa.repeat(pa.scalar(file.index, pa.int64()), len(place)), "raw": raw, **columns})
