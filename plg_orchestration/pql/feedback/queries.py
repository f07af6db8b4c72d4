"""The queries behind the feedback: what became of leads and of everybody who was scored, as known on a day."""

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.targets import queries as target_queries
from plg_orchestration.warehouse import Query, sql_file


def target_starts(*, as_of: AsOf) -> Query:
    """(payer_id, happened_on): every local day on which a payer's outcome happened, as known on the day."""
    required = (target_queries.paid_starts(as_of=as_of),)
    return sql_file("pql/feedback/target_starts.sql", requires=required, **as_of.parameters())


def lead_labels(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Every lead of the history with its label: decided_on, scorer, version, user_id, payer_id, mature, label."""
    return sql_file(
        "pql/feedback/lead_labels.sql", requires=(target_starts(as_of=as_of),), **_parameters(as_of, policy, target)
    )  # fmt: skip


def false_discoveries(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Leads and false ones by scorer version with sums over accounts; see `false_discovery.live_false_discovery`."""
    required = (lead_labels(as_of=as_of, policy=policy, target=target),)
    return sql_file("pql/feedback/false_discoveries.sql", requires=required)


def _parameters(as_of: AsOf, policy: PqlPolicy, target: str) -> dict[str, object]:
    declared = policy.targets[target]
    return {
        "target": target, "gap_days": declared.gap_days, "window_days": declared.window_days,
        "history_days": policy.feedback.history_days, "weeks": policy.feedback.weeks, **as_of.parameters(),
    }  # fmt: skip
