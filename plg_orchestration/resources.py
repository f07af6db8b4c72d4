"""What assets are handed: the workspace with its warehouse, and the tracking store.

Thin adapters between Dagster's configuration and the library; nothing is computed here.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from plg_orchestration.config import Workspace, load_workspace, write_config_tables
from plg_orchestration.tracking import Tracking, open_tracking
from plg_orchestration.warehouse import Warehouse


class WarehouseResource(DuckDBResource):
    """The DuckDB warehouse of one workspace: one writer, closed after every use, also after an exception."""

    database: str = Field(default="", description="Ignored: the file stands in the workspace's state folder.")
    workspace_path: str = Field(description="The workspace's plg.yaml.")
    wait_seconds: float = Field(default=60.0, description="How long to wait for another writer before giving up.")

    @property
    def workspace(self) -> Workspace:
        """The workspace, read anew so that an edited plg.yaml takes effect without a restart."""
        return load_workspace(Path(self.workspace_path))

    @contextmanager
    def open(self) -> Generator[Warehouse]:
        """The warehouse with the workspace's configuration tables up to date, locked for writing until the block ends."""
        workspace = self.workspace
        with Warehouse.open(workspace.state, wait_seconds=self.wait_seconds) as warehouse:
            write_config_tables(warehouse, workspace)
            yield warehouse

    @contextmanager
    def get_connection(self) -> Generator[duckdb.DuckDBPyConnection]:
        """The bare connection, for code written against dagster-duckdb."""
        with self.open() as warehouse:
            yield warehouse.connection


class TrackingResource(dg.ConfigurableResource):
    """The MLflow store of one workspace: sqlite in its state folder, or what `MLFLOW_TRACKING_URI` names."""

    workspace_path: str = Field(description="The workspace's plg.yaml.")

    def open(self) -> Tracking:
        """The store, proven writable now: better to stop before a decision than to make one that nobody can audit."""
        workspace = load_workspace(Path(self.workspace_path))
        return open_tracking(uri=workspace.mlflow_tracking_uri, state=workspace.state, workspace=workspace.name)
