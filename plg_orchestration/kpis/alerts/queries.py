"""The queries behind a night's alerts: the values that rules read, the targets, what the night before left, what people said."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.series import kpi_series
from plg_orchestration.warehouse import Query, sql_file

DAYS_BACK, WEEKS_BACK, MONTHS_BACK = 70, 27, 25
"""How far back rules look, once that much is stored: ten of each weekday, half a year of weeks, two years of months."""


def alert_series(*, as_of: AsOf) -> Query:
    """The values of the KPIs that rules name, oldest first; columns as `series.series_of` reads them."""
    return sql_file("kpis/alerts/alert_series.sql", requires=(kpi_series(as_of=as_of),), **_bounds(as_of))


def fake_accounts(*, as_of: AsOf) -> Query:
    """The figure `fake_account_ratio` of each night, with the same columns."""
    return sql_file("kpis/alerts/fake_accounts.sql", requires=(), **_bounds(as_of))


def said(*, as_of: AsOf) -> Query:
    """alert_id, person, note, as_of and until of what people said of alerts (and of incidents), oldest first."""
    return sql_file("kpis/alerts/said.sql", requires=(), **as_of.parameters())


def targets() -> Query:
    """kpi, period, segment and target, as the snapshot shows them."""
    text = "select kpi, period, segment, target from config.kpi_yardsticks where target is not null order by all"
    return Query("targets", text)


def night_before(*, table: str, as_of: AsOf) -> Query:
    """The rows of the newest night before; `table` is a declared name."""
    text = f"select * from {table} where as_of = (select max(as_of) from {table} where as_of < $as_of) order by all"
    return Query("night_before", text, as_of.parameters())


def _bounds(as_of: AsOf) -> dict[str, object]:
    day = as_of.date
    month = day.year * 12 + day.month - 1 - MONTHS_BACK
    return as_of.parameters() | {
        "first_day": day - dt.timedelta(days=DAYS_BACK), "first_week": day - dt.timedelta(weeks=WEEKS_BACK),
        "first_month": dt.date(month // 12, month % 12 + 1, 1),
    }  # fmt: skip
