"""What a table is: its columns, key, partitioning and publication, declared once.

The declaration makes the warehouse table, the column schema that Dagster shows, the schema check and the layout of the
published Parquet. A stage's tables are declared in `<stage>/tables.py`; how rows come about belongs to the stage's SQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Literal

from plg_orchestration import STAGES

Layout = Literal["whole", "by_month", "by_day"]
"""How a table is published: one Parquet file, one file a month, or one file a day (for large tables)."""


@dataclass(frozen=True)
class Column:
    """One column: name, DuckDB type, meaning with its unit; `volatile` values (run ids, clock times) are no content."""

    name: str
    type: str
    description: str
    volatile: bool = False


@dataclass(frozen=True)
class Table:
    """One warehouse table `stage.table`.

    `key` is unique over the whole table. `day` names the date column that an asset's partition replaces; without it the
    table is replaced whole. `needs` lists what must be there for rows to exist: each entry is `source:NAME`, `role:NAME` or
    `actor:NAME`, alternatives joined by `|`; when none of the alternatives is there, the table is unavailable and says so.
    `cumulative` tables are right for a day only when every earlier day is there too: a night builds the days it finds missing.
    `kept` tables hold what no run can compute again (a ledger, what was sent): a release that adds columns carries their rows
    over, and one that takes columns away is refused.
    `stored_by` names the columns in whose order rows are inserted, the day first: readers of a few days then skip the rest, also
    of a history that was built at once, and neighbors that are alike take less space. Nothing reads rows by their order.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    owner: str
    day: str | None = None
    layout: Layout = "whole"
    needs: tuple[str, ...] = field(default=())
    cumulative: bool = False
    kept: bool = False
    stored_by: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        """The stage, which is also the schema's name."""
        return self.name.split(".")[0]

    @property
    def short_name(self) -> str:
        """The name without its stage."""
        return self.name.split(".")[1]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)


def columns(**described: str) -> tuple[Column, ...]:
    """Columns from `name="TYPE: description"`; a description that ends in `(volatile)` marks the column so.

    >>> columns(as_of="DATE: the day of knowledge")[0].type
    'DATE'
    """
    made: list[Column] = []
    for name, text in described.items():
        kind, _, description = text.partition(":")
        if not description.strip():
            raise ValueError(f"columns: {name}: {text!r} has no description; write 'TYPE: what it means'")
        volatile = description.strip().endswith("(volatile)")
        made.append(Column(name, kind.strip(), description.strip().removesuffix("(volatile)").strip(), volatile))
    return tuple(made)


@cache
def tables_of(stage: str) -> tuple[Table, ...]:
    """The tables that `plg_orchestration/<stage>/tables.py` declares as `TABLES`; none when the stage declares none."""
    module = f"plg_orchestration.{stage}.tables"
    if find_spec(f"plg_orchestration.{stage}") is None or find_spec(module) is None:
        return ()
    return tuple(import_module(module).TABLES)


def all_tables() -> Iterator[Table]:
    """Every declared table, in the order of the stages."""
    for stage in STAGES:
        yield from tables_of(stage)


@cache
def table(name: str) -> Table:
    """The declaration of `stage.table`; ValueError when no stage declares it."""
    stage = name.split(".", maxsplit=1)[0]
    for declared in tables_of(stage):
        if declared.name == name:
            return declared
    raise ValueError(f"table {name!r} is not declared; declare it in plg_orchestration/{stage}/tables.py")
