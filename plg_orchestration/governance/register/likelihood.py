"""What observed breaches say of a risk's likelihood: a proposal that stands or not, with the figures and the reason.

A breach is a day on which a mandatory control of the risk had failed. Accepting a proposal is a person's act
(`governance/actions/likelihood.py`); without one, the register's likelihood counts.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.actions.likelihood import StandingLikelihood, standing_likelihoods
from plg_orchestration.governance.policy import BANDS, LEVELS, GovernancePolicy, Level, Risk
from plg_orchestration.governance.register.policy import LikelihoodPolicy
from plg_orchestration.governance.register.tables import LIKELIHOOD_PROPOSALS
from plg_orchestration.warehouse import Warehouse, sql_file

if TYPE_CHECKING:
    import pandas as pd

Z = 1.959963984540054
LOW, HIGH = 0.20, 0.50


@dataclass(frozen=True)
class Observed:
    """What the days of the window showed: breached or not, day by day, and how many days proved nothing."""

    days: tuple[bool, ...]
    unproven: int = 0
    first: dt.date | None = None

    @property
    def breaches(self) -> int:
        """Days on which a mandatory control had failed."""
        return sum(self.days)


@dataclass(frozen=True)
class Share:
    """A share of days with its 95 % interval, and how many independent days the interval rests on."""

    value: float
    low: float
    high: float
    independent: float


@dataclass(frozen=True)
class Proposal:
    """What the observed breaches propose: `proposed`, `confirmed`, `uncertain` or `insufficient`, the level, and why."""

    verdict: str
    level: Level | None
    share: Share | None
    reason: str


def level_of(share: float) -> Level:
    """The level that a share of breached days speaks for: low under 20 %, high over 50 %.

    >>> [level_of(share) for share in (0.19, 0.2, 0.5, 0.51)]
    ['low', 'medium', 'medium', 'high']
    """
    return "low" if share < LOW else "high" if share > HIGH else "medium"


def breached_share(days: Sequence[bool]) -> Share:
    """The share of breached days with Wilson's interval over as many days as are worth independent ones.

    A failure that lasts makes neighboring days alike: n days of a two-state chain with autocorrelation r tell as much as
    n (1 − r) / (1 + r) independent ones. Its transitions are smoothed by half a day each (Jeffreys), so that a window in which
    nothing changes does not count in full either. ValueError without a day.
    """
    if not days:
        raise ValueError("a share needs at least one evaluated day")
    steps = list(pairwise(days))
    calm, breached = sum(not a for a, _ in steps), sum(a for a, _ in steps)
    begins = (sum(not a and b for a, b in steps) + 0.5) / (calm + 1)
    ends = (sum(a and not b for a, b in steps) + 0.5) / (breached + 1)
    alike = max(0.0, 1 - begins - ends)
    n = max(1.0, len(days) * (1 - alike) / (1 + alike))
    value = sum(days) / len(days)
    center, scale = value + Z * Z / (2 * n), 1 + Z * Z / n
    half = Z * math.sqrt(value * (1 - value) / n + Z * Z / (4 * n * n))
    return Share(value, max(0.0, (center - half) / scale), min(1.0, (center + half) / scale), n)


def propose(observed: Observed, used: Level, policy: LikelihoodPolicy) -> Proposal:
    """What the window says of the level that is used: another one is proposed when the whole interval lies outside of it."""
    evaluated = len(observed.days)
    beside = f"; {observed.unproven} more without data prove nothing" if observed.unproven else ""
    if evaluated < policy.minimum_days:
        lacking = f"only {evaluated} of the {policy.minimum_days} evaluated days that are needed{beside}; nothing is proposed"
        return Proposal("insufficient", None, breached_share(observed.days) if observed.days else None, lacking)
    share = breached_share(observed.days)
    level = level_of(share.value)
    said = (
        f"a mandatory control had failed on {observed.breaches} of {evaluated} days: {share.value:.1%}"
        f" [{share.low:.1%}, {share.high:.1%}]{beside}"
    )
    if level == used:
        return Proposal("confirmed", level, share, f"{said}, which speaks for {used} ({BANDS[used]}), the level in use")
    if LEVELS[level_of(share.low)] <= LEVELS[used] <= LEVELS[level_of(share.high)]:
        return Proposal(
            "uncertain", level, share, f"{said}; {used} ({BANDS[used]}) lies within the interval: nothing is proposed"
        )
    return Proposal("proposed", level, share, f"{said}, which speaks for {level} ({BANDS[level]}) instead of {used}")


def observed_on(warehouse: Warehouse, as_of: AsOf, window_days: int) -> dict[str, Observed]:
    """The observed days of each risk in the window that ends with the day.

    A day counts when one of the risk's mandatory controls had failed, or when none of them lacked data.
    """
    after = as_of.date - dt.timedelta(days=window_days)
    query = sql_file("governance/register/observed_days.sql", requires=(), as_of=as_of.date, after=after)
    rows: dict[str, list[tuple[dt.date, bool | None]]] = {}
    for risk, day, _, failed, unknown in warehouse.rows(query):
        state = True if failed else None if unknown else False
        rows.setdefault(str(risk), []).append((cast("dt.date", day), state))
    return {
        risk: Observed(
            tuple(state for _, state in days if state is not None), sum(state is None for _, state in days), days[0][0]
        )
        for risk, days in rows.items()
    }  # fmt: skip


def likelihood_proposals(warehouse: Warehouse, policy: GovernancePolicy, as_of: AsOf) -> "pd.DataFrame":
    """The rows of `governance.likelihood_proposals` for the day, by risk."""
    import pandas as pd

    seen = observed_on(warehouse, as_of, policy.likelihood.window_days)
    standing = standing_likelihoods(warehouse, as_of.date)
    rows = [
        _row(risk, seen.get(name, Observed(())), standing.get(name), policy.likelihood, as_of.date)
        for name, risk in sorted(policy.risks.items())
    ]
    return pd.DataFrame(rows, columns=list(LIKELIHOOD_PROPOSALS.column_names))


def _row(
    risk: Risk, observed: Observed, standing: StandingLikelihood | None, policy: LikelihoodPolicy, day: dt.date
) -> Mapping[str, object]:
    accepted = standing if standing is not None and standing.holds_for(risk) else None
    used: Level = accepted.level if accepted else risk.likelihood
    found = propose(observed, used, policy)
    verdict = (
        "accepted" if accepted and found.verdict in ("confirmed", "uncertain") and used != risk.likelihood else found.verdict
    )
    return {
        "as_of": day, "risk_id": risk.id, "window_days": policy.window_days, "first_on": observed.first,
        "evaluated_days": len(observed.days), "unproven_days": observed.unproven, "breach_days": observed.breaches,
        "share": found.share.value if found.share else None, "ci_low": found.share.low if found.share else None,
        "ci_high": found.share.high if found.share else None,
        "independent_days": found.share.independent if found.share else None, "observed_level": found.level,
        "registered_level": risk.likelihood, "used_level": used, "verdict": verdict, "reason": found.reason,
        "accepted_on": accepted.since if accepted else None, "accepted_by": accepted.person if accepted else None,
    }  # fmt: skip
