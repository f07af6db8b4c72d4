"""A warehouse in memory over a few given tables, for library calls on plain frames; it keeps nothing and locks nothing.

What is computed on it belongs to the stage that asks.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from plg_orchestration.warehouse.engine import SESSION, SETTINGS, Warehouse


@contextmanager
def scratch(**tables: pa.Table) -> Generator[Warehouse]:
    """A warehouse in memory in which each given Arrow table is a relation of its keyword's name, until the block ends."""
    connection = duckdb.connect(":memory:", config=dict(SETTINGS))
    try:
        connection.execute(SESSION)
        for name, rows in tables.items():
            connection.register(name, rows)
        yield Warehouse(connection, Path())
    finally:
        connection.close()
