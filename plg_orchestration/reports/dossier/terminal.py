"""The dossier on a terminal or in a pipe: headings, labeled lines and small tables, at any width from 80 columns."""

import re

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from plg_orchestration.reports.dossier.told import Dossier
from plg_orchestration.reports.formats import NARROW
from plg_orchestration.reports.shapes import Fact, Grid, Section

THOUSANDS = re.compile(f"(?<=\\d){NARROW}(?=\\d)")
STYLES = {"good": "green", "warn": "yellow", "bad": "bold red", "none": ""}
LABELS = 24


def print_dossier(console: Console, dossier: Dossier) -> None:
    """Print the whole dossier."""
    console.print(Text(f"Decision {dossier.decision_id}", style="bold"))
    _lines(console, dossier.brief)
    for section in dossier.sections:
        console.print()
        console.rule(Text(section.title, style="bold"), align="left", style="dim")
        _section(console, section)


def _section(console: Console, section: Section) -> None:
    if section.said:
        console.print(Text(section.said, style="dim"))
    _lines(console, section.facts)
    for grid in section.grids:
        _grid(console, grid)


def _lines(console: Console, facts: tuple[Fact, ...]) -> None:
    listed = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    listed.add_column(width=LABELS, style="dim", overflow="fold")
    listed.add_column(overflow="fold")
    for fact in facts:
        said = Text(plain(fact.value), style=STYLES[fact.tone])
        if fact.link:
            said.append(f"  {fact.link}", style="underline")
        listed.add_row(Text(fact.label), said)
    if facts:
        console.print(listed)


def _grid(console: Console, grid: Grid) -> None:
    if grid.caption:
        console.print(Text(grid.caption, style="dim"))
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, name in enumerate(grid.columns):
        made.add_column(Text(name), justify="right" if place in grid.numbers else "left", overflow="fold")
    shown = grid.rows if grid.brief is None else grid.rows[: grid.brief]
    for row in shown:
        made.add_row(*(Text(plain(cell)) for cell in row))
    console.print(Padding(made, (0, 0, 0, 2)))
    if len(shown) < len(grid.rows):
        console.print(Text(f"  … and {len(grid.rows) - len(shown)} more on the page (--html FILE)", style="dim"))


def plain(text: str) -> str:
    """The text without thin spaces, at which a terminal would break lines.

    >>> plain(f"3{NARROW}028 of 12.5{NARROW}%")
    '3,028 of 12.5%'
    """
    return THOUSANDS.sub(",", text).replace(f"{NARROW}%", "%").replace(NARROW, " ")
