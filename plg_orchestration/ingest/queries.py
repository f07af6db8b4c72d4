"""The queries of ingest's published tables that are built for a day; the others are appended to as files come in."""

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.findings import findings_query
from plg_orchestration.warehouse import Query, sql_file


def findings(*, as_of: AsOf) -> Query:
    """What the sources say that cannot all be true, as known at the end of the day: one row a rule."""
    return findings_query(as_of)


def coverage(*, as_of: AsOf) -> Query:
    """The events received on the day beside those that the mapping names: columns of `ingest.coverage`."""
    return sql_file("ingest/coverage.sql", requires=(), **as_of.parameters())
