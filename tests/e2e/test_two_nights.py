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


def run_night(definitions, plg_yaml: Path, day: dt.date, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    from plg_orchestration.resources import WarehouseResource

    defs = definitions.build_defs(warehouse=WarehouseResource(workspace_path=str(plg_yaml)))
    job = defs.resolve_job_def("nightly")
    return job.execute_in_process(instance=instance, partition_key=day.isoformat(), raise_on_error=False)


def test_two_nights_and_again(definitions, workspace_copy, tmp_path: Path):
    plg_yaml = workspace_copy("nights")
    last = load_workspace(plg_yaml).last_day
    assert last is not None
    days = [last - dt.timedelta(days=1), last]
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for day in days:
            assert run_night(definitions, plg_yaml, day, instance).success
        first = content(plg_yaml)
        files = published(plg_yaml)
        again = run_night(definitions, plg_yaml, last, instance)
    assert again.success
    assert content(plg_yaml) == first
    assert published(plg_yaml) == files
    assert len(first) > 30
    assert all(files.values()) or any(files.values())
    failed = [e for e in again.get_asset_check_evaluations() if not e.passed and e.severity == dg.AssetCheckSeverity.ERROR]
    assert [f"{e.asset_key}: {e.check_name}" for e in failed if e.check_name == "as_declared"] == []
