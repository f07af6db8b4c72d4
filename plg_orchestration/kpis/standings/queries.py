"""Standings, trends and reviews as queries, as known at `as_of`.

They read the stored snapshots; nothing is measured anew. How texts and frames are made of the rows is in `read.py`.
"""

import datetime as dt
from functools import cache

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.series import kpi_series
from plg_orchestration.warehouse import Query, sql_file

HISTORY_DAYS = 731
"""How far back a value's own history goes: two years, so that a seasonal KPI has each season twice."""
FEWEST_VALUES = 5
"""With fewer earlier values a value has no place among them."""


def kpi_facts() -> Query:
    """The registry as rows: kpi, place, group_name, measure, unit, better (1 or -1), direction, kind, owner, cadence,
    review_period.
    """
    return Query("kpi_facts", _facts_text())


def kpi_shown(*, as_of: AsOf) -> Query:
    """What the snapshot of the day states of each KPI, segment and period: its newest wholly mature row, else its newest."""
    return sql_file("kpis/standings/kpi_shown.sql", requires=(), **as_of.parameters())


def kpi_changes(*, as_of: AsOf) -> Query:
    """Each shown value against earlier ones: before_value, change, change_reason, broken and within_interval by step."""
    requires = (kpi_facts(), kpi_shown(as_of=as_of), kpi_series(as_of=as_of))
    return sql_file("kpis/standings/kpi_changes.sql", requires=requires)


def standings(*, as_of: AsOf) -> Query:
    """Rows of `kpis.standings` for the day: every configured benchmark row beside the value that it is about."""
    return sql_file("kpis/standings/standings.sql", requires=(kpi_facts(), kpi_shown(as_of=as_of)), **as_of.parameters())


def trends(*, as_of: AsOf) -> Query:
    """Rows of `kpis.trends` for the day: every KPI, segment and period that its snapshot states."""
    requires = (kpi_facts(), kpi_shown(as_of=as_of), kpi_series(as_of=as_of), kpi_changes(as_of=as_of))
    return sql_file(
        "kpis/standings/trends.sql", requires=requires, history_days=HISTORY_DAYS, fewest_values=FEWEST_VALUES,
        **as_of.parameters(),
    )  # fmt: skip


def reviews(*, as_of: AsOf) -> Query:
    """Rows of `kpis.reviews` for the day, made of its published trends and standings."""
    next_day = as_of.date + dt.timedelta(days=1)
    month = next_day.replace(day=1)
    starts = {
        "next_day": next_day, "monday": next_day - dt.timedelta(days=next_day.weekday()), "month_first": month,
        "quarter_first": month.replace(month=month.month - (month.month - 1) % 3),
    }  # fmt: skip
    return sql_file("kpis/standings/reviews.sql", requires=(kpi_facts(),), **as_of.parameters(), **starts)


def history_of(kpi: str, period: str, *, as_of: AsOf, segment: str = "all") -> Query:
    """One KPI's values by period under tonight's definition, oldest first: period_start, value, ci_low, ci_high, unit."""
    return sql_file("kpis/standings/history_of.sql", requires=(kpi_series(as_of=as_of),), kpi=kpi, period=period, segment=segment)


@cache
def _facts_text() -> str:
    from sqlglot import exp

    names = [
        "kpi", "place", "group_name", "measure", "unit", "better", "direction", "kind", "owner", "cadence", "review_period",
    ]  # fmt: skip
    rows = [
        (
            kpi.name, place, kpi.group, kpi.measure, kpi.unit, 1 if kpi.better == "higher" else -1, kpi.better, kpi.kind,
            kpi.owner, kpi.cadence, kpi.review_period,
        )
        for place, kpi in enumerate(KPIS)
    ]  # fmt: skip
    return exp.select(*names).from_(exp.values(rows, alias="f", columns=names)).sql(dialect="duckdb")
