"""The DuckDB warehouse: one writer's connection, running queries, transactions and publication.

Nothing else in the library opens a connection. What the rows mean belongs to the stages; how a reader gets at them
without touching this file is in `parquet.py`.
"""

import datetime as dt
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import duckdb
import pandas as pd
import pyarrow as pa

from plg_orchestration import STAGES
from plg_orchestration.clock import days_between
from plg_orchestration.errors import Unavailable
from plg_orchestration.warehouse import parts
from plg_orchestration.warehouse.lasting import Lasting
from plg_orchestration.warehouse.lock import writer_lock
from plg_orchestration.warehouse.query import Query
from plg_orchestration.warehouse.tables import Column, Table

Rows = Query | pa.Table | pd.DataFrame
"""What a builder may return: a query to run here, or rows that Python computed."""

META = (
    """
create schema if not exists meta;
create table if not exists meta.publications (
    table_name varchar, day date, status varchar, reason varchar, rows bigint, primary key (table_name, day));
create table if not exists meta.settings (name varchar primary key, value varchar);
"""
    + parts.META
)
SETTINGS: dict[str, str] = {}
"""DuckDB's settings of every connection that is opened, where the caller names no other."""
SESSION = "set timezone = 'UTC'; set preserve_insertion_order = true"
MAX_LANES = 4
WHOLE = dt.date(1970, 1, 1)
"""The day under which `meta.publications` keeps a table that is replaced whole."""


@dataclass(frozen=True)
class Publication:
    """What one publication did: the table, its days, the rows now there, and why rows are missing where they are."""

    table: Table
    days: tuple[dt.date, ...]
    rows: int
    reasons: tuple[tuple[dt.date, str], ...]

    @property
    def unavailable(self) -> str | None:
        """The reason of the newest day when that day is unavailable, else None."""
        return self.reasons[-1][1] if self.reasons and self.reasons[-1][0] == self.days[-1] else None


