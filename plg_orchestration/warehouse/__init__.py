"""Engines, connections, transactions and publication: the only folder that knows how rows are kept.

Domain stages hand in queries and table declarations; nothing about growth, scores or risks belongs here.
"""

from plg_orchestration.warehouse.engine import Publication, Rows, Warehouse
from plg_orchestration.warehouse.query import Query, lasting, sql_file
from plg_orchestration.warehouse.tables import Column, Table, all_tables, columns, table, tables_of

__all__ = [
    "Column", "Publication", "Query", "Rows", "Table", "Warehouse", "all_tables", "columns", "lasting", "sql_file", "table",
    "tables_of",
]  # fmt: skip
