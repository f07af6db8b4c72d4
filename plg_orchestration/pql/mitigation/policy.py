"""Which mitigations are tried, how strongly, and how long that may take."""

from typing import Annotated, Literal

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import Share

MethodName = Literal["proxies_dropped", "reweighed", "grid_search", "correlation_removed"]
BoundName = Literal["group_thresholds", "exponentiated_gradient"]


class MitigationPolicy(Section):
    """The methods that compete, in their order, and the bounds that are drawn beside them.

    `proxy_association`: an input that tells a group from the rest at least so well is a proxy (0 not at all, 1 perfectly).
    `lift_given_up`: lifts that are lower by so small a share count as equal, and the smaller gap decides.
    `strengths`: multipliers of the grid search, in multiples of the operating threshold. `attribute_at_prediction`: whether a
    protected attribute that is itself an input may stay one in a variant. `bounds` are never promotable.
    """

    methods: tuple[MethodName, ...]
    proxy_association: Share
    lift_given_up: Share
    strengths: tuple[Annotated[float, Field(gt=0)], ...]
    attribute_at_prediction: bool
    bounds: tuple[BoundName, ...]
    time_budget_seconds: Annotated[float, Field(gt=0)]
