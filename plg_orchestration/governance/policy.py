"""The risk register as configuration: risks, the controls that execute on data, and the limits of abuse detection.

Loading refuses what could never work: an unknown metric, a control without an owner, an accepted risk without an expiry.
Evaluating controls is in `controls.py`; the metrics that a control may name are in `registry.py`.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Protocol, Self, cast

import pyarrow as pa
from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.governance.abuse.policy import AbusePolicy
from plg_orchestration.governance.actions.policy import ActionPolicy, Escalation, Severity, Text
from plg_orchestration.governance.audit_log.policy import AuditLogPolicy
from plg_orchestration.governance.conditions import Condition, contradict, parse_condition
from plg_orchestration.governance.initiatives.policy import Initiative, Roadmap, aim_table, experiment_faults
from plg_orchestration.governance.initiatives.policy import Name as InitiativeName
from plg_orchestration.governance.obligations.policy import Obligations, unknown_controls
from plg_orchestration.governance.privacy.policy import PrivacyPolicy
from plg_orchestration.governance.register.policy import LikelihoodPolicy, Targets
from plg_orchestration.governance.registry import metric_names
from plg_orchestration.governance.vendors.policy import VendorPolicy

Level = Literal["low", "medium", "high"]
LEVELS: dict[Level, int] = {"low": 1, "medium": 2, "high": 3}
ESCALATION_STEPS = pa.schema([("control_id", pa.string()), ("hours", pa.int32()), ("role", pa.string()), ("place", pa.int32())])
BANDS: dict[Level, str] = {"low": "<20%", "medium": "20-50%", "high": ">50%"}
"""Likelihood levels in words of probability, as the register's source bands them."""


def with_ids(value: object) -> object:
    """Entries as a mapping by id, each carrying its id; a list of entries with ids is accepted too, ids then being unique."""
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        ids = [entry.get("id") for entry in entries if isinstance(entry, dict)]
        repeated = sorted({str(i) for i in ids if ids.count(i) > 1})
        if repeated:
            raise ValueError(f"the id {repeated[0]} stands twice; give each entry its own")
        value = {str(entry.get("id")): entry for entry in entries if isinstance(entry, dict)}
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    return {key: {"id": key, **entry} if isinstance(entry, dict) else entry for key, entry in entries.items()}


class Acceptance(Section):
    """A person's acceptance of a risk: who, why, and until when; after `until` it counts no more."""

    by: Text
    rationale: Text
    until: dt.date


class Risk(Section):
    """One entry of the register; likelihood and impact are levels, `impact_range` the quantified loss."""

    id: Text
    title: Text
    description: Text
    category: Text
    priority: Level
    likelihood: Level
    impact: Level
    impact_range: Text
    owner: Text
    treatment: Literal["mitigate", "accept", "transfer", "avoid"] = "mitigate"
    key_controls: tuple[Text, ...] = ()
    escalation: Text
    review_every_days: int = Field(default=90, gt=0)
    source_rank: int | None = None
    acceptance: Acceptance | None = None

    @property
    def inherent_score(self) -> int:
        """Likelihood × impact, each 1 to 3, before any control."""
        return LEVELS[self.likelihood] * LEVELS[self.impact]

    @property
    def controlled_score(self) -> int:
        """The score when every mandatory control is effective: max(1, likelihood − 1) × impact."""
        return max(1, LEVELS[self.likelihood] - 1) * LEVELS[self.impact]

    @model_validator(mode="after")
    def accepted_until(self) -> Self:
        """An accepted risk names who accepted it and until when."""
        if self.treatment == "accept" and self.acceptance is None:
            raise ValueError(f"risk {self.id} is accepted without an expiry; add acceptance: {{by, rationale, until}}")
        return self


class Control(Section):
    """One control: the metric that tests it, when it passes, when it has failed, and whom that concerns.

    Between `passes_when` and `fails_when` the control is degraded; without `fails_when`, whatever does not pass has failed.
    """

    id: Text
    risk: Text
    question: Text
    metric: Text
    passes_when: str
    fails_when: str | None = None
    severity: Severity
    mandatory: bool = True
    owner: Annotated[str, StringConstraints(pattern=r"^(team:[a-z][a-z0-9_\-]*|[^@\s]+@[^@\s]+)$")]
    escalate: tuple[Escalation, ...] = ()

    @field_validator("metric")
    @classmethod
    def known_metric(cls, value: str) -> str:
        """The metric is one that the pipeline computes."""
        if value not in metric_names():
            raise ValueError(f"unknown metric {value!r}; choose one of {', '.join(sorted(metric_names()))}")
        return value

    @field_validator("passes_when", "fails_when")
    @classmethod
    def readable(cls, value: str | None) -> str | None:
        """The condition can be read; kept in its canonical form."""
        return None if value is None else str(parse_condition(value))

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """No value passes and fails at once; later escalation steps come later."""
        if self.failure is not None and contradict(self.success, self.failure):
            raise ValueError(f"control {self.id}: a value can meet both '{self.passes_when}' and '{self.fails_when}'; narrow one")
        hours = [step.hours for step in self.escalate]
        if hours != sorted(set(hours)):
            steps = ", ".join(step.after for step in self.escalate)
            raise ValueError(f"control {self.id}: escalation steps must come later one by one, not {steps}")
        return self

    @property
    def success(self) -> Condition:
        """When the control is effective."""
        return parse_condition(self.passes_when)

    @property
    def failure(self) -> Condition | None:
        """When the control has failed; None when everything that does not pass has failed."""
        return None if self.fails_when is None else parse_condition(self.fails_when)

    @property
    def check_name(self) -> str:
        """The name of its check in Dagster: id and metric, such as `r1_c1_consent_rate`."""
        return re.sub(r"\W+", "_", f"{self.id}_{self.metric}", flags=re.ASCII).strip("_").lower()


