"""The queries of ingest's published tables that are built for a day; the others are appended to as files come in."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.findings import findings_query
from plg_orchestration.ingest.policy import NAMING_PATTERNS, InstrumentationPolicy
from plg_orchestration.warehouse import Query, sql_file


def findings(*, as_of: AsOf) -> Query:
    """What the sources say that cannot all be true, as known at the end of the day: one row a rule."""
    return findings_query(as_of)


def coverage(*, as_of: AsOf, policy: InstrumentationPolicy, noted_to: dt.date | None = None) -> Query:
    """Rows of `ingest.coverage`: each event of the last weeks and each expected one, with what is usual for it.

    Up to `noted_to` (before the day) the counts that earlier coverage noted are read instead of the events; every day of the
    window up to it must have been built. Without it all days are counted in the lake, with the same result.
    """
    days = coverage_days(as_of=as_of, policy=policy, noted_to=noted_to)
    parameters = _parameters(as_of, policy, noted_to)
    volumes = sql_file("ingest/coverage_volumes.sql", requires=(days,), **parameters)
    return sql_file("ingest/coverage.sql", requires=(days, volumes), **parameters)


def coverage_days(*, as_of: AsOf, policy: InstrumentationPolicy, noted_to: dt.date | None = None) -> Query:
    """How often each event came on each received day of the window that ends with the day: day, event, kind, events."""
    return sql_file("ingest/coverage_days.sql", requires=(), **_parameters(as_of, policy, noted_to))


def property_drift(
    *, as_of: AsOf, policy: InstrumentationPolicy, noted_to: dt.date | None = None, counted_to: dt.date | None = None
) -> Query:
    """Rows of `ingest.property_drift`: the properties of each event of the last weeks, and which of them changed.

    `noted_to` as in `coverage`, for this table's own earlier rows; `counted_to` the same for those of `ingest.coverage`.
    """
    days = coverage_days(as_of=as_of, policy=policy, noted_to=counted_to)
    parameters = _parameters(as_of, policy, noted_to) | {"first_day": as_of.minus(policy.properties.days).date}
    properties = sql_file("ingest/property_days.sql", requires=(days,), **parameters)
    return sql_file("ingest/property_drift.sql", requires=(days, properties), **parameters)


def _parameters(as_of: AsOf, policy: InstrumentationPolicy, noted_to: dt.date | None) -> dict[str, object]:
    first = as_of.minus(policy.history_days).date
    before = first - dt.timedelta(days=1)
    limits: dict[str, object] = {
        "first_day": first, "noted_to": before if noted_to is None else noted_to, "most_names": policy.most_names,
        "volume_from": as_of.minus(7 * policy.volume.weeks).date, "naming": NAMING_PATTERNS[policy.naming],
        "seen_days": policy.seen_days, "late_hours": policy.lag.late_hours,
    }  # fmt: skip
    return as_of.parameters() | limits | policy.volume.model_dump() | policy.properties.model_dump()
