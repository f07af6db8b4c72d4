"""The replay certificate: features of a past day, rebuilt from what had been received by then, equal those of that night.

The rebuilt rows come from the nightly query over a database that holds no later row, so a feature that looks ahead cannot
hide. What a difference means is said here; whether it stops the night is decided by the asset's check.
"""

import datetime as dt
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.tables import FEATURES
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Query, Table, Warehouse

DATED = ("received_date", "known_date", "as_of")
"""Columns that say when a row became known; a table with none of them is configuration and stays as it is."""


@dataclass(frozen=True)
class Certificate:
    """Whether the day's features are free of later knowledge: hashes of rows (count and sum of MD5), verdict and reason.

    `stored` were published on the night, `replayed` are rebuilt without later rows, `tonight` with them (None when the first
    two agree, so that nobody has to ask).
    """

    day: dt.date
    stored: str
    replayed: str
    tonight: str | None
    verdict: Verdict
    reason: str


def certify(warehouse: Warehouse, *, as_of: AsOf, build: Callable[[AsOf], Query], table: Table = FEATURES) -> Certificate | None:
    """The certificate of the newest day before `as_of` whose rows of `table` are stored; None when there is none.

    `build` gives the query that makes the rows of a day. pass: stored and replayed rows are the same. fail: rows of later days
    change the result. warn: they do not, but the stored rows were made by other settings or code.
    """
    day = warehouse.scalar(f"select max({table.day}) from {table.name} where {table.day} < $day", day=as_of.date)
    if not isinstance(day, dt.date):
        return None
    query = build(AsOf(day, as_of.timezone))
    with warehouse.beside() as there:
        kept = Query("stored_rows", f"select * from {table.name} where {table.day} = $day", {"day": day})
        stored = _hash(there, kept, table)
    with without_later_rows(warehouse, query.reads(), day) as before:
        replayed = _hash(before, query, table)
    if stored == replayed:
        return Certificate(day, stored, replayed, None, Verdict.PASS, "rebuilt without later rows, every value is the same")
    with warehouse.beside() as now:
        tonight = _hash(now, query, table)
    if tonight != replayed:
        reason = f"rows received after {day} change what {table.name} says of that day; find the query that reads past its day"
        return Certificate(day, stored, replayed, tonight, Verdict.FAIL, reason)
    reason = f"no later row changes them, but the stored rows of {day} were made by other settings or code; publish the day again"
    return Certificate(day, stored, replayed, tonight, Verdict.WARN, reason)


@contextmanager
def without_later_rows(warehouse: Warehouse, tables: Iterable[str], day: dt.date) -> Generator[Warehouse]:
    """A warehouse in which each of the tables (`stage.table`) ends with `day`; nothing is copied."""
    home = warehouse.scalar("select current_database()")
    with warehouse.beside() as shown:
        run = shown.connection.execute
        run("attach ':memory:' as replay")
        try:
            for name in sorted(name for name in tables if warehouse.exists(name)):
                schema, table = name.split(".")
                known = [str(row[0]) for row in run(f"select column_name from (describe {home}.{name})").fetchall()]
                since = next((column for column in DATED if column in known), None)
                ends = f" where {since} <= date '{day}'" if since else ""
                run(f"create schema if not exists replay.{schema}")
                run(f"create view replay.{schema}.{table} as select * from {home}.{name}{ends}")
            run("use replay")
            yield shown
        finally:
            run(f"use {home}")
            run("detach replay")


def _hash(warehouse: Warehouse, query: Query, table: Table) -> str:
    warehouse.prepare(query)
    return warehouse.rows_hash(f'temp."{query.name}"', table.columns)
