"""The lift of contacting leads: accounts that teams were given against accounts held back by the draw."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback.intervals import Interval, detectable_ratio, ratio
from plg_orchestration.pql.policy import PqlPolicy

Row = dict[str, Any]


@dataclass(frozen=True)
class Arms:
    """Accounts (one for each quarter) in both arms whose outcome is known, and how many reached it.

    `handed_over` counts those of the contacted arm that a team was really given: the others thin the lift out.
    `mature_share` is the share of all drawn accounts whose outcome is known.
    """

    accounts: int
    hits: int
    handed_over: int
    holdout: int
    holdout_hits: int
    mature_share: float
    first: dt.date | None
    last: dt.date | None

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Arms":
        """The arms of rows of `held_back.sql`, added up."""

        def total(name: str, *, held: bool) -> int:
            return sum(int(row[name]) for row in rows if row["holdout"] is held)

        drawn, ripe = (sum(int(row[name]) for row in rows) for name in ("drawn", "ripe"))
        first, last = ([row[name] for row in rows if row[name] is not None] for name in ("first_on", "last_on"))
        return cls(
            total("accounts", held=False), total("hits", held=False), total("handed_over", held=False),
            total("accounts", held=True), total("hits", held=True), ripe / max(drawn, 1),
            min(first, default=None), max(last, default=None),
        )  # fmt: skip


def lift_row(period: str, scorer: str, version: str, arms: Arms, *, as_of: AsOf, policy: PqlPolicy) -> Row:
    """A row of `pql.live_performance`: the ratio of the outcome's rates, contacted over held back, and the judgment on it."""
    found = ratio(arms.hits, arms.accounts, arms.holdout_hits, arms.holdout)
    base = (arms.hits + arms.holdout_hits) / max(arms.accounts + arms.holdout, 1)
    detectable = detectable_ratio(base, arms.accounts, arms.holdout)
    verdict, reason = judge_lift(arms, found, base, detectable, policy)
    return {
        "period": period, "period_start": arms.first or as_of.date, "decided_on": arms.last, "scorer": scorer, "version": version,
        "metric": "lift", "kind": "realized", "value": found.value, "low": found.low, "high": found.high, "rows": arms.accounts,
        "hits": arms.hits, "accounts": arms.accounts + arms.holdout, "holdout": arms.holdout, "holdout_hits": arms.holdout_hits,
        "detectable": detectable, "expected": policy.promotion.lift, "mature_share": arms.mature_share,
        "in_force": found.value is not None, "verdict": verdict, "reason": reason,
    }  # fmt: skip


def judge_lift(
    arms: Arms, found: Interval, base: float, detectable: float | None, policy: PqlPolicy
) -> tuple[str, str]:  # fmt: skip
    """`pass` when the whole interval lies over 1, `warn` when it cannot be as large as wanted, else insufficient."""
    feedback, wanted = policy.feedback, policy.promotion.lift
    able = f"a lift under {detectable:.2f} could not have been found" if detectable else "no lift could have been found"
    said = f"{arms.hits} of {arms.accounts} accounts against {arms.holdout_hits} of {arms.holdout} held back"
    if arms.accounts:
        said += f", {arms.handed_over / arms.accounts:.0%} of the former handed over"
    if arms.holdout < feedback.min_holdout_accounts:
        return "insufficient", f"{said}; {feedback.min_holdout_accounts} held back are needed: {able}"
    expected = base * arms.holdout
    if expected < feedback.min_holdout_conversions:
        return (
            "insufficient",
            f"{said}; {expected:.1f} outcomes are expected of them, {feedback.min_holdout_conversions} are needed: {able}",
        )
    if found.low is not None and found.low > 1:
        return "pass", f"{said}: between {found.low:.2f} and {found.high:.2f} times as many"
    if found.high is not None and (found.high < wanted or (detectable is not None and detectable <= wanted)):
        return "warn", f"{said}: at most {found.high:.2f} times as many, wanted are {wanted:.2f}"
    return "insufficient", f"{said}: {able}"
