"""What was published of each KPI, period by period, with what is known of it now. Nothing is computed here."""

from dataclasses import replace

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


def kpi_series(*, as_of: AsOf) -> Query:
    """Each KPI's values by period, from the stored snapshots up to `as_of` and the history of that day.

    Columns: kpi, period, period_start, segment; value, numerator, denominator, n, ci_low, ci_high, unit, mature_share and
    definition_hash as published by the newest snapshot, else as in the history; published_on (that snapshot's day, null where
    only the history has the period), value_now (the history's, null where it does not reach), current (the definition is
    the one of `as_of`).
    """
    return replace(sql_file("kpis/series.sql", requires=(), **as_of.parameters()), name="kpi_series", lasting=True)
