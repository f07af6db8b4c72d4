"""Which prepared relations of a connection still hold: relations made once a run, until a table that they read changes.

When one is asked for is `Query.lasting`; making it belongs to `engine.py`.
"""

from dataclasses import dataclass

import duckdb

from plg_orchestration.warehouse.query import Query

ASIDE = "{name}_aside"


@dataclass(frozen=True)
class Kept:
    """A relation that holds: what its result depends on beside the tables, and the tables that it reads."""

    signature: tuple[object, ...]
    reads: frozenset[str]


class Lasting:
    """The lasting relations of a connection, each under its query's name, with the one before it aside.

    A look at another day displaces the relations of the day that a run is about; aside they are found again afterwards.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._kept: dict[str, Kept] = {}

    def __contains__(self, relation: str) -> bool:
        return relation in self._kept

    def shows(self, query: Query) -> bool:
        """Whether the query's result stands under its name, fetched from aside in place of the other when it was there."""
        signature, aside = query.signature(), ASIDE.format(name=query.name)
        here, before = self._kept.get(query.name), self._kept.get(aside)
        if here and here.signature == signature:
            return True
        if before is None or before.signature != signature:
            return False
        self._rename(aside, query.name)
        return True

    def make_room(self, query: Query) -> None:
        """Put what holds under the query's name aside, before another relation is made there."""
        if query.name not in self._kept:
            return
        self._rename(query.name, ASIDE.format(name=query.name))

    def keep(self, query: Query) -> None:
        """Note that the query's result was made under its name."""
        self._kept[query.name] = Kept(query.signature(), query.reads())

    def forget(self, table: str | None = None) -> None:
        """Let the relations that read the table, or all of them, be made anew when they are next asked for."""
        self._kept = {name: kept for name, kept in self._kept.items() if table is not None and table not in kept.reads}

    def _rename(self, old: str, new: str) -> None:
        self._connection.execute(f'drop table if exists temp."{new}"')
        self._connection.execute(f'alter table temp."{old}" rename to "{new}"')
        self._kept[new] = self._kept.pop(old)
