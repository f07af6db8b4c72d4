"""The read-out of an experiment from plain tables: split, differences with intervals, corrections, segments, and a decision.

Estimates are in `estimates.py`, the order in which rules apply in `decisions.py`, staged traffic in `rollouts.py`.
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.frames import Frame, checked_timezone
from plg_orchestration.experiments.decisions import Action, Contrast, Decision, Progress, decide, overall
from plg_orchestration.experiments.estimates import Difference, Flags, difference
from plg_orchestration.experiments.revenue import RevenueImpact, Stake, revenue_impact
from plg_orchestration.experiments.rules import ReadOutPolicy
from plg_orchestration.experiments.samples import Measure, Sample, sample
from plg_orchestration.experiments.sequential import always_valid_halfwidth, always_valid_p
from plg_orchestration.experiments.split import Split, sample_ratio

COLUMNS = tuple(field.name for field in dataclasses.fields(Contrast))
DAY = dt.timedelta(days=1)
UNKNOWN = "unknown"
"""The segment of units whose segment is not known."""


@dataclass(frozen=True)
class ReadOut:
    """What an experiment says on a day.

    `contrasts` has a row per treatment arm and metric, `segments` one per arm and segment of the primary metric (exploratory:
    nothing is decided by them), both with the fields of `Contrast` as columns; both are empty after a sample ratio mismatch.
    `decisions` has one entry per treatment arm, `decision` is that on the experiment. `revenue` is by arm, where a stake was
    given.
    """

    decision: Decision
    decisions: tuple[Decision, ...]
    split: Split
    progress: Progress
    contrasts: pd.DataFrame
    segments: pd.DataFrame
    revenue: Mapping[str, RevenueImpact]

    @property
    def verdict(self) -> Action:
        """Ship, hold or roll back."""
        return self.decision.action

    @property
    def reason(self) -> str:
        """Why."""
        return self.decision.reason


def read_out(
    exposures: Frame,
    outcomes: Frame,
    *,
    arms: Mapping[str, float],
    control: str,
    measures: Sequence[Measure],
    as_of: dt.date,
    timezone: str = "UTC",
    starts: dt.date | None = None,
    planned_units: int | None = None,
    cluster: str | None = None,
    segments: Sequence[str] = (),
    stake: Stake | None = None,
    policy: ReadOutPolicy | None = None,
) -> ReadOut:
    """Read an experiment as known at the end of `as_of` in `timezone`.

    `exposures` has unit_id, arm and exposed_at (timestamps, naive ones in UTC); a unit's first exposure is its anchor, and a unit
    that saw several arms is left out and counted. `outcomes` has one row per unit: unit_id, the columns of `measures` (one of
    them primary; missing where not known, and a unit without a row is missing, never 0), their pre-period covariates, the
    `cluster` (account) and the `segments`, which must have been known before the exposure. `arms` maps arms to planned weights;
    `planned_units` are those of the smallest arm; the experiment's first day is `starts`, else that of the first exposure.

    A sample ratio mismatch stops the read-out. Differences are treatment minus control with 95 % intervals (1 - alpha), clustered
    where `cluster` is given, and with always-valid ones. Treatment arms of the primary metric are corrected by Holm, secondary
    metrics as the policy says, segments by Benjamini and Hochberg; guardrails are not, since all of them must hold.
    ValueError names the argument, table or column that is wrong.
    """
    rules = policy or ReadOutPolicy()
    _check(arms, control, measures, planned_units)
    clock = AsOf(as_of, checked_timezone(timezone))
    found = sample(
        exposures, outcomes, weights=arms, cut=clock.cut, measures=measures, cluster=cluster, segments=segments
    )  # fmt: skip
    split = sample_ratio(
        found.units(), arms, alarm=rules.split_alarm, several_arms=found.several_arms, other_arms=found.other_arms
    )  # fmt: skip
    treated = [arm for arm in sorted(split.units) if arm != control]
    day = _day(found, clock, starts)
    look = _look(found, arms, planned_units, measures, clock, day, rules)
    if split.alarm:
        contrasts: list[Contrast] = []
        in_segments: list[Contrast] = []
    else:
        contrasts = _corrected(
            [_looked(found, arm, control, one, look.end, rules) for arm in treated for one in measures], rules
        )  # fmt: skip
        in_segments = _corrected_segments(list(_segments(found, treated, control, measures, segments, rules)))
    decisions = tuple(
        decide(arm, [c for c in contrasts if c.arm == arm], split, _progress(arm, control, arms, planned_units, day, look), rules)
        for arm in treated
    )
    return ReadOut(
        overall(decisions, contrasts), decisions, split, _progress(treated[0], control, arms, planned_units, day, look),
        _frame(contrasts), _frame(in_segments), dict(_revenue(contrasts, stake, rules)) if stake else {},
    )  # fmt: skip


def _check(arms: Mapping[str, float], control: str, measures: Sequence[Measure], planned: int | None) -> None:
    weighted = [arm for arm, weight in arms.items() if weight > 0]
    if control not in weighted:
        raise ValueError(f"control: {control!r} is none of the arms with weight ({', '.join(weighted) or 'none'})")
    if any(not (math.isfinite(weight) and weight >= 0) for weight in arms.values()):
        raise ValueError(f"arms: {dict(arms)} has a weight that is negative or no number")
    names = [measure.name for measure in measures]
    primary = [measure.name for measure in measures if measure.role == "primary"]
    if len(primary) != 1:
        raise ValueError(f"measures: {len(primary)} of them are primary ({', '.join(primary) or 'none'}); declare exactly one")
    if len(set(names)) < len(names):
        raise ValueError(f"measures: a name of {', '.join(names)} stands there twice; give each its own")
    for measure in measures:
        if (measure.role == "guardrail") != (measure.margin is not None) or (measure.margin or 1.0) <= 0:
            raise ValueError(
                f"measures: {measure.name} ({measure.role}) has the margin {measure.margin}; a guardrail needs a positive one, "
                "and nothing else has one"
            )
    if planned is not None and planned < 1:
        raise ValueError(f"planned_units: {planned} is no number of units; leave it out where nothing was planned")


def _day(found: Sample, clock: AsOf, starts: dt.date | None) -> int:
    """The experiment's day, 1 on the first; 0 before it, or without any exposure."""
    if starts is not None:
        return max((clock.date - starts).days + 1, 0)
    if found.rows.empty:
        return 0
    first = found.rows["exposed_at"].min().to_pydatetime().replace(tzinfo=dt.UTC)
    return (clock.date - first.astimezone(ZoneInfo(clock.timezone)).date()).days + 1


