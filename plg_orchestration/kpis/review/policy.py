"""The seven layers of the weekly review as configuration: their metrics, owners, and the published medians they are held against.

What a metric is belongs to the registry; the packaged layers are in `config/defaults/kpis.yaml`.
"""

from collections.abc import Iterable
from typing import Annotated, Literal, Protocol, Self

import pyarrow as pa
from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.kpis.registry import KPIS, known_names

Affects = Literal["new_accounts", "free_accounts", "paying_accounts", "lead_accounts"]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
KIND_ORDER = {"percentile": 0, "median": 1, "range": 2}
"""The kinds of benchmark whose p50 a gap may be measured to, the best first; a target is none."""

METRICS = pa.schema([
    *((name, pa.string()) for name in ("layer", "label", "question", "owner", "kpi", "period", "affects")),
    *((name, pa.int32()) for name in ("place", "metric_place", "better")),
])  # fmt: skip
MEDIANS = pa.schema([
    *((name, pa.string()) for name in ("kpi", "segment", "period", "unit", "kind", "source")), ("p50", pa.float64()),
])  # fmt: skip


class Published(Protocol):
    """What the review asks of a benchmark."""

    @property
    def kpi(self) -> str: ...  # noqa: D102
    @property
    def segment(self) -> str: ...  # noqa: D102
    @property
    def dimension(self) -> str: ...  # noqa: D102
    @property
    def period(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def p50(self) -> float | None: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102


class ReviewMetric(Section):
    """One metric of a layer: a KPI, the period in which it is looked at, and the accounts that feel its gap.

    `affects`: accounts that signed up within 30 days, accounts that do not pay, accounts that pay, or accounts with a lead who
    qualified within 30 days.
    """

    kpi: Text
    period: Literal["day", "week", "month", "quarter"]
    affects: Affects

    @model_validator(mode="after")
    def _computed(self) -> Self:
        if self.kpi not in known_names():
            raise ValueError(f"unknown KPI {self.kpi!r}; docs/kpis.md lists all of them")
        periods = next((kpi.periods for kpi in KPIS if kpi.name == self.kpi), (self.period,))
        if self.period not in periods:
            raise ValueError(f"{self.kpi} is not computed by {self.period}; choose one of {', '.join(periods)}")
        return self


class ReviewLayer(Section):
    """One layer: its name, the question that it answers, the team that owns it, and its metrics, the most telling first."""

    layer: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Text
    question: Text
    owner: Text
    metrics: Annotated[tuple[ReviewMetric, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        names = [metric.kpi for metric in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"layer {self.layer} names the metric {twice[0]!r} twice; keep one of the two")
        return self


class ReviewPolicy(Section):
    """The layers in the order in which customers pass them; a list of a workspace replaces the packaged one."""

    layers: tuple[ReviewLayer, ...] = ()

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        names = [layer.layer for layer in self.layers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the layer {twice[0]!r} stands here twice; give each a name of its own")
        return self

    def tables_beside(self, benchmarks: Iterable[Published]) -> dict[str, pa.Table]:
        """`review_metrics` (a row per layer and metric) and `review_medians` (the p50 of each metric and segment, with its kind).

        Of several published medians the kind decides, percentile before median before range; then one of the very period goes
        before one of any period, and of equals the one listed first.
        """
        better = {kpi.name: 1 if kpi.better == "higher" else -1 for kpi in KPIS}
        metrics = [
            {
                "layer": layer.layer, "label": layer.label, "question": layer.question, "owner": layer.owner, "place": place,
                "metric_place": position, "better": better.get(metric.kpi, 1), **metric.model_dump(),
            }
            for place, layer in enumerate(self.layers, start=1) for position, metric in enumerate(layer.metrics, start=1)
        ]  # fmt: skip
        whole = [row for row in benchmarks if row.p50 is not None and not row.dimension and row.kind in KIND_ORDER]
        medians: dict[tuple[str, str, str], dict[str, object]] = {}
        for kpi, period in sorted({(metric.kpi, metric.period) for layer in self.layers for metric in layer.metrics}):
            fitting = [row for row in whole if row.kpi == kpi and row.period in (period, "any")]
            for row in sorted(fitting, key=lambda row: (KIND_ORDER[row.kind], row.period == "any")):
                figures: dict[str, object] = {"unit": row.unit, "kind": row.kind, "source": row.source, "p50": row.p50}
                medians.setdefault((kpi, row.segment, period), figures)
        rows = [{"kpi": kpi, "segment": segment, "period": period, **row} for (kpi, segment, period), row in medians.items()]
        return {
            "review_metrics": pa.Table.from_pylist(metrics, schema=METRICS),
            "review_medians": pa.Table.from_pylist(rows, schema=MEDIANS),
        }
