"""The queries about abuse: what the rules and the model read, what stands of earlier suspicions, and what leakage counts."""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.abuse.policy import AbusePolicy
from plg_orchestration.ingest.known import known_governance_records, known_invites, known_subscriptions, known_users
from plg_orchestration.revenue.queries import booked_periods
from plg_orchestration.warehouse import Query, sql_file

MONTH_DAYS = 30


def fingerprints(*, as_of: AsOf, first: dt.date | None = None) -> Query:
    """Rows of `governance.fingerprints` received on the day, or from `first` to it: user, kind, mark, first time a day."""
    return sql_file("governance/abuse/fingerprints.sql", requires=(), **as_of.parameters(), first=first or as_of.date)


def abuse_people(*, as_of: AsOf, policy: AbusePolicy) -> Query:
    """Who signed up in the window: user_id, account_id, email_domain, signup_at, signup_date, paying (ever), days_known, idle
    (never did anything after signing up) and what they did in the first `policy.forest.first_days` days.
    """
    requires = (known_users(as_of), known_subscriptions(as_of))
    return sql_file("governance/abuse/abuse_people.sql", requires=requires, **_window(as_of, policy))


def abuse_marks(*, as_of: AsOf, policy: AbusePolicy) -> Query:
    """Their devices and addresses: user_id, kind, mark."""
    return sql_file("governance/abuse/abuse_marks.sql", requires=(known_users(as_of),), **_window(as_of, policy))


def abuse_invites(*, as_of: AsOf) -> Query:
    """Who invited whom: inviter_id, invitee_id."""
    return sql_file("governance/abuse/abuse_invites.sql", requires=(known_invites(as_of),), **as_of.parameters())


def suspicions(*, as_of: AsOf) -> Query:
    """Rows of `governance.suspicions`, from the night's suspects and what was suspected before. Days are to be built in order."""
    return sql_file("governance/abuse/suspicions.sql", requires=(known_governance_records(as_of),), **as_of.parameters())


def leakage_people(*, as_of: AsOf, policy: AbusePolicy, currency: str) -> Query:
    """One row: suspected, cleared, confirmed, people and payers (people of accounts that came to pay), the suspected left out."""
    requires = (known_users(as_of), booked_periods(as_of=as_of, currency=currency))
    mature_cut = as_of.minus(policy.leakage.conversion_days).cut
    return sql_file("governance/abuse/leakage_people.sql", requires=requires, mature_cut=mature_cut, **as_of.parameters())


def leakage_payers(*, as_of: AsOf, currency: str) -> Query:
    """A row for each account that pays on the day: account_id, mrr, currency, currencies, people."""
    requires = (known_users(as_of), booked_periods(as_of=as_of, currency=currency))
    return sql_file("governance/abuse/leakage_payers.sql", requires=requires, **as_of.parameters())


def leakage_caps(*, as_of: AsOf, currency: str, invites_per_day: int, invites_per_month: int) -> Query:
    """One value, units: free accounts of the last 30 days in which somebody exceeded a cap on invitations."""
    return sql_file(
        "governance/abuse/leakage_caps.sql", requires=(booked_periods(as_of=as_of, currency=currency),),
        month_date=as_of.minus(MONTH_DAYS).date, invites_per_day=invites_per_day, invites_per_month=invites_per_month,
        **as_of.parameters(),
    )  # fmt: skip


def suspects_by_week(as_of: AsOf) -> Query:
    """The day's suspects by rule and week of signup: week, rule, people; for the chart."""
    return sql_file("governance/abuse/suspects_by_week.sql", requires=(), **as_of.parameters())


def _window(as_of: AsOf, policy: AbusePolicy) -> dict[str, object]:
    return as_of.parameters() | {
        "signup_start": as_of.minus(policy.signup_window_days).cut,
        "signup_date": as_of.minus(policy.signup_window_days - 1).date,
        "first_days": policy.forest.first_days,
    }
