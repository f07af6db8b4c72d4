"""The nightly training: one candidate model on matured rows, judged beside the points and the formula on rows it never saw.

It writes the model's files and returns rows for `pql.candidate` and `pql.test_predictions`. Who routes leads afterwards is
decided in `champion.py`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.registry import CATEGORIES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.champion import incumbent_model
from plg_orchestration.pql.scorers.library import rule_score, weighted_score
from plg_orchestration.pql.training import artifacts
from plg_orchestration.pql.training.dataset import Dataset, first_known_day, load_dataset
from plg_orchestration.pql.training.evaluation import Contestant, contest, leaking_features, row_keys, threshold_for
from plg_orchestration.pql.training.grid import ColdStart, Grid, plan_grid
from plg_orchestration.pql.training.metrics import permutation_null
from plg_orchestration.pql.training.model import Model, fit, model_inputs
from plg_orchestration.pql.training.tables import CANDIDATE, TEST_PREDICTIONS
from plg_orchestration.pql.training.versions import config_hash, formula_version, model_version
from plg_orchestration.warehouse import Warehouse

ALGORITHM = "logistic_regression"


@dataclass(frozen=True)
class Training:
    """What a night's training gave: `trained`, `cold_start` or `not_trained` with the reason, and the rows of both tables."""

    status: str
    reason: str
    version: str
    candidate: pd.DataFrame
    predictions: pd.DataFrame


def train(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, state: Path, target: str = "conversion") -> Training:
    """Train, calibrate and evaluate the night's candidate as known on `as_of`; its files go to `state/models/<target>/<version>`.

    The same inputs, policy and code give the same version, bytes and figures on every run. Too little history, too few
    converting accounts or one class only give a `cold_start` that says when training becomes possible.
    """
    day = first_known_day(warehouse, as_of)
    grid = plan_grid(day, as_of.date, target=policy.targets[target], training=policy.training)
    if isinstance(grid, ColdStart):
        return untrained("cold_start", as_of=as_of, cold=grid, policy=policy, target=target)
    data = load_dataset(warehouse, grid, as_of=as_of, target=target, policy=policy)
    found, wanted = data.converting(data.train), policy.training.min_train_positives
    if found < wanted or data.train["label"].all() or not data.test["label"].any() or data.test["label"].all():
        reason = (
            f"training becomes possible once {wanted} accounts have converted after the dates {grid.train[0]} to "
            f"{grid.train[-1]} and both outcomes occur in the test part; {found} have, and {data.converting(data.test)} in the "
            "test part; it is tried again every night"
        )
        return untrained("cold_start", as_of=as_of, cold=ColdStart(reason, None), policy=policy, target=target)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return _trained(warehouse, data, grid, as_of=as_of, policy=policy, state=state, target=target)


def untrained(status: str, *, as_of: AsOf, cold: ColdStart, policy: PqlPolicy, target: str = "conversion") -> Training:
    """A training that did not take place (`cold_start`, or `not_trained` for a past day of a range), with its reason."""
    row: dict[str, object] = {
        "as_of": as_of.date, "target": target, "scorer": "model", "algorithm": ALGORITHM, "version": f"{as_of.date}-{status}",
        "status": status, "reason": cold.reason, "possible_on": cold.possible_on, "config_hash": config_hash(policy),
        "code_version": artifacts.code_version(),
    }  # fmt: skip
    return Training(
        status, cold.reason, str(row["version"]), _frame([row], CANDIDATE.column_names), _frame([], TEST_PREDICTIONS.column_names)
    )


