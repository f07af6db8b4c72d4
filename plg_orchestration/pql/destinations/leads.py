"""What is delivered: a handed-over lead as the outside sees it, and the key under which a receiver knows it again.

Who is delivered is decided in SQL; how it is sent, by each kind of destination.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping

COLUMNS = (
    "decision_id", "as_of", "user_id", "account_id", "target", "scorer", "version", "score", "percentile", "threshold",
    "qualified", "route", "sla_hours", "due_at", "queue_rank", "top_reasons",
)  # fmt: skip
"""What a destination may be told of a lead: columns of `pql.decisions`. Names and addresses of people are not known here."""
IDENTIFYING = ("decision_id", "user_id", "account_id")
"""What a pseudonym replaces. A decision's id is a plain hash over the user's, so that who knows users could find it out."""

Lead = Mapping[str, object]


def idempotency_key(destination: str, decision: str, route: str) -> str:
    """The key of a delivery, 64 hex digits: the same for the same destination, decision and team, however often it is sent.

    A decision that a person has since given to another team is a delivery of its own.
    """
    return hashlib.sha256(f"plg delivery\n{destination}\n{decision}\n{route}".encode()).hexdigest()


def pseudonym(key: bytes, name: str, value: str) -> str:
    """The value as 32 hex digits that only who holds the key can tell; equal for equal values of the same column."""
    return hmac.new(key, f"{name}\n{value}".encode(), hashlib.sha256).hexdigest()[:32]


def outside_view(row: Mapping[str, object], key: bytes | None) -> Lead:
    """The lead as plain values: dates and instants (UTC) in ISO 8601, ids as pseudonyms when a key is given."""
    made: dict[str, object] = {}
    for name in COLUMNS:
        value = row[name]
        if isinstance(value, dt.datetime):
            value = f"{value.isoformat()}Z"
        elif isinstance(value, dt.date):
            value = value.isoformat()
        elif key is not None and name in IDENTIFYING and value is not None:
            value = pseudonym(key, name, str(value))
        made[name] = value
    return made
