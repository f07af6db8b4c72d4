"""The configuration as tables: schema `config` of the warehouse, which SQL reads.

What the tables hold is decided by the sections; when they are written, here.
"""

import pyarrow as pa

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.warehouse import Warehouse

SETTING = "config_fingerprint"
"""The row of `meta.settings` that says which configuration the tables come from."""


def write_config_tables(warehouse: Warehouse, workspace: Workspace) -> bool:
    """Replace all tables of schema `config` in one transaction when they are not those of this workspace; whether it was done."""
    tables = workspace.config_tables()
    written = warehouse.scalar("select value from meta.settings where name = $name", name=SETTING)
    wanted = {(name, column) for name, rows in tables.items() for column in rows.column_names}
    if written == workspace.fingerprint and wanted == _there(warehouse, set(tables)):
        return False
    with warehouse.transaction():
        for name, rows in sorted(tables.items()):
            _replace(warehouse, name, rows)
        values = {"name": SETTING, "value": workspace.fingerprint}
        warehouse.connection.execute("insert or replace into meta.settings values ($name, $value)", values)
    return True


def _there(warehouse: Warehouse, names: set[str]) -> set[tuple[str, str]]:
    text = "select table_name, column_name from duckdb_columns() where schema_name = 'config' and not internal"
    found = warehouse.connection.execute(text).fetchall()
    return {(str(table), str(column)) for table, column in found if table in names}


def _replace(warehouse: Warehouse, name: str, rows: pa.Table) -> None:
    warehouse.connection.register("incoming_config", rows)
    try:
        warehouse.connection.execute(f'create or replace table config."{name}" as select * from incoming_config')
    finally:
        warehouse.connection.unregister("incoming_config")
