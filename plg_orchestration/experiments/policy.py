"""The registry of experiments as configuration: hypothesis, unit, arms with their split, plan, dates, owner and stage.

Loading refuses an experiment that could not be read out. Exposures and retention are SQL; the formulas of power are in
`power.py`, the rules of read-outs and rollouts in `rules.py`.
"""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, cast

import pyarrow as pa
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.experiments.power import Kind, MdeKind, required_sample_size
from plg_orchestration.experiments.rules import STAGES, ReadOutPolicy, RolloutPolicy, SegmentName, Stage
from plg_orchestration.kpis.registry import known_names

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_\-]*$")]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
ROLLOUT_METRICS = frozenset({"retention", "error_rate", "feedback"})
"""Metrics of the rollback criteria, which are no KPIs of their own."""

SCHEMA = pa.schema([
    ("experiment", pa.string()), ("unit", pa.string()), ("arm", pa.string()), ("split", pa.float64()),
    ("control", pa.bool_()), ("starts", pa.date32()), ("ends", pa.date32()),
])  # fmt: skip


def _known(name: str) -> str:
    known = known_names() | ROLLOUT_METRICS
    if name not in known:
        raise ValueError(f"unknown metric {name!r}; {choose(name, known, what='metrics')}")
    return name


Metric = Annotated[str, AfterValidator(_known)]


class Plan(Section):
    """What was planned before the first exposure: baseline, smallest effect worth finding, and units of the smallest arm.

    `mde` is signed, absolute or as a share of the baseline. For a mean `standard_deviation` is that of its units. Where accounts
    are assigned and users counted, `cluster_size` is the mean number of users in an account, `cluster_variation` its
    coefficient of variation, and `intraclass_correlation` how alike users of an account are. `units_per_day`: units of all arms
    that enter a day.
    """

    kind: Kind = "rate"
    baseline: float
    mde: float
    mde_kind: MdeKind
    standard_deviation: float | None = None
    sample_size: Annotated[int, Field(gt=0)]
    alpha: Share = 0.05
    power: Share = 0.80
    cluster_size: float = 1.0
    cluster_variation: float = 0.0
    intraclass_correlation: float = 0.0
    units_per_day: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def computable(self) -> Self:
        """Every number is of a kind that a required size follows from."""
        self.needed({"control": 1.0, "other": 1.0}, "control")
        return self

    def needed(self, arms: Mapping[str, float], control: str) -> int:
        """Units that the smallest arm needs, so that each arm is found to differ from control by the planned effect."""
        weights = {arm: weight for arm, weight in arms.items() if weight > 0}
        least, of_control = min(weights.values()), weights[control]
        sizes = [
            required_sample_size(
                baseline=self.baseline, mde=self.mde, mde_kind=self.mde_kind, kind=self.kind, alpha=self.alpha, power=self.power,
                standard_deviation=self.standard_deviation, ratio=weight / of_control, cluster_size=self.cluster_size,
                cluster_variation=self.cluster_variation, intraclass_correlation=self.intraclass_correlation,
            )
            for arm, weight in weights.items() if arm != control
        ]  # fmt: skip
        return math.ceil(max(size.exact * size.design_effect for size in sizes) * least / of_control - 1e-6)


class StageStart(Section):
    """A stage of a rollout that was entered: percent of the traffic (0 where it was rolled back), and its first day."""

    traffic: Literal[0, 10, 25, 50, 100]
    since: dt.date


