"""The rows that KPIs count, as queries over a bounded window of roll-ups and known reference rows.

What is counted in them is declared in `registry.py`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_accounts, known_invites, known_tickets
from plg_orchestration.revenue.queries import paid_periods
from plg_orchestration.warehouse import Query, sql_file

HORIZON_DAYS = 160
"""How far back roll-ups are read: the third month before the running one, and 90 days before the newest complete one."""
LONGEST_WAIT = 90.0
"""Days from signup to activation beyond which an activation does not count for time_to_value."""
DEFINITION_PARAMETERS: dict[str, object] = {"horizon_days": HORIZON_DAYS, "longest_wait": LONGEST_WAIT}


def parameters(as_of: AsOf) -> dict[str, object]:
    """The bound parameters of the populations: the clock's, `next_day`, `horizon` and `longest_wait`."""
    return as_of.parameters() | {
        "next_day": as_of.date + dt.timedelta(days=1),
        "horizon": as_of.date - dt.timedelta(days=HORIZON_DAYS),
        "longest_wait": LONGEST_WAIT,
    }


def kpi_periods(*, as_of: AsOf) -> Query:
    """The newest complete day, three weeks and three months: period, back, period_start, period_end, newer_end."""
    next_day = as_of.date + dt.timedelta(days=1)
    monday, month = next_day - dt.timedelta(days=next_day.weekday()), next_day.year * 12 + next_day.month - 1
    ends: dict[str, object] = {"day_after": next_day + dt.timedelta(days=1), "week_next": monday + dt.timedelta(weeks=1)}
    ends |= {f"week_{back}": monday - dt.timedelta(weeks=back) for back in range(4)}
    ends |= {f"month_{back}": dt.date((month - back) // 12, (month - back) % 12 + 1, 1) for back in range(4)}
    ends["month_next"] = dt.date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return sql_file("kpis/kpi_periods.sql", requires=(), **(parameters(as_of) | ends))


def populations(*, as_of: AsOf) -> tuple[Query, ...]:
    """Every population of the registry as known at `as_of`, each with what it requires."""
    people, periods = signups(as_of=as_of), kpi_periods(as_of=as_of)
    accounts, paid = known_accounts(as_of), paid_periods(as_of=as_of)

    def made(name: str, *requires: Query) -> Query:
        return sql_file(f"kpis/{name}.sql", requires=(people, periods, *requires), **parameters(as_of))

    activations = made("first_activations")
    active = made("active_users")
    return (
        made("new_users", activations),
        made("activated_users", activations),
        active,
        made("new_accounts", accounts, paid),
        made("account_periods", accounts, paid, active),
        made("sent_invites", known_invites(as_of), activations),
        made("support_incidents", accounts, known_tickets(as_of)),
    )
