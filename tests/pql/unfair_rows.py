"""Hand-made training and test rows in which one region was treated unjustly, and a proxy gives the region away."""

import datetime as dt

import numpy as np
import pandas as pd

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.mitigation.contest import Challenger, Night, challenger_of
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.training.fitting import fit
from plg_orchestration.pql.training.selection import Part, Selection
from tests.pql.training_rows import part_of, rows_of, training_policy

POLICY = load_default("pql", PqlPolicy)
DAY = dt.date(2025, 6, 1)
PROXY = "help_views_28d"


def unfair(seed: int, *, accounts: int = 300, proxy: str = PROXY, direct: bool = False) -> pd.DataFrame:
    """Rows whose limit hits make accounts convert; in the south most outcomes were prevented, and `proxy` tells the south.

    With `direct` the outcome has nothing but the region behind it, so that every input that helps also tells the region.
    """
    rows = rows_of(seed, accounts=accounts, dates=4)
    generator = np.random.default_rng(seed + 1)
    account = rows["account_id"].str[1:].astype(int).to_numpy()
    south = account % 3 == 0
    rows["region"] = np.where(south, "south", "north")
    rows[proxy] = generator.poisson(np.where(south, 6.0, 0.7))
    prevented = dict(zip(np.unique(account), generator.random(len(np.unique(account))) < 0.85, strict=True))
    spoiled = south & np.array([prevented[a] for a in account])
    label = np.where(spoiled, False, rows["label"])
    if direct:
        label = ~south & (generator.random(len(rows)) < 0.5)
    return rows.assign(label=label.astype(bool))


def night(seed: int = 3, *, policy: PqlPolicy | None = None, accounts: int = 300, direct: bool = False) -> Night:
    """The contest of a plain logistic regression on unfair rows, tested on other accounts of the same world."""
    made = policy or quick()
    train, test = (unfair(s, accounts=accounts, direct=direct) for s in (seed, seed + 100))
    part = part_of(train)
    plain = plain_of(part, made)
    selection = Selection("logistic_regression", {"regularization": 0.1}, "forward in time", (), ())
    figures = {"auc": 0.7, "lift": 2.0, "lift_low": 1.8, "lift_high": 2.2}
    return Night(plain, part, test, selection, figures, made, DAY, "conversion", "v1")


def plain_of(part: Part, policy: PqlPolicy) -> Challenger:
    model, unseen = fit(
        part.inputs, part.label, part.cluster, part.weights, algorithm="logistic_regression",
        settings={"regularization": 0.1}, training=policy.training,
    )  # fmt: skip
    return challenger_of(model, unseen, part, test_dates=2, night=policy)


def quick(**mitigation: object) -> PqlPolicy:
    """The packaged policy with few draws and a capacity at which rates can be told apart."""
    training = training_policy(capacity_share=0.3, test_dates=2)
    return POLICY.model_copy(update={
        "training": training, "bias": POLICY.bias.model_copy(update={"bootstrap_rounds": 200}),
        "mitigation": POLICY.mitigation.model_copy(update=mitigation),
    })  # fmt: skip
