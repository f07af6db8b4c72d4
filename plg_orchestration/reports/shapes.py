"""What records for auditors are made of, whatever they are shown on: sections of labeled facts, points and small tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """One labeled line; `tone` is good, warn, bad or none."""

    label: str
    value: str
    tone: str = "none"
    link: str = ""


@dataclass(frozen=True)
class Grid:
    """A small table; `numbers` are the places of the columns that hold numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    brief: int | None = None
    """So many rows are enough on a terminal; None: all."""


@dataclass(frozen=True)
class Section:
    """One subject of the dossier."""

    title: str
    facts: tuple[Fact, ...] = ()
    grids: tuple[Grid, ...] = ()
    said: str = ""
    points: tuple[str, ...] = ()
    picture: str = ""
    """An `<svg>` element that our own charts made."""
    wide: bool = False
    """Whether it takes the page's whole width where sections stand in two columns."""
