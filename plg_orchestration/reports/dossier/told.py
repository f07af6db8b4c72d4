"""The dossier as a value: whom and what it is about, and its sections, for whatever shows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from plg_orchestration.reports.shapes import Fact, Section


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
    sections: tuple[Section, ...] = ()

    def facts(self) -> Iterator[tuple[str, Fact]]:
        """Every fact with the title of its section."""
        for section in self.sections:
            for fact in section.facts:
                yield section.title, fact