@dataclass(frozen=True)
class _Look:
    """The one planned look: it takes in exposures before `end` (None: all there are), and waits for their outcomes."""

    end: dt.datetime | None = None
    waits_until: dt.date | None = None


def _look(
    found: Sample, arms: Mapping[str, float], planned: int | None, measures: Sequence[Measure], clock: AsOf, day: int,
    rules: ReadOutPolicy,
) -> _Look:  # fmt: skip
    """When every arm has its planned units with a known outcome, and `min_days` are over: later units change nothing anymore."""
    if planned is None or rules.judged_by == "sequential":
        return _Look()
    primary = next(measure for measure in measures if measure.role == "primary")
    known = found.mature(primary) & ~np.isnan(found.column(primary.source))
    filled: list[dt.datetime] = []
    for arm in (arm for arm, weight in arms.items() if weight > 0):
        times = found.rows.loc[known & found.arm(arm), "exposed_at"].sort_values()
        needed = _planned(arm, arms, planned)
        if len(times) < needed:
            return _Look()
        filled.append(times.iloc[needed - 1].to_pydatetime() + dt.timedelta(microseconds=1))
    least = clock.minus(day - rules.min_days).cut if day >= rules.min_days else clock.cut
    end = max(*filled, least)
    mature = end + max(measure.matures_after for measure in measures)
    return _Look(end, None if mature <= clock.cut else clock.date + dt.timedelta(days=-((clock.cut - mature) // DAY)))


def _planned(arm: str, arms: Mapping[str, float], planned: int) -> int:
    """The arm's planned units, when the smallest arm has `planned`."""
    return math.ceil(planned * arms[arm] / min(weight for weight in arms.values() if weight > 0) - 1e-6)


def _progress(
    arm: str, control: str, arms: Mapping[str, float], planned: int | None, day: int, look: _Look
) -> Progress:  # fmt: skip
    if planned is None:
        return Progress(day, None, None)
    return Progress(day, _planned(arm, arms, planned), _planned(control, arms, planned), look.waits_until)


# -- one contrast -----------------------------------------------------------------------------------------------------


def _contrast(
    found: Sample, arm: str, control: str, measure: Measure, within: Flags, rules: ReadOutPolicy,
    segment: tuple[str, str] = ("", ""),
) -> Contrast:  # fmt: skip
    both = (found.arm(arm) | found.arm(control)) & within
    mature = both & found.mature(measure)
    outcome = found.column(measure.source)
    known = mature & ~np.isnan(outcome)
    treated = found.arm(arm)
    n, n_control = int((known & treated).sum()), int((known & ~treated).sum())
    missing = int(mature.sum()) - n - n_control
    head = Contrast(
        arm, measure.name, measure.role, measure.better, measure.margin, *segment, n, n_control,
        int(both.sum() - mature.sum()), missing, _missing_p(known[mature], treated[mature]) if missing else None,
    )  # fmt: skip
    lacking = _lacking(found, measure, known, treated, rules)
    if lacking:
        return replace(head, lacking=lacking)
    clusters = None if found.clusters is None else pd.factorize(found.clusters[known])[0].astype(np.int64)
    covariate = found.column(measure.covariate)[known] if measure.covariate else None
    made = difference(outcome[known], treated[known], kind=measure.kind, covariate=covariate, clusters=clusters)
    if not made.error > 0:
        return replace(head, value=made.value, value_control=made.value_control, lacking="the outcome does not vary")
    return _filled(head, made, rules)


def _looked(
    found: Sample, arm: str, control: str, measure: Measure, end: dt.datetime | None, rules: ReadOutPolicy
) -> Contrast:  # fmt: skip
    """The contrast of the planned look, with the always-valid interval of everybody so far."""
    everybody = np.ones(len(found.rows), dtype=np.bool_)
    now = _contrast(found, arm, control, measure, everybody, rules)
    within = (found.rows["exposed_at"] < end).to_numpy() if end is not None else everybody
    if within.all():
        return now
    planned = _contrast(found, arm, control, measure, within, rules)
    return replace(
        planned, always_valid_low=now.always_valid_low, always_valid_high=now.always_valid_high, always_valid_p=now.always_valid_p
    )  # fmt: skip


def _filled(head: Contrast, made: Difference, rules: ReadOutPolicy) -> Contrast:
    level = 1 - rules.alpha
    low, high = made.interval(level)
    relative_low, relative_high = made.relative_interval(level)
    half = float(always_valid_halfwidth(made.error, made.independent, alpha=rules.alpha, tuned_for=rules.tuned_for))
    always_p = float(
        always_valid_p(made.difference, made.error, made.independent, alpha=rules.alpha, tuned_for=rules.tuned_for)
    )  # fmt: skip
    return replace(
        head, value=made.value, value_control=made.value_control, difference=made.difference, error=made.error, ci_low=low,
        ci_high=high, p_value=made.p_value, always_valid_low=made.difference - half, always_valid_high=made.difference + half,
        always_valid_p=always_p, relative=_known(made.relative), relative_low=_known(relative_low),
        relative_high=_known(relative_high), theta=made.theta, correlation=made.correlation,
        variance_reduction=made.variance_reduction, p_adjusted=always_p if rules.judged_by == "sequential" else made.p_value,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _missing_p(known: Flags, treated: Flags) -> float | None:
    """Whether outcomes are missing in one arm more than in the other: the two-sample z of the shares."""
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        return None
    p_value = difference(known.astype(np.float64), treated, kind="rate").p_value
    return _known(p_value)


def _lacking(found: Sample, measure: Measure, known: Flags, treated: Flags, rules: ReadOutPolicy) -> str:
    """Why no contrast is formed; empty when one is."""
    for side in (known & treated, known & ~treated):
        units = int(side.sum())
        if units < rules.min_units:
            return f"{units} units with a mature outcome in an arm; {rules.min_units} are needed"
        if found.clusters is not None:
            clusters = len(np.unique(found.clusters[side]))
            if clusters < rules.min_clusters:
                return f"{clusters} clusters in an arm; {rules.min_clusters} are needed"
        if measure.kind == "rate":
            events = int(found.column(measure.source)[side].sum())
            if min(events, units - events) < rules.min_events:
                return f"{events} events of {units} in an arm; {rules.min_events} events and non-events are needed"
    return ""


# -- many of them -----------------------------------------------------------------------------------------------------


def _corrected(contrasts: Sequence[Contrast], rules: ReadOutPolicy) -> list[Contrast]:
    """Each family's judged p-values corrected: primary by Holm over arms, secondary by the policy, guardrails not at all."""
    made = _family(contrasts, [c.role == "primary" for c in contrasts], "holm")
    made = _family(made, [c.role == "secondary" for c in made], rules.correction)
    return [replace(c, correction="none") if c.role == "guardrail" else c for c in made]


def _corrected_segments(contrasts: Sequence[Contrast]) -> list[Contrast]:
    made = _family(contrasts, [True] * len(contrasts), "benjamini_hochberg")
    return [replace(c, correction=f"exploratory, {c.correction}" if c.correction else "exploratory") for c in made]


def _family(contrasts: Sequence[Contrast], members: Sequence[bool], correction: str) -> list[Contrast]:
    from plg_orchestration.pql.bias.multiplicity import benjamini_hochberg, holm

    places = [at for at, (c, member) in enumerate(zip(contrasts, members, strict=True)) if member and c.p_adjusted is not None]
    found = np.array([contrasts[at].p_adjusted for at in places], dtype=np.float64)
    adjusted = (holm if correction == "holm" else benjamini_hochberg)(found) if places else found
    made = list(contrasts)
    for at, p_value in zip(places, adjusted.tolist(), strict=True):
        made[at] = replace(made[at], p_adjusted=p_value, correction=correction)
    return made


def _segments(
    found: Sample, treated: Sequence[str], control: str, measures: Sequence[Measure], segments: Sequence[str],
    rules: ReadOutPolicy,
) -> Iterator[Contrast]:  # fmt: skip
    primary = next(measure for measure in measures if measure.role == "primary")
    for segment in segments:
        values = found.rows[segment].fillna(UNKNOWN).to_numpy(dtype=object)
        for value in sorted(set(values.tolist())):
            for arm in treated:
                yield _contrast(found, arm, control, primary, values == value, rules, (segment, str(value)))


def _frame(contrasts: Sequence[Contrast]) -> pd.DataFrame:
    return pd.DataFrame([dataclasses.asdict(contrast) for contrast in contrasts], columns=list(COLUMNS))


def _revenue(contrasts: Sequence[Contrast], stake: Stake, rules: ReadOutPolicy) -> Iterator[tuple[str, RevenueImpact]]:
    for contrast in contrasts:
        if contrast.role == "primary" and contrast.difference is not None and contrast.error is not None:
            yield contrast.arm, revenue_impact(
                lift=contrast.difference, lift_error=contrast.error, stake=stake, confidence=1 - rules.alpha
            )  # fmt: skip
