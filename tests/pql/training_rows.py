"""Hand-made training rows: accounts of two users on weekly dates, with every registered feature and a planted outcome."""

import datetime as dt

import numpy as np
import pandas as pd

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.training.fitting import account_weights
from plg_orchestration.pql.training.model import model_inputs
from plg_orchestration.pql.training.policy import Algorithms, Training
from plg_orchestration.pql.training.selection import Part

START = dt.date(2025, 1, 5)
SMALL = {
    "logistic_regression": {"regularization": [0.01, 0.1]},
    "random_forest": {"trees": 8, "depth": [4], "leaf_rows": [10], "inputs": 0.5},
    "histogram_gradient_boosting": {"rounds": [25], "leaves": [6], "leaf_rows": 10, "learning_rate": 0.2},
}


def training_policy(**changes: object) -> Training:
    """The packaged policy with small grids and few draws."""
    small = {"algorithms": Algorithms.model_validate(SMALL), "selection_rounds": 100, "folds": 3, "bootstrap_rounds": 100}
    return load_default("pql", PqlPolicy).training.model_copy(update={**small, **changes})


def rows_of(seed: int, *, accounts: int = 150, dates: int = 8, drive: str = "sum") -> pd.DataFrame:
    """Rows with `label`, drawn anew for each account and date: `sum` raises the chance with hits and views, `cross`
    when exactly one of both is high; with `none` nothing does."""
    generator = np.random.default_rng(seed)
    count = accounts * 2 * dates
    made: dict[str, object] = {
        "as_of": np.repeat(pd.to_datetime([START + dt.timedelta(days=7 * d) for d in range(dates)]), accounts * 2),
        "user_id": [f"u{i:04d}" for i in range(accounts * 2)] * dates,
        "account_id": [f"a{i // 2:04d}" for i in range(accounts * 2)] * dates,
    }
    for feature in FEATURES:
        if feature.type == "VARCHAR":
            made[feature.name] = generator.choice(["one", "two"], count)
        elif feature.type == "BOOLEAN":
            made[feature.name] = generator.random(count) < 0.3
        else:
            made[feature.name] = generator.poisson(1.5, count)
    rows = pd.DataFrame(made)
    account = np.repeat(np.arange(accounts * dates), 2)
    hits, views = generator.integers(0, 4, accounts * dates), generator.integers(0, 4, accounts * dates)
    rows["limit_hits_28d"], rows["pricing_views_28d"] = hits[account], views[account]
    high = {"sum": hits + views - 3.0, "cross": 3.0 * ((hits > 1) ^ (views > 1)) - 1.5, "none": np.zeros(len(hits))}[drive]
    chance = 1 / (1 + np.exp(1.2 - 1.3 * high))
    converts = generator.random(len(chance)) < chance
    return rows.assign(label=converts[account], payer=rows["account_id"])


def part_of(rows: pd.DataFrame) -> Part:
    """The rows as `selection.choose` takes them."""
    cluster = pd.factorize(rows["payer"], sort=True)[0].astype(np.int64)
    label = rows["label"].to_numpy(dtype=bool)
    return Part(rows, model_inputs(rows), label, cluster, account_weights(rows["payer"], rows["as_of"]))
