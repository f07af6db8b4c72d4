"""What the figures make of one condition on a KPI: value, baseline, target, share of the way, and the verdict.

Pure functions of readings; where readings come from is in `published.py`.
"""

import datetime as dt
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from plg_orchestration.governance.conditions import Condition
from plg_orchestration.governance.initiatives.policy import Aim

AimVerdict = Literal["met", "uncertain", "missed", "no_data"]
Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Reading:
    """A KPI's value in a period with its 95 % interval; a stated baseline has no period and no definition."""

    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    period_start: dt.date | None = None
    definition: str | None = None
    reason: str | None = None

    @property
    def error(self) -> float | None:
        """The standard error that the interval implies; None without an interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / (2 * Z)


@dataclass(frozen=True)
class Judged:
    """A condition judged: the figure compared with its interval, the target in the KPI's unit, and why."""

    verdict: AimVerdict
    reason: str
    figure: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    way: float | None = None


def judge_aim(aim: Aim, *, now: Reading | None, before: Reading | None, starts: dt.date | None, today: dt.date) -> Judged:
    """The condition on the day; without a value from after the start it is `no_data`, with the reason."""
    limit = aim.condition.limit
    base = before.value if before is not None else None
    target = limit if aim.compared == "level" else None if base is None else base * (1 + limit / 100)
    if lacking := _lacking(aim, now, before, starts, today):
        return Judged("no_data", lacking, target=target)
    assert now is not None and now.value is not None
    figure, low, high = now.value, now.low, now.high
    if aim.compared == "change":
        assert before is not None
        figure, low, high = change(now, before)
    way = None
    there = base is not None and aim.compared == "level" and aim.condition.holds(base)
    if base is not None and target is not None and target != base and not there and _same(now, before):
        way = (now.value - base) / (target - base)
    verdict = met(aim.condition, figure, low, high)
    return Judged(verdict, _said(aim, now, before, (figure, low, high), target), figure, low, high, target, way)


def met(condition: Condition, value: float, low: float | None, high: float | None) -> AimVerdict:
    """Met when the whole interval meets the condition, missed when none of it does; without an interval the value decides.

    >>> met(Condition(">", 30.0), 33.0, 28.0, 38.0)
    'uncertain'
    """
    ends = [condition.holds(end) for end in (low, high) if end is not None] or [condition.holds(value)]
    return "met" if all(ends) else "uncertain" if any(ends) else "missed"


def change(now: Reading, before: Reading) -> tuple[float, float | None, float | None]:
    """The change in percent of the baseline with its 95 % interval by the delta method, both periods being independent.

    A baseline that was stated has no error of its own. ValueError when a value is missing or the baseline is not positive.

    >>> change(Reading(12.0), Reading(10.0))
    (20.0, None, None)
    """
    if now.value is None or before.value is None or before.value <= 0:
        raise ValueError(f"change: from {before.value} to {now.value}; both are needed, and a baseline above zero")
    value = 100 * (now.value / before.value - 1)
    if now.error is None:
        return value, None, None
    spread = (now.error / before.value) ** 2 + (now.value * (before.error or 0.0) / before.value**2) ** 2
    reach = 100 * Z * spread**0.5
    return value, value - reach, value + reach


def _lacking(aim: Aim, now: Reading | None, before: Reading | None, starts: dt.date | None, today: dt.date) -> str | None:
    """Why the condition cannot be judged; None when it can."""
    said: str | None = None
    if aim.unavailable is not None:
        said = aim.unavailable
    elif starts is None or starts > today:
        said = "the initiative has not started"
    elif now is None:
        said = f"the night's snapshot has no {aim.read_by} of {aim.metric}"
    elif now.value is None:
        said = now.reason or f"{aim.metric} has no value"
    elif now.period_start is None or now.period_start < starts:
        said = f"no complete {aim.read_by} of {aim.metric} has begun since the start on {starts}"
    elif aim.compared == "change":
        said = _not_comparable(aim, now, before, starts)
    return said


def _not_comparable(aim: Aim, now: Reading, before: Reading | None, starts: dt.date) -> str | None:
    """Why no change in percent can be told, or reached; None when it can."""
    if before is None or before.value is None:
        return f"no {aim.read_by} of {aim.metric} is known from before the start on {starts}; state its `baseline`"
    if not _same(now, before):
        return f"the definition of {aim.metric} has changed since its baseline; state a `baseline` by the new one"
    if before.value <= 0:
        return f"the baseline is {before.value:g}, of which no percentage can be taken"
    limit, wanted = aim.condition.limit, before.value * (1 + aim.condition.limit / 100)
    if now.unit == "percent" and aim.upward and wanted > 100:
        return f"{limit:+g} % on {before.value:.4g} percent is {wanted:.4g}, more than there can be; correct the condition"
    return None


def _same(now: Reading, before: Reading | None) -> bool:
    """Whether both are by one definition; a stated baseline is taken for one of the same."""
    return before is not None and (before.definition is None or now.definition is None or now.definition == before.definition)


def _said(
    aim: Aim, now: Reading, before: Reading | None, found: tuple[float, float | None, float | None], target: float | None
) -> str:
    figure, low, high = found
    unit = f" {now.unit}" if now.unit and now.unit != "ratio" else ""
    text = f"{now.value:.4g}{unit} in the {aim.read_by} from {now.period_start}"
    if aim.compared == "change":
        text += f", {figure:+.3g} %"
    if low is not None and high is not None:
        text += f" (95 % {low:.4g} to {high:.4g})"
    if before is not None and before.value is not None:
        text += f", {before.value:.4g} before"
    wanted = "" if aim.compared == "level" or target is None else f", which is {target:.4g}{unit}"
    return f"{text}; the condition is {aim.when}{' %' if aim.compared == 'change' else ''}{wanted}"
