"""Published trends and reviews as people read them: the dashboard's rows with their changes in words, and the reviews due.

The rows come from `kpis.trends` and `kpis.reviews`; nothing is computed anew.
"""

import datetime as dt
from typing import TYPE_CHECKING

from plg_orchestration.warehouse import Query, Warehouse

if TYPE_CHECKING:
    import pandas as pd

DASHBOARD = ("group", "metric", "label", "current", "target", "trend", "unit", "direction")
SHORT = {"seconds": "s", "minutes": "min", "hours": "h", "days": "d", "months": "months"}
SMALLER = {"minutes": ("seconds", 60), "hours": ("minutes", 60), "days": ("hours", 24)}
SIGNIFICANT = 3
"""Digits of a change; one of many digits says more than is known."""


def dashboard(warehouse: Warehouse, *, as_of: dt.date, segment: str = "all") -> "pd.DataFrame":
    """The dashboard of the day, one row a declared row, in its order; empty when the day has no trends.

    Columns: group, metric, label, current, target (both in unit), trend (the change on the period before, in words; empty when
    there is none), unit, direction.
    """
    text = """select group_name as "group", metric, label, current, target, trend, trend_unit, unit, direction from kpis.trends
        where as_of = $as_of and segment = $segment and dashboard order by place"""
    rows = warehouse.frame(Query("dashboard", text, {"as_of": as_of, "segment": segment}))
    rows["trend"] = [trend_text(change, unit) for change, unit in zip(rows["trend"], rows["trend_unit"], strict=True)]
    return rows[list(DASHBOARD)]


def due_reviews(
    warehouse: Warehouse, *, as_of: dt.date, cadence: str | None = None, forum: str = "review", segment: str = "all"
) -> "pd.DataFrame":
    """The rows of `kpis.reviews` of the day for one forum and segment: of one cadence as it stands, else of all that are due.

    Ordered by cadence, then as the registry is; empty when nothing is due.
    """
    text = """select * from kpis.reviews where as_of = $as_of and forum = $forum and segment = $segment
        and case when $cadence is null then due else cadence = $cadence end order by cadence, group_name, kpi"""
    values: dict[str, object] = {"as_of": as_of, "forum": forum, "segment": segment, "cadence": cadence}
    return warehouse.frame(Query("due_reviews", text, values))


def trend_text(change: float | None, unit: str) -> str:
    """A change with its sign and unit, as the dashboard prints it; '' when there is none.

    Points of a percentage are printed as percent, as the published example does; a time of less than one unit in the next
    smaller one.

    >>> [trend_text(0.5, "points"), trend_text(-0.5, "minutes"), trend_text(-2.0, "days"), trend_text(120.0, "usd")]
    ['+0.5 %', '-30 s', '-2 d', '+120']
    """
    if change is None or change != change:  # noqa: PLR0124
        return ""
    while unit in SMALLER and 0 < abs(change) < 1:
        unit, factor = SMALLER[unit]
        change *= factor
    number = _rounded(change)
    sign = "+" if number > 0 else "-" if number < 0 else ""
    tail = "%" if unit in ("percent", "points") else SHORT.get(unit, "")
    return f"{sign}{abs(number):,.12g} {tail}".strip()


def _rounded(change: float) -> float:
    if abs(change) >= 10 ** (SIGNIFICANT - 1):
        return float(round(change))
    return float(f"{change:.{SIGNIFICANT}g}")