class Limits(Section):
    """Windows and caps that the control metrics use; days, counts and shares."""

    consent_window_days: int = Field(default=90, gt=0)
    invites_per_day: int = Field(default=10, gt=0)
    invites_per_month: int = Field(default=100, gt=0)
    decision_window_days: int = Field(default=7, gt=0)
    exposure_window_days: int = Field(default=28, gt=0)
    retention_minimum_units: int = Field(default=100, gt=0)
    retention_alpha: float = Field(default=0.05, gt=0, lt=1)
    retention_tuned_for: int = Field(default=1000, gt=0)
    uptime_window_days: int = Field(default=30, gt=0)
    vendor_review_days: int = Field(default=365, gt=0)
    funnel_minimum_signups: int = Field(default=50, gt=0)


class Named(Protocol):
    """An experiment, as far as initiatives refer to it."""

    @property
    def name(self) -> str:
        """The name under which it is registered."""
        ...


class GovernancePolicy(Section):
    """The whole register: risks and controls by id, limits, and the domains of throw-away e-mail addresses.

    `escalation_order` ranks the roles to which failures escalate, the lowest first.
    """

    risks: Annotated[dict[str, Risk], BeforeValidator(with_ids)]
    controls: Annotated[dict[str, Control], BeforeValidator(with_ids)]
    limits: Limits = Limits()
    abuse: AbusePolicy = AbusePolicy()
    actions: ActionPolicy = ActionPolicy()
    audit_log: AuditLogPolicy = AuditLogPolicy()
    likelihood: LikelihoodPolicy = LikelihoodPolicy()
    targets: Targets = Field(default_factory=dict)
    privacy: PrivacyPolicy = PrivacyPolicy()
    vendors: VendorPolicy = VendorPolicy()
    initiatives: dict[InitiativeName, Initiative] = Field(default_factory=dict)
    roadmap: Roadmap = Roadmap()
    obligations: Obligations = Field(default_factory=dict)
    escalation_order: tuple[Text, ...] = ("security", "finance", "executive", "board")
    disposable_domains: tuple[Annotated[str, StringConstraints(to_lower=True, pattern=r"^[^@\s]+\.[^@\s]+$")], ...] = ()

    @field_validator("controls")
    @classmethod
    def known_risks(cls, value: dict[str, Control], info: Any) -> dict[str, Control]:
        """Every control belongs to a risk of the register."""
        risks = info.data.get("risks")
        for control in value.values():
            if risks is not None and control.risk not in risks:
                known = ", ".join(sorted(risks))
                raise ValueError(f"control {control.id}: unknown risk {control.risk!r}; choose one of {known} or add it")
        return value

    @model_validator(mode="after")
    def own_ids(self) -> Self:
        """An entry's id is the key under which it stands."""
        for key, entry in (*self.risks.items(), *self.controls.items()):
            if key != entry.id:
                raise ValueError(f"{key}: its id says {entry.id!r}; make both the same")
        return self

    @model_validator(mode="after")
    def answered_by_controls(self) -> Self:
        """A control that answers a requirement is in the register."""
        if problem := unknown_controls(self.obligations, self.controls):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def checks_apart(self) -> Self:
        """No two controls would have one check in Dagster."""
        names = [control.check_name for control in self.controls.values()]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two controls would both be the check {repeated[0]}; give one of them another id")
        return self

    @model_validator(mode="after")
    def ordered_roles(self) -> Self:
        """Everybody to whom a control, or its severity, escalates has a place in the order of roles."""
        steps = [(f"control {control.id}", control.escalate) for control in self.controls.values()]
        steps += [(f"actions.escalation.{severity}", given) for severity, given in self.actions.escalation.items()]
        for place, given in steps:
            for step in given:
                if step.to not in self.escalation_order:
                    order = ", ".join(self.escalation_order)
                    raise ValueError(f"{place}: {step.to!r} is not in escalation_order ({order}); add it there")
        return self

    def initiative_faults(self, experiments: Iterable[Named]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        """What initiatives name and no experiment is: the key's path, the fault and the remedy."""
        return experiment_faults(self.initiatives, frozenset(experiment.name for experiment in experiments))

    def steps_of(self, control: Control) -> tuple[Escalation, ...]:
        """To whom a failure of the control escalates, and when: its own steps, else those of its severity."""
        return control.escalate or self.actions.escalation.get(control.severity, ())

    def controls_of(self, risk: str) -> tuple[Control, ...]:
        """The controls of a risk, by id."""
        return tuple(control for _, control in sorted(self.controls.items()) if control.risk == risk)

    def config_tables(self) -> dict[str, pa.Table]:
        """`config.disposable_domains(domain)`, `config.escalation_steps(control_id, hours, role, place)` with `place` from 0, and
        `config.initiative_aims(initiative, kpi, period, starts)`, beside those of third parties."""
        domains = sorted(set(self.disposable_domains))
        steps = [
            {"control_id": name, "hours": step.hours, "role": step.to, "place": self.escalation_order.index(step.to)}
            for name, control in sorted(self.controls.items())
            for step in self.steps_of(control)
        ]
        return {
            "disposable_domains": pa.table({"domain": pa.array(domains, pa.string())}),
            "escalation_steps": pa.Table.from_pylist(steps, schema=ESCALATION_STEPS),
            "initiative_aims": aim_table(self.initiatives),
            **self.vendors.config_tables(),
        }
