"""Two nights through Dagster on a small workspace, and again: the second time changes nothing."""

from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from plg_orchestration.config import load_workspace
from plg_orchestration.warehouse import Warehouse, all_tables
from tests.e2e.conftest import run_nights


def content(plg_yaml: Path) -> dict[str, str]:
    """The content hash of every table of the workspace."""
    with Warehouse.open(load_workspace(plg_yaml).state) as warehouse:
        return {table.name: warehouse.content_hash(table) for table in all_tables() if warehouse.exists(table.name)}


def published(plg_yaml: Path) -> dict[str, int]:
    """The number of rows in every published file."""
    folder = load_workspace(plg_yaml).state / "published"
    return {str(path.relative_to(folder)): pq.read_metadata(path).num_rows for path in sorted(folder.rglob("*.parquet"))}


def test_two_nights_and_again(definitions, two_nights):
    plg_yaml, instance = two_nights.plg_yaml, two_nights.instance
    first, files = content(plg_yaml), published(plg_yaml)
    again = run_nights(definitions, plg_yaml, two_nights.days, instance)
    assert again.success
    assert content(plg_yaml) == first
    assert published(plg_yaml) == files
    assert len(first) > 30
    recorded = instance.get_materialized_partitions(dg.AssetKey(["kpis", "snapshot"]))
    assert recorded == {day.isoformat() for day in two_nights.days}
    checks = {(e.asset_key.to_user_string(), e.check_name): e for e in again.get_asset_check_evaluations()}
    assert [key for key, e in checks.items() if key[1] == "as_declared" and not e.passed] == []
    assert checks["ingest/files", "every_line_accounted_for"].passed
