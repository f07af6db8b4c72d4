"""Two nights of a small workspace, run once for all tests that look at what they left."""

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from jobs.event_log import engines_kept
from plg_orchestration.cli.home import dagster_home
from plg_orchestration.config import Workspace, load_workspace
from plg_orchestration.warehouse.engine import SETTINGS


@dataclass(frozen=True)
class Nights:
    """A workspace after two nights: the instance that saw them, their days, and what their checks said."""

    plg_yaml: Path
    workspace: Workspace
    instance: dg.DagsterInstance
    days: tuple[dt.date, ...]
    checks: list[dg.AssetCheckEvaluation]


def run_nights(definitions, plg_yaml: Path, days: tuple[dt.date, ...], instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
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


@contextmanager
def own_threads() -> Iterator[None]:
    """As many threads as DuckDB takes by itself, as in a real night."""
    with pytest.MonkeyPatch.context() as settings:
        settings.delitem(SETTINGS, "threads", raising=False)
        yield


@pytest.fixture(autouse=True)
def threads_of_a_night() -> Iterator[None]:
    """Nights run with as many threads as DuckDB takes by itself."""
    with own_threads():
        yield


@pytest.fixture(scope="session")
def two_nights(definitions, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    """Two nights, run once; tests read what they left, or run them again to the same effect."""
    plg_yaml = Path(shutil.copytree(demo_data, tmp_path_factory.mktemp("nights") / "demo")) / "plg.yaml"
    workspace = load_workspace(plg_yaml)
    assert workspace.last_day is not None
    days = (workspace.last_day - dt.timedelta(days=1), workspace.last_day)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_HOME", "")
        home = dagster_home(workspace)
    with engines_kept(), dg.DagsterInstance.from_config(str(home)) as instance:
        with own_threads():
            done = run_nights(definitions, plg_yaml, days, instance)
        assert done.success
        yield Nights(plg_yaml, workspace, instance, days, done.get_asset_check_evaluations())
