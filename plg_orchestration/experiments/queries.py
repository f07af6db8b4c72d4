"""Queries over exposures: who is in which arm. Read-outs and rollouts read these; the registry is in `policy.py`."""

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file

WATCH_DAYS = 28
"""How long an experiment is watched after its end: until its last units have lived through two weeks, and a margin."""


def experiment_units(*, as_of: AsOf, watch_days: int = WATCH_DAYS) -> Query:
    """The units of registered experiments that run, or ended no more than `watch_days` ago, as known on the day.

    Columns: experiment, unit (`user` or `account`), unit_id, arm, control, exposed_at (UTC), exposed_on (local date).
    The anchor is a unit's first exposure; a unit that was exposed to several arms belongs to none.
    """
    watch_date = as_of.minus(watch_days).date
    return sql_file("experiments/experiment_units.sql", requires=(), **as_of.parameters(), watch_date=watch_date)
