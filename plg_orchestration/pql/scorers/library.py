"""Scoring frames without a warehouse: `rule_score` and `weighted_score` run the stage's own SQL in an in-memory engine.

For notebooks, training and tests; the nightly tables come from the same queries over the warehouse.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd

from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers import queries as scorer_queries
from plg_orchestration.pql.scorers.signals import rule_features, weighted_features
from plg_orchestration.warehouse import Query, Warehouse


def rule_score(features: pd.DataFrame, policy: PqlPolicy) -> pd.DataFrame:
    """Points by the policy's criteria, one row per row of `features`, in the same order.

    `features` holds `user_id`, the features that the criteria name, and optionally `as_of` and `account_id`; other registered
    features may be missing and count as unknown. Returns as_of, user_id, account_id, points, is_pql, criteria (signals that
    counted, in policy order), reasons and against (in words). ValueError names a missing column or a repeated user.
    """
    needed = rule_features(policy.rules)
    return _scored(features, needed, policy, scorer_queries.rules_over)


def weighted_score(features: pd.DataFrame, policy: PqlPolicy) -> pd.DataFrame:
    """The weighted formula, one row per row of `features`, in the same order.

    Needs `user_id`, core_features_ever, active_days_30d, days_since_last_active, events_30d, teammates and spending_signals.
    The average volume is that of the rows handed in, per as_of when given. Returns as_of, user_id, account_id, score (0-100),
    is_pql, the components, reasons and against. ValueError names a missing column or a repeated user.
    """
    needed = weighted_features(policy.weighted.modifiers)
    return _scored(features, needed, policy, scorer_queries.weights_over)


def _scored(
    features: pd.DataFrame, needed: tuple[str, ...], policy: PqlPolicy, over: Callable[[Query, PqlPolicy], Query]
) -> pd.DataFrame:
    missing = [name for name in ("user_id", *needed) if name not in features.columns]
    if missing:
        raise ValueError(f"features: no column {missing[0]!r}; the policy needs {', '.join(needed)}")
    rows = features.assign(as_of=features["as_of"] if "as_of" in features.columns else dt.date(1970, 1, 1))
    rows = rows.assign(account_id=features["account_id"] if "account_id" in features.columns else None)
    if rows.duplicated(["as_of", "user_id"]).any():
        raise ValueError("features: a user stands twice on one as_of; hand in one row per user and day")
    typed = [f'cast("{f.name}" as {f.type}) as "{f.name}"' for f in FEATURES if f.name in rows.columns]
    typed += ["cast(as_of as date) as as_of", *(f"cast({name} as varchar) as {name}" for name in ("user_id", "account_id"))]
    text = f"select {', '.join(typed)} from handed_features"
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'; create schema config")
        for name, table in policy.config_tables().items():
            connection.register("handed_config", table)
            connection.execute(f"create table config.{name} as select * from handed_config")
        connection.register("handed_features", rows)
        scored = Warehouse(connection, Path()).frame(over(Query("scored_features", text), policy))
    order = pd.DataFrame({"as_of": pd.to_datetime(rows["as_of"]), "user_id": rows["user_id"].astype(str)})
    scored = scored.assign(as_of=pd.to_datetime(scored["as_of"]))
    return order.merge(scored, on=["as_of", "user_id"], how="left", validate="one_to_one")
