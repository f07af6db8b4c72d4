"""The queries behind the outbox: what is to be delivered, what is no longer, what is left, and what was given up."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


def deliverable(*, as_of: AsOf) -> Query:
    """Leads that were handed over on the day, for each destination that has not got that user for that team and target yet.

    A destination takes the routes and targets that it lists; without a list all targets, and all routes with a time to act.
    """
    return sql_file("pql/destinations/deliverable.sql", requires=(), **as_of.parameters())


def settlements(*, as_of: AsOf) -> Query:
    """(idempotency_key, state, reason) of pending or dead deliveries that are not to be sent any more."""
    return sql_file("pql/destinations/settlements.sql", requires=(), **as_of.parameters())


def pending(*, destination: str) -> Query:
    """What one destination is still to be sent, oldest night first."""
    return sql_file("pql/destinations/pending.sql", destination=destination)


def file_leads(*, destination: str, night: dt.date, route: str) -> Query:
    """All leads of one night and team that a folder holds or is to hold."""
    return sql_file("pql/destinations/file_leads.sql", destination=destination, night=night, route=route)


def dead_letters() -> Query:
    """Rows of `pql.dead_letters`."""
    return sql_file("pql/destinations/dead_letters.sql")


def delivery_states(*, as_of: AsOf) -> Query:
    """(destination, state, deliveries, of_day): counts of all nights, and of those settled in the run of the day."""
    return sql_file("pql/destinations/delivery_states.sql", requires=(), **as_of.parameters())
