"""One file into typed rows: lines are checked, mapped and staged in a temporary table; the refused are set aside with a reason.

Identity, duplicates and storage come after (`events.py`, `references.py`); how a format is understood is in `dialects/`.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa

from plg_orchestration.config.sources import Source
from plg_orchestration.ingest import jsonlines
from plg_orchestration.ingest.delimited import Batch, CsvFile, ParquetFile
from plg_orchestration.ingest.dialects import DIALECTS, Selection
from plg_orchestration.ingest.lines import Chunk, chunks, readable, without_feed
from plg_orchestration.ingest.reasons import FileRefused, Reason, Refusal
from plg_orchestration.ingest.strict import is_blank, reason_of
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.query import PARAMETER

STAGED = "staged_rows"
"""The temporary table that holds a file's rows; refused ones have a `problem` and their `raw` text."""


@dataclass(frozen=True)
class Frame:
    """What a file's rows are judged by: its date (None when undated), the day's first and last instant, the workspace's clock.

    `limit` is the last instant at which a dated file's rows may have been received; `start` the workspace's first instant.
    """

    date: dt.date | None
    day_start: dt.datetime
    day_last: dt.datetime
    start: dt.datetime
    timezone: str
    limit: dt.datetime | None

    def parameters(self) -> dict[str, object]:
        """The bound parameters of the finishing expressions."""
        return {
            "floor": self.day_start if self.date else None, "day_start": self.day_start, "day_last": self.day_last,
            "epoch": self.start, "timezone": self.timezone, "received_limit": self.limit,
        }  # fmt: skip


@dataclass
class Tally:
    """What became of a file's lines so far; `staged` says whether the temporary table was made."""

    lines: int = 0
    blank: int = 0
    refused: list[Refusal] = field(default_factory=list[Refusal])
    staged: bool = False


@dataclass(frozen=True)
class Finish:
    """How a stage's rows are completed: further projections after the dialect's, the final columns, and further problems."""

    layers: tuple[Mapping[str, str], ...]
    columns: Mapping[str, str]
    problem: str


Finishing = Callable[[frozenset[str]], Finish]
"""Gives the completion for the canonical columns that a dialect yields."""


def stage_file(warehouse: Warehouse, source: Source, path: Path, *, frame: Frame, finish: Finishing, root: Path) -> Tally:
    """Fill the temporary table `staged_rows` with the file's rows; gives the count of lines and the refused ones.

    FileRefused when the file cannot be read as a whole; the staged rows are then of no use.
    """
    tally = Tally()
    warehouse.connection.execute(f"drop table if exists {STAGED}")
    if source.format in ("csv", "parquet"):
        _stage_records(warehouse, source, path, frame=frame, finish=finish, root=root, tally=tally)
    else:
        _stage_lines(warehouse, source, path, frame=frame, finish=finish, root=root, tally=tally)
    return tally


# -- JSON lines ---------------------------------------------------------------------------------------------------------


def _stage_lines(
    warehouse: Warehouse, source: Source, path: Path, *, frame: Frame, finish: Finishing, root: Path, tally: Tally
) -> None:
    selection = DIALECTS[source.format].select(source, header=None, timezone=frame.timezone, root=root)
    stage = _Stage(warehouse, selection, finish(frozenset(selection.expressions)), frame, json=True)
    objects = ["$"]
    for chunk in chunks(path):
        table, undecodable = readable(chunk)
        objects = jsonlines.object_paths(islice(table.column("raw").slice(0, jsonlines.SAMPLE).to_pylist(), jsonlines.SAMPLE), objects)
        tally.lines += len(chunk.raw)
        tally.refused += [_strict(chunk, place) for place in undecodable]
        stage.add(jsonlines.with_vetted(table, False), objects)
        tally.staged = True
        doubtful = stage.doubtful(chunk.first)
        tally.blank += sum(1 for _, doubt in doubtful if doubt == "blank")
        _settle(stage, chunk, [line for line, doubt in doubtful if doubt == "suspect"], objects, tally)
        tally.refused += [_problem(line, text, _raw(chunk, line - chunk.first)) for line, text in stage.problems(chunk.first)]


