"""What the champion's own probabilities promise of tonight, before any outcome is known: the rows of `pql.estimates`.

If the probabilities are calibrated, the expected outcomes among leads, among everybody and among pairs follow from them alone.
"""

from typing import Any

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback import queries
from plg_orchestration.pql.feedback.intervals import NOTHING, Interval, curve, share
from plg_orchestration.pql.feedback.tables import ESTIMATES
from plg_orchestration.warehouse import Query, Warehouse

Row = dict[str, Any]
METRICS = ("precision", "recall", "auc", "base_rate")
PROBABILITIES = ("model",)
"""Scorers whose score is a probability times 100; points and formulas promise nothing."""
OF = {"precision": "leads", "recall": "outcomes", "auc": "rows", "base_rate": "rows"}
ACCOUNTS = {"precision": "lead_accounts", "recall": "outcome_accounts", "auc": "accounts", "base_rate": "accounts"}
INDEPENDENT = {
    "precision": "independent_leads", "recall": "independent_outcomes", "auc": "independent", "base_rate": "independent",
}  # fmt: skip


def estimates(warehouse: Warehouse, *, as_of: AsOf, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.estimates` from the night's `pql.scores` and `pql.champion`; none on a night without a champion.

    The limits are where the figure falls 95 times in 100 when the probabilities hold and an account reaches the outcome as a
    whole or not at all. They know nothing of a model that is wrong: that shows when the outcomes are there.
    """
    text = "select scorer, version from pql.champion where as_of = $as_of and target = $target"
    champions = warehouse.rows(Query("champions", text, {**as_of.parameters(), "target": target}))
    rows: list[Row] = []
    for scorer, version in champions:
        common = {"as_of": as_of.date, "target": target, "scorer": scorer, "version": version, "reason": ""}
        if scorer not in PROBABILITIES:
            reason = f"the scores of {scorer} are no probabilities, so nothing can be expected of them"
            rows += [{**common, "metric": metric, "reason": reason} for metric in METRICS]
            continue
        found = warehouse.arrow(queries.expected_performance(as_of=as_of, target=target)).to_pylist()
        rows += [{**common, **_estimate(found, metric)} for metric in METRICS]
    names = list(ESTIMATES.column_names)
    return pd.DataFrame([{name: row.get(name) for name in names} for row in rows], columns=names, dtype=object)


def _estimate(found: list[Row], metric: str) -> Row:
    made = figure(found[0], metric, "promised") if found else NOTHING
    reason = "" if made.value is not None else "nobody was scored" if not found else "nobody is a lead or every chance is 0"
    rows = round(found[0][OF[metric]] or 0) if found else 0
    accounts = found[0][ACCOUNTS[metric]] if found else 0
    return {
        "metric": metric, "value": made.value, "low": made.low, "high": made.high, "rows": rows, "accounts": accounts,
        "reason": reason,
    }  # fmt: skip


def figure(row: Row, metric: str, kind: str) -> Interval:
    """The metric of a row of `performance.sql` with its limits; `kind` is `promised` or `sampling`."""
    value, variance, accounts = row[metric], row[f"{metric}_{kind}"] or 0.0, row[ACCOUNTS[metric]]
    if metric == "auc":
        return curve(value, variance, accounts=accounts)
    return share(value, variance, accounts=accounts, independent=row[INDEPENDENT[metric]] or 0.0)
