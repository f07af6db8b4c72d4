"""Whether a residual score that fell was earned: by a control that became effective, or by a likelihood that a person accepted.

A score that fell because somebody edited the register (a likelihood, an impact, what is mandatory, a threshold) stands flagged
until it is back, or until a review of the risk is on record. Reading the days is here, deciding is a pure function.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.conditions import parse_condition
from plg_orchestration.governance.controls import status_of
from plg_orchestration.verdicts import ControlStatus
from plg_orchestration.warehouse import Warehouse, sql_file

NAMES = {1: "low", 2: "medium", 3: "high"}


@dataclass(frozen=True)
class Asked:
    """One control as it stood on a day: what it asked, and what came of it."""

    metric: str
    threshold: str
    alert: str | None
    mandatory: bool
    status: ControlStatus
    judged: float | None

    @property
    def effective(self) -> bool:
        """Whether it was effective."""
        return self.status is ControlStatus.EFFECTIVE

    def effective_as(self, before: "Asked") -> bool:
        """Whether it would be effective under what was asked before."""
        if not self.effective or (self.threshold, self.alert, self.metric) == (before.threshold, before.alert, before.metric):
            return self.effective
        if self.metric != before.metric:
            return before.effective
        alert = parse_condition(before.alert) if before.alert else None
        return status_of(self.judged, passes=parse_condition(before.threshold), fails=alert) is ControlStatus.EFFECTIVE


@dataclass(frozen=True)
class Lowered:
    """A residual score that fell unearned: from which score, on which day, and what changed in the register."""

    score: int
    on: dt.date
    why: str


@dataclass(frozen=True)
class Scored:
    """A risk as a day scored it: likelihood with its basis, impact, residual score and controls, and what stood flagged."""

    likelihood: int
    impact: int
    residual: int
    basis: str | None = None
    controls: Mapping[str, Asked] = field(default_factory=dict[str, Asked])
    lowered: Lowered | None = None


def unearned(before: Scored, today: Scored, day: dt.date, reviewed_at: dt.date | None = None) -> Lowered | None:
    """The unearned fall of the residual score that stands on `day`; None when there is none, or when it was reviewed.

    Today's figures are judged by what the register asked before: a fall that this explains was earned, and so is one by a
    likelihood that a person accepted since.
    """
    standing = before.lowered
    reviewed = standing is not None and reviewed_at is not None and reviewed_at >= standing.on
    if standing is not None and not reviewed and today.residual < standing.score:
        return standing
    if today.residual >= before.residual or (reviewed_at is not None and reviewed_at >= day):
        return None
    accepted = today.basis != before.basis and (today.basis or "").startswith("acceptance")
    likelihood = today.likelihood if accepted else before.likelihood
    proven = _proven(before.controls, today.controls)
    earned = (max(1, likelihood - 1) if proven else likelihood) * before.impact
    if earned <= today.residual:
        return None
    return Lowered(before.residual, day, "; ".join(_changes(before, today, likelihood)) or "the register was changed")


def lowered_on(
    warehouse: Warehouse, as_of: AsOf, today: Mapping[str, Scored], reviewed: Mapping[str, dt.date | None]
) -> dict[str, Lowered]:  # fmt: skip
    """The unearned falls that stand on the day, by risk; `today` are the day's scores, whose controls are read here."""
    if not warehouse.exists("governance.risks") or not warehouse.exists("governance.controls"):
        return {}
    rows = warehouse.rows(sql_file("governance/register/day_before.sql", requires=(), as_of=as_of.date))
    if not rows:
        return {}
    then = cast("dt.date", rows[0][1])
    asked = _asked(warehouse, as_of.date, then)
    found: dict[str, Lowered] = {}
    for risk, _, likelihood, basis, impact, residual, score, on, why in rows:
        name = str(risk)
        if name not in today:
            continue
        standing = None if on is None else Lowered(int(cast("int", score)), cast("dt.date", on), str(why))
        levels = (int(cast("int", likelihood)), int(cast("int", impact)), int(cast("int", residual)))
        before = Scored(*levels, cast("str | None", basis), asked.get((then, name), {}), standing)
        scored = today[name]
        now = Scored(scored.likelihood, scored.impact, scored.residual, scored.basis, asked.get((as_of.date, name), {}))
        if (one := unearned(before, now, as_of.date, reviewed.get(name))) is not None:
            found[name] = one
    return found


def _proven(before: Mapping[str, Asked], today: Mapping[str, Asked]) -> bool:
    """Whether every control that was mandatory then or is now is effective today by what was asked before."""
    wanted = {name for controls in (before, today) for name, control in controls.items() if control.mandatory}
    return bool(wanted) and all(name in today and today[name].effective_as(before.get(name, today[name])) for name in wanted)


def _changes(before: Scored, today: Scored, likelihood: int) -> list[str]:
    changes: list[str] = []
    if today.likelihood != likelihood:
        changes.append(f"likelihood from {NAMES[likelihood]} to {NAMES[today.likelihood]} without an accepted proposal")
    if today.impact != before.impact:
        changes.append(f"impact from {NAMES[before.impact]} to {NAMES[today.impact]}")
    for name, then in sorted(before.controls.items()):
        now = today.controls.get(name)
        if not then.mandatory:
            continue
        if now is None:
            changes.append(f"{name} was removed")
        elif not now.mandatory:
            changes.append(f"{name} is no longer mandatory")
        elif now.metric != then.metric:
            changes.append(f"{name} measures {now.metric} instead of {then.metric}")
        elif now.effective and not now.effective_as(then):
            changes.append(f"{name} passes when {now.threshold} instead of {then.threshold}")
    return changes


def _asked(warehouse: Warehouse, day: dt.date, before: dt.date) -> dict[tuple[dt.date, str], dict[str, Asked]]:
    query = sql_file("governance/register/control_states.sql", requires=(), as_of=day, before=before)
    found: dict[tuple[dt.date, str], dict[str, Asked]] = {}
    for on, control, risk, metric, threshold, alert, mandatory, status, judged in warehouse.rows(query):
        asked = Asked(
            str(metric), str(threshold), cast("str | None", alert), bool(mandatory), ControlStatus(str(status)),
            cast("float | None", judged),
        )  # fmt: skip
        found.setdefault((cast("dt.date", on), str(risk)), {})[str(control)] = asked
    return found
