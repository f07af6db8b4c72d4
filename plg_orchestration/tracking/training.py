"""A training in MLflow: a parent run, a child per candidate, and a registered model version, each made once.

Logging the same record again finds what is there; what a killed process left running is closed first.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.tracking.card import comparison, metrics, params, trial_metrics
from plg_orchestration.tracking.plots import training_plots
from plg_orchestration.tracking.record import Figures, TrainingRecord
from plg_orchestration.tracking.registry import register
from plg_orchestration.tracking.store import NOTE, Tracking, client_of, experiment, quoted

if TYPE_CHECKING:
    from mlflow import MlflowClient

VERSION, FINGERPRINT, KIND = "plg.version", "plg.fingerprint", "plg.kind"
PARENT = "mlflow.parentRunId"
ABOUT = (
    "Nightly trainings of the target. A parent run is one training with its judgment (gates.json, model_card.html); its children "
    "are the candidates, tested on the same rows. Tags lead to the data snapshot, the code and the Dagster run."
)


DESCRIBED = {
    "model": "The night's challenger: chosen on validation dates, judged here on test dates that it had never met.",
    "hybrid": "The points as a gate and the challenger as the order, on the same test dates.",
    "rules": "The points table on the same test dates.",
    "weighted": "The weighted formula on the same test dates.",
    "base_rate": "Everybody gets the share of converting rows in training: what any scorer must beat.",
}


@dataclass(frozen=True)
class LoggedTraining:
    """Where a training stands in MLflow; `registered` is the model version's number, None when nothing was trained."""

    experiment_id: str
    run_id: str
    registered: str | None


def log_training(tracking: Tracking, record: TrainingRecord) -> LoggedTraining:
    """Log the record, or find it as it was logged before; TrackingUnavailable when the store cannot be written."""
    with client_of(tracking) as client:
        about = experiment(client, tracking, f"pql {record.target}", about=ABOUT)
        run_id = _finished(client, about, record) or _log(client, about, record)
        registered = register(client, tracking, record, run_id=_model_run(client, about, run_id)) if record.trained else None
        return LoggedTraining(about, run_id, registered)


def close_dead_runs(client: "MlflowClient", experiment_id: str, version: str) -> int:
    """End runs of the version that are still marked running, as killed; how many there were."""
    text = f"tags.`{VERSION}` = {quoted(version)} and attributes.status = 'RUNNING'"
    dead = client.search_runs([experiment_id], filter_string=text)
    for run in dead:
        client.set_terminated(run.info.run_id, "KILLED")
    return len(dead)


def _finished(client: "MlflowClient", experiment_id: str, record: TrainingRecord) -> str | None:
    text = (
        f"tags.`{FINGERPRINT}` = {quoted(record.fingerprint)} and tags.`{KIND}` = 'training' and attributes.status = 'FINISHED'"
    )
    found = client.search_runs([experiment_id], filter_string=text, max_results=1)
    return found[0].info.run_id if found else None


def _model_run(client: "MlflowClient", experiment_id: str, parent: str) -> str:
    text = f"tags.`{PARENT}` = {quoted(parent)} and tags.`plg.scorer` = 'model'"
    return client.search_runs([experiment_id], filter_string=text, max_results=1)[0].info.run_id


def _log(client: "MlflowClient", experiment_id: str, record: TrainingRecord) -> str:
    close_dead_runs(client, experiment_id, record.version)
    tags = _tags(record)
    note = {NOTE: f"{record.judgment['verdict']}: {record.judgment['reason']}"}
    parent = client.create_run(experiment_id, run_name=f"training {record.version}", tags={**tags, **note, KIND: "training"})
    run_id = parent.info.run_id
    client.log_dict(run_id, {"gates": record.gates}, "gates.json")
    if record.trained:
        _snapshot(client, run_id, record)
        client.log_text(run_id, comparison(record).to_csv(index=False), "comparison.csv")
        client.log_text(run_id, record.contest.to_csv(index=False), "choice.csv")
        if len(record.mitigation) > 1:
            client.log_text(run_id, record.mitigation.to_csv(index=False), "mitigation.csv")
        client.log_text(run_id, record.audit.to_csv(index=False), "bias_audit.csv")
        _write(client, run_id, params(record.model), metrics(record.model), record.cut)
        for candidate in record.candidates:
            _child(client, experiment_id, run_id, candidate, record, tags)
        for trial in _trials(record):
            _trial(client, experiment_id, run_id, trial, record, tags)
    client.set_terminated(run_id, "FINISHED")
    return run_id


def _tags(record: TrainingRecord) -> dict[str, str]:
    model, champion = record.model, record.judgment
    named: Mapping[str, object] = {
        VERSION: record.version, FINGERPRINT: record.fingerprint, "plg.as_of": record.as_of, "plg.target": record.target,
        "plg.status": model["status"], "plg.data_hash": model["data_hash"], "plg.config_hash": model["config_hash"],
        "plg.code_version": model["code_version"], "plg.verdict": champion["verdict"], "plg.promoted": champion["promoted"],
        "plg.dagster_run_id": record.dagster_run_id,
    }  # fmt: skip
    return {name: str(value) for name, value in named.items() if value not in (None, "")}