class Experiment(Section):
    """One registered experiment.

    `hypothesis` is what is to be shown, `null_hypothesis` what holds otherwise. `arms` maps each arm to its weight in the
    planned split (any positive scale; 0 for an arm that is switched off); `control` names the arm that the others are compared
    with; `metric` is the primary metric and `guardrails` maps metrics to the loss that is still borne, both by the names of
    KPIs or of rollback criteria; `strata` are the segments that it is read out by; `ends` is the last day of exposure, absent
    while open. `plan` is the registered plan, and `rollout` lists the stages entered so far.
    """

    name: Name
    hypothesis: Text
    null_hypothesis: Text = "no difference"
    unit: Literal["user", "account"] = "user"
    arms: dict[Text, Annotated[float, Field(ge=0)]]
    control: Text
    metric: Metric
    guardrails: Mapping[Metric, Annotated[float, Field(gt=0)]] = Field(default_factory=dict[str, float])
    strata: tuple[SegmentName, ...] = ()
    starts: dt.date
    ends: dt.date | None = None
    plan: Plan | None = None
    owner: Text
    stage: Stage = 100
    rollout: tuple[StageStart, ...] = ()

    @field_validator("plan")
    @classmethod
    def powered(cls, plan: Plan | None, info: ValidationInfo) -> Plan | None:
        """The planned units find the planned effect, and the traffic brings them by the end."""
        arms = cast("dict[str, float]", info.data.get("arms", {}))
        control = str(info.data.get("control", ""))
        weights = [weight for weight in arms.values() if weight > 0]
        if plan is None or len(weights) < 2 or not arms.get(control):
            return plan
        needed = plan.needed(arms, control)
        if plan.sample_size < needed:
            raise ValueError(
                f"{plan.sample_size:,} units in the smallest arm are too few: {plan.mde:+g} ({plan.mde_kind}) from "
                f"{plan.baseline:g} needs {needed:,} at alpha {plan.alpha:g} and power {plan.power:g}; "
                f"plan {needed:,}, or a larger effect"
            )
        starts, ends = cast("dt.date | None", info.data.get("starts")), cast("dt.date | None", info.data.get("ends"))
        if plan.units_per_day is not None and starts is not None and ends is not None and ends >= starts:
            days, share = (ends - starts).days + 1, min(weights) / sum(weights)
            expected = math.floor(plan.units_per_day * days * share)
            if expected < plan.sample_size:
                enough = math.ceil(plan.sample_size / (plan.units_per_day * share))
                raise ValueError(
                    f"{plan.units_per_day:g} units a day bring {expected:,} into the smallest arm in {days} days, and "
                    f"{plan.sample_size:,} are planned; run {enough} days, or plan a larger effect"
                )
        return plan

    @field_validator("rollout")
    @classmethod
    def stage_by_stage(cls, stages: tuple[StageStart, ...], info: ValidationInfo) -> tuple[StageStart, ...]:
        """From 10 % upward without a leap, days rising; a rollback goes to 0 and begins anew. It rests on a plan."""
        if stages and info.data.get("plan", True) is None:
            raise ValueError("a rollout without a registered plan; add `plan:` with baseline, mde, mde_kind and sample_size")
        before, since = 0, None
        for entry in stages:
            following = next((stage for stage in STAGES if stage > before), 0)
            if entry.traffic not in (following, 0) or entry.traffic == before:
                leap = f"{before} % is followed by {entry.traffic} %"
                raise ValueError(f"the rollout skips a stage: {leap}; the next one is {following} %, or 0 after a rollback")
            if since is not None and entry.since <= since:
                raise ValueError(f"{entry.traffic} % since {entry.since} is not after {since}; list the stages by day")
            before, since = entry.traffic, entry.since
        return stages

    @model_validator(mode="after")
    def comparable(self) -> Self:
        """At least two arms have weight, the control is one of them, and the end does not come first."""
        weighted = sorted(arm for arm, split in self.arms.items() if split > 0)
        if len(weighted) < 2:
            raise ValueError(f"experiment {self.name}: {len(weighted)} arm has weight; give at least two arms a positive split")
        if self.control not in weighted:
            raise ValueError(f"experiment {self.name}: control {self.control!r} is none of its arms {', '.join(weighted)}")
        if self.ends is not None and self.ends < self.starts:
            raise ValueError(f"experiment {self.name}: ends {self.ends} before it starts {self.starts}; correct the dates")
        if self.rollout and self.rollout[-1].traffic not in (0, self.stage):
            stands = f"stage {self.stage}, but its rollout stands at {self.rollout[-1].traffic} %"
            raise ValueError(f"experiment {self.name}: {stands}; make them agree")
        return self

    def running(self, day: dt.date) -> bool:
        """Whether units are being exposed on `day`, by plan."""
        return self.starts <= day and (self.ends is None or day <= self.ends)


class ExperimentPolicy(Section):
    """All registered experiments; names are unique. A bare list is taken for the list of experiments."""

    experiments: tuple[Experiment, ...] = ()
    read_out: ReadOutPolicy = ReadOutPolicy()
    rollout: RolloutPolicy = RolloutPolicy()

    @model_validator(mode="before")
    @classmethod
    def listed(cls, value: object) -> object:
        """`experiments: [...]` may be written without the inner key."""
        return {"experiments": cast("list[Any]", value)} if isinstance(value, list) else value

    @field_validator("experiments")
    @classmethod
    def named_once(cls, value: tuple[Experiment, ...]) -> tuple[Experiment, ...]:
        """No two experiments share a name."""
        names = [experiment.name for experiment in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"experiment {name} is registered twice; give each its own name")
        return value

    def config_tables(self) -> dict[str, pa.Table]:
        """`config.experiments(experiment, unit, arm, split, control, starts, ends)`: one row per arm."""
        rows = [
            {
                "experiment": e.name, "unit": e.unit, "arm": arm, "split": float(split), "control": arm == e.control,
                "starts": e.starts, "ends": e.ends,
            }
            for e in sorted(self.experiments, key=lambda e: e.name) for arm, split in sorted(e.arms.items())
        ]  # fmt: skip
        return {"experiments": pa.Table.from_pylist(rows, schema=SCHEMA)}
