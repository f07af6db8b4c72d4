"""Initiatives and the roadmap as configuration: what each aims at, what it may cost, when it goes on and when it goes back.

Loading refuses what could never be judged. Judging is in `judging.py`, the decision in `decisions.py`; the packaged entries are
in `config/defaults/governance.yaml`.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.governance.conditions import Condition, parse_condition
from plg_orchestration.kpis.model import Kpi, Period
from plg_orchestration.kpis.registry import ALSO_CALLED, KPIS, known_names

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Level = Literal["low", "medium", "high"]
Role = Literal["target", "go_no_go", "rollback"]
Amount = Annotated[float, Field(ge=0)]
COMPUTED: Mapping[str, Kpi] = {kpi.name: kpi for kpi in KPIS}
AIMS = pa.schema([
    ("initiative", pa.string()), ("kpi", pa.string()), ("period", pa.string()), ("starts", pa.date32()),
])  # fmt: skip


def _known(name: str) -> str:
    if name not in COMPUTED:
        remedy = f"write {ALSO_CALLED[name]!r}" if name in ALSO_CALLED else choose(name, known_names(), what="KPIs")
        raise ValueError(f"unknown KPI {name!r}; {remedy}")
    return name


class Aim(Section):
    """One condition on one KPI: a target, a gate or what sends the initiative back.

    `when` is a comparison, of the KPI's value in its own unit (`compared: level`) or of its change in percent of the baseline
    (`compared: change`). The value is that of the newest complete `period`, by default a month where the KPI has one, that began
    when the initiative had started. `baseline` states the value before; without it, it is that of the newest such period that
    ended before the start. `named` is what the plan calls it. A condition on something that nothing measures names no KPI and
    says why (`unavailable`).
    """

    kpi: Annotated[str, AfterValidator(_known)] | None = None
    named: Text | None = None
    when: str
    compared: Literal["level", "change"] = "level"
    period: Period | None = None
    baseline: float | None = None
    unavailable: Text | None = None

    @field_validator("when")
    @classmethod
    def readable(cls, value: str) -> str:
        """An inequality; kept in its canonical form."""
        condition = parse_condition(value)
        if condition.symbol == "==":
            raise ValueError(f"a KPI never equals {condition.limit:g} to the last digit; write an inequality, such as '>= 30'")
        return str(condition)

    @model_validator(mode="after")
    def measurable(self) -> Self:
        """It names a KPI in a period of its own, or says why nothing measures it."""
        if self.kpi is None:
            if self.unavailable is None or self.named is None:
                raise ValueError("a condition without a KPI; name one, or write what it is (`named`) and why it is `unavailable`")
        elif self.unavailable is not None:
            raise ValueError(f"{self.kpi} is named and called unavailable at once; remove one of them")
        elif self.period is not None and self.period not in COMPUTED[self.kpi].periods:
            raise ValueError(
                f"{self.kpi} is not computed by {self.period}; choose any of {', '.join(COMPUTED[self.kpi].periods)}"
            )
        return self

    @property
    def condition(self) -> Condition:
        """The comparison."""
        return parse_condition(self.when)

    @property
    def metric(self) -> str:
        """The KPI's name, or what the plan calls what nothing measures."""
        return self.kpi or str(self.named)

    @property
    def read_by(self) -> Period:
        """The period whose value is compared."""
        if self.period is not None or self.kpi is None:
            return self.period or "month"
        kpi = COMPUTED[self.kpi]
        return "month" if "month" in kpi.periods else kpi.review_period

    @property
    def upward(self) -> bool:
        """Whether larger values meet the condition."""
        return self.condition.symbol in (">", ">=")

    def __str__(self) -> str:
        change = " % change" if self.compared == "change" else ""
        return f"{self.metric}{change} {self.when}"


class Milestone(Section):
    """Something that is done or not; the records of kind `initiative_milestone` whose detail is its name say when it was."""

    name: Text
    due: dt.date | None = None


class Budget(Section):
    """What an initiative may use: full-time people, hours of engineering, and US dollars for tools."""

    fte: Amount
    engineering_hours: Amount
    tooling_usd: Amount


class GoNoGo(Section):
    """When an initiative goes on: this share of its milestones is done, its experiment is significant, its conditions are met.

    An initiative whose plan asks for no experiment says so (`experiment_required: false`).
    """

    milestones: Annotated[float, Field(gt=0, le=1)] = 0.80
    experiment_required: bool = True
    conditions: tuple[Aim, ...] = ()


class Worth(Section):
    """What one unit more (a user who activates, say) brings in a year, in US dollars, and who says so.

    `units_a_year` is how many units a year meet the initiative; without it, the newest complete month's signups times twelve.
    """

    usd: Annotated[float, Field(gt=0)]
    error: Amount = 0.0
    basis: Text
    units_a_year: Annotated[int, Field(gt=0)] | None = None


class Published(Section):
    """The plan's own words, kept beside the conditions that were made of them; empty where it says nothing."""

    target: str = ""
    rollback_when: str = ""
    go_no_go: str = ""


