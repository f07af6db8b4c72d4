"""What the claims rest on: members, leads and revenue of mature windows, counted by account, as known at `as_of`.

What the counts say is in `published.py`. `stored`: whether `behavior.activity` holds the day, so that it need not be computed.
"""

import datetime as dt

from plg_orchestration.behavior.queries import activity
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.paths.queries import paid_spans
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.ingest.known import known_crm_outcomes, known_invites, known_users
from plg_orchestration.kpis.claims.policy import ClaimPolicy
from plg_orchestration.revenue.queries import booked_periods
from plg_orchestration.warehouse import Query, lasting, sql_file


def windows(as_of: AsOf, policy: ClaimPolicy) -> dict[str, object]:
    """The parameters of the claims: each window's length, and the first and last moment of those whose window is over."""
    cohort = dt.timedelta(days=policy.cohort_days)
    early_to = as_of.cut - dt.timedelta(days=policy.landmark_days + policy.conversion_days)
    referred_to = as_of.cut - dt.timedelta(days=1)
    lead_to = as_of.cut - dt.timedelta(days=policy.lead_days)
    value_to, revenue_to = as_of.date - dt.timedelta(days=2), as_of.date - dt.timedelta(days=policy.revenue_day)
    lengths = policy.model_dump(exclude={"published", "min_units", "min_events", "cohort_days"})
    return as_of.parameters() | lengths | {
        "members_from": early_to - cohort, "early_from": early_to - cohort, "early_to": early_to,
        "referred_from": referred_to - cohort, "referred_to": referred_to, "lead_from": lead_to - cohort, "lead_to": lead_to,
        "value_from": value_to - cohort, "value_to": value_to, "revenue_from": revenue_to - cohort, "revenue_to": revenue_to,
    }  # fmt: skip


def claim_members(*, as_of: AsOf, policy: ClaimPolicy, stored: bool = False) -> Query:
    """Users of the cohorts: user_id, cluster, signup_at, signup_date, activated_at, paid_at, active_on_day_1, referred."""
    required = (
        signups(as_of=as_of), known_users(as_of), known_invites(as_of), paid_spans(as_of=as_of),
        activity(as_of=as_of, stored=stored, units="user"),
    )  # fmt: skip
    return lasting(sql_file("kpis/claims/claim_members.sql", requires=required, **windows(as_of, policy)))


def claim_clusters(*, as_of: AsOf, policy: ClaimPolicy, currency: str | None = None, stored: bool = False) -> Query:
    """Per claim and kind of account: claim, n, hits, others, other_hits, currency, clusters.

    n and hits are units and outcomes of the group that the claim is about (money for revenue), others and other_hits those of the
    group that it is compared with; clusters is how many accounts have just these.
    """
    parameters = windows(as_of, policy)
    members = claim_members(as_of=as_of, policy=policy, stored=stored)
    required = (signups(as_of=as_of), paid_spans(as_of=as_of), known_crm_outcomes(as_of))
    leads = sql_file("kpis/claims/claim_leads.sql", requires=required, **parameters)
    booked = (signups(as_of=as_of), booked_periods(as_of=as_of, currency=currency))
    revenue = sql_file("kpis/claims/claim_revenue.sql", requires=booked, **parameters)
    return sql_file("kpis/claims/claim_clusters.sql", requires=(members, leads, revenue), **parameters)


def claim_model(*, as_of: AsOf) -> Query:
    """The published what-if of a 10 % higher activation: effect_percent, percent_low, percent_high, users, reason."""
    return sql_file("kpis/claims/claim_model.sql", requires=(), **as_of.parameters())
