"""KPI targets and published benchmarks as configuration, and the tables that SQL reads them from.

What a KPI is belongs to `registry.py`; the packaged figures are in `config/defaults/kpis.yaml`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.kpis.alerts.policy import AlertPolicy
from plg_orchestration.kpis.claims.policy import ClaimPolicy
from plg_orchestration.kpis.exclusion import Group
from plg_orchestration.kpis.registry import known_names
from plg_orchestration.kpis.restatements.policy import RestatementPolicy
from plg_orchestration.kpis.review.policy import ReviewPolicy
from plg_orchestration.kpis.standings.policy import DashboardRow, once_each, standing_tables
from plg_orchestration.kpis.what_if.policy import WhatIfPolicy

Segment = Literal["all", "smb", "mid_market", "enterprise"]
Validity = Literal["any", "week", "month", "quarter", "year"]
"""The period for which a figure holds; one of `any` holds for every period, as those of cohorts do."""
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

TARGETS = pa.schema([
    ("kpi", pa.string()), ("segment", pa.string()), ("period", pa.string()), ("target", pa.float64()), ("cadence", pa.string()),
    ("tactical_cadence", pa.string()), ("kind", pa.string()), ("origin", pa.string()),
])  # fmt: skip
BENCHMARKS = pa.schema([
    *((name, pa.string()) for name in ("kpi", "segment", "dimension", "dimension_value", "period", "kind")),
    *((name, pa.float64()) for name in ("p25", "p50", "p75")),
    *((name, pa.string()) for name in ("unit", "direction", "source", "note")),
])  # fmt: skip
YARDSTICKS = pa.schema([
    *((name, pa.string()) for name in ("kpi", "segment", "period", "unit")),
    *((name, pa.float64()) for name in ("p25", "p50", "p75", "target")),
])  # fmt: skip
PERIODS = ("day", "week", "month", "quarter", "year")


def _named(name: str) -> str:
    if name not in known_names():
        raise ValueError(f"unknown KPI {name!r}; docs/kpis.md lists all of them, computed and coming")
    return name


Name = Annotated[str, AfterValidator(_named)]


class KpiTarget(Section):
    """One KPI's review: whether it leads or lags, how often it is reviewed, and its target by segment in its own unit.

    `period` is the period that the target is meant for; a target of a month is not shown beside a week.
    """

    kind: Literal["leading", "lagging"]
    review_cadence: Literal["daily", "weekly", "monthly", "quarterly"]
    tactical_cadence: Literal["daily", "weekly", "monthly", "quarterly"]
    period: Validity
    origin: Text
    targets: Mapping[Segment, float] = Field(default_factory=dict[Segment, float])


class Benchmark(Section):
    """One published benchmark: the figures of one source for one KPI and segment, as that source states them.

    `kind` says what the figures are; only `percentile` makes bands. `p25` is the weakest quarter's limit, so for a KPI of which
    less is better it is the largest number.
    """

    kpi: Name
    segment: Segment
    dimension: str = ""
    dimension_value: str = ""
    period: Validity
    unit: Text
    direction: Literal["higher", "lower"]
    kind: Literal["percentile", "range", "median", "target"]
    p25: float | None = None
    p50: float | None = None
    p75: float | None = None
    source: Text
    note: str = ""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if bool(self.dimension) != bool(self.dimension_value):
            raise ValueError("dimension and dimension_value belong together; give both or neither")
        figures = [figure for figure in (self.p25, self.p50, self.p75) if figure is not None]
        if not figures:
            raise ValueError("a benchmark without p25, p50 and p75 says nothing; give at least one")
        if self.kind == "percentile" and self.p50 is None:
            raise ValueError("a percentile benchmark without p50 makes no band; give the median, or another kind")
        if self.kind == "percentile" and figures != sorted(figures, reverse=self.direction == "lower"):
            raise ValueError(f"percentiles {figures} do not improve from p25 to p75 where {self.direction} is better")
        return self


class KpiPolicy(Section):
    """The key `kpis` of a workspace: targets by KPI, and benchmarks; a list of benchmarks replaces the packaged one.

    `exclude` says whom every KPI leaves out: `suspects`, or nobody.
    """

    exclude: tuple[Group, ...] = ()
    targets: Mapping[Name, KpiTarget] = Field(default_factory=dict[str, KpiTarget])
    benchmarks: tuple[Benchmark, ...] = ()
    dashboard: tuple[DashboardRow, ...] = ()
    yearly: Mapping[Name, Name] = Field(default_factory=dict[str, str])
    restatements: RestatementPolicy = RestatementPolicy()
    review: ReviewPolicy = ReviewPolicy()
    claims: ClaimPolicy = ClaimPolicy()
    what_if: WhatIfPolicy = WhatIfPolicy()
    alerts: AlertPolicy = AlertPolicy()

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        seen: set[tuple[str, ...]] = set()
        for row in self.benchmarks:
            key = (row.kpi, row.segment, row.dimension, row.dimension_value, row.period, row.kind, row.source)
            if key in seen:
                raise ValueError(f"the {row.kind} of {row.kpi} for {row.segment} by {row.source} stands here twice; keep one")
            seen.add(key)
        once_each(self.dashboard)
        return self

    def config_tables(self) -> dict[str, pa.Table]:
        """`kpi_targets` (a row per KPI and segment with a target), `benchmarks`, and `kpi_yardsticks`, which make bands;
        `kpi_exclude(grp)`: the groups that KPIs leave out.

        A yardstick is one row per KPI, segment and period, with the percentiles that make its band and its target. Of several
        percentile sources the one listed first makes the band; one of the very period goes before one of any period.
        """
        targets = [
            {
                "kpi": name, "segment": segment, "period": entry.period, "target": target, "cadence": entry.review_cadence,
                "tactical_cadence": entry.tactical_cadence, "kind": entry.kind, "origin": entry.origin,
            }
            for name, entry in self.targets.items() for segment, target in entry.targets.items()
        ]  # fmt: skip
        rows: list[dict[str, object]] = [row.model_dump() for row in self.benchmarks]
        return {
            "kpi_targets": pa.Table.from_pylist(targets, schema=TARGETS),
            "benchmarks": pa.Table.from_pylist(rows, schema=BENCHMARKS),
            "kpi_yardsticks": pa.Table.from_pylist(self._yardsticks(), schema=YARDSTICKS),
            **standing_tables(self.dashboard, self.yearly, self.targets),
            **self.review.tables_beside(self.benchmarks),
            "alert_rules": self.alerts.rule_table(),
            "kpi_exclude": pa.table({"grp": pa.array(sorted(set(self.exclude)), pa.string())}),
        }

    def _yardsticks(self) -> list[dict[str, object]]:
        found: dict[tuple[str, str, str], dict[str, object]] = {}
        whole = [row for row in self.benchmarks if row.kind == "percentile" and not row.dimension]
        for row in sorted(whole, key=lambda row: row.period == "any"):
            for period in PERIODS if row.period == "any" else (row.period,):
                figures: dict[str, object] = {"unit": row.unit, "p25": row.p25, "p50": row.p50, "p75": row.p75}
                found.setdefault((row.kpi, row.segment, period), figures)
        for name, entry in self.targets.items():
            for segment, target in entry.targets.items():
                for period in PERIODS if entry.period == "any" else (entry.period,):
                    found.setdefault((name, segment, period), {})["target"] = target
        return [{"kpi": kpi, "segment": segment, "period": period, **row} for (kpi, segment, period), row in found.items()]
