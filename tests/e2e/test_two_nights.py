"""Two nights through Dagster on a small workspace, and again: the second time changes nothing."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from plg_orchestration.config import load_workspace
from plg_orchestration.warehouse import Warehouse, all_tables


def content(plg_yaml: Path) -> dict[str, str]:
    """The content hash of every table of the workspace."""
    with Warehouse.open(load_workspace(plg_yaml).state) as warehouse:
        return {table.name: warehouse.content_hash(table) for table in all_tables() if warehouse.exists(table.name)}


def published(plg_yaml: Path) -> dict[str, int]:
    """The number of rows in every published file."""
    folder = load_workspace(plg_yaml).state / "published"
    return {str(path.relative_to(folder)): pq.read_metadata(path).num_rows for path in sorted(folder.rglob("*.parquet"))}


def run_nights(definitions, plg_yaml: Path, days: list[dt.date], instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """The nightly job for a range of days, with the workspace's own resources."""
    from plg_orchestration.resources import TrackingResource, WarehouseResource

    path = str(plg_yaml)
    defs = definitions.build_defs(
        warehouse=WarehouseResource(workspace_path=path), tracking=TrackingResource(workspace_path=path)
    )  # fmt: skip
    tags = {
        "dagster/asset_partition_range_start": days[0].isoformat(),
        "dagster/asset_partition_range_end": days[-1].isoformat(),
    }
    return defs.resolve_job_def("nightly").execute_in_process(instance=instance, tags=tags, raise_on_error=False)


def test_two_nights_and_again(definitions, workspace_copy):
    plg_yaml = workspace_copy("nights")
    last = load_workspace(plg_yaml).last_day
    assert last is not None
    days = [last - dt.timedelta(days=1), last]
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        assert run_nights(definitions, plg_yaml, days, instance).success
        first, files = content(plg_yaml), published(plg_yaml)
        again = run_nights(definitions, plg_yaml, days, instance)
        recorded = instance.get_materialized_partitions(dg.AssetKey(["kpis", "snapshot"]))
    assert again.success
    assert content(plg_yaml) == first
    assert published(plg_yaml) == files
    assert len(first) > 30
    assert recorded == {day.isoformat() for day in days}
    checks = {(e.asset_key.to_user_string(), e.check_name): e for e in again.get_asset_check_evaluations()}
    assert [key for key, e in checks.items() if key[1] == "as_declared" and not e.passed] == []
    assert checks["ingest/files", "every_line_accounted_for"].passed
