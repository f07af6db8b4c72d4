"""The configuration as tables: schema `config` of the warehouse, which SQL reads.

What the tables hold is decided by the sections; when they are written, here.
"""

import hashlib

import pyarrow as pa

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.warehouse import Warehouse

SETTING = "config_fingerprint"
"""The row of `meta.settings` that says which configuration the tables come from, and how they looked when they were written."""


def write_config_tables(warehouse: Warehouse, workspace: Workspace) -> bool:
    """Replace all tables of schema `config` in one transaction when they are not those of this workspace; whether it was done."""
    tables = workspace.config_tables()
    written = warehouse.scalar("select value from meta.settings where name = $name", name=SETTING)
    if written == f"{workspace.fingerprint} {_shape(warehouse, set(tables))}":
        return False
    with warehouse.transaction():
        for name, rows in sorted(tables.items()):
            _replace(warehouse, name, rows)
        values = {"name": SETTING, "value": f"{workspace.fingerprint} {_shape(warehouse, set(tables))}"}
        warehouse.connection.execute("insert or replace into meta.settings values ($name, $value)", values)
    warehouse.forget_lasting()
    return True


def _shape(warehouse: Warehouse, names: set[str]) -> str:
    """A hash over the statements that would create the configuration's tables as they are: it shows a lost table or column."""
    text = "select table_name, sql from duckdb_tables() where schema_name = 'config' order by table_name"
    found = [sql for name, sql in warehouse.connection.execute(text).fetchall() if name in names]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def _replace(warehouse: Warehouse, name: str, rows: pa.Table) -> None:
    warehouse.connection.register("incoming_config", rows)
    try:
        warehouse.connection.execute(f'create or replace table config."{name}" as select * from incoming_config')
    finally:
        warehouse.connection.unregister("incoming_config")
