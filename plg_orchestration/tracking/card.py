"""A version's figures for MLflow: the comparison of candidates, params and metrics, and where the printed card is put.

Pictures are in `plots.py`; the printed card itself is made by `reports/model_card`.
"""

import json
from dataclasses import dataclass

import pandas as pd

from plg_orchestration.tracking.record import Figures, TrainingRecord
from plg_orchestration.tracking.registry import version_number
from plg_orchestration.tracking.store import Tracking, client_of, quoted

PARENT = "mlflow.parentRunId"


def comparison(record: TrainingRecord) -> pd.DataFrame:
    """One row per scorer and metric: scorer, version, metric, value, low, high (95 %, clustered by account)."""
    rows = [
        (c["scorer"], c["version"], metric, *figures)
        for c in record.candidates
        if c["metrics"]
        for metric, figures in json.loads(str(c["metrics"])).items()
    ]
    return pd.DataFrame(rows, columns=["scorer", "version", "metric", "value", "low", "high"])


def params(candidate: Figures) -> dict[str, str]:
    """What a candidate was made with, for MLflow's params."""
    names = (
        "algorithm", "settings", "calibration", "selection", "standing", "threshold", "threshold_policy",
        "capacity_share", "train_from", "train_to", "test_from", "test_to",
        "train_rows", "test_rows", "train_positives", "test_positives",
    )  # fmt: skip
    return {name: str(candidate[name]) for name in names if candidate.get(name) is not None}


def trial_metrics(row: Figures) -> dict[str, float]:
    """The validation figures of a row of `pql.contest`, under names that say that they are no test figures."""
    names = ("auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high")
    return {f"validation_{name}": float(str(row[name])) for name in names if row[name] is not None}


def metrics(candidate: Figures) -> dict[str, float]:
    """Every figure of a candidate with the limits of its interval as `name_low`, `name_high`; unknown ones are left out."""
    made: dict[str, float] = {}
    for name, figures in json.loads(str(candidate["metrics"] or "{}")).items():
        for suffix, value in zip(("", "_low", "_high"), figures, strict=True):
            if value is not None:
                made[f"{name}{suffix}"] = float(value)
    for other, gained in json.loads(str(candidate["gains"] or "{}")).items():
        made |= {f"gain_over_{other}_{name}": float(v[0]) for name, v in gained.items() if v[0] is not None}
    if candidate["permutation_p"] is not None:
        made["permutation_p"] = float(str(candidate["permutation_p"]))
    return made


@dataclass(frozen=True)
class ShownCard:
    """Where a version's card stands in MLflow: experiment, training run, registered model and its number."""

    mlflow_experiment_id: str | None = None
    mlflow_run_id: str | None = None
    mlflow_model: str | None = None
    mlflow_version: str | None = None


def log_card(tracking: Tracking, *, target: str, version: str, page: str, text: str) -> ShownCard:
    """Put the card (`model_card.html`, `model_card.md`) into the version's training run and its model's, replacing older ones.

    The runs also say how a decision of the version is explained. Nothing happens when the training is not logged, which the
    result shows by its missing ids. TrackingUnavailable when the store cannot be written.
    """
    with client_of(tracking) as client:
        found = client.get_experiment_by_name(tracking.experiment_name(f"pql {target}"))
        if found is None:
            return ShownCard()
        asked = f"tags.`plg.version` = {quoted(version)} and attributes.status = 'FINISHED'"
        runs = client.search_runs([found.experiment_id], filter_string=asked, order_by=["attributes.start_time DESC"])
        parent = next((run for run in runs if run.data.tags.get("plg.kind") == "training"), None)
        if parent is None:
            return ShownCard()
        told = f"plg explain DECISION_ID; decisions of this version: pql.decisions where version = '{version}'"
        for run in runs:
            own = run.info.run_id == parent.info.run_id
            if own or (run.data.tags.get("plg.scorer") == "model" and run.data.tags.get(PARENT) == parent.info.run_id):
                client.log_text(run.info.run_id, page, "model_card.html")
                client.log_text(run.info.run_id, text, "model_card.md")
                client.set_tag(run.info.run_id, "plg.explain", told)
        name = tracking.model_name(target)
        number = version_number(client, name, version)
        return ShownCard(found.experiment_id, parent.info.run_id, name if number else None, number)
