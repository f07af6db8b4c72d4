"""MLflow's front door: one run `Start here` in the governance experiment, kept up to date, and descriptions that lead to it.

What the page says is made in `reports/auditors`; here it is put where an auditor looks first.
"""

import datetime as dt
import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from plg_orchestration.tracking.governance import ABOUT
from plg_orchestration.tracking.store import NOTE, Tracking, client_of, experiment
from plg_orchestration.tracking.training import ABOUT as TRAININGS
from plg_orchestration.tracking.training import KIND, PARENT

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "Start here"
FINGERPRINT = "plg.fingerprint"


@dataclass(frozen=True)
class LoggedGuide:
    """Where the guide stands in MLflow."""

    experiment_id: str
    run_id: str


def log_guide(tracking: Tracking, *, as_of: dt.date, target: str, files: Mapping[str, bytes]) -> LoggedGuide:
    """Put the files (by name) into the run `Start here`, and links to the newest runs into its description.

    The run is made once and updated; a day older than the one it shows changes nothing. TrackingUnavailable when the store cannot
    be written.
    """
    with client_of(tracking) as client:
        home = experiment(client, tracking, "governance", about=ABOUT)
        trainings = experiment(client, tracking, f"pql {target}", about=TRAININGS)
        run_id = _run(client, home)
        tags = client.get_run(run_id).data.tags
        shown = tags.get("plg.as_of", "")
        note = _note(client, tracking, trainings, home, run_id, as_of=as_of, target=target)
        content = json.dumps([note, {name: hashlib.sha256(body).hexdigest() for name, body in sorted(files.items())}])
        fingerprint = hashlib.sha256(content.encode()).hexdigest()
        if shown > str(as_of) or tags.get(FINGERPRINT) == fingerprint:
            return LoggedGuide(home, run_id)
        with tempfile.TemporaryDirectory() as folder:
            for name, body in files.items():
                (Path(folder) / name).write_bytes(body)
            client.log_artifacts(run_id, folder)
        for name, value in ((NOTE, note), ("plg.as_of", str(as_of)), (FINGERPRINT, fingerprint)):
            client.set_tag(run_id, name, value)
        pointed = f"[{NAME}](#/experiments/{home}/runs/{run_id}): what is where, and ten questions with their answers."
        client.set_experiment_tag(home, NOTE, f"{ABOUT}\n\n{pointed}")
        client.set_experiment_tag(trainings, NOTE, f"{TRAININGS}\n\n{pointed}")
        return LoggedGuide(home, run_id)


def _run(client: "MlflowClient", home: str) -> str:
    found = client.search_runs([home], filter_string=f"tags.`{KIND}` = 'guide'", max_results=1)
    if found:
        return found[0].info.run_id
    made = client.create_run(home, run_name=NAME, tags={KIND: "guide"})
    client.set_terminated(made.info.run_id, "FINISHED")
    return made.info.run_id


def _note(
    client: "MlflowClient", tracking: Tracking, trainings: str, home: str, run_id: str, *, as_of: dt.date, target: str
) -> str:
    """The run's description: the newest training, its candidates side by side, the champion, and the night's governance."""
    lines = [f"As of {as_of}. The artifact `start_here.html` says what is where and answers ten questions.", ""]
    found = client.search_runs(
        [trainings], filter_string=f"tags.`{KIND}` = 'training' and attributes.status = 'FINISHED'",
        order_by=["attributes.start_time desc"], max_results=1,
    )  # fmt: skip
    if found:
        parent = found[0].info.run_id
        lines.append(f"* [The newest training, {found[0].data.tags['plg.version']}](#/experiments/{trainings}/runs/{parent})")
        below = client.search_runs(
            [trainings], filter_string=f"tags.`{PARENT}` = '{parent}' and tags.`plg.scorer_version` like '%'"
        )
        runs = quote(json.dumps(sorted(run.info.run_id for run in below)))
        if below:
            chosen = quote(json.dumps([trainings]))
            lines.append(f"* [Its candidates side by side](#/compare-runs?runs={runs}&experiments={chosen})")
        lines.append(f"* [Every version, and which one routes](#/models/{quote(tracking.model_name(target))})")
    night = client.search_runs(
        [home], filter_string=f"tags.`{KIND}` = 'governance' and tags.`plg.as_of` = '{as_of}'",
        order_by=["attributes.start_time desc"], max_results=1,
    )  # fmt: skip
    if night:
        lines.append(f"* [Governance of the night](#/experiments/{home}/runs/{night[0].info.run_id})")
    return "\n".join(lines)
