"""What the components of the tactical report are made of: its extracts, and the KPI rows that stand for each KPI."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from plg_orchestration.reports.definitions import kpi_anchor
from plg_orchestration.reports.extracts import Extracted
from plg_orchestration.reports.kpi_parts import shown_rows, stated
from plg_orchestration.reports.rows import records
from plg_orchestration.reports.sheets import Component, Figure, Sheet, absent


@dataclass(frozen=True)
class Material:
    """Every extract of the page by name."""

    found: Mapping[str, Extracted]
    _kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]], compare=False)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of the extract."""
        if name not in self._kept:
            self._kept[name] = records(self.found[name].rows)
        return self._kept[name]

    def lacking(self, *names: str) -> tuple[str, ...]:
        """Why the named extracts have no rows."""
        return absent(self.found, *names)

    @cached_property
    def kpis(self) -> list[dict[str, Any]]:
        """Every KPI's periods and segments, as published, and where nothing was published as known tonight."""
        return stated(self.found["kpi_history"], self.found["earlier_periods"])

    @cached_property
    def shown(self) -> dict[str, dict[str, Any]]:
        """The row that stands for each KPI."""
        return shown_rows(self.kpis)

    def named(self) -> set[str]:
        """The KPIs that tables of other stages name."""
        places = (
            ("alert_rows", "kpi"),
            ("alert_rows", "lagging_kpi"),
            ("trend_rows", "metric"),
            ("review_rows", "kpi"),
            ("due_rows", "kpi"),
            ("restatement_rows", "kpi"),
            ("revision_rows", "kpi"),
        )
        return {str(row[column]) for name, column in places for row in self.rows(name) if row.get(column)}

    def component(
        self, name: str, title: str, *extracts: str, said: str = "", tone: str = "none", figures: tuple[Figure | None, ...] = (),
        sheets: tuple[Sheet | None, ...] = (),
    ) -> Component:  # fmt: skip
        """A component of the parts that are there; what its extracts lack is said."""
        return Component(
            name,
            title,
            said,
            tuple(figure for figure in figures if figure),
            tuple(sheet for sheet in sheets if sheet and sheet.rows),
            self.lacking(*extracts),
            tone,
        )


def link_of(kpi: object) -> str:
    """The anchor of a KPI's definition; '' without a KPI."""
    return kpi_anchor(kpi) if kpi else ""
