"""What each rule finds on a night: quiet, a breach that chance does not explain, one that it may, or nothing that can be judged.

Pure functions of rules and series; what becomes of a finding from night to night is in `lifecycle.py`.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from plg_orchestration.kpis.alerts.policy import JUDGED, AlertPolicy, AlertRule, Kind
from plg_orchestration.kpis.alerts.series import Key, Point, Series, counted, named, shifted, shown
from plg_orchestration.kpis.alerts.statistics import Dispersion, pooled
from plg_orchestration.kpis.alerts.surprise import Surprise, against_limit, against_past, against_previous, scatter
from plg_orchestration.kpis.model import Period

WITHIN_INTERVAL = 0.025
"""A breach whose chance is greater lies within the 95 % sampling interval."""
WEEKS_OF_YEAR = 365.25 / 7
PER_WEEK: Mapping[Period, float] = {"day": 7.0, "week": 1.0, "month": 12 / WEEKS_OF_YEAR, "quarter": 4 / WEEKS_OF_YEAR}
"""How many values of a period come up in a week."""
Verdict = Literal["quiet", "breach", "not_judged"]
Targets = Mapping[Key, float]


@dataclass(frozen=True)
class Finding:
    """What one rule says of one segment on a night.

    `chance` is the probability of a value so far out when nothing is amiss, `chance_limit` the one under which an alert opens.
    `comparable` is false when the definition changed among the values that were compared. `since` is the start of the first
    period of the unbroken breach.
    """

    rule: str
    kind: Kind
    kpi: str
    segment: str
    period: Period
    verdict: Verdict
    chance_limit: float
    period_start: dt.date | None = None
    value: float | None = None
    threshold: float | None = None
    previous: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    n: int = 0
    chance: float | None = None
    comparable: bool = True
    since: dt.date | None = None
    definition_hash: str | None = None
    evidence: str = ""
    reason: str | None = None

    @property
    def beyond_chance(self) -> bool:
        """Whether chance does not explain the breach, all rules of a week considered."""
        return self.verdict == "breach" and self.chance is not None and self.chance <= self.chance_limit


def chance_limit(policy: AlertPolicy) -> float:
    """The chance under which a single value opens an alert: each value that is judged in a week has an equal share of
    `false_alarms_per_week` (Bonferroni), so that no alert depends on what other rules find.
    """
    judged = sum(map(values_a_week, policy.live.values()))
    return policy.false_alarms_per_week / judged if judged else policy.false_alarms_per_week


def values_a_week(rule: AlertRule) -> float:
    """How many values the rule judges in a week; those of one rolling window count as one."""
    return len(rule.segments) * (1.0 if rule.figure.rolling else PER_WEEK[rule.period])


def judge(policy: AlertPolicy, series: Mapping[Key, Series], *, targets: Targets, as_of: dt.date) -> list[Finding]:
    """A finding for each rule that is enabled and segment, in the order of the file."""
    limit, priors = chance_limit(policy), priors_of(policy, series)
    found: list[Finding] = []
    for name, rule in policy.live.items():
        for segment in rule.segments:
            key = (rule.kpi, rule.period, segment)
            line = series.get(key) or Series(JUDGED[rule.kpi], rule.period, segment)
            rest = Finding(name, rule.kind, rule.kpi, segment, rule.period, "not_judged", limit)
            found.append(_judged(rule, line, rest, targets.get(key), priors[rule.kpi, rule.period], as_of, policy.stale_periods))
    return found


def priors_of(policy: AlertPolicy, series: Mapping[Key, Series]) -> dict[tuple[str, Period], Dispersion]:
    """For each KPI and period the over-dispersion that its segments show together, or all of them as one where there are none."""
    wanted: set[tuple[str, Period]] = {(rule.kpi, rule.period) for rule in policy.live.values()}
    divided = {key[:2] for key, line in series.items() if key[2] != "all" and len(line.ripe) > 1}
    return {
        pair: pooled([
            scatter(line.figure, line.period, line.ripe[:-1])
            for key, line in sorted(series.items()) if key[:2] == pair and (key[2] != "all") == (pair in divided)
        ])
        for pair in wanted
    }  # fmt: skip


def _judged(
    rule: AlertRule, line: Series, rest: Finding, target: float | None, prior: Dispersion, as_of: dt.date, stale: int
) -> Finding:
    if not line.ripe:
        return replace(rest, reason=_nothing(line))
    point, past = line.ripe[-1], line.ripe[:-1]
    rest = replace(
        rest, period_start=point.start, value=point.value, n=point.n, since=point.start, definition_hash=point.definition_hash
    )
    due = shifted(point.start, line.period, 2 + stale) + dt.timedelta(days=line.figure.matures_days)
    if due <= as_of:
        return replace(rest, reason=f"the newest value that could be judged is of {named(point.start, line.period)}")
    alike = tuple(one for one in past if one.definition_hash == point.definition_hash)
    work = {"level": _level, "change": _change, "anomaly": _anomaly}[rule.kind]
    return work(_Case(rule, line, point, past, alike, target, prior), rest)


@dataclass(frozen=True)
class _Case:
    """A rule before the point that it judges, what came before it, and of that what has the same definition."""

    rule: AlertRule
    line: Series
    point: Point
    past: tuple[Point, ...]
    alike: tuple[Point, ...]
    target: float | None
    prior: Dispersion

    def says(self, point: Point) -> str:
        """The value in a sentence."""
        return f"{shown(point.value, self.line.figure.unit)}{counted(point)} in {named(point.start, self.line.period)}"

    @property
    def whom(self) -> str:
        """The KPI and the segment in words."""
        named_kpi = self.rule.kpi.replace("_", " ")
        return named_kpi if self.line.segment == "all" else f"{named_kpi} of {self.line.segment.replace('_', '-')}"


def _level(case: _Case, rest: Finding) -> Finding:
    upper = case.rule.above is not None
    given = case.rule.above if upper else case.rule.below
    threshold = case.target if given == "target" else float(str(given))
    if threshold is None:
        return replace(rest, reason=f"there is no target of {case.rule.kpi} for {case.line.segment} and a {case.line.period}")

    def beyond(point: Point) -> bool:
        return point.value is not None and (point.value > threshold if upper else point.value < threshold)

    unit = case.line.figure.unit
    side = "above" if upper else "below"
    rest = replace(rest, threshold=threshold, expected_low=case.point.ci_low, expected_high=case.point.ci_high)
    if not beyond(case.point):
        said = f"{case.whom} is {case.says(case.point)}, not {side} {shown(threshold, unit)}"
        return replace(rest, verdict="quiet", evidence=said)
    made = against_limit(case.line, case.point, case.alike, threshold, upper=upper, prior=case.prior)
    since = _since(case, beyond)
    said = f"{case.whom} is {case.says(case.point)}, {side} {shown(threshold, unit)}{' (target)' if given == 'target' else ''}"
    if since != case.point.start:
        said += f", since {named(since, case.line.period)}"
    return replace(_breach(rest, made, said), since=since, expected_low=rest.expected_low, expected_high=rest.expected_high)


def _change(case: _Case, rest: Finding) -> Finding:
    before = next((one for one in case.past if one.start == shifted(case.point.start, case.line.period, -1)), None)
    if before is None or before.value is None:
        return replace(rest, reason=f"there is no value of the {case.line.period} before {case.point.start}")
    if before.value == 0:
        return replace(
            rest, reason=f"the value of {named(before.start, case.line.period)} is 0: no change in percent can be told"
        )
    upper = case.rule.rises_by is not None
    percent = case.rule.rises_by if upper else case.rule.falls_by
    assert case.point.value is not None and percent is not None
    change = 100 * (case.point.value - before.value) / abs(before.value)
    rest = replace(
        rest, previous=before.value, threshold=before.value + (1 if upper else -1) * abs(before.value) * percent / 100,
        comparable=before.definition_hash == case.point.definition_hash,
    )  # fmt: skip
    said = f"{case.whom} is {case.says(case.point)} after {case.says(before)}: {change:+.0f} %"
    if (change if upper else -change) < percent:
        return replace(rest, verdict="quiet", evidence=said)
    return _breach(rest, against_previous(case.line, case.point, before, case.alike, upper=upper, prior=case.prior), said)


def _anomaly(case: _Case, rest: Finding) -> Finding:
    upper = None if case.rule.direction == "both" else case.line.figure.better == "lower"
    made = against_past(case.line, case.point, case.alike, upper=upper, prior=case.prior)
    comparable = made.chance is not None or len(case.alike) == len(case.past)
    if not comparable:
        made = against_past(case.line, case.point, case.past, upper=upper, prior=case.prior)
    rest = replace(rest, previous=case.past[-1].value if case.past else None, comparable=comparable)
    if made.chance is None:
        return replace(rest, reason=made.reason, comparable=True)
    unit = case.line.figure.unit
    like = f"{case.point.start:%A}s" if case.line.period == "day" else f"{case.line.period}s"
    said = f"{case.whom} is {case.says(case.point)}; its earlier {like} led to expect"
    said += f" {shown(made.low, unit)} to {shown(made.high, unit)}"
    if made.chance > (2 if upper is None else 1) * WITHIN_INTERVAL:
        return replace(rest, verdict="quiet", expected_low=made.low, expected_high=made.high, chance=made.chance, evidence=said)
    return _breach(rest, made, said)


def _breach(rest: Finding, made: Surprise, said: str) -> Finding:
    """The breach, and why it does not open an alert, where it does not."""
    reason = None
    if made.chance is None:
        reason = f"how much it varies by itself is not known: {made.reason}"
    elif made.chance > WITHIN_INTERVAL:
        reason = f"it lies within the sampling interval: by chance alone {_odds(made.chance)} such values would be so far out"
    elif made.chance > rest.chance_limit:
        reason = (
            f"by chance alone {_odds(made.chance)} such values would be so far out; as many are judged, an alert is opened "
            f"only at {_odds(rest.chance_limit)}"
        )
    return replace(
        rest, verdict="breach", chance=made.chance, expected_low=made.low, expected_high=made.high, evidence=said, reason=reason
    )


def _odds(chance: float) -> str:
    return f"1 in {max(2, round(1 / chance)):,}"


def _since(case: _Case, beyond: Callable[[Point], bool]) -> dt.date:
    """The start of the first of the unbroken periods up to the point that are beyond the limit, under the same definition."""
    since = case.point.start
    for earlier in reversed(case.alike):
        if earlier.start != shifted(since, case.line.period, -1) or not beyond(earlier):
            break
        since = earlier.start
    return since


def _nothing(line: Series) -> str:
    """Why no point of the series can be judged."""
    if not line.points:
        return "no data: nothing is known of any period"
    newest: Sequence[Point] = line.points[-1:]
    return next((one.reason for one in newest if one.reason), "no data: no period has a value whose windows are all over")
