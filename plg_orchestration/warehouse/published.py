"""Reading what was published: a connection of its own over the Parquet files, which needs no lock and changes nothing.

The warehouse's file is never touched; how the files come about is in `parts.py`.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from plg_orchestration.errors import PlgError
from plg_orchestration.warehouse.tables import Table


class NothingPublished(PlgError):
    """There is no published table to read; the message says what makes some."""


@contextmanager
def open_published(folder: Path, tables: Sequence[Table]) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection with a view `stage.table` for each of the tables that has files below `folder` (`.plg/published`).

    It reads these files and nothing else on the machine. NothingPublished when no table is there.
    """
    found = [(table, files) for table in tables if (files := files_of(folder, table))]
    if not found:
        raise NothingPublished(f"{folder}: no table is published yet; run `plg run`, or name another workspace with -w")
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
    try:
        connection.execute("set timezone = 'UTC'")
        for schema in sorted({table.schema for table, _ in found}):
            connection.execute(f'create schema "{schema}"')
        for table, files in found:
            listed = ", ".join(_literal(file) for file in files)
            connection.execute(f"create view {table.name} as from read_parquet([{listed}], union_by_name = true)")
        connection.execute(f"set allowed_directories = [{_literal(folder.resolve())}]")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def asked(connection: duckdb.DuckDBPyConnection, text: str) -> pa.Table:
    """The rows of one SELECT; ValueError when the text is anything else, duckdb.Error when it cannot be run."""
    statements = connection.extract_statements(text)
    if len(statements) != 1 or statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise ValueError("write one SELECT; published tables are read and never written")
    return connection.sql(text).to_arrow_table()


def files_of(folder: Path, table: Table) -> list[Path]:
    """The published files of the table, oldest part first; none when it was never published."""
    parts = folder / table.schema / table.short_name
    whole = parts.with_suffix(".parquet")
    return sorted(parts.glob("*.parquet")) if parts.is_dir() else [whole] if whole.exists() else []


def _literal(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    return f"'{quoted}'"
