"""The queries behind the decisions, the teams' queues, their service levels and the holdout.

Working time is in `due.py`, what a holdout can detect in `power.py`, how a person's word is recorded in `overrides.py`.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache

from sqlglot import exp

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_crm_outcomes
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing.due import due_at
from plg_orchestration.pql.targets.queries import objecting, outcomes
from plg_orchestration.warehouse import Query, sql_file

Z_95 = 1.959963984540054
QUARTERS = 4


def decisions(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.decisions` from the day's champion, scores and features, and the decisions of the days before.

    Points route by bands, the weighted score and the percentile of a model or hybrid by the matrix. A share of accounts is held
    out, drawn per quarter by a salted hash. Who stood in a queue the night before keeps the date since when. What a person
    decided (`pql.overrides`) holds. Days are to be built in ascending order.
    """
    holdout, queue = policy.holdout, policy.routing.queue
    parameters = as_of.parameters() | {
        "target": target, "holdout_share": holdout.share, "holdout_salt": holdout.salt, "quarter": quarter_of(as_of),
        "holdout_limit": hash_limit(holdout.share), "contacted_days": policy.suppression.contacted_days,
        "contacted_from": as_of.minus(policy.suppression.contacted_days).cut,
        "rejected_from": as_of.minus(policy.suppression.rejected_days).cut,
        "suspected_after": as_of.minus(policy.suppression.suspected_days).date, "queue_order": queue.order,
        "expire_days": queue.expire_days,
    }  # fmt: skip
    required = (
        sql_file("pql/routing/lead_routes.sql", requires=(), **parameters),
        sql_file("pql/routing/lead_claims.sql", requires=(known_crm_outcomes(as_of), objecting(as_of)), **parameters),
        sql_file("pql/routing/person_overrides.sql", requires=(), **parameters),
        waiting_leads(as_of=as_of, policy=policy, target=target),
        due_times(as_of=as_of, policy=policy),
        team_hours(policy),
    )
    return sql_file("pql/routing/decisions.sql", requires=required, **parameters)


def waiting_leads(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Who stood in a queue after the last night before `as_of`, or had expired in it, and since when."""
    return sql_file(
        "pql/routing/waiting_leads.sql", requires=(), target=target, expire_days=policy.routing.queue.expire_days,
        **as_of.parameters(),
    )  # fmt: skip


def due_times(*, as_of: AsOf, policy: PqlPolicy) -> Query:
    """(route, sla_hours, due_at): when a lead that is handed over at the day's cut is due, in the team's working calendar."""

    def due(team: str, hours: float) -> dt.datetime:
        return due_at(as_of.cut, hours, policy.routing.calendars.of_team(team, as_of.timezone))

    pairs = [(team, hours, due(team, hours)) for team, hours in policy.routing.sla_pairs]
    return _values("due_times", (("route", "varchar"), ("sla_hours", "double"), ("due_at", "timestamp")), pairs)


def team_hours(policy: PqlPolicy) -> Query:
    """(route, sla_hours): the hours that a team has for a lead which a person sends to it; none for campaigns."""
    return _values("team_hours", (("route", "varchar"), ("sla_hours", "double")), sorted(policy.routing.sla_hours.items()))


def routes(*, as_of: AsOf) -> Query:
    """Rows of `pql.routes`: each team's queue of the day, from the day's decisions."""
    return sql_file("pql/routing/routes.sql", requires=(), **as_of.parameters())


def queue_changes(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.queue_changes`: what became of every lead that stood in a queue after the last night."""
    waiting = waiting_leads(as_of=as_of, policy=policy, target=target)
    required = (waiting, objecting(as_of))
    return sql_file("pql/routing/queue_changes.sql", requires=required, target=target, **as_of.parameters())


def queue_summary(*, as_of: AsOf) -> Query:
    """One row a team: handed over, waiting, capacity, what is due first, who waits longest, held out, left alone, overridden."""
    return sql_file("pql/routing/queue_summary.sql", requires=(), **as_of.parameters())


def sla(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.sla`: every lead handed over in the window, when it was contacted, and what that means at the cut."""
    window_after = as_of.minus(policy.routing.sla.window_days).date
    return sql_file(
        "pql/routing/sla.sql", requires=(known_crm_outcomes(as_of),), target=target, window_after=window_after,
        **as_of.parameters(),
    )  # fmt: skip


def sla_adherence(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.sla_adherence` from the day's `pql.sla`: contacted in time / due, by team, day and week."""
    return sql_file(
        "pql/routing/sla_adherence.sql", requires=(), target=target, goal=policy.routing.sla.goal, z=Z_95, **as_of.parameters()
    )  # fmt: skip


def holdout_accounts(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Per quarter the accounts with leads by arm, those whose outcome window is over, and how many of these had the outcome."""
    declared = policy.targets[target]
    month = as_of.date.year * 12 + (as_of.date.month - 1) // 3 * 3 - 3 * (QUARTERS - 1)
    first_day = as_of.date.replace(year=month // 12, month=month % 12 + 1, day=1)
    return sql_file(
        "pql/routing/holdout_accounts.sql", requires=(outcomes(as_of=as_of, target=declared),), target=target,
        first_day=first_day, gap_days=declared.gap_days, window_days=declared.window_days, **as_of.parameters(),
    )  # fmt: skip


def tested_precision(*, as_of: AsOf, target: str = "conversion") -> Query:
    """(rate): the share of the champion's leads that became the outcome in the last test of its scorer."""
    return sql_file("pql/routing/tested_precision.sql", requires=(), target=target, **as_of.parameters())


def quarter_of(as_of: AsOf) -> str:
    """The calendar quarter of the day, as it goes into the holdout's draw.

    >>> import datetime as dt
    >>> quarter_of(AsOf(dt.date(2025, 6, 30)))
    '2025-Q2'
    """
    return f"{as_of.date.year}-Q{(as_of.date.month + 2) // 3}"


def hash_limit(share: float) -> str:
    """Below which eight hexadecimal digits a hash falls with probability `share`; 'g' is above all of them."""
    return "g" if share >= 1 else format(int(share * 2**32), "08x")


def _values(name: str, columns: tuple[tuple[str, str], ...], rows: Sequence[tuple[object, ...]]) -> Query:
    """A relation of few rows as a query: a select a row under one another, every value a bound parameter."""
    parameters = {f"{column}_{n}": value for n, row in enumerate(rows) for (column, _), value in zip(columns, row, strict=True)}
    return Query(name, _values_text(columns, len(rows)), parameters)


@cache
def _values_text(columns: tuple[tuple[str, str], ...], rows: int) -> str:
    made: exp.Query = exp.select(*(exp.alias_(exp.cast(exp.null(), kind), c) for c, kind in columns)).where(exp.false())
    for n in range(rows):
        bound = (exp.alias_(exp.cast(exp.Parameter(this=exp.var(f"{c}_{n}")), kind), c) for c, kind in columns)
        made = exp.union(made, exp.select(*bound), distinct=False)
    return made.sql(dialect="duckdb")
