"""Published tables as Parquet files: which file holds a day, which files must be written anew, and writing them.

A day never changes its file. Days that are published together share a file of their month; a day that comes alone gets a file
of its own, so that a night does not rewrite the month. When rows are published is decided by `engine.py`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import cast

import duckdb

from plg_orchestration.warehouse.parquet import write_parquet
from plg_orchestration.warehouse.tables import Table, table

META = """
create table if not exists meta.pending (table_name varchar, part varchar, primary key (table_name, part));
create table if not exists meta.parts (table_name varchar, day date, part varchar, primary key (table_name, day));
insert into meta.parts select table_name, day, strftime(day, '%Y-%m') from meta.publications
    where day > '1970-01-01' and not exists (select 1 from meta.parts);
"""
"""The second statement is for warehouses of before, whose days all stand in the files of their months."""
MONTH = "%Y-%m"
DAY = "%Y-%m-%d"


class Parts:
    """The published files below `folder`, as the warehouse of the connection knows them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    def mark(self, table: Table, days: Sequence[dt.date]) -> None:
        """Note inside the current transaction which files of the table must be written after it."""
        for part in sorted(self._parts(table, days)):
            self._connection.execute("insert or replace into meta.pending values ($t, $p)", {"t": table.name, "p": part})

    def _parts(self, table: Table, days: Sequence[dt.date]) -> set[str]:
        if not table.day or table.layout == "whole":
            return {""}
        if table.layout == "by_day":
            return {day.strftime(DAY) for day in days}
        text = "select day, part from meta.parts where table_name = $t and list_contains($days::date[], day)"
        held = dict(self._connection.execute(text, {"t": table.name, "days": list(days)}).fetchall())
        new = dict(self._placed(table, sorted({day for day in days if day not in held})))
        if new:
            self._connection.execute(
                "insert into meta.parts select $t, unnest($days::date[]), unnest($parts::varchar[])",
                {"t": table.name, "days": list(new), "parts": list(new.values())},
            )
        return {*held.values(), *new.values()}

    def _placed(self, table: Table, days: list[dt.date]) -> Iterator[tuple[dt.date, str]]:
        """The file of each new day: the month's when several come and the month has none yet, else the day's own."""
        text = "select count(*) > 0 from meta.parts where table_name = $t and part = $p"
        for month, grouped in groupby(days, lambda day: day.strftime(MONTH)):
            together = list(grouped)
            row = self._connection.execute(text, {"t": table.name, "p": month}).fetchone()
            alone = len(together) == 1 or bool(row and row[0])
            yield from ((day, day.strftime(DAY) if alone else month) for day in together)

    def write_pending(self) -> None:
        """Write every file that was marked, also by a writer that was killed before it could."""
        pending = self._connection.execute("select table_name, part from meta.pending order by all").fetchall()
        for name, part in pending:
            self._write(table(name), part)
            done = {"t": name, "p": part}
            self._connection.execute("delete from meta.pending where table_name = $t and part = $p", done)

    def _write(self, table: Table, part: str) -> None:
        folder = self._folder / table.schema
        rows_of, values = "", cast("dict[str, object]", {})
        if table.layout == "by_day":
            rows_of, values = f"where {table.day} = $day", {"day": dt.date.fromisoformat(part)}
        elif part:
            rows_of = f"where {table.day} in (select day from meta.parts where table_name = $t and part = $p)"
            values = {"t": table.name, "p": part}
        order = ", ".join(f'"{name}"' for name in table.key)
        rows = self._connection.sql(f"select * from {table.name} {rows_of} order by {order}", params=values or None)
        path = folder / table.short_name / f"{part}.parquet" if part else folder / f"{table.short_name}.parquet"
        write_parquet(path, rows.to_arrow_table())
