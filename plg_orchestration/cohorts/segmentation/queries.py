"""Which touch every user and account needs, how they moved since the week before, and how the published cohort segments fare.

Everything is as known at `as_of` and can be computed again for any past day. Segments read 56 days of roll-ups, cohort segments
the weeks that the policy names and the quiet days before them. `currency` is the reporting currency, into which prices are
converted as for MRR; without it every price stays in its own, and amounts in several currencies are not compared.
"""

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.segmentation.policy import SegmentPolicy
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_invites, known_subscriptions, known_users
from plg_orchestration.revenue.queries import booked_periods
from plg_orchestration.warehouse import Query, Warehouse, sql_file

WEEK_DAYS = 7


def segments(*, as_of: AsOf, policy: SegmentPolicy, currency: str | None = None) -> Query:
    """Rows of `cohorts.segments`: every user and account that had signed up, with its segment, the reason and the evidence.

    Of several segments that hold, the first of the policy's precedence counts. A user has the account's team, champion and value;
    a user without an account is compared as an account of its own, and has no team.
    """
    parameters = as_of.parameters() | policy.parameters()
    usage = sql_file("cohorts/segmentation/unit_usage.sql", requires=(member_usage(as_of, policy),), **parameters)
    requires = (signups(as_of=as_of), usage, account_teams(as_of=as_of, policy=policy, currency=currency))
    return sql_file("cohorts/segmentation/segments.sql", requires=requires, **parameters)


def account_teams(*, as_of: AsOf, policy: SegmentPolicy, currency: str | None = None) -> Query:
    """Every account with usage in 56 days or a running subscription: its team, its champion, what it pays and is worth."""
    known = (known_users(as_of), known_subscriptions(as_of), booked_periods(as_of=as_of, currency=currency))
    parameters = as_of.parameters() | policy.parameters()
    return sql_file(
        "cohorts/segmentation/account_teams.sql", requires=(member_usage(as_of, policy), *known), **parameters
    )  # fmt: skip


def member_usage(as_of: AsOf, policy: SegmentPolicy) -> Query:
    """What each user did in each account in the last window of days and in the one before."""
    return sql_file("cohorts/segmentation/member_usage.sql", requires=(), **as_of.parameters(), **policy.parameters())


def segment_counts(as_of: AsOf) -> Query:
    """How many users and accounts have which segment for which reason, as published: unit, segment, reason_code, units."""
    return sql_file("cohorts/segmentation/segment_counts.sql", requires=(), **as_of.parameters())


def segment_movements(
    warehouse: Warehouse, *, as_of: AsOf, policy: SegmentPolicy, currency: str | None = None, stored: bool = False
) -> Query:  # fmt: skip
    """Rows of `cohorts.segment_movements`: from the segments as of 7 days before to those of `as_of`, by today's policy.

    Both days are computed by the same query, so a change of thresholds moves nobody; with `stored` those of `as_of` are read from
    `cohorts.segments`. The temporary relations segments_before and segments_after are made in `warehouse` on the way.
    """
    after = segments(as_of=as_of, policy=policy, currency=currency)
    if stored:
        after = sql_file("cohorts/segmentation/stored_segments.sql", requires=(), **as_of.parameters())
    before = segments(as_of=as_of.minus(WEEK_DAYS), policy=policy, currency=currency)
    for name, query in (("segments_before", before), ("segments_after", after)):
        warehouse.prepare(Query(name, query.text, query.parameters, query.requires))
    return sql_file("cohorts/segmentation/segment_movements.sql", requires=(), **as_of.parameters())


def cohort_segments(*, as_of: AsOf, policy: SegmentPolicy, currency: str | None = None) -> Query:
    """Rows of `cohorts.cohort_segments`: the six published cohort segments and the whole, each measure against its benchmark."""
    parameters = as_of.parameters() | policy.cohort_parameters()
    booked = booked_periods(as_of=as_of, currency=currency)
    known = (signups(as_of=as_of), known_users(as_of), known_invites(as_of), known_subscriptions(as_of), booked)
    entries = sql_file("cohorts/segmentation/cohort_entries.sql", requires=known, **parameters)
    outcomes = sql_file("cohorts/segmentation/cohort_outcomes.sql", requires=(entries, *known), **parameters)
    measures = sql_file("cohorts/segmentation/cohort_measures.sql", requires=(outcomes,), **parameters)
    return sql_file("cohorts/segmentation/cohort_segments.sql", requires=(measures, *known), **parameters)
