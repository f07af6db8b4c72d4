"""The query behind `pql.account_scores`."""

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, sql_file


def account_scores(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.account_scores` from the day's scores, champion and features; users without an account have no row."""
    return sql_file(
        "pql/accounts/account_scores.sql", requires=(), target=target, min_leads=policy.accounts.min_leads, **as_of.parameters()
    )  # fmt: skip
