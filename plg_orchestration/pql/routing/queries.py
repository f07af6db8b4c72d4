"""The queries behind `pql.decisions` and `pql.routes`."""

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_crm_outcomes
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Query, sql_file


def decisions(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.decisions` from the day's champion, scores and features, and the decisions of the days before.

    Points route by bands, the weighted score and a model's percentile by the matrix. A share of accounts is held out, drawn per
    quarter by a salted hash. Days are to be built in ascending order, since a lead handed over lately is not handed over again.
    """
    holdout = policy.holdout
    limit = "g" if holdout.share >= 1 else format(int(holdout.share * 2**32), "08x")
    quarter = f"{as_of.date.year}-Q{(as_of.date.month + 2) // 3}"
    return sql_file(
        "pql/routing/decisions.sql", requires=(known_crm_outcomes(as_of),), target=target, holdout_share=holdout.share,
        holdout_salt=holdout.salt, holdout_limit=limit, quarter=quarter, contacted_days=policy.suppression.contacted_days,
        rejected_from=as_of.minus(policy.suppression.rejected_days).cut, **as_of.parameters(),
    )  # fmt: skip


def routes(*, as_of: AsOf) -> Query:
    """Rows of `pql.routes`: each team's queue of the day, from the day's decisions."""
    return sql_file("pql/routing/routes.sql", requires=(), **as_of.parameters())