def not_trained(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Training:
    """The record of a past day in a range: only the newest day trains, since only it may move the champion."""
    reason = f"{as_of.date} is a past day of the range; only the newest day is trained"
    return untrained("not_trained", as_of=as_of, cold=ColdStart(reason, None), policy=policy, target=target)


def _trained(
    warehouse: Warehouse, data: Dataset, grid: Grid, *, as_of: AsOf, policy: PqlPolicy, state: Path, target: str
) -> Training:
    training = policy.training
    inputs, label = model_inputs(data.train), data.train["label"].to_numpy(dtype=bool)
    cluster = pd.factorize(data.train["payer"], sort=True)[0].astype(np.int64)
    model, unseen = fit(inputs, label, cluster, training)
    latest = data.train["as_of"].isin(sorted(data.train["as_of"].unique())[-training.test_dates :]).to_numpy(dtype=bool)
    threshold, threshold_policy = threshold_for(unseen, label, cluster, latest, training)
    version = model_version(as_of.date, data.hash, policy)
    summary = _summary(data, grid, as_of=as_of, policy=policy, target=target)
    stored = artifacts.store_model(
        state / "models" / target / version, artifacts.model_bytes(model),
        {"version": version, "algorithm": ALGORITHM, "threshold": threshold, "inputs": list(inputs.columns), **summary},
    )  # fmt: skip
    contestants = [
        _of_model("model", version, model, data.test, threshold),
        _of_scores("rules", formula_version("rules", policy), rule_score(data.test, policy), "points"),
        _of_scores("weighted", formula_version("weighted", policy), weighted_score(data.test, policy), "score"),
    ]
    champion = incumbent_model(warehouse, as_of=as_of, policy=policy, target=target, state=state)
    if champion is not None:
        contestants.append(_of_model("champion", champion.version, champion.load(), data.test, champion.threshold))
    results, scored = contest(contestants, data.test, training)
    keys = row_keys(data.test)
    null = permutation_null(
        scored["model"].label, scored["model"].score, keys.cluster, keys.date, rounds=training.permutations, seed=training.seed
    )
    own = {
        "threshold": threshold, "threshold_policy": threshold_policy, "permutation_p": null.p_value,
        "permutation_95": null.percentile_95, "leaking": ", ".join(leaking_features(inputs, label, training.leakage_auc)),
        "artifact": str(stored.folder.relative_to(state)), "digest": stored.digest,
    }  # fmt: skip
    rows = []
    for name, result in results.items():
        if name == "champion":
            continue
        figures = {
            "scorer": name,
            "version": result.version,
            "status": "trained",
            "reason": "",
            "algorithm": name,
            **result.columns,
        }
        rows.append({**summary, **figures, **({**own, "algorithm": ALGORITHM} if name == "model" else {})})
    predictions = _predictions(data.test, contestants, as_of=as_of, target=target)
    return Training("trained", "", version, _frame(rows, CANDIDATE.column_names), predictions)


def _of_model(name: str, version: str, model: Model, rows: pd.DataFrame, threshold: float) -> Contestant:
    probability = model.probability(model_inputs(rows))
    return Contestant(name, version, probability, probability, probability >= threshold)


def _of_scores(name: str, version: str, scores: pd.DataFrame, column: str) -> Contestant:
    return Contestant(name, version, scores[column].to_numpy(dtype=np.float64), None, scores["is_pql"].to_numpy(dtype=bool))


def _summary(data: Dataset, grid: Grid, *, as_of: AsOf, policy: PqlPolicy, target: str) -> dict[str, object]:
    return {
        "as_of": str(as_of.date), "target": target, "train_from": str(grid.train[0]), "train_to": str(grid.train[-1]),
        "test_from": str(grid.test[0]), "test_to": str(grid.test[-1]), "train_rows": len(data.train), "test_rows": len(data.test),
        "train_positives": data.converting(data.train), "test_positives": data.converting(data.test),
        "capacity_share": policy.training.capacity_share, "data_hash": data.hash, "config_hash": config_hash(policy),
        "code_version": artifacts.code_version(), "seed": policy.training.seed,
    }  # fmt: skip


def _predictions(rows: pd.DataFrame, contestants: list[Contestant], *, as_of: AsOf, target: str) -> pd.DataFrame:
    ids = rows[["user_id", "account_id", "label", *CATEGORIES]].assign(as_of=as_of.date, target=target, row_as_of=rows["as_of"])
    parts = [
        ids.assign(scorer=c.name, version=c.version, score=np.round(c.score, 9), selected=c.selected)
        for c in contestants
        if c.name != "champion"
    ]
    return pd.concat(parts, ignore_index=True)[list(TEST_PREDICTIONS.column_names)]


def _frame(rows: list[dict[str, object]], names: tuple[str, ...]) -> pd.DataFrame:
    made = [{name: row.get(name) for name in names} for row in rows]
    return pd.DataFrame(made, columns=list(names), dtype=object)


def as_json(figures: dict[str, object]) -> str:
    """Canonical JSON: sorted keys, no spaces; what is stored and hashed."""
    return json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
