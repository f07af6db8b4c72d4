"""The fairness audit of a million decisions (B6) against Fairlearn's `MetricFrame` on the same rows, which draws no bootstrap.

Five attributes and their pairs, 1,000 rounds. Both give the figures of every group, and they must be the same.
"""

from functools import cache
from typing import Any

DECISIONS = 1_000_000
ATTRIBUTES = {"region": 4, "segment": 3, "industry": 7, "language": 7, "device": 2}
ACCOUNTS_SHARE = 0.3
SEED = 20240301
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "base_rate")


@cache
def _decisions(count: int) -> Any:
    """So many decisions at random, with accounts of about three rows."""
    import numpy as np
    import pandas as pd

    generator = np.random.default_rng(SEED)
    groups = {
        name: np.array([f"{name} {place}" for place in range(size)])[generator.integers(0, size, count)]
        for name, size in ATTRIBUTES.items()
    }
    score = generator.random(count)
    accounts = generator.integers(0, int(count * ACCOUNTS_SHARE), count)
    return pd.DataFrame({
        "cluster": [f"a{account}" for account in accounts], "label": generator.random(count) < 0.1 + 0.1 * score,
        "selected": score > 0.88, "score": score, "probability": 0.1 + 0.1 * score, **groups,
    })  # fmt: skip


def _attributes() -> tuple[str, ...]:
    from plg_orchestration.pql.bias.attributes import intersections

    return (*ATTRIBUTES, *intersections(tuple(ATTRIBUTES)))


def prepare_ours(count: str, *__: str) -> tuple[Any]:
    """The decisions as a table of a warehouse."""
    from pathlib import Path

    import duckdb
    import scipy.special
    import scipy.stats
    import sqlglot

    from plg_orchestration.pql import policy
    from plg_orchestration.pql.bias import contrasts
    from plg_orchestration.warehouse import Warehouse

    _ = scipy.special, scipy.stats, sqlglot, policy, contrasts
    connection = duckdb.connect(":memory:")
    rows = _decisions(int(count))
    connection.register("handed", rows)
    connection.execute("create table decisions as from handed")
    return (Warehouse(connection, Path()),)


def ours(_: str, warehouse: Any) -> dict[str, Any]:
    """B6: counts, intervals, verdicts, group table and metrics across groups; the rates of every group."""
    from plg_orchestration.config.section import load_default
    from plg_orchestration.pql.bias.contrasts import audited
    from plg_orchestration.pql.bias.counts import counted
    from plg_orchestration.pql.policy import PqlPolicy
    from plg_orchestration.warehouse import Query

    policy = load_default("pql", PqlPolicy).bias
    rows = Query("audited_rows", "select * from decisions")
    found = audited(counted(warehouse, rows, attributes=_attributes(), buckets=policy.buckets), policy)
    table = found.groups.set_index(["attribute", "grp"])
    return {"contrasts": len(found.contrasts), "rounds": policy.bootstrap_rounds, "rates": _listed(table)}


def prepare_peer(count: str, *__: str) -> tuple[Any]:
    """The decisions as a frame."""
    import fairlearn.metrics

    _ = fairlearn.metrics
    return (_decisions(int(count)),)


def peer(_: str, rows: Any) -> dict[str, Any]:
    """B6's peer: one `MetricFrame` for each attribute and pair."""
    import numpy as np
    import pandas as pd
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import precision_score

    from plg_orchestration.pql.bias.attributes import pair, parts

    metrics: dict[str, Any] = dict(zip(RATES, (
        selection_rate, true_positive_rate, false_positive_rate, precision_score, lambda y_true, y_pred: np.mean(y_true),
    ), strict=True))  # fmt: skip
    given: dict[str, Any] = {"metrics": metrics, "y_true": rows["label"].astype(int), "y_pred": rows["selected"].astype(int)}
    found: dict[tuple[str, str], Any] = {}
    for name in _attributes():
        by_group = MetricFrame(**given, sensitive_features=rows[list(parts(name))]).by_group
        for group, values in by_group.iterrows():
            found[name, pair(*group) if isinstance(group, tuple) else str(group)] = values
    return {"rates": _listed(pd.DataFrame(found).T)}


def _listed(table: Any) -> dict[str, list[float]]:
    return {" | ".join(key): [float(row[rate]) for rate in RATES] for key, row in table.iterrows()}
