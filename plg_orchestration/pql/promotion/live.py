"""What live outcomes say about a model that scores: its false discovery rate against what the gate saw, and whether it must go.

The rate itself is computed in `feedback/false_discovery.py`; who takes over after a rollback is in `pointers.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback.false_discovery import FalseDiscovery, live_false_discovery
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.ledger import Entry
from plg_orchestration.pql.promotion.policy import RollbackPolicy
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class LiveJudgment:
    """A version's live false discovery rate with 95 % limits against `limit`; `fail` takes a champion back.

    `leads` from `accounts` have a known outcome. `seen` is the rate that the gate saw in the test part.
    """

    scorer: str
    version: str
    leads: int
    accounts: int
    rate: float | None
    low: float | None
    high: float | None
    seen: float | None
    limit: float | None
    verdict: Verdict
    reason: str


def judge_live(found: FalseDiscovery, entry: Entry, policy: RollbackPolicy) -> LiveJudgment:
    """Hold the live rate of the entry's version against its limit: only surely over it is a fail, few accounts say nothing."""
    seen = entry.false_discovery_rate
    limit = _limit(entry, policy)

    def made(verdict: Verdict, reason: str) -> LiveJudgment:
        return LiveJudgment(
            found.scorer, found.version, found.leads, found.accounts, found.rate, found.low, found.high, seen, limit, verdict,
            reason,
        )  # fmt: skip

    if limit is None:
        return made(Verdict.INSUFFICIENT, "what the gate saw is not on record, so live outcomes have no limit")
    if found.accounts < policy.min_accounts or found.rate is None or found.low is None or not math.isfinite(found.low):
        reason = f"{found.accounts} accounts have leads with a known outcome; {policy.min_accounts} are needed"
        return made(Verdict.INSUFFICIENT, reason)
    figures = f"live false discovery rate {found.rate:.3f}, at least {found.low:.3f}, limit {limit:.3f}"
    if found.low > limit:
        return made(Verdict.FAIL, figures)
    if found.rate > limit:
        return made(Verdict.WARN, f"{figures}: beyond it, but within chance")
    return made(Verdict.PASS, figures + (": such a limit cannot be exceeded" if limit >= 1 else ""))


def _limit(entry: Entry, policy: RollbackPolicy) -> float | None:
    if entry.threshold_policy == "operating_point":
        return policy.precision_limit
    if entry.false_discovery_rate is None or not math.isfinite(entry.false_discovery_rate):
        return None
    return entry.false_discovery_rate + policy.margin


def judge_all(
    warehouse: Warehouse, scoring: Sequence[tuple[str, Entry]], *, as_of: AsOf, policy: PqlPolicy, target: str
) -> tuple[LiveJudgment, ...]:
    """A judgment on each (scorer, entry) that scores today, from outcomes known on the day; the same figures for all."""
    if not scoring:
        return ()
    found = {(f.scorer, f.version): f for f in live_false_discovery(warehouse, as_of=as_of, policy=policy, target=target)}
    nothing = {
        (scorer, entry.version): FalseDiscovery(scorer, entry.version, 0, 0, None, None, None, None, None, 0, 0.0)
        for scorer, entry in scoring
    }
    known = nothing | found
    return tuple(judge_live(known[scorer, entry.version], entry, policy.promotion.rollback) for scorer, entry in scoring)


def as_rows(judgments: Sequence[LiveJudgment]) -> list[dict[str, object]]:
    """The judgments as plain values, for JSON."""
    return [asdict(judgment) for judgment in judgments]
