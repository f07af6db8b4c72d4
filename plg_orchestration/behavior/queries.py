"""The behavior stage's published tables as queries: what became known on a received day, and the state that follows from it.

The roll-ups read the events received from `first` (by default the day of `as_of` alone) to `as_of`, so a night costs what its
own events cost, and a range in one query gives the rows that its days would give one by one. Reading windows of these
roll-ups belongs to the stages that follow.
"""

import datetime as dt
from dataclasses import replace
from typing import Literal

from plg_orchestration.behavior.policy import BehaviorPolicy
from plg_orchestration.behavior.rules import rule_activations
from plg_orchestration.behavior.steps import wanted_events
from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file

FIRST_MONDAY = dt.date(1900, 1, 1)
"""The day from which weeks are numbered; months are numbered by year × 12 + month − 1."""
EVER = dt.date(1900, 1, 1)
"""A day before every received day."""
Units = Literal["all", "user", "account"]
STANDARD = BehaviorPolicy()


def received_activity(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """The page views, screens and tracked events received from `first` to `as_of`, as they came: the one look at the lake.

    Columns: received_date, event_date (local), user_id, anonymous_id, account_id, event, event_at (UTC), session_id.
    """
    return replace(rollup("received_activity", as_of, first), lasting=True)


def resolved_events(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """The activity received from `first` to `as_of`, with the user and the account that it counts for.

    Columns: received_date, event_date (local), user_id, account_id, event, event_at (UTC), session_id. An anonymous event
    counts for the user to whom its id had been linked by the end of its received day, an event without an account for the
    user's account as known by then; activity of nobody known is left out.
    """
    return replace(rollup("resolved_events", as_of, first, received_activity(as_of=as_of, first=first)), lasting=True)


def user_days(*, as_of: AsOf, first: dt.date | None = None, policy: BehaviorPolicy = STANDARD) -> Query:
    """Rows of `behavior.user_days`: counts per received day, event date, user and account.

    An event that the mapping gives several core features counts for the first of them by name.
    """
    return rollup("user_days", as_of, first, resolved_events(as_of=as_of, first=first), policy=policy)


def user_features(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.user_features`: uses per received day, event date, user, account and core feature."""
    return rollup("user_features", as_of, first, resolved_events(as_of=as_of, first=first))


def visitor_days(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.visitor_days`: events without a user per received day, event date and anonymous id.

    An event that names a user is no visit, whatever anonymous id it carries beside. Whom an anonymous id belongs to is not said
    here, so that a link that is learnt later changes no row.
    """
    return rollup("visitor_days", as_of, first, received_activity(as_of=as_of, first=first))


def milestones(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.milestones`: what the received days said anew about when a unit first played a role.

    Where an activation rule is declared, its moments stand for the role `activation`, and reading them takes the received days
    of `behavior.step_events` and `behavior.user_days`.

    News is judged against the table's rows of days before `first` and the earlier days of the range, so days are to be built
    in ascending order. When an earlier day is built again with other events, the days after it may keep a row that is no
    news any more, which the minimum passes over.
    """
    requires = (resolved_events(as_of=as_of, first=first), rule_activations(as_of=as_of, first=first))
    return rollup("milestones", as_of, first, *requires)


def account_days(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.account_days`: the rows of `behavior.user_days` of the same received days, per account and event date."""
    return rollup("account_days", as_of, first)


def sessions(*, as_of: AsOf, first: dt.date | None = None, policy: BehaviorPolicy = STANDARD) -> Query:
    """Rows of `behavior.sessions`: the received days' parts of sessions.

    A session that events name collects parts for as long as they arrive. A visit without an id ends after
    `session_idle_minutes`; what is received on the next day continues the user's last visit when it begins before that time is
    over and ends later, and keeps its id; any other late part is a session of its own. Reads the table's rows of the day
    before `first`, so days are to be built in ascending order.
    """
    return rollup("sessions", as_of, first, resolved_events(as_of=as_of, first=first), policy=policy)


def step_events(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `behavior.step_events`: the events that `config.funnel_steps` or `config.activation_conditions` name.

    A row of these tables names one event, or all events of its role (and item, when it has one); an event that several rows
    name is there once.
    """
    return rollup("step_events", as_of, first, resolved_events(as_of=as_of, first=first), wanted_events())


def activity(*, as_of: AsOf, stored: bool = False, units: Units = "all") -> Query:
    """The relation `activity`: every unit seen by `as_of` (or only users, or accounts) with the columns of `behavior.activity`.

    `stored`: the published rows of the day are read; otherwise they are computed from all of `behavior.user_days`. Both are
    the same rows.
    """
    if stored:
        text = "select * from behavior.activity where as_of = $as_of and $units in ('all', unit)"
        return Query("activity", text, {"as_of": as_of.date, "units": units})
    return sql_file("behavior/activity.sql", requires=(), first_day=EVER, units=units, **_numbered(as_of))


def next_activity(*, as_of: AsOf) -> Query:
    """Rows of `behavior.activity` from those of the day before and what was received on the day: the rows of `activity`.

    Only right when the table holds the day before `as_of`, built from the received days as they are now.
    """
    gained = sql_file("behavior/activity.sql", requires=(), first_day=as_of.date, units="all", **_numbered(as_of))
    required = (Query("gained", gained.text, gained.parameters),)
    new_week, new_month = as_of.date.weekday() == 0, as_of.date.day == 1
    return sql_file("behavior/next_activity.sql", requires=required, as_of=as_of.date, new_week=new_week, new_month=new_month)


def feature_activity(*, as_of: AsOf, stored: bool = False) -> Query:
    """The relation `feature_activity`: every account, and user without one, with the core features of the last 63 days.

    Its columns are those of `behavior.feature_activity`. `stored`: the published rows of the day are read; otherwise they are
    computed from `behavior.user_features`. Both are the same rows.
    """
    if stored:
        text = "select * from behavior.feature_activity where as_of = $as_of"
        return Query("feature_activity", text, {"as_of": as_of.date})
    return sql_file("behavior/feature_activity.sql", as_of=as_of.date, first_day=EVER)


def next_feature_activity(*, as_of: AsOf) -> Query:
    """Rows of `behavior.feature_activity` from those of the day before and what was received on the day.

    Only right when the table holds the day before `as_of`, built from the received days as they are now.
    """
    gained = sql_file("behavior/feature_activity.sql", as_of=as_of.date, first_day=as_of.date)
    required = (Query("feature_gained", gained.text, gained.parameters),)
    return sql_file("behavior/next_feature_activity.sql", requires=required, as_of=as_of.date)


def _numbered(as_of: AsOf) -> dict[str, object]:
    week, month = (as_of.date - FIRST_MONDAY).days // 7, as_of.date.year * 12 + as_of.date.month - 1
    return {**as_of.parameters(), "week_number": week, "month_number": month}


def rollup(name: str, as_of: AsOf, first: dt.date | None, *requires: Query, policy: BehaviorPolicy = STANDARD) -> Query:
    """The query of `behavior/<name>.sql` over the received days from `first`, or that of `as_of` alone, to `as_of`."""
    first_day = as_of.date if first is None else first
    idle = policy.session_idle_minutes
    return sql_file(f"behavior/{name}.sql", requires=requires, first_day=first_day, idle_minutes=idle, **as_of.parameters())
