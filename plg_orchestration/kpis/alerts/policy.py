"""The rules of alerts and where alerts are told, as configuration: the key `kpis.alerts` of a workspace.

The packaged rules are in `config/defaults/kpis.yaml`; what a rule finds is decided in `judging.py`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.kpis.alerts.figures import FIGURES, Figure
from plg_orchestration.kpis.alerts.telling.policy import Telling
from plg_orchestration.kpis.model import Period
from plg_orchestration.kpis.registry import KPIS

Kind = Literal["level", "change", "anomaly"]
Severity = Literal["info", "warn", "high"]
Segment = Literal["all", "smb", "mid_market", "enterprise"]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Percent = Annotated[float, Field(gt=0, le=1000)]
LIMITS: Mapping[Kind, tuple[str, ...]] = {"level": ("below", "above"), "change": ("falls_by", "rises_by"), "anomaly": ()}
JUDGED: Mapping[str, Figure] = {**{kpi.name: Figure.of(kpi) for kpi in KPIS}, **FIGURES}
"""Everything that a rule may be about: the computed KPIs, and figures that other stages publish."""
LAGGING = tuple(kpi.name for kpi in KPIS if kpi.kind == "lagging")
RULES = pa.schema([
    ("rule", pa.string()), ("kind", pa.string()), ("kpi", pa.string()), ("segment", pa.string()), ("period", pa.string()),
    ("severity", pa.string()), ("owner", pa.string()), ("lagging_kpi", pa.string()),
])  # fmt: skip


class AlertRule(Section):
    """One rule: about which KPI, when it speaks, how severe that is, whom it concerns, and what it puts at stake.

    A rule of kind `level` has a limit, `below` or `above` which a value is alarming (a number in the KPI's unit, or `target`:
    that of the segment); `change` speaks when the value `falls_by` or `rises_by` so many percent of the period before; `anomaly`
    when it is unusual for the KPI's own past, in the bad direction or `both`. `lagging_kpi` is the metric that follows later.
    """

    kind: Kind
    kpi: str
    period: Period
    segments: Annotated[tuple[Segment, ...], Field(min_length=1)] = ("all",)
    below: float | Literal["target"] | None = None
    above: float | Literal["target"] | None = None
    falls_by: Percent | None = None
    rises_by: Percent | None = None
    direction: Literal["worse", "both"] = "worse"
    severity: Severity
    owner: Text
    lagging_kpi: str
    enabled: bool = True

    @field_validator("kpi")
    @classmethod
    def _computed(cls, name: str) -> str:
        if name not in JUDGED:
            raise ValueError(f"unknown KPI {name!r}; {choose(name, JUDGED, what='KPIs')}")
        return name

    @field_validator("period")
    @classmethod
    def _of_kpi(cls, period: Period, info: ValidationInfo) -> Period:
        kpi = info.data.get("kpi")
        if kpi is not None and period not in JUDGED[kpi].periods:
            known = ", ".join(JUDGED[kpi].periods)
            raise ValueError(f"{kpi} is not computed for a {period}; write one of: {known}")
        return period

    @field_validator("segments")
    @classmethod
    def _known(cls, segments: tuple[Segment, ...], info: ValidationInfo) -> tuple[Segment, ...]:
        kpi = info.data.get("kpi")
        if kpi is not None and not JUDGED[kpi].segmented and segments != ("all",):
            raise ValueError(f"{kpi} is not known by segment; write segments: [all]")
        if len(set(segments)) < len(segments):
            raise ValueError(f"segments {list(segments)} name one twice; write each once")
        return segments

    @field_validator("lagging_kpi")
    @classmethod
    def _lagging(cls, name: str) -> str:
        if name not in LAGGING:
            raise ValueError(f"{name!r} is no lagging KPI; {choose(name, LAGGING, what='lagging KPIs')}")
        return name

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        wanted, given = LIMITS[self.kind], [name for name in sum(LIMITS.values(), ()) if getattr(self, name) is not None]
        if wrong := sorted(set(given) - set(wanted)):
            remedy = f"write {' or '.join(wanted)}" if wanted else "remove it"
            raise ValueError(f"a rule of kind {self.kind} has no {wrong[0]!r}; {remedy}")
        if wanted and len(given) != 1:
            raise ValueError(f"a rule of kind {self.kind} needs one limit; write {' or '.join(wanted)}")
        if self.direction == "both" and self.kind != "anomaly":
            raise ValueError(f"a rule of kind {self.kind} has one direction, that of its limit; remove direction: both")
        return self

    @property
    def figure(self) -> Figure:
        """What the rule is about."""
        return JUDGED[self.kpi]


class AlertPolicy(Section):
    """The key `kpis.alerts`: rules by name, how often chance alone may raise one, and where alerts are told.

    In a week in which nothing happens, the rules together raise an alert with a probability of `false_alarms_per_week`, shared
    evenly by all values that they judge in a week. What is over stays listed for `resolved_days`. A value older than
    `stale_periods` periods after it could be known is not judged.
    """

    rules: Mapping[Name, AlertRule] = Field(default_factory=dict[str, AlertRule])
    false_alarms_per_week: Annotated[float, Field(gt=0, le=1)] = 0.02
    resolved_days: Annotated[int, Field(ge=1)] = 7
    stale_periods: Annotated[int, Field(ge=1)] = 2
    deliver: Telling = Telling()

    @property
    def live(self) -> dict[str, AlertRule]:
        """The rules that are enabled, by name, in the order of the file."""
        return {name: rule for name, rule in self.rules.items() if rule.enabled}

    def rule_table(self) -> pa.Table:
        """`config.alert_rules`: a row per rule that is enabled and segment."""
        rows = [
            {
                "rule": name, "kind": rule.kind, "kpi": rule.kpi, "segment": segment, "period": rule.period,
                "severity": rule.severity, "owner": rule.owner, "lagging_kpi": rule.lagging_kpi,
            }
            for name, rule in self.live.items() for segment in rule.segments
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=RULES)
