"""What alert rules may be about: KPIs of the registry, and figures beside them that other stages publish for a day.

How a figure comes about belongs to its stage; here stands only what comparing it needs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from plg_orchestration.kpis.model import Kpi, Measure, Period


@dataclass(frozen=True)
class Figure:
    """A figure as rules see it: how it is measured, in which unit, which way is better, for which periods and segments."""

    name: str
    measure: Measure
    unit: str
    better: Literal["higher", "lower"]
    periods: tuple[Period, ...]
    segmented: bool
    matures_days: int
    rolling: bool = False
    """Whether each night's value is about a long window, so that a night's is hardly another value than the night's before."""

    @classmethod
    def of(cls, kpi: Kpi) -> "Figure":
        """The figure that a KPI is."""
        return cls(kpi.name, kpi.measure, kpi.unit, kpi.better, kpi.periods, kpi.segmented, kpi.matures_after.days)

    @property
    def scale(self) -> float:
        """What numerator / denominator is multiplied by."""
        return 100.0 if self.unit == "percent" else 1.0


FIGURES: Mapping[str, Figure] = {
    "fake_account_ratio": Figure("fake_account_ratio", "proportion", "percent", "lower", ("day",), False, 0, rolling=True),
}
"""The share of recent signups that the detector takes for fake, of the night (`governance.controls`)."""
