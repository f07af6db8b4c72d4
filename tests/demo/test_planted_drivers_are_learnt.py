"""On the demo the model comes near an oracle that knows the generator's probabilities, and finds what drives them."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.demo import product
from plg_orchestration.demo.commerce import DIRECT_SHARE, TRIAL_CONVERSION
from plg_orchestration.demo.population import populate
from plg_orchestration.demo.sizes import SIZES, Calendar
from plg_orchestration.pql.training.artifacts import StoredModel, load_model
from plg_orchestration.pql.training.candidate import Training, train
from plg_orchestration.pql.training.dataset import first_known_day, load_dataset
from plg_orchestration.pql.training.grid import Grid, plan_grid
from plg_orchestration.pql.training.metrics import auc
from plg_orchestration.pql.training.model import model_inputs
from plg_orchestration.warehouse import Warehouse
from tests.demo.conftest import Made

MEASURED = {
    "core_breadth": {"core_features_28d", "core_features_ever", "core_events_28d", "account_core_features_28d",
                     "account_core_events_28d"},
    "active_users": {"account_active_seats_28d", "teammates", "account_members"},
    "limit_hits": {"limit_hits_28d", "account_limit_hits_28d"},
    "pricing_views": {"pricing_views_28d", "account_pricing_views_28d"},
    "premium_attempts": {"premium_attempts_28d", "account_premium_attempts_28d"},
    "invites": {"invites_sent", "invites_accepted", "account_invites_sent_28d"},
    "integrations": {"integration_connected", "account_integration_connected"},
}  # fmt: skip
"""The inputs that measure each planted signal of the hazard of paying."""


@dataclass(frozen=True)
class Learnt:
    """The last night's training, the rows that it was tested on, and where its files are."""

    training: Training
    test: pd.DataFrame
    state: Path


@pytest.fixture(scope="module")
def learnt(warehouse: Warehouse, workspace: Workspace, last: AsOf) -> Learnt:
    policy = workspace.pql
    training = train(warehouse, as_of=last, policy=policy, state=workspace.state)
    assert training.status == "trained", training.reason
    first = first_known_day(warehouse, last)
    grid = plan_grid(first, last.date, target=policy.targets["conversion"], training=policy.training)
    assert isinstance(grid, Grid)
    data = load_dataset(warehouse, grid, as_of=last, target="conversion", policy=policy)
    return Learnt(training, data.test, workspace.state)


def oracle(demo: Made, rows: pd.DataFrame) -> np.ndarray:
    """The generator's chance of paying within 30 days, averaged over the accounts' inclination, which nobody can see."""
    start = dt.date.fromisoformat(demo.truth.start)
    accounts = populate(SIZES["demo"], Calendar(start, SIZES["demo"].days), demo.truth.seed).accounts
    inclination = pd.Series(accounts.inclination, index=[f"a{number:05d}" for number in range(len(accounts))])
    known = pd.read_parquet(demo.folder / "truth_propensity.parquet")
    known["as_of"] = pd.to_datetime(known["as_of"])
    found = rows.assign(as_of=pd.to_datetime(rows["as_of"])).merge(known, on=["as_of", "account_id"], how="left")
    weight = product.COEFFICIENTS["inclination"]
    hazard = np.clip(found["hazard"].to_numpy(dtype=float), 1e-9, 1 - 1e-9)
    log_odds = np.log(hazard / (1 - hazard)) - weight * found["account_id"].map(inclination).to_numpy(dtype=float)
    points, shares = np.polynomial.hermite_e.hermegauss(15)
    daily = (1 / (1 + np.exp(-(log_odds[:, None] + weight * points)))) * (
        DIRECT_SHARE + (1 - DIRECT_SHARE) * TRIAL_CONVERSION * 18 / 30
    )
    chance = ((1 - (1 - daily) ** 30) * shares / shares.sum()).sum(axis=1)
    return np.where(found["state"] == "trial", TRIAL_CONVERSION, np.where(found["hazard"] > 0, chance, 0.0))


def test_the_model_ranks_within_three_hundredths_of_an_oracle_that_sees_what_can_be_seen(demo: Made, learnt: Learnt):
    label = learnt.test["label"].to_numpy(dtype=bool)
    best = auc(label, oracle(demo, learnt.test))
    row = learnt.training.candidate.set_index("scorer").loc["model"]
    assert best > 0.8 and row["auc"] > best - 0.03


def test_the_models_top_five_inputs_all_measure_planted_drivers(learnt: Learnt):
    row = learnt.training.candidate.set_index("scorer").loc["model"]
    model = load_model(StoredModel(learnt.state / row["artifact"], row["digest"]))
    found = model.importance(model_inputs(learnt.test))
    planted = {name: signal for signal, names in MEASURED.items() for name in names if product.COEFFICIENTS[signal] > 0}
    top = [planted.get(name, name) for name in found["input"].head(5)]
    assert set(top) <= set(MEASURED) and {"core_breadth", "pricing_views", "invites"} <= set(top), top
    limit = found.set_index("input").loc["account_limit_hits_28d"]
    assert limit["direction"] == "raises" and "account_limit_hits_28d" in set(found["input"].head(10))


def test_the_challenger_beats_rules_and_weights_and_their_chance(learnt: Learnt):
    row = learnt.training.candidate.set_index("scorer").loc["model"]
    assert row["permutation_p"] <= 0.01 and row["lift_low"] > 1.2 and row["standing"] == row["algorithm"]
