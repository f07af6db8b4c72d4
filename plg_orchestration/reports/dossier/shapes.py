"""What a dossier is made of, whatever it is shown on: sections of labeled facts and small tables, with a tone each."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fact:
    """One labeled line; `tone` is good, warn, bad or none."""

    label: str
    value: str
    tone: str = "none"
    link: str = ""


@dataclass(frozen=True)
class Grid:
    """A small table; `numbers` are the places of the columns that hold numbers, `wide` rows are for the page only."""

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


@dataclass(frozen=True)
class Dossier:
    """The whole: whom and what it is about, in short what was decided, and the sections in reading order."""

    decision_id: str
    workspace: str
    person: str
    named: bool
    """Whether `person` is the id and not a pseudonym."""
    decided_on: str
    known_on: str
    brief: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = field(default=())

    def facts(self) -> Iterator[tuple[str, Fact]]:
        """Every fact with the title of its section."""
        for section in self.sections:
            for fact in section.facts:
                yield section.title, fact
