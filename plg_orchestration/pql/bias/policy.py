"""Which groups are compared, the limits, who may be excused and until when, and how intervals are drawn."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.bias.attributes import intersections, parts
from plg_orchestration.pql.numbers import AtLeastOne, Share

Status = Literal["protected", "monitored"]
Judged = Literal["selection_rate", "true_positive_rate"]
"""The metrics that have a limit: parity (difference and ratio), and equal opportunity."""
Excusable = Literal["insufficient", "fail"]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
JUDGED: tuple[Judged, ...] = ("selection_rate", "true_positive_rate")


class AuditedAttribute(Section):
    """An attribute, or a pair written `region & segment`, whose groups are compared; `protected` ones gate promotion.

    `metrics` are those that gate where it is protected: attribute x metric are the declared pairs, corrected by Holm.
    """

    attribute: str
    status: Status
    metrics: Annotated[tuple[Judged, ...], Field(min_length=1)] = JUDGED


class BiasException(Section):
    """A contrast that does not block promotion up to and including `expires_on`, why, and who answers for it.

    It covers one group, or every group of the attribute without `group`; both metrics without `metric`. `excuses` are the
    verdicts that it covers; what is excused stays on record as a warning.
    """

    attribute: str
    metric: Judged | None = None
    group: str | None = None
    excuses: Annotated[tuple[Excusable, ...], Field(min_length=1)] = ("insufficient",)
    justification: Annotated[Words, StringConstraints(min_length=20)]
    owner: Words
    expires_on: dt.date

    def covers(self, attribute: str, metric: str, group: str | None) -> bool:
        """Whether it is about this contrast; with `group` None, about all groups of the attribute."""
        return self.attribute == attribute and self.metric in (None, metric) and self.group in (None, group)


class BiasPolicy(Section):
    """The limits of the fairness audit and how its intervals are drawn.

    `pairs` are the intersections of two that are audited beside the attributes: all, those with a protected attribute, or none.
    `unjudged` says whether a protected group that is too small for a contrast, while others of its attribute form one, blocks
    promotion or is put on record.
    """

    seed: int
    attributes: tuple[AuditedAttribute, ...]
    pairs: Literal["all", "protected", "none"] = "all"
    exceptions: tuple[BiasException, ...] = ()
    unjudged: Literal["warn", "block"] = "warn"
    parity_difference: Share
    parity_ratio: Share
    equal_opportunity_difference: Share
    min_group: AtLeastOne
    min_accounts: AtLeastOne
    min_events: AtLeastOne
    widest_detectable: Share
    widest_detectable_ratio: Share
    widest_detectable_opportunity: Share
    bootstrap_rounds: AtLeastOne
    buckets: AtLeastOne
    confidence: Annotated[float, Field(gt=0.5, lt=1)]

    @field_validator("attributes")
    @classmethod
    def _once(cls, given: tuple[AuditedAttribute, ...]) -> tuple[AuditedAttribute, ...]:
        names = ["".join(sorted(parts(one.attribute))) for one in given]
        for place, one in enumerate(given):
            if names[place] in names[:place] or len(set(parts(one.attribute))) < len(parts(one.attribute)):
                raise ValueError(f"{one.attribute!r} stands twice; each attribute, and each pair of two, is listed once")
        return given

    @model_validator(mode="after")
    def _exceptions_of_what_gates(self) -> "BiasPolicy":
        for one in self.exceptions:
            metrics = self.gating(one.attribute)
            if not metrics:
                raise ValueError(f"exceptions: {one.attribute!r} is not protected, so that there is nothing to excuse; remove it")
            if one.metric is not None and one.metric not in metrics:
                raise ValueError(f"exceptions: {one.metric} of {one.attribute!r} does not gate; take one of {', '.join(metrics)}")
        return self

    @property
    def audited(self) -> tuple[str, ...]:
        """The names of what is audited: the attributes in their order, then the pairs that `pairs` adds."""
        listed = tuple(one.attribute for one in self.attributes)
        declared = {frozenset(parts(name)) for name in listed}
        wanted = [name for name in intersections(listed) if frozenset(parts(name)) not in declared]
        if self.pairs == "protected":
            wanted = [name for name in wanted if any(self.status(part) == "protected" for part in parts(name))]
        return (*listed, *(wanted if self.pairs != "none" else ()))

    def status(self, attribute: str) -> Status:
        """How the attribute is declared; one that is not declared is monitored."""
        declared: dict[str, Status] = {a.attribute: a.status for a in self.attributes}
        return declared.get(attribute, "monitored")

    def gating(self, attribute: str) -> tuple[Judged, ...]:
        """The metrics of the attribute that gate promotion; none unless it is protected."""
        return next((a.metrics for a in self.attributes if a.attribute == attribute and a.status == "protected"), ())