class Initiative(Section):
    """One initiative of the roadmap.

    `starts` and `ends` are its first and last day, absent while nobody has set them; on `ends` it is decided upon. `closed` is
    the day on which a person closed it. `experiment` names a registered experiment.
    """

    quarter: Annotated[str, StringConstraints(pattern=r"^Q[1-4](-Q[1-4])?$")]
    impact: Level
    effort: Level
    priority_score: Annotated[int, Field(ge=1, le=10)] | None = None
    owner: Text = "team:product"
    kpis: tuple[Aim, ...] = Field(min_length=1)
    budget: Budget
    milestones: tuple[Milestone, ...] = ()
    go_no_go: GoNoGo | None = None
    rollback: Aim | None = None
    experiment: Text | None = None
    worth: Worth | None = None
    published: Published = Published()
    starts: dt.date | None = None
    ends: dt.date | None = None
    closed: dt.date | None = None

    @model_validator(mode="after")
    def decidable(self) -> Self:
        """A go/no-go has milestones, each named once; days are in order; worth is that of an experiment's units."""
        if self.go_no_go is not None and not self.milestones:
            raise ValueError("go_no_go without milestones; list `milestones` with their names")
        names = [milestone.name for milestone in self.milestones]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the milestone {twice!r} stands twice; give each its own name")
        for last, what in ((self.ends, "ends"), (self.closed, "closed")):
            if last is not None and (self.starts is None or last < self.starts):
                raise ValueError(f"{what} {last} without an earlier start; set `starts` to a day before it")
        if self.worth is not None and self.experiment is None:
            raise ValueError("worth without an experiment; only an experiment says how many units more there are, name one")
        return self

    @model_validator(mode="after")
    def conditions_once(self) -> Self:
        """No KPI is compared twice in one way for one role."""
        seen: set[tuple[str, str, str]] = set()
        for role, aim in self.aims():
            if (key := (role, aim.metric, aim.compared)) in seen:
                raise ValueError(f"{aim.metric} is compared twice by {aim.compared} as {role}; keep one")
            seen.add(key)
        return self

    @model_validator(mode="after")
    def well_directed(self) -> Self:
        """Targets lie where the KPI is better, the rollback where it is worse."""
        for role, aim in self.aims():
            if aim.kpi is None:
                continue
            better = COMPUTED[aim.kpi].better
            wanted = (better == "higher") if role != "rollback" else (better == "lower")
            if aim.upward != wanted:
                place = {"target": "kpis", "go_no_go": "go_no_go.conditions", "rollback": "rollback"}[role]
                raise ValueError(f"{place}: '{aim}' points the wrong way, {better} is better; turn the comparison round")
        return self

    def aims(self) -> Iterator[tuple[Role, Aim]]:
        """Every condition on a KPI with its role, in the order of the configuration."""
        for aim in self.kpis:
            yield "target", aim
        for aim in self.go_no_go.conditions if self.go_no_go else ():
            yield "go_no_go", aim
        if self.rollback is not None:
            yield "rollback", self.rollback

    def running(self, day: dt.date) -> bool:
        """Whether it has started and nobody has closed it."""
        return self.starts is not None and self.starts <= day and (self.closed is None or self.closed > day)


class Quarter(Section):
    """A row of the roadmap as it was published: what is to be done, and with how much."""

    milestones: Text
    deliverables: Text
    kpis: Text
    fte: Amount
    budget_usd: Amount


class Roadmap(Section):
    """The quarters, what goes across them (`cross`), and the total as its source prints it.

    `hourly_rate_usd` turns hours of engineering into money; without it there is no budget and no spend in money.
    `milestone_completion` and `experiment_success_rate` are the goals of the governance reviews, shares.
    """

    quarters: Mapping[Literal["Q1", "Q2", "Q3", "Q4", "cross"], Quarter] = Field(default_factory=dict)
    printed_total: Quarter | None = None
    hourly_rate_usd: Annotated[float, Field(gt=0)] | None = None
    milestone_completion: Annotated[float, Field(gt=0, le=1)] = 0.80
    experiment_success_rate: Annotated[float, Field(gt=0, le=1)] = 0.70


def experiment_faults(
    initiatives: Mapping[str, Initiative], registered: frozenset[str]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Initiatives that name an experiment which is not registered: the key's path, the fault and the remedy."""
    for name, initiative in initiatives.items():
        if initiative.experiment is not None and initiative.experiment not in registered:
            remedy = choose(initiative.experiment, registered, what="experiments")
            at = ("governance", "initiatives", name, "experiment")
            yield at, f"the experiment {initiative.experiment!r} is not registered", remedy


def aim_table(initiatives: Mapping[str, Initiative]) -> pa.Table:
    """`config.initiative_aims(initiative, kpi, period, starts)`: what is read of which KPI, once each."""
    wanted = {
        (name, aim.kpi, aim.read_by, initiative.starts)
        for name, initiative in initiatives.items() for _, aim in initiative.aims() if aim.kpi is not None
    }  # fmt: skip
    rows = [dict(zip(AIMS.names, row, strict=True)) for row in sorted(wanted, key=lambda row: row[:3])]
    return pa.Table.from_pylist(rows, schema=AIMS)
