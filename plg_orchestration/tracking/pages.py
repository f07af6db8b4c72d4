"""The night's reports in MLflow: each page is an artifact of the governance run of its day, where auditors read it.

What a page says is made in `reports`; here it is put beside the tables that it was made from.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plg_orchestration.tracking.governance import ABOUT
from plg_orchestration.tracking.store import Tracking, client_of, experiment
from plg_orchestration.tracking.training import KIND

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOLDER = "reports"


@dataclass(frozen=True)
class LoggedPage:
    """Where a page stands in MLflow."""

    experiment_id: str
    run_id: str


def log_page(tracking: Tracking, *, as_of: dt.date, page: Path) -> LoggedPage:
    """Put the page into `reports/` of the newest governance run of the day; a day without one gets a run `reports <day>`.

    The same content is not put twice. TrackingUnavailable when the store cannot be written.
    """
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    tag = f"plg.report.{page.stem}"
    with client_of(tracking) as client:
        home = experiment(client, tracking, "governance", about=ABOUT)
        run_id = _run(client, home, as_of)
        if client.get_run(run_id).data.tags.get(tag) != digest:
            client.log_artifact(run_id, str(page), FOLDER)
            client.set_tag(run_id, tag, digest)
        return LoggedPage(home, run_id)


def log_files(tracking: Tracking, *, as_of: dt.date, folder: Path) -> LoggedPage:
    """Put the folder's files into `reports/<folder>/` of the day's run, as `log_page` does with a page."""
    content = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file()]
    digest = hashlib.sha256(repr([(name, hashlib.sha256(body).hexdigest()) for name, body in content]).encode()).hexdigest()
    tag = f"plg.report.{folder.name}.files"
    with client_of(tracking) as client:
        home = experiment(client, tracking, "governance", about=ABOUT)
        run_id = _run(client, home, as_of)
        if client.get_run(run_id).data.tags.get(tag) != digest:
            client.log_artifacts(run_id, str(folder), f"{FOLDER}/{folder.name}")
            client.set_tag(run_id, tag, digest)
        return LoggedPage(home, run_id)


def _run(client: "MlflowClient", home: str, as_of: dt.date) -> str:
    for kind in ("governance", "reports"):
        found = client.search_runs(
            [home], filter_string=f"tags.`{KIND}` = '{kind}' and tags.`plg.as_of` = '{as_of}' and attributes.status = 'FINISHED'",
            order_by=["attributes.start_time desc"], max_results=1,
        )  # fmt: skip
        if found:
            return found[0].info.run_id
    made = client.create_run(home, run_name=f"reports {as_of}", tags={KIND: "reports", "plg.as_of": str(as_of)})
    client.set_terminated(made.info.run_id, "FINISHED")
    return made.info.run_id
