"""Small series, rules and findings by hand."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from plg_orchestration.kpis.alerts.judging import Finding, judge
from plg_orchestration.kpis.alerts.policy import JUDGED, AlertPolicy
from plg_orchestration.kpis.alerts.series import Key, Point, Series, shifted

MONDAY = dt.date(2025, 6, 23)
SUNDAY = dt.date(2025, 6, 29)
RULE: dict[str, Any] = {
    "kpi": "activation_rate", "period": "week", "severity": "high", "owner": "team:growth",
    "lagging_kpi": "free_to_paid_conversion", "segments": ["smb"],
}  # fmt: skip
LEVEL, CHANGE, ANOMALY = {"kind": "level", "below": "target"}, {"kind": "change", "falls_by": 15}, {"kind": "anomaly"}
STEADY = ((30, 64), (27, 60), (25, 58), (31, 70), (33, 72), (26, 55), (28, 63))
TARGET: dict[Key, float] = {("activation_rate", "week", "smb"): 25.0}


def policy(more: dict[str, Any] | None = None, **rules: dict[str, Any]) -> AlertPolicy:
    """Rules over the smb segment's weekly activation, unless they say otherwise."""
    return AlertPolicy.model_validate({"rules": {name: {**RULE, **rule} for name, rule in rules.items()}, **(more or {})})


def shares(
    pairs: Sequence[tuple[float, float]], *, last: dt.date = MONDAY, period: str = "week", code: str = "h"
) -> tuple[Point, ...]:
    """Points of a share by hits and totals, the last of them of the period that begins on `last`."""
    return tuple(
        Point(shifted(last, period, number - len(pairs) + 1), 100 * a / b, a, b, int(b), definition_hash=code)  # type: ignore[arg-type]
        for number, (a, b) in enumerate(pairs)
    )


def of_smb(*points: Point) -> dict[Key, Series]:
    return {("activation_rate", "week", "smb"): Series(JUDGED["activation_rate"], "week", "smb", points)}


def only(found: Sequence[Finding]) -> Finding:
    (finding,) = found
    return finding


def one(rules: AlertPolicy, points: Sequence[Point], as_of: dt.date = dt.date(2025, 7, 7)) -> Finding:
    """What the only rule says of these points of the smb segment."""
    return only(judge(rules, of_smb(*points), targets=TARGET, as_of=as_of))