class Warehouse:
    """A connection to a workspace's warehouse; open it with `Warehouse.open`, use it in one thread, close it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, published: Path) -> None:
        self.connection = connection
        self.published = published
        self.parts = parts.Parts(connection, published)
        self.reuse = False
        """Whether lasting relations are kept until a table that they read changes. What is written past the methods below is not
        seen here: whoever does that calls `forget_lasting`."""
        self._lasting = Lasting(connection)
        self._inside = False

    @classmethod
    @contextmanager
    def open(cls, state: Path, *, wait_seconds: float = 30.0, settings: dict[str, str] | None = None) -> Generator["Warehouse"]:
        """The warehouse of the workspace whose state folder is `state`, with the writer's lock held until the block ends.

        Files that an earlier writer committed but could not publish any more are published first.
        """
        with writer_lock(state / "writer.lock", wait_seconds=wait_seconds), cls.locked(state, settings=settings) as made:
            yield made

    @classmethod
    @contextmanager
    def locked(cls, state: Path, *, settings: dict[str, str] | None = None) -> Generator["Warehouse"]:
        """As `open`, for who holds the writer's lock already."""
        connection = duckdb.connect(str(state / "warehouse.duckdb"), config={**SETTINGS, **(settings or {})})
        try:
            connection.execute(SESSION)
            made = cls(connection, state / "published")
            made._prepare()
            yield made
        finally:
            connection.close()

    def _prepare(self) -> None:
        self.connection.execute(META)
        for schema in (*STAGES, "config"):
            self.connection.execute(f"create schema if not exists {schema}")
        self.parts.write_pending()

    # -- reading ------------------------------------------------------------------------------------------------------

    def _run(self, query: Query) -> duckdb.DuckDBPyConnection:
        self._prepare_required(query)
        return self.connection.execute(query.text, query.bound())

    def _prepare_required(self, query: Query) -> None:
        done: set[str] = set()
        for required in query.requires:
            self.prepare(required, done)

    def prepare(self, query: Query, done: set[str] | None = None) -> None:
        """Make the temporary relation `query.name` from the query, replacing an earlier one; what it requires comes first.

        Names in `done` were made for the same purpose a moment ago and are not made again.
        """
        done = set() if done is None else done
        if query.name in done:
            return
        lasting = self.reuse and query.lasting
        if not (lasting and self._lasting.shows(query)):
            for required in query.requires:
                self.prepare(required, done)
            self._lasting.make_room(query)
            self.connection.execute(f'create or replace temp table "{query.name}" as {query.text}', query.bound())
            if lasting:
                self._lasting.keep(query)
        done.add(query.name)

    @contextmanager
    def beside(self) -> Generator["Warehouse"]:
        """The same database over a connection of its own, which sees what is committed and no temporary relation of this one."""
        with self.connection.cursor() as connection:
            connection.execute(SESSION)
            yield Warehouse(connection, self.published)

    def frame(self, query: Query) -> pd.DataFrame:
        """The query's result as a pandas frame."""
        return self._run(query).df()

    def frames(self, queries: Sequence[Query], *, shared: Sequence[Query] = ()) -> list[pd.DataFrame]:
        """The results of several queries in their order, in lanes side by side; each makes the `shared` relations first.

        Planning a large query occupies one thread, so lanes use the cores better. They see what is committed, and neither
        this connection's temporary relations nor what an open transaction has written.
        """
        cores = os.cpu_count() or 1
        lanes = max(min(cores, MAX_LANES, len(queries)), 1)

        def lane(first: int) -> list[pd.DataFrame]:
            with self.beside() as beside:
                for query in shared:
                    beside.prepare(query)
                return [beside.frame(query) for query in queries[first::lanes]]

        threads = self.scalar("select current_setting('threads')")
        self.connection.execute(f"set threads = {max(cores // lanes, 1)}")
        try:
            with ThreadPoolExecutor(lanes) as pool:
                made = list(pool.map(lane, range(lanes)))
        finally:
            self.connection.execute(f"set threads = {threads}")
        return [made[number % lanes][number // lanes] for number in range(len(queries))]

    def arrow(self, query: Query) -> pa.Table:
        """The query's result as an Arrow table."""
        self._prepare_required(query)
        return self._arrow(query.text, query.bound())

    def _arrow(self, text: str, parameters: dict[str, object]) -> pa.Table:
        return self.connection.sql(text, params=parameters or None).to_arrow_table()

    def rows(self, query: Query) -> list[tuple[object, ...]]:
        """The query's result as tuples."""
        return cast("list[tuple[object, ...]]", self._run(query).fetchall())

    def scalar(self, text: str, **parameters: object) -> object:
        """The first value of a one-row statement; None when there is no row."""
        rows = self.connection.execute(text, parameters or None).fetchall()
        return rows[0][0] if rows else None

    def exists(self, name: str) -> bool:
        """Whether `stage.table` is there.

        Naming it is ten times quicker than asking the catalog, but in a transaction what is not there would end it.
        """
        schema, table = name.split(".")
        if not self._inside:
            try:
                self.connection.execute(f'from "{schema}"."{table}" limit 0').fetchall()
            except duckdb.CatalogException:
                return False
            except duckdb.Error:  # a view whose files are gone is there; let the catalog say so
                pass
            else:
                return True
        tables = "select count(*) from duckdb_tables() where schema_name = $s and table_name = $t"
        views = "select count(*) from duckdb_views() where schema_name = $s and view_name = $t"
        return bool(self.scalar(tables, s=schema, t=table) or self.scalar(views, s=schema, t=table))

    def forget(self) -> None:
        """Drop the temporary relations but the lasting ones, so that what uses the warehouse next begins with none of its own."""
        views = "select 'view', view_name from duckdb_views() where temporary and not internal"
        tables = "select 'table', table_name from duckdb_tables() where temporary"
        for kind, name in self.connection.execute(f"{views} union all {tables}").fetchall():
            if name not in self._lasting:
                self.connection.execute(f'drop {kind} temp."{name}"')

    def forget_lasting(self, table: str | None = None) -> None:
        """Let the lasting relations that read `table` (`stage.table`), or all, be made anew when they are next asked for."""
        self._lasting.forget(table)

    # -- writing ------------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything in the block happens or nothing does; a block inside another joins it."""
        if self._inside:
            yield
            return
        self.connection.execute("begin")
        self._inside = True
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            self.forget_lasting()
            raise
        else:
            self.connection.execute("commit")
        finally:
            self._inside = False

    def ensure(self, table: Table) -> None:
        """Create the table as declared; when its declaration has changed, the old rows are dropped and rebuilt by later runs.

        Of a `kept` table the rows are carried over; ValueError when that would lose a column.
        """
        wanted = [(c.name, c.type.upper()) for c in table.columns]
        body = ", ".join(f'"{name}" {kind}' for name, kind in wanted)
        if not self.exists(table.name):
            self.connection.execute(f"create table {table.name} ({body})")
            return
        described = [str(name) for name, *_ in self.connection.execute(f"describe {table.name}").fetchall()]
        if described == [name for name, _ in wanted]:
            return
        lost = sorted(set(described) - {name for name, _ in wanted})
        if table.kept and lost:
            raise ValueError(
                f"{table.name} keeps its rows, but its declaration no longer has {', '.join(lost)}; declare it again"
            )
        with self.transaction():
            if table.kept:
                self.connection.execute(f"create or replace temp table kept_rows as from {table.name}")
            self.connection.execute(f"drop table {table.name}")
            self.connection.execute(f"create table {table.name} ({body})")
            if table.kept:
                self.connection.execute(f"insert into {table.name} by name from kept_rows")
            else:
                self.connection.execute("delete from meta.publications where table_name = $t", {"t": table.name})
            self.forget_lasting(table.name)

    def insert_given(self, table: Table, query: Query) -> int:
        """Append the query's rows to the table by column name; declared columns that it does not give are null."""
        self._prepare_required(query)
        done = self.connection.execute(f"insert into {table.name} by name {query.text}", query.bound() or None)
        self.forget_lasting(table.name)
        return int(cast("tuple[int]", done.fetchone())[0])

    def insert(self, table: Table, rows: Rows) -> int:
        """Append rows to the table by column name; ValueError when the columns are not the declared ones."""
        if isinstance(rows, Query):
            self._prepare_required(rows)
            source, parameters = f"({rows.text})", rows.bound()
        else:
            self.connection.register("incoming_rows", rows)
            source, parameters = "incoming_rows", {}
        names = ", ".join(f'"{name}"' for name in table.column_names)
        order = "order by " + ", ".join(f'"{name}"' for name in table.stored_by) if table.stored_by else ""
        text = f"insert into {table.name} ({names}) select {names} from {source} {order}"
        try:
            done = self.connection.execute(text, parameters or None)
            self.forget_lasting(table.name)
            return int(cast("tuple[int]", done.fetchone())[0])
        finally:
            if not isinstance(rows, Query):
                self.connection.unregister("incoming_rows")

    def publish(self, table: Table, build: Callable[[dt.date], Rows], days: Sequence[dt.date]) -> Publication:
        """Replace the table's rows of `days` (or the whole table) by what `build(day)` gives, in one transaction, then the files.

        A table without a day column is built once, for the last day. A builder that raises `Unavailable` leaves its day
        empty, with the reason in `meta.publications`.
        """
        spans = [(day, day) for day in (days if table.day else days[-1:])]
        return self._publish(table, lambda _, last: build(last), spans, days)

    def publish_spans(self, table: Table, build: Callable[[dt.date, dt.date], Rows], days: Sequence[dt.date]) -> Publication:
        """As `publish`, by one `build(first, last)` for each unbroken run of days."""
        return self._publish(table, build, unbroken(days), days)

    def _publish(
        self,
        table: Table,
        build: Callable[[dt.date, dt.date], Rows],
        spans: list[tuple[dt.date, dt.date]],
        days: Sequence[dt.date],
    ) -> Publication:
        reasons: list[tuple[dt.date, str]] = []
        built = 0
        with self.transaction():
            self.ensure(table)
            for first, last in spans:
                reason = None
                scope = f"where {table.day} between $a and $b" if table.day else ""
                bounds = {"a": first, "b": last} if table.day else None
                self.connection.execute(f"delete from {table.name} {scope}", bounds)
                self.forget_lasting(table.name)
                try:
                    built += self.insert(table, build(first, last))
                except Unavailable as error:
                    reason = str(error)
                    reasons += [(day, reason) for day in days_between(first, last)]
                self._note(table, first, last, reason)
            self.parts.mark(table, days)
        self.parts.write_pending()
        return Publication(table, tuple(days), built, tuple(reasons))

    def republish(self, tables: Sequence[Table], day: dt.date) -> list[Publication]:
        """Publish as files what was appended to tables, of those with a day column the `day`; files of as many rows stay."""
        rows_of = "select rows from meta.publications where table_name = $t and day = $d"
        done: list[Publication] = []
        with self.transaction():
            for table in tables:
                self.ensure(table)
                of = {"t": table.name, "d": day if table.day else WHOLE}
                before = self.scalar(rows_of, **of)
                self._note(table, day, day, None)
                rows = self.scalar(rows_of, **of)
                if rows != before:
                    self.parts.mark(table, [day])
                done.append(Publication(table, (day,), int(str(rows)), ()))
        self.parts.write_pending()
        return done

    def _note(self, table: Table, first: dt.date, last: dt.date, reason: str | None) -> None:
        status = "unavailable" if reason else "built"
        if table.day:
            text = f"select {table.day}, count(*) from {table.name} where {table.day} between $a and $b group by 1"
            found = self.connection.execute(text, {"a": first, "b": last}).fetchall()
            counted = dict(cast("list[tuple[dt.date, int]]", found))
            days = list(days_between(first, last))
            rows = [counted.get(day, 0) for day in days]
        else:
            days, rows = [WHOLE], [int(str(self.scalar(f"select count(*) from {table.name}")))]
        self.connection.execute(
            "insert or replace into meta.publications select $t, unnest($days::date[]), $s, $r, unnest($rows::bigint[])",
            {"t": table.name, "days": days, "s": status, "r": reason, "rows": rows},
        )

    # -- what was published -----------------------------------------------------------------------------------------------

    def status(self, table: Table, day: dt.date) -> tuple[str, str | None] | None:
        """`(built | unavailable, reason)` of the table on `day`, or None when it was never published."""
        values = {"t": table.name, "d": day if table.day else WHOLE}
        text = "select status, reason from meta.publications where table_name = $t and day = $d"
        rows = self.connection.execute(text, values).fetchall()  # to the end: a result half read would keep the connection
        return (str(rows[0][0]), cast("str | None", rows[0][1])) if rows else None

    def days_missing(self, table: Table, *, start: dt.date, through: dt.date) -> list[dt.date]:
        """The days from `start` to `through` on which the table was never published, oldest first."""
        text = "select day from meta.publications where table_name = $t and day between $a and $b"
        done = self.connection.execute(text, {"t": table.name, "a": start, "b": through}).fetchall()
        published = {row[0] for row in done}
        return [day for day in days_between(start, through) if day not in published]

    def content_hash(self, table: Table) -> str:
        """A hash of the table's content: independent of row order, floats rounded to 1e-9, volatile columns left out."""
        return self.rows_hash(table.name, table.columns)

    def rows_hash(self, relation: str, columns: Sequence[Column]) -> str:
        """`content_hash` over any relation with these columns."""
        values = ", ".join(_canonical(c.name, c.type) for c in columns if not c.volatile)
        text = f"select count(*), sum(md5_number_lower(to_json([{values}])::varchar)) from {relation}"
        count, total = cast("tuple[int, int | None]", self.connection.execute(text).fetchone())
        return f"{count}:{int(total or 0):x}"


def unbroken(days: Sequence[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """The first and last day of each run of consecutive days.

    >>> one, two, five = dt.date(2025, 1, 1), dt.date(2025, 1, 2), dt.date(2025, 1, 5)
    >>> unbroken([one, two, five]) == [(one, two), (five, five)]
    True
    """
    spans: list[tuple[dt.date, dt.date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][1] == dt.timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _canonical(name: str, kind: str) -> str:
    if kind.upper().startswith(("DOUBLE", "FLOAT")):
        return f'(case when "{name}" is null then null else round("{name}", 9) + 0.0 end)::varchar'
    return f'"{name}"::varchar'
