"""The contest: every scorer on the same unseen rows, with intervals clustered by account, and paired against each other.

Scores come in, figures go out; training is in `candidate.py`, judgment in `pql/promotion/gates.py`.
"""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.pql.training.dataset import unit_interval
from plg_orchestration.pql.training.metrics import (
    Codes,
    Estimate,
    Flags,
    Floats,
    Scored,
    account_draws,
    auc,
    estimate,
    evaluate,
    joined,
)
from plg_orchestration.pql.training.policy import Training

WITH_LIMITS = ("auc", "lift")
PLAIN = ("pr_auc", "precision_at_capacity", "precision", "recall", "fpr", "brier", "log_loss", "ece", "base_rate")


@dataclass(frozen=True)
class Contestant:
    """One scorer's scores on the test rows, with probabilities when it has them and its own selection."""

    name: str
    version: str
    score: Floats
    probability: Floats | None
    selected: Flags


@dataclass(frozen=True)
class RowKeys:
    """Test rows numbered by account (`cluster`) and by as-of date (`date`)."""

    cluster: Codes
    date: Codes


@dataclass(frozen=True)
class Result:
    """A contestant's version and its columns of `pql.candidate`: main figures, and all of them with intervals as JSON."""

    version: str
    columns: dict[str, object]


def row_keys(rows: pd.DataFrame) -> RowKeys:
    """The accounts and dates of rows with the columns `payer` and `as_of`."""
    cluster = pd.factorize(rows["payer"], sort=True)[0]
    return RowKeys(cluster.astype(np.int64), pd.factorize(rows["as_of"], sort=True)[0].astype(np.int64))


def contest(contestants: list[Contestant], rows: pd.DataFrame, training: Training) -> tuple[dict[str, Result], dict[str, Scored]]:
    """Evaluate every contestant on `rows` (label, payer, as_of, user_id) with the same bootstrap draws of accounts.

    The first contestant's gains over each other one (differences of AUC and of precision at capacity, paired by draw) are part of
    its result. Returns results and scored rows by name.
    """
    keys, label = row_keys(rows), rows["label"].to_numpy(dtype=bool)
    cluster = joined(keys.cluster)
    draws = account_draws(int(cluster.max()) + 1, rounds=training.bootstrap_rounds, seed=training.seed)
    scored = {
        c.name: Scored(label, c.score, c.probability, c.selected, _within_capacity(c.score, rows, keys.date, training), cluster)
        for c in contestants
    }
    replicates = {name: evaluate(one, draws) for name, one in scored.items()}
    first = contestants[0].name
    gains = {
        other.name: {
            m: estimate(replicates[first][m] - replicates[other.name][m]).rounded() for m in ("auc", "precision_at_capacity")
        }
        for other in contestants[1:]
    }
    results = {c.name: Result(c.version, _columns(replicates[c.name], gains if c.name == first else {})) for c in contestants}
    return results, scored


def _columns(replicates: dict[str, Floats], gains: dict[str, dict[str, list[float | None]]]) -> dict[str, object]:
    estimates = {name: estimate(values).rounded() for name, values in replicates.items()}
    made: dict[str, object] = {name: estimates[name][0] for name in PLAIN}
    for name in WITH_LIMITS:
        made[name], made[f"{name}_low"], made[f"{name}_high"] = estimates[name]
    made["metrics"] = json.dumps(estimates, sort_keys=True)
    made["gains"] = json.dumps(gains, sort_keys=True)
    return made


def gain(gains: str | None, over: str, metric: str = "auc") -> Estimate:
    """The stored gain over a contestant; NaN throughout when it was not computed."""
    found = json.loads(gains or "{}").get(over, {}).get(metric, [None, None, None])
    return Estimate(*(np.nan if v is None else float(v) for v in found))


def _within_capacity(score: Floats, rows: pd.DataFrame, date: Codes, training: Training) -> Flags:
    """The best scores of each as-of date, as many as the teams can work; equal scores in an order that a seeded hash gives."""
    places = rows["user_id"].map(unit_interval(rows["user_id"], str(training.seed))).to_numpy(dtype=np.float64)
    order = np.lexsort((places, -score, date))
    ordered = date[order]
    start = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(len(ordered)) - np.repeat(start, np.diff(np.r_[start, len(ordered)]))
    size = np.bincount(date)
    chosen = np.zeros(len(score), dtype=bool)
    chosen[order] = rank < np.ceil(size[ordered] * training.capacity_share)
    return chosen


def leaking_features(inputs: pd.DataFrame, label: Flags, limit: float) -> list[str]:
    """Inputs that alone rank the outcome better than `limit` (AUC in either direction): suspected of containing it."""
    numbers = inputs.select_dtypes("number")
    found = {name: auc(label, numbers[name].to_numpy(dtype=np.float64)) for name in numbers.columns}
    return [name for name, value in found.items() if max(value, 1 - value) > limit]
