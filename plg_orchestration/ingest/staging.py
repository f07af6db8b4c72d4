"""The SQL around a dialect: one statement from raw lines to typed rows in a batch's temporary table.

What a dialect and a finish say is in their modules; here their expressions are put one after the other. Which lines go in is
decided in `reading.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from plg_orchestration.ingest import jsonlines
from plg_orchestration.ingest.batch import STAGED, Batch, Clock
from plg_orchestration.ingest.dialects import Selection
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.query import PARAMETER


@dataclass(frozen=True)
class Finish:
    """How a stage's rows are completed: further projections after the dialect's, the final columns, and further problems."""

    layers: tuple[Mapping[str, str], ...]
    columns: Mapping[str, str]
    problem: str


Finishing = Callable[[frozenset[str]], Finish]
"""Gives the completion for the canonical columns that a dialect yields."""


class Stage:
    """Runs the chunks of a batch through a dialect's SQL into the temporary table; `made` says whether there is one yet."""

    def __init__(self, warehouse: Warehouse, batch: Batch, clock: Clock, finishing: Finishing, root: Path) -> None:
        self.warehouse, self.batch, self.clock, self.finishing, self.root = warehouse, batch, clock, finishing, root
        self.made = False

    def add(
        self, selection: Selection, rows: pa.Table, parameters: Mapping[str, object], relations: Mapping[str, pa.Table]
    ) -> None:
        """Check and map the rows and append them to the temporary table.

        They have `place`, `file` and `raw`, and `vetted` (JSON lines) or the columns that the selection reads.
        """
        connection, json = self.warehouse.connection, "vetted" in rows.column_names
        text = _statement(selection, self.finishing(frozenset(selection.expressions)), json=json)
        values: dict[str, object] = {
            **selection.parameters, **parameters, "fields": list(selection.fields), "structure": selection.structure,
            "epoch": self.clock.start, "timezone": self.clock.timezone,
        }  # fmt: skip
        read = {"chunk": rows, "batch_files": self.clock.table(self.batch.files), **selection.lookups, **relations}
        for name, relation in read.items():
            connection.register(name, relation)
        try:
            into = f"insert into {STAGED}" if self.made else f"create temp table {STAGED} as"
            connection.execute(f"{into} {text}", {name: values[name] for name in set(PARAMETER.findall(text))}).fetchall()
            self.made = True
        finally:
            for name in read:
                connection.unregister(name)

    def unknown_shapes(self) -> dict[int, str]:
        """Places that wait for their shape to be learnt, with the shape."""
        text = f"select place, raw from {STAGED} where problem = 'shape' order by place"
        return dict(self.warehouse.connection.execute(text).fetchall())

    def problems(self, first: int) -> list[tuple[int, str]]:
        """Places from `first` on that were not taken, with `reason|detail`, `blank` or `suspect`."""
        text = f"select place, problem from {STAGED} where place >= $first and problem is not null order by place"
        return self.warehouse.connection.execute(text, {"first": first}).fetchall()

    def forget(self, places: pa.Array) -> None:
        """Remove staged places, to stage them anew."""
        self.warehouse.connection.register("again", pa.table({"place": places}))
        self.warehouse.connection.execute(f"delete from {STAGED} where place in (select place from again)").fetchall()
        self.warehouse.connection.unregister("again")


def _statement(selection: Selection, finish: Finish, *, json: bool) -> str:
    """One SELECT from `chunk`: fields, the dialect's layers and columns, the finishing layers; each step reads the one before."""
    fault = f"case when doubt is not null then doubt else {selection.problem} end" if json else selection.problem
    dialect = {"fault": fault, **_expressions(selection, json)}
    clock = "b.file_id, b.first, b.day_start, b.day_last, b.floor, b.received_limit"
    steps = [
        _fielded(selection, json),
        *(f"select *, {_columns(layer)} from @" for layer in selection.layers),
        f"select place, file, raw, {'shape, ' if json else ''}{_columns(dialect)} from @",
        f"select s.*, {clock} from @ as s inner join batch_files as b on b.file = s.file",
        *(f"select *, {_columns(layer)} from @" for layer in finish.layers),
        f"select *, case when fault is not null then fault else {finish.problem} end as problem from @",
    ]
    named = ", ".join(
        f"step_{number} as ({step.replace('from @', f'from step_{number - 1}')})" for number, step in enumerate(steps)
    )
    raw = "case when problem = 'shape' then shape end" if json else "raw"
    head = f"{jsonlines.CHECKED}, " if json else "with "
    own = f"place, file, file_id, place - first as line, problem, {raw} as raw"
    return f"{head}{named} select {own}, {_columns(finish.columns)} from step_{len(steps) - 1}"


def _columns(described: Mapping[str, str]) -> str:
    return ", ".join(f'{sql} as "{name}"' for name, sql in described.items())


def _fielded(selection: Selection, json: bool) -> str:
    if not json:
        return f"select chunk.* {_lookup_columns(selection)} from chunk {selection.joins}"
    makers = {
        "v": "json_extract_string(raw, $fields)",
        "j": "cast(json_extract(raw, $fields) as varchar[])",
        "t": "json_type(raw, $fields)",
    }
    if selection.structure is not None:
        makers = {"x": "json_transform(raw, $structure)"}
    lists = ", ".join(f"case when doubt is null then {sql} end as {name}" for name, sql in makers.items())
    inner = f"(select place, file, raw, shape, doubt, other_keys, {lists} from checked) as c"
    return f"select c.* {_lookup_columns(selection)} from {inner} {selection.joins}"


def _lookup_columns(selection: Selection) -> str:
    return "".join(f", {name}.value as {name}_value" for name in selection.lookups)


def _expressions(selection: Selection, json: bool) -> dict[str, str]:
    """The dialect's columns; top-level keys without a meaning are merged into `properties`, whose own keys win."""
    made = dict(selection.expressions)
    if json and selection.known_keys is not None and "properties" in made:
        nothing = "{" + ", ".join(f'"{key}": null' for key in selection.known_keys) + "}"
        others = f"json_merge_patch(raw, '{nothing}')"
        merged = f"cast(json_merge_patch({others}, coalesce({made['properties']}, '{{}}')) as varchar)"
        made["properties"] = f"case when other_keys then {merged} else {made['properties']} end"
    return made
