"""Warehouses in memory for tests that look at rows and leave no files: starting DuckDB takes longer than most such tests."""

import atexit
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from plg_orchestration import STAGES
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.engine import META, SESSION

OF_ITSELF = "where not internal and database_name = current_database()"
SCHEMAS = f"select schema_name from duckdb_schemas() {OF_ITSELF}"
RELATIONS = (
    f"select 'table', table_name from duckdb_tables() {OF_ITSELF} and schema_name = 'main' and not temporary"
    f" union all select 'view', view_name from duckdb_views() {OF_ITSELF} and schema_name = 'main' and not temporary"
)
_IDLE: list[duckdb.DuckDBPyConnection] = []


def _started() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:", config={"threads": "1"})
    atexit.register(made.close)
    return made


@contextmanager
def in_memory(published: Path = Path()) -> Iterator[Warehouse]:
    """An empty warehouse with the schemas of all stages; its database is emptied and used again after the block."""
    database = _IDLE.pop() if _IDLE else _started()
    with database.cursor() as connection:
        connection.execute(SESSION)
        connection.execute(META + ";".join(f"create schema {schema}" for schema in (*STAGES, "config")))
        yield Warehouse(connection, published)
    for kind, name in database.execute(RELATIONS).fetchall():
        database.execute(f'drop {kind} "{name}"')
    for (schema,) in database.execute(SCHEMAS).fetchall():
        database.execute(f'drop schema "{schema}" cascade')
    _IDLE.append(database)
