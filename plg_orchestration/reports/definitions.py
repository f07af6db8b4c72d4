"""The appendix that every number of a page links to: KPIs from the registry, tables from their declarations.

A KPI's entry also says on what tonight's value rests: population, interval, and the hash of its definition.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.kpis.coming import COMING
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.reports.formats import between, count, decimal, figure, known, share, stretch, words
from plg_orchestration.warehouse import all_tables


@dataclass(frozen=True)
class Definition:
    """One entry: its anchor, name, meaning, facts (label, text), and for a table its columns (name, meaning)."""

    anchor: str
    name: str
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()


def kpi_anchor(name: object) -> str:
    """Where a KPI is defined on the page."""
    return f"kpi-{name}"


def table_anchor(name: str) -> str:
    """Where a table is defined on the page."""
    return f"table-{name.replace('.', '-')}"


def kpi_definitions(names: Iterable[str], shown: Mapping[str, Mapping[str, Any]]) -> list[Definition]:
    """Entries of the named KPIs in the registry's order; `shown` holds the row that the page shows of each, where it has one."""
    wanted = set(names)
    made: list[Definition] = []
    for kpi in KPIS:
        if kpi.name not in wanted:
            continue
        facts = [
            ("formula", kpi.formula),
            ("unit", f"{kpi.unit.replace('_', ' ')}, {kpi.better} is better"),
            ("measure", f"{kpi.kind}, {kpi.measure}"),
            ("reviewed", f"{kpi.cadence} by {kpi.owner}"),
        ]
        if kpi.matures_after:
            facts.append(("window", f"{kpi.matures_after.days} days; people whose window is open are left out"))
        made.append(Definition(kpi_anchor(kpi.name), words(kpi.name), kpi.question, (*facts, *_tonight(shown.get(kpi.name)))))
        wanted.discard(kpi.name)
    coming = {entry.name: entry.question for entry in COMING}
    for name in sorted(wanted):
        meaning = coming.get(name, "Not in this release's registry of KPIs: a figure of another stage, or of an earlier release.")
        made.append(Definition(kpi_anchor(name), words(name), meaning, _tonight(shown.get(name))))
    return made


def table_definitions(names: Sequence[str]) -> list[Definition]:
    """Entries of the named tables, by what their declarations say; a table that no stage declares says that."""
    declared = {table.name: table for table in all_tables()}
    made: list[Definition] = []
    for name in dict.fromkeys(names):
        table = declared.get(name)
        if table is None:
            made.append(Definition(table_anchor(name), name, "No stage of this release declares a table of that name."))
            continue
        facts = (("unique by", ", ".join(table.key)), ("owner", table.owner))
        described = tuple((column.name, column.description) for column in table.columns)
        made.append(Definition(table_anchor(name), name, table.description, facts, described))
    return made


def _tonight(row: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    if row is None or known(row.get("value")) is None:
        return ()
    unit = row["unit"]
    said = [("shown", f"{figure(row['value'], unit)}, {stretch(str(row['period']), row['period_start'])}")]
    top, below = known(row.get("numerator")), known(row.get("denominator"))
    if top is not None and below is not None:
        said.append(("made of", f"{_plain(top)} / {_plain(below)}"))
    if known(row.get("n")) is not None:
        said.append(("population", f"n = {count(row['n'])}"))
    if interval := between(row.get("ci_low"), row.get("ci_high"), unit):
        said.append(("95 % interval", interval))
    mature = known(row.get("mature_share"))
    if mature is not None and mature < 1:
        said.append(("mature", f"{share(mature)} of the population"))
    if row.get("definition_hash"):
        said.append(("definition hash", str(row["definition_hash"])))
    return tuple(said)


def _plain(value: float) -> str:
    return count(value) if value == int(value) else decimal(value, 2)
