"""The card as a value: its sections in reading order, as HTML and as Markdown.

Where it is kept is decided in `files.py`.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from plg_orchestration import __version__, charts
from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.reports.formats import words
from plg_orchestration.reports.model_card import figures, purpose
from plg_orchestration.reports.model_card.reading import Facts, read_facts
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.shapes import Fact, Grid, Section
from plg_orchestration.warehouse import Warehouse

TONES = {"promoted": "good", "rejected": "bad", "awaiting_approval": "warn", "shadow": "none", "not_trained": "none"}


class Carded(Protocol):
    """What a card needs of a workspace."""

    @property
    def name(self) -> str:
        """The workspace's name."""
        ...

    @property
    def state(self) -> Path:
        """The folder that everything computed lives in."""
        ...

    @property
    def pql(self) -> PqlPolicy:
        """The policy of scoring and routing."""
        ...

    def as_of(self, day: dt.date) -> AsOf:
        """The end of the day in the workspace's time zone."""
        ...


@dataclass(frozen=True)
class Card:
    """One version's card; `outcome` is what became of it, in a word."""

    workspace: str
    target: str
    version: str
    trained_on: dt.date
    known_on: dt.date
    outcome: str
    tone: str
    reason: str
    sections: tuple[Section, ...]

    def html(self) -> str:
        """One self-contained page, laid out for A4."""
        return render("model_card.html.j2", card=self, version=__version__)

    def markdown(self) -> str:
        """The same without the picture."""
        return "\n".join(_markdown(self)) + "\n"


def model_card(warehouse: Warehouse, *, trained_on: AsOf, known_on: AsOf, target: str, workspace: Carded) -> Card:
    """The card of the training of `trained_on`, with what the ledger says of its version up to `known_on`.

    A night that could not train gives a card that says why. ValueError when there was no training at all.
    """
    facts = read_facts(warehouse, trained_on=trained_on, known_on=known_on, target=target, workspace=workspace)
    outcome = str(facts.judgment.get("outcome") or "not judged")
    made = Card(
        workspace.name, target, facts.version, trained_on.date, known_on.date, words(outcome).lower(), TONES.get(outcome, "none"),
        str(facts.judgment.get("reason") or ""), (),
    )  # fmt: skip
    if facts.instead:
        kept = f"the day was built again and keeps the promotion of {facts.instead}; this version was not judged and never routed"
        made = replace(made, outcome="not judged", tone="none", reason=kept)
    if not facts.trained:
        return replace(made, outcome="no model", tone="none", reason=str(facts.model["reason"]))
    return replace(made, sections=tuple(_sections(facts)))


def _sections(facts: Facts) -> Iterator[Section]:
    yield purpose.purpose(facts)
    yield purpose.data(facts)
    yield purpose.limits()
    yield purpose.weaknesses(facts)
    yield figures.performance(facts)
    yield figures.thresholds(facts)
    yield _calibration(facts)
    yield figures.approval(facts)
    yield figures.groups(facts)
    yield figures.gates(facts)
    yield figures.mitigations(facts)
    yield figures.changes(facts)
    yield purpose.inputs(facts)


def _calibration(facts: Facts) -> Section:
    chart = charts.calibration_curve(facts.bins.rows, reason=facts.bins.reason)
    label = "Line chart: predicted against observed share of conversions, in ten bins of the test rows"
    return Section("Calibration", picture=charts.to_svg(chart, label=label))


# -- as Markdown ----------------------------------------------------------------------------------------------------------


def _markdown(card: Card) -> Iterator[str]:
    yield f"# Model card: {card.target} {card.version}"
    yield f"\n{words(card.outcome)}. {card.reason}\n".replace("..", ".")
    yield f"* Workspace: {card.workspace}"
    yield f"* Trained as of {card.trained_on}, known on {card.known_on}"
    for section in card.sections:
        if section.picture:
            continue
        yield f"\n## {section.title}\n"
        if section.said:
            yield f"{section.said}\n"
        yield from (f"* {point}" for point in section.points)
        yield from (_fact(fact) for fact in section.facts)
        for grid in section.grids:
            yield from _table(grid)


def _fact(fact: Fact) -> str:
    return f"* {fact.label}: {fact.value}"


def _table(grid: Grid) -> Iterator[str]:
    yield f"\n{grid.caption}\n" if grid.caption else ""
    yield "| " + " | ".join(grid.columns) + " |"
    yield "|" + "---|" * len(grid.columns)
    for row in grid.rows:
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
