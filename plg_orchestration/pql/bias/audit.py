"""The night's bias audit: every scorer of the contest on the test rows, for every attribute and pair that the policy names.

What is computed from the counts is in `contrasts.py`.
"""

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.contrasts import Audit, audited
from plg_orchestration.pql.bias.counts import counted
from plg_orchestration.pql.bias.tables import BIAS_AUDIT, BIAS_GAPS, BIAS_GROUPS
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, Table, Warehouse
from plg_orchestration.warehouse.query import sql_text


def bias_audit(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """The rows of `pql.bias_audit` alone."""
    return night_audit(warehouse, as_of=as_of, policy=policy, target=target).contrasts


def night_audit(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Audit:
    """The audit of the day's `pql.test_predictions`, scorer by scorer; each is a family of contrasts of its own."""
    text = """select distinct scorer, version from pql.test_predictions where as_of = $as_of and target = $target order by all"""
    parameters = {**as_of.parameters(), "target": target}
    parts: list[tuple[Audit, dict[str, object]]] = []
    for scorer, version in warehouse.rows(Query("scorers", text, parameters)):
        known = {**parameters, "scorer": scorer, "version": version}
        rows = Query("audited_rows", sql_text("pql/bias/audited_rows.sql"), known)
        cells = counted(warehouse, rows, attributes=policy.bias.audited, buckets=policy.bias.buckets)
        of = {"as_of": as_of.date, "target": target, "scorer": scorer, "version": version}
        parts.append((audited(cells, policy.bias), of))
    return Audit(
        _stacked([(found.contrasts, of) for found, of in parts], BIAS_AUDIT),
        _stacked([(found.groups, of) for found, of in parts], BIAS_GROUPS),
        _stacked([(found.gaps, of) for found, of in parts], BIAS_GAPS),
    )


def _stacked(parts: list[tuple[pd.DataFrame, dict[str, object]]], table: Table) -> pd.DataFrame:
    names = list(table.column_names)
    rows = [{**row, **of} for found, of in parts for row in found.to_dict("records")]
    return pd.DataFrame(rows, columns=names, dtype=object) if rows else pd.DataFrame(columns=names)