def _settle(stage: "_Stage", chunk: Chunk, suspects: list[int], objects: list[str], tally: Tally) -> None:
    """Read the suspicious lines strictly: refuse them with their reason, or stage them after all."""
    cleared: list[int] = []
    for line in suspects:
        raw = _raw(chunk, line - chunk.first)
        found = reason_of(raw)
        if is_blank(raw):
            tally.blank += 1
        elif found is None:
            cleared.append(line)
        else:
            tally.refused.append(Refusal(line, found[0], found[1], raw))
    if cleared:
        texts = chunk.raw.take(pa.array([line - chunk.first for line in cleared])).cast(pa.large_string())
        stage.add(jsonlines.with_vetted(pa.table({"line": pa.array(cleared, pa.int64()), "raw": texts}), True), objects)


def _strict(chunk: Chunk, place: int) -> Refusal:
    raw = _raw(chunk, place)
    reason, detail = reason_of(raw) or (Reason.ENCODING, "no UTF-8")
    return Refusal(chunk.first + place, reason, detail, raw)


def _raw(chunk: Chunk, place: int) -> bytes:
    return without_feed(chunk.raw[place].as_py())


def _problem(line: int, text: str, raw: bytes) -> Refusal:
    reason, _, detail = text.partition("|")
    return Refusal(line, Reason(reason), detail, raw)


def raw_lines(warehouse: Warehouse, source: Source, path: Path, lines: list[int]) -> dict[int, bytes]:
    """The bytes of some staged lines, read again from the file (records: from the temporary table)."""
    wanted = sorted(lines)
    if not wanted:
        return {}
    if source.format in ("csv", "parquet"):
        text = f"select line, raw from {STAGED} where list_contains($lines, line)"
        return {line: raw.encode() for line, raw in warehouse.connection.execute(text, {"lines": wanted}).fetchall()}
    found: dict[int, bytes] = {}
    for chunk in chunks(path):
        inside = [line for line in wanted if chunk.first <= line < chunk.first + len(chunk.raw)]
        found |= {line: _raw(chunk, line - chunk.first) for line in inside}
    return found


# -- records ------------------------------------------------------------------------------------------------------------


def _stage_records(
    warehouse: Warehouse, source: Source, path: Path, *, frame: Frame, finish: Finishing, root: Path, tally: Tally
) -> None:
    file = CsvFile(path) if source.format == "csv" else ParquetFile(path)
    if not file.header:
        return
    selection = DIALECTS[source.format].select(source, header=file.header, timezone=frame.timezone, root=root)
    stage = _Stage(warehouse, selection, finish(frozenset(selection.expressions)), frame, json=False)
    batch: Batch
    for batch in file.batches(selection.fields):
        first = batch.rows.column("line")[0].as_py() if batch.rows.num_rows else 0
        tally.lines += batch.rows.num_rows + len(batch.refused) + batch.blank
        tally.blank += batch.blank
        tally.refused += batch.refused
        if batch.rows.num_rows:
            stage.add(batch.rows, [])
            tally.staged = True
            raws = stage.raw_texts(first)
            tally.refused += [_problem(line, text, raws[line].encode()) for line, text in stage.problems(first)]


# -- the SQL around a dialect -------------------------------------------------------------------------------------------


