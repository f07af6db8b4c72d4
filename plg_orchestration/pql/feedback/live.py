"""The rows of `pql.live_performance`: what was expected of the champions, what came, and whether contacting leads helped."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback import queries
from plg_orchestration.pql.feedback.estimates import ACCOUNTS, METRICS, OF, figure
from plg_orchestration.pql.feedback.false_discovery import FalseDiscovery, live_false_discovery
from plg_orchestration.pql.feedback.lift import Arms, lift_row
from plg_orchestration.pql.feedback.tables import ESTIMATES, LIVE_PERFORMANCE
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, Warehouse

Row = dict[str, Any]
HITS = {"precision": "hits", "recall": "hits", "base_rate": "outcomes"}


def live_performance(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.live_performance` as known on the day, from stored scores, decisions and estimates and what came of them.

    Weeks: precision, recall, AUC and base rate of the week's first night, estimated beside realized. Versions: the false
    discovery rate of every mature lead, judged against what the training's test part promised. Versions and the whole history:
    the lift of leads that teams were given over those held back.
    """
    promised = _promised(warehouse, as_of, target)
    rows = [*_weeks(warehouse, as_of, policy, target, promised), *_versions(warehouse, as_of, policy, target, promised)]
    rows += [*_lifts(warehouse, as_of, policy, target)]
    common = {**dict.fromkeys(LIVE_PERFORMANCE.column_names), "as_of": as_of.date, "target": target}
    return pd.DataFrame([{**common, **row} for row in rows], columns=list(LIVE_PERFORMANCE.column_names), dtype=object)


def _promised(warehouse: Warehouse, as_of: AsOf, target: str) -> dict[str, Row]:
    """For each scorer version the newest figures on its training's test part."""
    if not warehouse.exists("pql.candidate"):
        return {}
    text = """select version, precision, recall, auc, base_rate from pql.candidate
        where target = $target and as_of <= $as_of and auc is not null
        qualify row_number() over (partition by version order by as_of desc, scorer) = 1"""
    return {row["version"]: row for row in _records(warehouse, text, as_of, target)}


def _weeks(warehouse: Warehouse, as_of: AsOf, policy: PqlPolicy, target: str, promised: dict[str, Row]) -> Iterator[Row]:
    warehouse.ensure(ESTIMATES)
    nights = warehouse.arrow(queries.week_nights(as_of=as_of, policy=policy, target=target)).to_pylist()
    known = warehouse.arrow(queries.known_performance(as_of=as_of, policy=policy, target=target)).to_pylist()
    realized = {row["decided_on"]: row for row in known}
    text = "select * from pql.estimates where target = $target and as_of <= $as_of order by as_of, metric"
    estimated = {(row["as_of"], row["metric"]): row for row in _records(warehouse, text, as_of, target)}
    for night in sorted(nights, key=lambda n: n["decided_on"]):
        common = {"period": "week", "period_start": night["week"], "decided_on": night["decided_on"]}
        for metric in METRICS:
            came = realized.get(night["decided_on"])
            row = _realized(came, metric, promised) if came else None
            if row is not None:
                yield {**common, **row, "mature_share": 1.0, "in_force": row["value"] is not None}
            before = estimated.get((night["decided_on"], metric))
            if before is not None:
                in_force = before["value"] is not None and (row is None or row["value"] is None)
                kept = {
                    name: before[name] for name in ("scorer", "version", "value", "low", "high", "rows", "accounts", "reason")
                }
                expected = promised.get(before["version"], {}).get(metric)
                yield {
                    **common, **kept, "metric": metric, "kind": "estimated", "expected": expected,
                    "mature_share": float(night["mature"]), "in_force": in_force,
                }  # fmt: skip


def _realized(came: Row, metric: str, promised: dict[str, Row]) -> Row:
    made = figure(came, metric, "sampling")
    rows = round(came[OF[metric]] or 0)
    reason = "" if made.value is not None else "nobody was a lead" if metric == "precision" else "no outcome came"
    return {
        "scorer": came["scorer"], "version": came["version"], "metric": metric, "kind": "realized", "value": made.value,
        "low": made.low, "high": made.high, "rows": rows, "hits": came[HITS[metric]] if metric in HITS else None,
        "accounts": came[ACCOUNTS[metric]], "expected": promised.get(came["version"], {}).get(metric), "reason": reason,
    }  # fmt: skip


def _versions(warehouse: Warehouse, as_of: AsOf, policy: PqlPolicy, target: str, promised: dict[str, Row]) -> Iterator[Row]:
    text = "select distinct version from pql.champion where target = $target and as_of <= $as_of"
    reigned = {row["version"] for row in _records(warehouse, text, as_of, target)}
    for found in live_false_discovery(warehouse, as_of=as_of, policy=policy, target=target):
        if found.version not in reigned:
            continue
        precision = promised.get(found.version, {}).get("precision")
        expected = None if precision is None else 1 - precision
        verdict, reason = judge_false_discovery(found, expected, policy)
        yield {
            "period": "version", "period_start": found.first or as_of.date, "decided_on": found.last, "scorer": found.scorer,
            "version": found.version, "metric": "false_discovery_rate", "kind": "realized", "value": found.rate, "low": found.low,
            "high": found.high, "rows": found.leads, "hits": None if found.rate is None else round(found.rate * found.leads),
            "accounts": found.accounts, "expected": expected, "mature_share": found.mature_share,
            "in_force": found.rate is not None, "verdict": verdict, "reason": reason,
        }  # fmt: skip


def judge_false_discovery(found: FalseDiscovery, expected: float | None, policy: PqlPolicy) -> tuple[str, str]:
    """`warn` when the rate's lower limit exceeds the tested rate by more than the policy's loss; the reason holds the figures."""
    if found.rate is None or found.low is None:
        return "insufficient", f"none of its {found.immature} leads is old enough for its outcome to be known"
    said = f"{found.rate:.3f} of {found.leads} leads of {found.accounts} accounts were false [{found.low:.3f}, {found.high:.3f}]"
    if found.accounts < policy.feedback.min_accounts:
        return "insufficient", f"{said}; {policy.feedback.min_accounts} accounts are needed"
    if expected is None:
        return "insufficient", f"{said}; no test part tells what to expect of {found.version}"
    limit = expected + policy.feedback.precision_loss
    verdict = "warn" if found.low > limit else "pass"
    return verdict, f"{said}, tested {expected:.3f}; the lower limit may reach {limit:.3f}"


def _lifts(warehouse: Warehouse, as_of: AsOf, policy: PqlPolicy, target: str) -> Iterator[Row]:
    if not warehouse.exists("pql.decisions"):
        return
    arms = warehouse.arrow(queries.held_back(as_of=as_of, policy=policy, target=target)).to_pylist()
    if not arms:
        return
    yield lift_row("history", "all", "all", Arms.of(arms), as_of=as_of, policy=policy)
    versions = sorted({(row["scorer"], row["version"]) for row in arms})
    for scorer, version in versions:
        own = [row for row in arms if (row["scorer"], row["version"]) == (scorer, version)]
        yield lift_row("version", scorer, version, Arms.of(own), as_of=as_of, policy=policy)


def _records(warehouse: Warehouse, text: str, as_of: AsOf, target: str) -> list[Row]:
    return warehouse.arrow(Query("found", text, {**as_of.parameters(), "target": target})).to_pylist()
