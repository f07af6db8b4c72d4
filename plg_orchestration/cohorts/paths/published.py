"""The published tables: the counts of a night read from the warehouse, and what they say.

Nothing is computed here; the counts are in `queries.py`, their meaning in the module of each table.
"""

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.paths import queries
from plg_orchestration.cohorts.paths.associations import association_rows
from plg_orchestration.cohorts.paths.friction import friction_rows
from plg_orchestration.cohorts.paths.gates import gate_rows
from plg_orchestration.cohorts.paths.golden import golden_path_rows
from plg_orchestration.cohorts.paths.policy import PathPolicy
from plg_orchestration.warehouse import Warehouse


def golden_path(warehouse: Warehouse, *, as_of: AsOf, policy: PathPolicy, stored: bool = False) -> pd.DataFrame:
    """Rows of `cohorts.golden_path`; `stored`: the table `behavior.activity` holds the day."""
    counts = warehouse.frame(queries.path_counts(as_of=as_of, policy=policy.golden_path, stored=stored))
    return golden_path_rows(counts, as_of=as_of.date, policy=policy.golden_path)


def friction(warehouse: Warehouse, *, as_of: AsOf, policy: PathPolicy) -> pd.DataFrame:
    """Rows of `cohorts.friction`."""
    for part in queries.friction_parts(as_of=as_of, policy=policy.friction):
        warehouse.prepare(part)
    counts, end = warehouse.frame(queries.friction_counts()), warehouse.frame(queries.friction_end())
    return friction_rows(counts, end, as_of=as_of.date, policy=policy.friction)


def gates(warehouse: Warehouse, *, as_of: AsOf, policy: PathPolicy, stored: bool = False) -> pd.DataFrame:
    """Rows of `cohorts.gates`; `stored`: the table `behavior.activity` holds the day."""
    counts = warehouse.frame(queries.gates(as_of=as_of, policy=policy.gates, stored=stored))
    return gate_rows(counts, as_of=as_of.date, policy=policy.gates)


def conversion_associations(
    warehouse: Warehouse, *, as_of: AsOf, policy: PathPolicy, stored: bool = False, features_stored: bool = False
) -> pd.DataFrame:
    """Rows of `cohorts.conversion_associations`; `stored` and `features_stored`: the tables `behavior.activity` and
    `behavior.feature_activity` hold the day.
    """
    counts = queries.feature_counts(
        as_of=as_of, policy=policy.associations, stored=stored, features_stored=features_stored
    )  # fmt: skip
    return association_rows(warehouse.frame(counts), as_of=as_of.date, policy=policy.associations)
