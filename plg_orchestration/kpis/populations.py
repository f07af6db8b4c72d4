"""The rows that KPIs count, as queries over a bounded window of roll-ups and known reference rows.

What is counted in them is declared in `registry.py`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.cohorts.virality.queries import viral_members
from plg_orchestration.ingest.known import (
    known_accounts,
    known_crm_outcomes,
    known_finance,
    known_invites,
    known_spend,
    known_subscriptions,
    known_surveys,
    known_tickets,
    known_users,
)
from plg_orchestration.kpis.exclusion import excluded
from plg_orchestration.kpis.periods import HISTORY, Back, kpi_periods, oldest_day
from plg_orchestration.revenue.queries import booked_periods, subscription_versions
from plg_orchestration.warehouse import Query, sql_file

HORIZON_DAYS = 366
"""How far back signups and milestones matter: to the start of the quarter before the newest complete one, and 90 days more."""
LONGEST_WAIT = 90.0
"""Days from signup to activation beyond which an activation does not count for time_to_value."""
DEFINITION_PARAMETERS: dict[str, object] = {"horizon_days": HORIZON_DAYS, "longest_wait": LONGEST_WAIT}


def parameters(as_of: AsOf, back: Back = HISTORY) -> dict[str, object]:
    """The bound parameters of the populations: the clock's, `next_day`, `horizon`, `oldest_day` and `longest_wait`."""
    return as_of.parameters() | {
        "next_day": as_of.date + dt.timedelta(days=1),
        "horizon": as_of.date - dt.timedelta(days=HORIZON_DAYS),
        "oldest_day": oldest_day(as_of=as_of, back=back),
        "longest_wait": LONGEST_WAIT,
    }


def populations(
    *, as_of: AsOf, currency: str | None = None, back: Back = HISTORY, exclude: tuple[str, ...] = ()
) -> tuple[Query, ...]:
    """Every population of the registry as known at `as_of`, each with what it requires; money in `currency`, when given.

    Each has the rows of all periods of `back`; what a row says of its period does not depend on how many there are.
    `exclude` names who is left out, as the key `kpis.exclude` of a workspace does; none of the rows is about these people.
    """
    users, accounts, subscriptions = known_users(as_of), known_accounts(as_of), known_subscriptions(as_of)
    plans = sql_file("kpis/account_plans.sql", requires=(subscriptions,), **as_of.parameters())
    left_out = excluded(as_of=as_of, groups=exclude)
    units = sql_file("kpis/kpi_units.sql", requires=(signups(as_of=as_of), plans, subscriptions, left_out))
    periods, booked = kpi_periods(as_of=as_of, back=back), booked_periods(as_of=as_of, currency=currency)

    def made(name: str, *requires: Query) -> Query:
        return sql_file(f"kpis/{name}.sql", requires=(left_out, units, periods, *requires), **parameters(as_of, back))

    activations, tours, invites = made("first_activations"), made("first_tours"), made("first_invites", known_invites(as_of))
    qualified = made("first_qualified")
    days, features = made("active_days"), made("feature_days")
    active = made("active_users", days, features)
    balances = made("account_periods", accounts, users, booked, active)
    versions = subscription_versions(as_of=as_of)
    expansions, help_days, tickets = made("account_activations", activations), made("help_days"), known_tickets(as_of)
    helped = made("help_and_tickets", accounts, tickets, help_days)
    return (
        made("new_users", users, known_invites(as_of), activations, tours, invites, days),
        made("activated_users", activations, qualified),
        active,
        made("active_tallies", days),
        made("free_users", days, booked),
        made("new_accounts", accounts, versions, booked),
        balances,
        made("contracts", accounts, booked),
        made("acquisition", known_spend(as_of), known_finance(as_of), booked, balances),
        made("expanded_accounts", expansions),
        made("activated_accounts", expansions),
        made("qualified_leads", qualified, booked, known_crm_outcomes(as_of)),
        made("marketing_leads", booked, known_crm_outcomes(as_of)),
        made("sent_invites", known_invites(as_of), activations),
        made("first_inviters", invites),
        made("visitors"),
        made("viral_people", viral_members(as_of=as_of)),
        made("toured_users", tours),
        made("support_incidents", accounts, tickets, help_days),
        helped,
        made("helped_users", helped),
        made("survey_answers", known_surveys(as_of)),
        made("threshold_crossings"),
        made("scored_users"),
    )