class _Stage:
    """Runs chunks through the dialect's SQL into the temporary table."""

    def __init__(self, warehouse: Warehouse, selection: Selection, finish: Finish, frame: Frame, *, json: bool) -> None:
        self.warehouse, self.selection, self.json = warehouse, selection, json
        self.text = _statement(selection, finish, json=json)
        self.parameters = {**selection.parameters, **frame.parameters()}
        if json:
            self.parameters["fields"] = list(selection.fields)
        self.made = False

    def add(self, rows: pa.Table, objects: list[str]) -> None:
        """Check and map the rows (`line`, `raw`, and `vetted` or `v`) and append them to the temporary table."""
        connection = self.warehouse.connection
        parameters = dict(self.parameters)
        if self.json:
            parameters |= jsonlines.parameters(objects, self.selection.known_keys or ())
        relations = {"chunk": rows, **self.selection.lookups}
        for name, relation in relations.items():
            connection.register(name, relation)
        try:
            into = f"insert into {STAGED}" if self.made else f"create temp table {STAGED} as"
            named = {name: parameters[name] for name in set(PARAMETER.findall(self.text))}
            connection.execute(f"{into} {self.text}", named).fetchall()
            self.made = True
        finally:
            for name in relations:
                connection.unregister(name)

    def doubtful(self, first: int) -> list[tuple[int, str]]:
        """Lines from `first` on that the vectorised check does not vouch for: blank ones and suspects."""
        return self._marked(first, "in")

    def problems(self, first: int) -> list[tuple[int, str]]:
        """Lines from `first` on that the dialect refuses, with `reason|detail`."""
        return self._marked(first, "not in")

    def _marked(self, first: int, within: str) -> list[tuple[int, str]]:
        text = f"select line, problem from {STAGED} where line >= $first and problem {within} ('blank', 'suspect') order by line"
        return self.warehouse.connection.execute(text, {"first": first}).fetchall()

    def raw_texts(self, first: int) -> dict[int, str]:
        """The text of the refused records from `first` on."""
        text = f"select line, raw from {STAGED} where line >= $first and problem is not null"
        return dict(self.warehouse.connection.execute(text, {"first": first}).fetchall())


def _statement(selection: Selection, finish: Finish, *, json: bool) -> str:
    """One SELECT from `chunk`: fields, the dialect's layers and columns, the finishing layers; each step reads the one before."""
    fault = f"case when doubt is not null then doubt else {selection.problem} end" if json else selection.problem
    dialect = {"fault": fault, **_expressions(selection, json)}
    steps = [
        _fielded(selection, json),
        *(f"select *, {_columns(layer)} from @" for layer in selection.layers),
        f"select line, raw, {_columns(dialect)} from @",
        *(f"select *, {_columns(layer)} from @" for layer in finish.layers),
        f"select *, case when fault is not null then fault else {finish.problem} end as problem from @",
    ]
    named = ", ".join(f"step_{place} as ({step.replace('from @', f'from step_{place - 1}')})" for place, step in enumerate(steps))
    raw = "cast(null as varchar)" if json else "raw"
    head = f"{jsonlines.CHECKED}, " if json else "with "
    return f"{head}{named} select line, problem, {raw} as raw, {_columns(finish.columns)} from step_{len(steps) - 1}"


def _columns(described: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} as {name}" for name, sql in described.items())


def _fielded(selection: Selection, json: bool) -> str:
    if not json:
        return f"select line, raw, v {_lookup_columns(selection)} from chunk {selection.joins}"
    makers = {
        "v": "json_extract_string(raw, $fields)",
        "j": "cast(json_extract(raw, $fields) as varchar[])",
        "t": "json_type(raw, $fields)",
    }
    lists = ", ".join(f"case when doubt is null then {makers[name]} end as {name}" for name in selection.lists.split(", "))
    inner = f"(select line, raw, doubt, other_keys, {lists} from checked) as c"
    return f"select c.* {_lookup_columns(selection)} from {inner} {selection.joins}"


def _lookup_columns(selection: Selection) -> str:
    return "".join(f", {name}.value as {name}_value" for name in selection.lookups)


def _expressions(selection: Selection, json: bool) -> dict[str, str]:
    made = dict(selection.expressions)
    if json and selection.known_keys is not None and "properties" in made:
        nothing = "{" + ", ".join(f'"{key}": null' for key in selection.known_keys) + "}"
        others = f"json_merge_patch(raw, '{nothing}')"
        merged = f"cast(json_merge_patch({others}, coalesce({made['properties']}, '{{}}')) as varchar)"
        made["properties"] = f"case when other_keys then {merged} else {made['properties']} end"
    return made


__all__ = ["STAGED", "FileRefused", "Finish", "Frame", "Tally", "stage_file"]
