"""The environment that a command runs in: which workspace, and the folder that Dagster keeps its state in."""

import os
import threading
from contextlib import suppress
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from plg_orchestration.config import Workspace, current_workspace
from plg_orchestration.errors import PlgError

LOG_WIDTH = 120
HEAVY = ("sklearn.linear_model", "sklearn.pipeline", "sklearn.calibration", "skops.io", "altair", "vl_convert", "mlflow")


def enter(workspace: Path | None) -> Workspace:
    """Make `workspace` (or the current one) the process's workspace, for every part that is loaded from now on."""
    if workspace is not None:
        os.environ["PLG_WORKSPACE"] = str(workspace)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    return current_workspace()


def warm_up(workspace: Workspace) -> None:
    """Import what a whole night needs, and make a new MLflow store's tables, in the background: DuckDB works meanwhile.

    Whatever goes wrong here goes wrong again where it is needed, and is said there.
    """

    def load() -> None:
        for name in HEAVY:
            with suppress(ImportError):
                import_module(name)
        from plg_orchestration.tracking import open_tracking, prepare

        with suppress(PlgError):
            prepare(open_tracking(uri=workspace.mlflow_tracking_uri, state=workspace.state, workspace=workspace.name))

    threading.Thread(target=load, name="warm-up", daemon=True).start()


def open_console() -> Console:
    """Where a command prints: the terminal, or a log file, which has no width of its own."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=LOG_WIDTH)


def dagster_home(workspace: Workspace) -> Path:
    """The workspace's DAGSTER_HOME with its `dagster.yaml`, made on first use."""
    home = workspace.state / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.write_text(files("jobs").joinpath("dagster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    return home
