"""Queries over exposures: who is in which arm. Read-outs and rollouts read these; the registry is in `policy.py`."""

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


def experiment_units(*, as_of: AsOf) -> Query:
    """The units of running registered experiments, as known on the day.

    Columns: experiment, unit (`user` or `account`), unit_id, arm, control, exposed_at (UTC), exposed_on (local date).
    The anchor is a unit's first exposure; a unit that was exposed to several arms belongs to none.
    """
    from plg_orchestration.ingest.known import known_exposures

    return sql_file("experiments/experiment_units.sql", requires=(known_exposures(as_of),), **as_of.parameters())
