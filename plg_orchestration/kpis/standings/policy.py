"""The dashboard's rows as configuration, and the tables that SQL reads them from. Figures are in `config/defaults/kpis.yaml`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol, Self

import pyarrow as pa
from pydantic import StringConstraints, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.kpis.registry import KPIS, known_names

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
SECONDS = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}
"""Units of time, which may stand for one another."""
COMPUTED = {kpi.name: kpi for kpi in KPIS}

DASHBOARD = pa.schema([
    ("place", pa.int64()),
    *((name, pa.string()) for name in ("kpi", "group_name", "label", "period", "unit", "kpi_unit", "origin")),
    ("scale", pa.float64()), ("target", pa.float64()),
])  # fmt: skip
CADENCES = pa.schema([(name, pa.string()) for name in ("kpi", "cadence", "tactical_cadence")])
YEARLY = pa.schema([(name, pa.string()) for name in ("kpi", "measured_by")])


class DashboardRow(Section):
    """One row of the dashboard: a KPI under its label, in the period and the unit in which it is shown there.

    `period` is the period shown; `any` leaves it to the KPI's review and gives label and unit to all its periods. `target` holds
    for all segments together where the KPI has no target of its own (`kpis.targets`); `example_target` is only the figure that
    the published example prints, for amounts that depend on a company's size, and is not compared with anything.
    """

    group: Literal["acquisition", "activation", "engagement", "monetization", "health"]
    metric: str
    label: Text
    period: Literal["any", "day", "week", "month", "quarter"] = "any"
    unit: Text
    direction: Literal["higher", "lower"]
    target: float | None = None
    example_target: float | None = None
    origin: Text = "workspace"

    @model_validator(mode="after")
    def _possible(self) -> Self:
        kpi = COMPUTED.get(self.metric)
        if kpi is None:
            if self.metric not in known_names():
                raise ValueError(f"unknown KPI {self.metric!r}; docs/kpis.md lists all of them")
            return self
        if self.period not in ("any", *kpi.periods):
            raise ValueError(f"{self.metric} is not computed by {self.period}; choose any of {', '.join(kpi.periods)}")
        if self.direction != kpi.better:
            raise ValueError(f"{self.metric}: {self.direction} is not its better direction; write {kpi.better}")
        if self.scale is None:
            raise ValueError(f"{self.metric} is in {kpi.unit}, which cannot be shown in {self.unit}; write {kpi.unit}")
        return self

    @property
    def scale(self) -> float | None:
        """What a value in the KPI's unit is multiplied by to be in this row's; None when that is impossible."""
        kpi = COMPUTED[self.metric]
        if self.unit == kpi.unit or (self.unit == "count" and kpi.measure == "count"):
            return 1.0
        if self.unit in SECONDS and kpi.unit in SECONDS:
            return SECONDS[kpi.unit] / SECONDS[self.unit]
        return None


class Reviewed(Protocol):
    """What the reviews ask of a KPI's target entry: how often it is reviewed."""

    @property
    def review_cadence(self) -> str:
        """How often the KPI is reviewed."""
        ...

    @property
    def tactical_cadence(self) -> str:
        """How often those who act on it look at it."""
        ...


def once_each(dashboard: Sequence[DashboardRow]) -> None:
    """Refuse a dashboard on which a KPI stands twice for one period; ValueError names both labels."""
    for place, row in enumerate(dashboard):
        for other in dashboard[:place]:
            if other.metric == row.metric and ("any" in (row.period, other.period) or row.period == other.period):
                raise ValueError(f"dashboard: {row.metric} stands here as {other.label} and as {row.label}; keep one a period")


def standing_tables(
    dashboard: Sequence[DashboardRow], yearly: Mapping[str, str], targets: Mapping[str, Reviewed]
) -> dict[str, pa.Table]:
    """`kpi_dashboard` (a row per row of the dashboard), `kpi_cadences` (per KPI with a target entry) and `kpi_yearly`."""
    rows = [
        {
            "place": place, "kpi": row.metric, "group_name": row.group, "label": row.label, "period": row.period,
            "unit": row.unit, "kpi_unit": COMPUTED[row.metric].unit, "origin": row.origin, "scale": row.scale,
            "target": row.target,
        }
        for place, row in enumerate(dashboard) if row.metric in COMPUTED
    ]  # fmt: skip
    cadences = [
        {"kpi": name, "cadence": entry.review_cadence, "tactical_cadence": entry.tactical_cadence}
        for name, entry in targets.items()
    ]
    measured = [{"kpi": kpi, "measured_by": by} for kpi, by in yearly.items()]
    return {
        "kpi_dashboard": pa.Table.from_pylist(rows, schema=DASHBOARD),
        "kpi_cadences": pa.Table.from_pylist(cadences, schema=CADENCES),
        "kpi_yearly": pa.Table.from_pylist(measured, schema=YEARLY),
    }
