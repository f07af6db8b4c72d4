"""What assets are handed: the workspace with its warehouse, and the tracking store; and what Dagster keeps of the decision log.

Thin adapters between Dagster and the library; nothing is computed here, nor are anchors compared with the log.
"""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field, PrivateAttr

from plg_orchestration.config import Workspace, load_workspace, write_config_tables
from plg_orchestration.tracking import Tracking, open_tracking
from plg_orchestration.warehouse import Warehouse

SIGNED_HEAD = "signed head"
"""The metadata entry in which each materialization of `governance/audit_log` holds the log's head."""
MOST = 200
"""So many materializations are looked at for it."""


class WarehouseResource(DuckDBResource):
    """The DuckDB warehouse of one workspace: one writer, open for a run or one use, closed after it and after an exception."""

    database: str = Field(default="", description="Ignored: the file stands in the workspace's state folder.")
    workspace_path: str = Field(description="The workspace's plg.yaml.")
    wait_seconds: float = Field(default=60.0, description="How long to wait for another writer before giving up.")

    _held: Warehouse | None = PrivateAttr(default=None)
    _open: ExitStack = PrivateAttr(default_factory=ExitStack)

    @property
    def workspace(self) -> Workspace:
        """The workspace, read anew so that an edited plg.yaml takes effect without a restart."""
        return load_workspace(Path(self.workspace_path))

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["WarehouseResource"]:
        """Hold the warehouse open from a run's first step to its last: opening it for every step costs more than most steps."""
        with self._open:
            self._held = self._open.enter_context(Warehouse.open(self.workspace.state, wait_seconds=self.wait_seconds))
            self._held.reuse = True
            try:
                yield self
            finally:
                self._held = None

    @contextmanager
    def open(self) -> Generator[Warehouse]:
        """The warehouse with the workspace's configuration tables up to date, locked for writing until the block or run ends.

        Temporary relations are gone when the block ends, but for the lasting ones of a run. After an exception the run's
        connection is closed; a later step of the run opens its own.
        """
        workspace = self.workspace
        if self._held is None:
            with Warehouse.open(workspace.state, wait_seconds=self.wait_seconds) as warehouse:
                write_config_tables(warehouse, workspace)
                yield warehouse
            return
        try:
            write_config_tables(self._held, workspace)
            yield self._held
            self._held.forget()
        except BaseException:
            self._held = None
            self._open.close()
            raise

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


def anchored_heads(home: Path) -> list[str]:
    """The heads that the newest materializations hold, in the instance whose DAGSTER_HOME is `home`; none when there are none."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        found = instance.fetch_materializations(dg.AssetKey(["governance", "audit_log"]), limit=MOST).records
        entries = [record.asset_materialization.metadata.get(SIGNED_HEAD) for record in found if record.asset_materialization]
        return [str(entry.value) for entry in entries if entry is not None]
