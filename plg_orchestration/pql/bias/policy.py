"""Which groups are compared, the limits, and how intervals are drawn."""

from typing import Annotated, Literal

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Share

Status = Literal["protected", "monitored"]


class AuditedAttribute(Section):
    """An attribute whose groups are compared; `protected` ones gate promotion."""

    attribute: str
    status: Status


class BiasPolicy(Section):
    """The limits of the fairness audit and how its intervals are drawn."""

    seed: int
    attributes: tuple[AuditedAttribute, ...]
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

    def status(self, attribute: str) -> Status:
        """How the attribute is declared; one that is not declared is monitored."""
        declared: dict[str, Status] = {a.attribute: a.status for a in self.attributes}
        return declared.get(attribute, "monitored")
