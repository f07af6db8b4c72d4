"""What the what-if rests on, counted by account as known at `as_of`.

The counts of users are those of the claims' members; the arithmetic is in `calls.py` and `model.py`.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup.queries import signups
from plg_orchestration.kpis.claims.policy import ClaimPolicy
from plg_orchestration.kpis.claims.queries import claim_members, windows
from plg_orchestration.kpis.what_if.policy import WhatIfPolicy
from plg_orchestration.revenue.queries import booked_periods
from plg_orchestration.warehouse import Query, sql_file


def what_if_accounts(
    *, as_of: AsOf, policy: WhatIfPolicy, windows_of: ClaimPolicy, currency: str | None = None, stored: bool = False
) -> Query:
    """Accounts and what they count: users, activated, converted_activated, converted_others, referred, new_mrr, opening, kept,
    and accounts (how many are just so). The landmark and the conversion window are those of the claims (`windows_of`).
    """
    span = windows_of.model_copy(update={"cohort_days": max(policy.cohort_days, windows_of.cohort_days)})
    parameters = windows(as_of, windows_of)
    early_to = as_of.cut - dt.timedelta(days=windows_of.landmark_days + windows_of.conversion_days)
    parameters |= {
        "flow_from": early_to - dt.timedelta(days=policy.cohort_days),
        "churn_date": as_of.date - dt.timedelta(days=policy.churn_days),
    }  # fmt: skip
    members = claim_members(as_of=as_of, policy=span, stored=stored)
    required = (members, signups(as_of=as_of), booked_periods(as_of=as_of, currency=currency))
    return sql_file("kpis/what_if/what_if_accounts.sql", requires=required, **parameters)


def what_if_now(*, as_of: AsOf, currency: str) -> Query:
    """MRR now: mrr, currencies (how many), currency."""
    required = (booked_periods(as_of=as_of, currency=currency),)
    return sql_file("kpis/what_if/what_if_now.sql", requires=required, currency=currency, **as_of.parameters())
