"""The published tables of activation whose rows take more than SQL: learned weights, and weeks that differ.

Each runs its query and makes one call on a plain table; the calls are in `learning.py` and `calls.py`.
"""

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.activation import calls, learning, queries
from plg_orchestration.cohorts.activation.policy import ActivationPolicy
from plg_orchestration.warehouse import Warehouse


def activation_weights(warehouse: Warehouse, *, as_of: AsOf, policy: ActivationPolicy) -> pd.DataFrame:
    """Rows of `cohorts.activation_weights` for one day."""
    rules = policy.learning
    users = warehouse.frame(queries.weight_rows(as_of=as_of, policy=policy))
    learned = learning.activation_weights(
        users, declared=policy.weights, minimum=rules.minimum, minimum_class=rules.minimum_class, draws=rules.draws,
        seed=rules.seed,
    )  # fmt: skip
    return learned.assign(as_of=as_of.date)


def activation_shifts(warehouse: Warehouse, *, as_of: AsOf, policy: ActivationPolicy) -> pd.DataFrame:
    """Rows of `cohorts.activation_shifts` for one day, from that day's `cohorts.signup_cohorts`."""
    rows = warehouse.frame(queries.shift_rows(as_of=as_of))
    rules = policy.shifts
    found = calls.activation_shifts(rows, false_discovery=rules.false_discovery, minimum=rules.minimum)
    return found.assign(as_of=as_of.date)
