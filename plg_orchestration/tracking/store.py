"""The MLflow store of a workspace: where it is, whether it can be written, and its experiments.

This folder alone imports MLflow, inside functions. What is logged stands in the sibling modules.
"""

import logging
import os
import socket
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plg_orchestration.errors import PlgError

if TYPE_CHECKING:
    from mlflow import MlflowClient

CONNECT_SECONDS = 3.0
NOTE = "mlflow.note.content"
"""The tag that MLflow shows as the description of an experiment or a run."""
EXPERIMENT_KIND = {"mlflow.experimentKind": "custom_model_development"}
"""What MLflow's interface goes by to show runs and metrics, and not the pages about generated text."""


class TrackingUnavailable(PlgError):
    """The MLflow store cannot be reached or written; nothing of the night is lost, and the next run logs what is missing."""


@dataclass(frozen=True)
class Tracking:
    """A workspace's MLflow: the store's URI, where artifacts of a local store lie, and the workspace's name for labels."""

    uri: str
    artifacts: Path
    workspace: str

    def experiment_name(self, subject: str) -> str:
        """The experiment about `subject` (a target, or `governance`) of this workspace."""
        return f"{self.workspace}: {subject}"

    def model_name(self, target: str) -> str:
        """The registered model of the target in this workspace."""
        return f"{self.workspace}-pql-{target}"


def open_tracking(*, uri: str, state: Path, workspace: str) -> Tracking:
    """The tracking of the workspace whose state folder is `state`; TrackingUnavailable when the store cannot be written now.

    The check takes seconds at most, where MLflow itself would retry for minutes.
    """
    if uri.startswith("sqlite:///"):
        _check_sqlite(Path(uri.removeprefix("sqlite:///")))
    elif uri.startswith(("http://", "https://")):
        _check_server(uri)
    return Tracking(uri, state / "mlartifacts", workspace)


def _check_sqlite(path: Path) -> None:
    remedy = "make it writable, free its disk, or set MLFLOW_TRACKING_URI to another store"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=CONNECT_SECONDS, isolation_level=None)) as connection:
            connection.execute("begin immediate")
            connection.execute("create table plg_write_check (checked integer)")
            connection.execute("rollback")
    except (sqlite3.Error, OSError) as error:
        raise TrackingUnavailable(f"MLflow store {path}: cannot be written ({error}); {remedy}") from error


def _check_server(uri: str) -> None:
    parts = urlsplit(uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise TrackingUnavailable(
            f"MLflow server {uri}: does not answer ({error}); start it, or unset MLFLOW_TRACKING_URI to log into the workspace"
        ) from error


@contextmanager
def client_of(tracking: Tracking) -> Generator["MlflowClient", None, None]:
    """An MLflow client of the store, with telemetry off; errors of the store become TrackingUnavailable."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield MlflowClient(tracking_uri=tracking.uri, registry_uri=tracking.uri)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrackingUnavailable(
            f"MLflow store {tracking.uri}: {first}; the night's tables are complete, "
            "and running the day again logs what is missing"
        ) from error


def experiment(client: "MlflowClient", tracking: Tracking, subject: str, *, about: str) -> str:
    """The id of the experiment about `subject`, made with the description `about` when it is new."""
    name = tracking.experiment_name(subject)
    found = client.get_experiment_by_name(name)
    if found is not None:
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return found.experiment_id
    local = tracking.uri.startswith("sqlite:///")
    location = (tracking.artifacts / subject).absolute().as_uri() if local else None
    return client.create_experiment(name, artifact_location=location, tags={NOTE: about, **EXPERIMENT_KIND})


def quoted(value: str) -> str:
    """A value inside an MLflow filter; ValueError when it holds a quote."""
    if "'" in value:
        raise ValueError(f"filter value {value!r} holds a quote")
    return f"'{value}'"
