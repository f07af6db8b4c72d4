"""Files into typed rows: lines are checked, mapped and staged in a temporary table; the refused are set aside with a reason.

Identity, duplicates and storage come after (`events.py`, `references.py`); how a format is understood is in `dialects/`.
"""

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from plg_orchestration.ingest import jsonlines
from plg_orchestration.ingest.batch import STAGED, Batch, Clock, Intake
from plg_orchestration.ingest.delimited import CsvFile, ParquetFile
from plg_orchestration.ingest.dialects import DIALECTS, Selection
from plg_orchestration.ingest.lines import CHUNK, Chunk, chunks, readable, without_feed
from plg_orchestration.ingest.reasons import FileRefused, Reason, Refusal
from plg_orchestration.ingest.staging import Finishing, Stage
from plg_orchestration.ingest.strict import is_blank, reason_of
from plg_orchestration.warehouse import Warehouse


def stage_batch(warehouse: Warehouse, batch: Batch, *, clock: Clock, finishing: Finishing, root: Path) -> None:
    """Fill the temporary table `staged_rows` with the batch's rows, and its files with their counts and refused lines.

    A file that cannot be read as a whole keeps no rows; its one refusal, at line 0, says why.
    """
    warehouse.connection.execute(f"drop table if exists {STAGED}")
    stage = Stage(warehouse, batch, clock, finishing, root)
    if batch.source.format in ("csv", "parquet"):
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
    if batch.source.format in ("csv", "parquet"):
        text = f"select place, raw from {STAGED} where list_contains($places, place)"
        return {place: raw.encode() for place, raw in warehouse.connection.execute(text, {"places": places}).fetchall()}
    found: dict[int, bytes] = {}
    wanted: dict[int, list[int]] = {}
    for place in sorted(places):
        wanted.setdefault(batch.at(place).index, []).append(place)
    for index, inside in wanted.items():
        file = batch.files[index]
        for chunk in chunks(file.path):
            first = file.first + chunk.first
            found |= {place: _raw(chunk, place - first) for place in inside if first <= place < first + len(chunk.raw)}
    return found


# -- records ------------------------------------------------------------------------------------------------------------


class _Records:
    """CSV or Parquet files of a batch; each file has its own header, so each is mapped by itself."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def read(self) -> None:
        """Read every file."""
        first = 0
        for file in self.stage.batch.files:
            file.first = first
            try:
                first += self._read(file)
            except FileRefused as refused:
                _refuse_whole(self.stage, file, str(refused))
                first += file.size + 1

    def _read(self, file: Intake) -> int:
        source, last = self.stage.batch.source, 0
        reader = CsvFile(file.path) if source.format == "csv" else ParquetFile(file.path)
        if not reader.header:
            return 1
        dialect = DIALECTS[source.format]
        selection = dialect.select(source, header=reader.header, timezone=self.stage.clock.timezone, root=self.stage.root)
        for part in reader.batches(selection.fields):
            file.lines += part.rows.num_rows + len(part.refused) + part.blank
            file.blank += part.blank
            file.refused += part.refused
            last = max([last, *(refusal.line for refusal in part.refused)])
            if part.rows.num_rows:
                last = max(last, part.rows.column("line")[-1].as_py())
                self._stage(file, selection, part.rows)
        return last + 1

    def _stage(self, file: Intake, selection: Selection, rows: pa.Table) -> None:
        place = pc.add(rows.column("line"), file.first)  # pyright: ignore[reportAttributeAccessIssue]
        index = pa.repeat(pa.scalar(file.index, pa.int64()), rows.num_rows)
        table = pa.table({"place": place, "file": index, "raw": rows.column("raw"), "v": rows.column("v")})
        self.stage.add(selection, table, {}, {})
        for at, problem, raw in self.stage.problems_with_raw(place[0].as_py()):
            file.refused.append(_problem(at - file.first, problem, raw.encode()))