def _child(
    client: "MlflowClient", experiment_id: str, parent: str, candidate: Figures, record: TrainingRecord, tags: dict[str, str]
) -> None:
    scorer = str(candidate["scorer"])
    own = {
        **tags, PARENT: parent, KIND: "candidate", "plg.scorer": scorer, "plg.scorer_version": str(candidate["version"]),
        NOTE: DESCRIBED.get(scorer, f"{scorer} on the test dates."),
        "plg.promoted": tags.get("plg.promoted", "False") if scorer == "model" else "False",
    }  # fmt: skip
    run_id = client.create_run(experiment_id, run_name=f"{scorer} {candidate['version']}", tags=own).info.run_id
    _write(client, run_id, params(candidate), metrics(candidate), record.cut)
    groups = record.audit[record.audit["scorer"] == scorer]
    client.log_text(run_id, groups.to_csv(index=False), "bias_audit.csv")
    if scorer == "model" and record.folder is not None:
        client.log_artifacts(run_id, str(record.folder), "model")
        client.log_dict(run_id, {"gates": record.gates}, "gates.json")
        _draw(client, run_id, record)
    client.set_terminated(run_id, "FINISHED")


def _trials(record: TrainingRecord) -> list[Figures]:
    """The algorithms that were tried and not chosen: their best grid point, or why there is none."""
    rows = record.contest[record.contest["settings"].ne("{}") | record.contest["status"].eq("skipped")]
    rows = rows[(rows["best"].astype(bool) | rows["status"].eq("skipped")) & ~rows["chosen"].astype(bool)]
    return [{str(k): v for k, v in row.items()} for row in rows.astype(object).where(rows.notna(), None).to_dict("records")]


def _trial(
    client: "MlflowClient", experiment_id: str, parent: str, trial: Figures, record: TrainingRecord, tags: dict[str, str]
) -> None:
    """An algorithm that was not chosen: it met the validation dates only, and says so."""
    name = str(trial["contestant"])
    said = str(trial["reason"]) or (
        f"Not chosen: on the validation dates it gains {float(str(trial['gain'])):+.3f} AUC over {trial['against']} "
        f"[{float(str(trial['gain_low'])):+.3f}, {float(str(trial['gain_high'])):+.3f}]. The test dates are for the challenger."
        if trial["gain_low"] is not None else "Not chosen; its gain has no interval."
    )  # fmt: skip
    own = {**tags, PARENT: parent, KIND: "candidate", "plg.scorer": name, "plg.promoted": "False", NOTE: said}
    run_id = client.create_run(experiment_id, run_name=f"{name} (not chosen)", tags=own).info.run_id
    settings = json.loads(str(trial["settings"]))
    given = {"algorithm": name, "selection": str(trial["selection"]), **{k: str(v) for k, v in settings.items()}}
    _write(client, run_id, given, trial_metrics(trial), record.cut)
    client.set_terminated(run_id, "FINISHED")


def _draw(client: "MlflowClient", run_id: str, record: TrainingRecord) -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        for name, png in training_plots(record).items():
            (Path(folder) / name).write_bytes(png)
        client.log_artifacts(run_id, folder, "plots")


def _write(
    client: "MlflowClient", run_id: str, given: Mapping[str, str], figures: Mapping[str, float], moment: dt.datetime
) -> None:
    """Params and metrics in one request; the metrics' time is the as-of cut, so that it says what they are about."""
    from mlflow.entities import Metric, Param

    at = int(moment.replace(tzinfo=dt.UTC).timestamp() * 1000)
    client.log_batch(
        run_id, metrics=[Metric(name, value, at, 0) for name, value in figures.items()],
        params=[Param(name, value) for name, value in given.items()],
    )  # fmt: skip


def _snapshot(client: "MlflowClient", run_id: str, record: TrainingRecord) -> None:
    """The data snapshot as a dataset input: its hash, and from which tables and dates it can be built again."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    model = record.model
    source = {"query": "pql.labels", "sha256": model["data_hash"], "known_on": str(record.as_of)}
    inputs: list[DatasetInput] = []
    for part, context in (("train", "training"), ("test", "testing")):
        described = source | {"from": model[f"{part}_from"], "to": model[f"{part}_to"], "rows": model[f"{part}_rows"]}
        text = json.dumps(described, sort_keys=True, default=str)
        dataset = Dataset(f"pql {record.target} {part}", str(model["data_hash"])[:32], "warehouse", text)
        inputs.append(DatasetInput(dataset, [InputTag("mlflow.data.context", context)]))
    client.log_inputs(run_id, inputs)
