"""A version's words and figures for MLflow: the card as its training logs it, params and metrics, and the printed card's place.

Pictures are in `plots.py`; the printed card itself is made by `reports/model_card`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.tracking.record import Figures, TrainingRecord
from plg_orchestration.tracking.registry import version_number
from plg_orchestration.tracking.store import Tracking, client_of, quoted

PARENT = "mlflow.parentRunId"
SHOWN = (
    ("auc", "ROC-AUC"), ("pr_auc", "Average precision"), ("lift", "Lift at capacity"),
    ("precision_at_capacity", "Precision at capacity"),
    ("precision", "Precision at the threshold"), ("recall", "Recall at the threshold"), ("fpr", "False positive rate"),
    ("ece", "Calibration error"), ("brier", "Brier score"), ("log_loss", "Log loss"), ("base_rate", "Base rate"),
)  # fmt: skip


def model_card(record: TrainingRecord) -> str:
    """The card of the record's candidate as Markdown; for a cold start it says why there is no model."""
    if not record.trained:
        return f"# No model on {record.as_of}\n\nTarget: {record.target}. {record.model['reason']}.\n"
    return (
        "\n".join([*_purpose(record), *_choice(record), *_figures(record), *_groups(record), *_judgment(record), *_inputs()])
        + "\n"
    )


def comparison(record: TrainingRecord) -> pd.DataFrame:
    """One row per scorer and metric: scorer, version, metric, value, low, high (95 %, clustered by account)."""
    rows = [
        (c["scorer"], c["version"], metric, *figures)
        for c in record.candidates
        if c["metrics"]
        for metric, figures in json.loads(str(c["metrics"])).items()
    ]
    return pd.DataFrame(rows, columns=["scorer", "version", "metric", "value", "low", "high"])


def _purpose(record: TrainingRecord) -> Iterator[str]:
    model = record.model
    yield f"# Model card: {record.target} {record.version}\n"
    yield f"Calibrated probability that a free or trial user's account begins to pay (target `{record.target}`).\n"
    yield f"* Algorithm: {model['algorithm']} with {model['settings']}, each account weighing the same on each date;"
    yield f"  probabilities calibrated ({model['calibration']}) by account-grouped cross-fitting"
    yield f"* Trained on {model['train_rows']} rows as known from {model['train_from']} to {model['train_to']}; "
    yield f"  {model['train_positives']} accounts converted"
    yield f"* Tested on {model['test_rows']} later rows, {model['test_from']} to {model['test_to']}; "
    yield f"  {model['test_positives']} accounts converted; at least one label window lies between"
    yield f"* A lead from probability {float(str(model['threshold'])):.4f} on, chosen for: {model['threshold_policy']}"
    yield f"* Data snapshot `{model['data_hash']}`, configuration `{model['config_hash']}`, code `{model['code_version']}`"
    yield f"* Model file SHA-256 `{model['digest']}`\n"


def _choice(record: TrainingRecord) -> Iterator[str]:
    """How the challenger was chosen, the thresholds that were possible, and what the training met."""
    model = record.model
    yield f"## Choice of the algorithm: {model['selection']}\n"
    yield "Inside the training part; the simplest wins unless the interval of a gain says otherwise.\n"
    yield "| contestant | settings | AUC | gain | over | |\n|---|---|---|---|---|---|"
    for row in record.contest.astype(object).where(record.contest.notna(), None).to_dict("records"):
        auc = _interval([row[name] for name in ("auc", "auc_low", "auc_high")])
        gained = _interval([row[name] for name in ("gain", "gain_low", "gain_high")])
        said = "challenger" if row["chosen"] else row["reason"] or ""
        yield f"| {row['contestant']} | {row['settings']} | {auc} | {gained} | {row['against'] or ''} | {said} |"
    yield "\n## Threshold\n\nEach policy on validation rows, with 95 % intervals clustered by account.\n"
    yield "| policy | met | threshold | precision | recall | false positive rate |\n|---|---|---|---|---|---|"
    thresholds = json.loads(str(model["thresholds"]))
    applied = thresholds.pop("applied")
    for policy, found in sorted(thresholds.items()):
        best = found["best"]
        rates = " | ".join(_interval(best[name]) for name in ("precision", "recall", "fpr"))
        met = "applied" if policy == applied else "yes" if found["met"] else f"no: {', '.join(found.get('missed', []))}"
        yield f"| {policy} | {met} | {best['threshold']:.4f} | {rates} |"
    yield ""
    for note in json.loads(str(model["notes"])):
        yield f"* {note}"
    yield ""


def _figures(record: TrainingRecord) -> Iterator[str]:
    yield "## Figures on the test rows\n\nValue with 95 % interval, clustered by account.\n"
    yield "| metric | " + " | ".join(str(c["scorer"]) for c in record.candidates) + " |"
    yield "|---|" + "---|" * len(record.candidates)
    parsed = [json.loads(str(c["metrics"])) for c in record.candidates]
    for name, title in SHOWN:
        yield f"| {title} | " + " | ".join(_interval(metrics[name]) for metrics in parsed) + " |"
    yield f"\nPermuted labels rank as well with probability {record.model['permutation_p']:.4f}.\n"


def _interval(figures: list[float | None]) -> str:
    value, low, high = figures
    if value is None:
        return "–"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _groups(record: TrainingRecord) -> Iterator[str]:
    yield "## Groups\n\n| status | attribute | group | metric | difference | ratio | verdict |\n|---|---|---|---|---|---|---|"
    judged = record.audit[(record.audit["scorer"] == "model") & record.audit["verdict"].notna()]
    order = ["status", "attribute", "grp", "metric"]
    for row in judged.sort_values(order, ascending=[False, True, True, True]).to_dict("records"):
        numbers = " | ".join("–" if pd.isna(row[name]) else format(row[name], ".3f") for name in ("difference", "ratio"))
        yield f"| {row['status']} | {row['attribute']} | {row['grp']} | {row['metric']} | {numbers} | {row['verdict']} |"
    yield ""


def _judgment(record: TrainingRecord) -> Iterator[str]:
    champion = record.champion
    outcome = (
        "promoted to champion" if champion["promoted"] else f"not promoted; {champion['scorer']} {champion['version']} routes"
    )
    asked = next((gate for gate in record.gates if gate["name"] == "approval"), None)
    approved = "Decided by the gates alone." if asked is None else f"A person's approval was asked for: {asked['reason']}."
    yield f"## Judgment: {champion['verdict']}, {outcome}\n\n{approved}\n"
    yield "| gate | figure | limit | verdict | reason |\n|---|---|---|---|---|"
    for gate in record.gates:
        figure, limit = (_number(gate[name]) for name in ("figure", "limit"))
        yield f"| {gate['name']} | {figure} | {limit} | {gate['verdict']} | {str(gate['reason']).replace('|', '/')} |"
    yield ""


def _number(value: object) -> str:
    return "–" if value is None else format(float(str(value)), ".4g")


def _inputs() -> Iterator[str]:
    yield "## Inputs\n\nWhat describes groups, or is the outcome itself, is never an input.\n"
    for use, title in (("scoring", "Inputs"), ("audit", "For the audit only"), ("outcome_signal", "Excluded as outcome signals")):
        yield f"* {title}: {', '.join(f.name for f in FEATURES if f.use == use)}"


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
