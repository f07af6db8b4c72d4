"""Rows as Arrow with the declared columns and types: what a row does not say is null."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from plg_orchestration.warehouse import Table

TYPES: Mapping[str, pa.DataType] = {
    "DATE": pa.date32(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(),
}  # fmt: skip


def declared_rows(declared: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The rows as a table of the declaration."""
    schema = pa.schema([(column.name, TYPES[column.type]) for column in declared.columns])
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
