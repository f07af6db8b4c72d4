"""Funnels, onboarding and drop-off over a bounded window of weeks, as known at `as_of`.

Calls on plain tables, without a warehouse, stand in `calls.py`; both use the same SQL from the numbered events on.
"""

import datetime as dt

from plg_orchestration.behavior.queries import resolved_events
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.funnels.policy import FunnelPolicy
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_subscriptions
from plg_orchestration.warehouse import Query, sql_file

FOLDER = "cohorts/funnels"


def funnel(*, as_of: AsOf, policy: FunnelPolicy) -> Query:
    """Rows of `cohorts.funnel` for the funnels of the policy, whose tables must be those of schema `config`.

    An attempt begins with each first step and takes the earliest next one at the same time or later (ordered), the very next
    event (strict), or every step in any order, each occurrence for one of equal steps (unordered), within the window from its
    first event. Of a unit's attempts the furthest counts, then the earliest. Rates and times come from attempts whose window is
    over at the cut, converted or not; a step without any such entrant has none.

    Ordered and unordered funnels read `behavior.step_events`, received and happened in the longest span of weeks. A strict one
    needs every event of the unit: it reads `ingest.events` of these received days, which costs a scan of them each night.
    """
    weeks = max((one.weeks for one in policy.kept.values()), default=1)
    first = monday(as_of.date, weeks)
    strict = any(one.order == "strict" for one in policy.kept.values())
    # From the day after `as_of` to `as_of` there is nothing to read.
    every_event = resolved_events(as_of=as_of, first=first if strict else as_of.date + dt.timedelta(days=1))
    parameters = as_of.parameters() | {"first_date": first, "by_week": True, "with_total": True}
    paid = known_subscriptions(as_of)
    plan = sql_file(f"{FOLDER}/funnel_plan.sql", requires=(paid,), **parameters)
    joined = signups(as_of=as_of)
    events = sql_file(f"{FOLDER}/funnel_events.sql", requires=(plan, paid, joined, every_event), **parameters)
    entrants = sql_file(f"{FOLDER}/funnel_entrants.sql", requires=(plan, events), **parameters)
    groups = sql_file(f"{FOLDER}/funnel_groups.sql", requires=(plan, entrants, joined), **parameters)
    return figures(entrants, groups, parameters)


def figures(entrants: Query, groups: Query, parameters: dict[str, object]) -> Query:
    """The funnel's rows from its units and their groups: what the published table and the call have in common.

    The relations `funnel_plan` and `funnel_events` must be there, or be made on the way to `entrants`.
    """
    occurrences = sql_file(f"{FOLDER}/funnel_occurrences.sql", requires=(entrants,), **parameters)
    attempts = sql_file(f"{FOLDER}/funnel_attempts.sql", requires=(occurrences,), **parameters)
    members = sql_file(f"{FOLDER}/funnel_members.sql", requires=(attempts,), **parameters)
    return sql_file(f"{FOLDER}/funnel.sql", requires=(attempts, members, groups), **parameters)


def onboarding(*, as_of: AsOf, policy: FunnelPolicy) -> Query:
    """Rows of `cohorts.onboarding`: each onboarding step's completion within the policy's days of signup, by week and overall."""
    asked = policy.onboarding
    parameters: dict[str, object] = {"first_date": monday(as_of.date, asked.weeks), "days": asked.days}
    return sql_file(f"{FOLDER}/onboarding.sql", requires=(signups(as_of=as_of),), **as_of.parameters() | parameters)


def dropoff(*, as_of: AsOf, policy: FunnelPolicy) -> Query:
    """Rows of `cohorts.dropoff`: the share lost after each published day among those who had not activated by then."""
    asked = policy.dropoff
    parameters: dict[str, object] = {"first_date": monday(as_of.date, asked.weeks), "quiet_days": asked.quiet_days}
    return sql_file(f"{FOLDER}/dropoff.sql", requires=(signups(as_of=as_of),), **as_of.parameters() | parameters)


def monday(date: dt.date, weeks: int) -> dt.date:
    """The first day of the span of `weeks` ISO weeks that ends with the week of `date`."""
    return date - dt.timedelta(days=date.weekday(), weeks=weeks - 1)
