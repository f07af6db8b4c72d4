"""Queries over exposures: who is in which arm, and what became of them. The registry is in `policy.py`."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file

WATCH_DAYS = 28
"""How long an experiment is watched after its end: until its last units have lived through two weeks, and a margin."""
BEFORE_DAYS = 28
"""The days before an exposure on which activity is counted."""


def experiment_units(*, as_of: AsOf, watch_days: int = WATCH_DAYS) -> Query:
    """The units of registered experiments that run, or ended no more than `watch_days` ago, as known on the day.

    Columns: experiment, unit (`user` or `account`), unit_id, arm, control, exposed_at (UTC), exposed_on (local date).
    The anchor is a unit's first exposure; a unit that was exposed to several arms belongs to none.
    """
    watch_date = as_of.minus(watch_days).date
    return sql_file("experiments/experiment_units.sql", requires=(), **as_of.parameters(), watch_date=watch_date)


def watched_exposures(*, as_of: AsOf, watch_days: int = WATCH_DAYS) -> Query:
    """Every exposure to a watched experiment, as a read-out takes them: experiment, unit_id, arm, exposed_at (UTC)."""
    watch_date = as_of.minus(watch_days).date
    return sql_file("experiments/watched_exposures.sql", requires=(), **as_of.parameters(), watch_date=watch_date)


def experiment_outcomes(*, as_of: AsOf, starts: dt.date, watch_days: int = WATCH_DAYS) -> Query:
    """One row per unit of `experiment_units`: what became of it within the time that a read-out judges.

    `starts` is the first day of the earliest of these experiments; activity from four weeks before it on is read.

    Columns: experiment, unit_id, activation_rate (1 when it activated within 7 days of the exposure, 0 when not, null when it had
    activated before), retention (1 when it was active on day 7 to 13), active_days_before (of the 28 before), account_id
    (of a user: the one it was seen with since).
    Whether the time is over is for the reader to ask.
    """
    requires = (experiment_units(as_of=as_of, watch_days=watch_days),)
    first = starts - dt.timedelta(days=BEFORE_DAYS)
    return sql_file("experiments/experiment_outcomes.sql", requires=requires, **as_of.parameters(), first=first)
