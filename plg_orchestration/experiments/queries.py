"""Queries over exposures: who is in which arm, and what became of them. The registry is in `policy.py`."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import (
    known_accounts,
    known_governance_records,
    known_subscriptions,
    known_surveys,
    known_users,
)
from plg_orchestration.warehouse import Query, lasting, sql_file

WATCH_DAYS = 28
"""How long an experiment is watched after its end: until its last units have lived through two weeks, and a margin."""
BEFORE_DAYS = 28
"""The days before an exposure on which activity is counted."""
PAST_DAYS = 180
"""How far back the workspace's own history is taken for the self-check and for what a unit more is worth."""
MATURE_DAYS = 14
"""After so many days every outcome of a signup is known."""


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


def unit_segments(*, as_of: AsOf, watch_days: int = WATCH_DAYS) -> Query:
    """One row per unit of `experiment_units`: experiment, unit_id and what it was before its exposure (`SEGMENTS`).

    Device, region, language and channel are those of the signup, as told by tonight; the plan is that of the exposure.
    """
    requires = (
        experiment_units(as_of=as_of, watch_days=watch_days), known_users(as_of), known_accounts(as_of),
        known_subscriptions(as_of),
    )  # fmt: skip
    return sql_file("experiments/unit_segments.sql", requires=requires, **as_of.parameters())


def rollout_levels(*, as_of: AsOf, evidence_days: int, watch_days: int = WATCH_DAYS) -> Query:
    """Per experiment and arm, since the exposure and in the last `evidence_days`: active_days, error_days, answers, feedback.

    A day counts once for each unit that was active on it; feedback is the mean answer from 0 to 10, null without any.
    """
    requires = (experiment_units(as_of=as_of, watch_days=watch_days), known_users(as_of), known_surveys(as_of))
    oldest = as_of.minus(evidence_days)
    return sql_file(
        "experiments/rollout_levels.sql", requires=requires, **as_of.parameters(), evidence_date=oldest.date,
        evidence_start=oldest.cut,
    )  # fmt: skip


def past_units(*, as_of: AsOf, past_days: int = PAST_DAYS) -> Query:
    """People who signed up in the `past_days` before the last two weeks: unit_id, account_id, activation_rate, retention."""
    return lasting(sql_file(
        "experiments/past_units.sql", requires=(known_users(as_of),), **as_of.parameters(),
        past_start=as_of.minus(past_days + MATURE_DAYS).cut, mature_start=as_of.minus(MATURE_DAYS).cut,
    ))  # fmt: skip


def past_revenue(*, as_of: AsOf, currency: str, past_days: int = PAST_DAYS) -> Query:
    """`past_units` with their mrr (in `currency`, a month); no rows where money comes in other currencies too, or none."""
    requires = (past_units(as_of=as_of, past_days=past_days), known_users(as_of))
    return sql_file("experiments/past_revenue.sql", requires=requires, **as_of.parameters(), currency=currency)


def post_mortems(*, as_of: AsOf) -> Query:
    """Reports that are known on the day: subject and filed_at (UTC)."""
    return sql_file("experiments/post_mortems.sql", requires=(known_governance_records(as_of),), **as_of.parameters())


def earlier_stages(*, as_of: AsOf) -> Query:
    """The rows of `experiments.stages` of the newest night before the day: experiment, traffic, since, earned, judged_by."""
    return sql_file("experiments/earlier_stages.sql", requires=(), **as_of.parameters())
