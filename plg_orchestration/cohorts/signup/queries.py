"""Who signed up, and what became of those who signed up together, as known at `as_of`."""

from dataclasses import replace

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_accounts, known_subscriptions, known_users
from plg_orchestration.warehouse import Query, sql_file

SIGNUP_WEEKS = 26


def signups(*, as_of: AsOf) -> Query:
    """Every user and account that had signed up: unit, unit_id, account_id, signup_at, signup_date (local) and attributes.

    A user's segment is the account's; an account without a signup of its own has its first member's, and without any member
    it has none and is left out.
    """
    requires = (known_users(as_of), known_accounts(as_of))
    return replace(sql_file("cohorts/signup/signups.sql", requires=requires, **as_of.parameters()), lasting=True)


def signup_cohorts(*, as_of: AsOf, weeks: int = SIGNUP_WEEKS) -> Query:
    """Rows of `cohorts.signup_cohorts`: the last `weeks` ISO weeks of signups and their mature outcomes.

    The first paid day is that of the first subscription with a price that is no trial; when no subscription is known at all,
    it is the first event of the role plan_upgraded, the user's own or the account's.
    """
    requires = (signups(as_of=as_of), known_subscriptions(as_of))
    return sql_file("cohorts/signup/signup_cohorts.sql", requires=requires, weeks=weeks, **as_of.parameters())
