"""The environment that a command runs in: which workspace, and the folder that Dagster keeps its state in."""

import os
from importlib.resources import files
from pathlib import Path

from rich.console import Console

from plg_orchestration.config import Workspace, current_workspace

LOG_WIDTH = 120


def enter(workspace: Path | None) -> Workspace:
    """Make `workspace` (or the current one) the process's workspace, for every part that is loaded from now on."""
    if workspace is not None:
        os.environ["PLG_WORKSPACE"] = str(workspace)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    return current_workspace()


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
