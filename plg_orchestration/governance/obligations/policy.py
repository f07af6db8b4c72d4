"""Frameworks and their requirements as configuration, each with the references that answer it.

A reference to a control, table or document that is not there is refused when it is loaded; names of checks are held against the
definitions by the asset. What the references show on a day is in `evidence.py`. The packaged frameworks are
`config/defaults/obligations.yaml`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

import plg_orchestration
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section, default_document

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Kind = Literal["control", "check", "table", "document"]
NOTHING = "nothing"
"""The kind of a requirement that nothing here answers."""
ROOT = Path(plg_orchestration.__file__).parents[1]
"""Where `docs/` lies beside the library; an installation without it cannot show documents, and says so."""


@dataclass(frozen=True)
class Reference:
    """One thing here that answers a requirement: its kind, and its name as people look it up."""

    kind: Kind
    name: str

    @property
    def table(self) -> str:
        """The table that a check belongs to, or that is named itself; '' for controls and documents."""
        if self.kind == "check":
            return self.name.partition(":")[0].replace("/", ".")
        return self.name if self.kind == "table" else ""


def reference(text: str) -> Reference:
    """The reference that the text states; ValueError when it is not a kind and a name.

    >>> reference("check pql/drift:no_drift").table
    'pql.drift'
    """
    kind, _, name = text.strip().partition(" ")
    if kind not in get_args(Kind) or not name.strip():
        forms = "'control R1-C1', 'check stage/table:name', 'table stage.table' or 'document docs/page.md'"
        raise ValueError(f"{text!r} is no reference; write {forms}")
    if kind == "check" and not (":" in name and "/" in name):
        raise ValueError(f"{text!r}: a check is named stage/table:name, as the Dagster UI shows it")
    return Reference(cast("Kind", kind), name.strip())


class Requirement(Section):
    """One requirement in short words of our own, what answers it, and what the answers leave open."""

    title: Text
    answered_by: tuple[str, ...] = ()
    gap: Text | None = None

    @field_validator("answered_by")
    @classmethod
    def known_references(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Each reference can be read, stands once, and names a table or document that is there.

        The packaged references are proven by a test: asking here would import every stage to read a configuration.
        """
        for text in value:
            one = reference(text)
            if one not in packaged_references() and (problem := lacking(one)):
                raise ValueError(problem)
        if len(set(value)) < len(value):
            raise ValueError("a reference stands twice; name it once")
        return value

    @property
    def references(self) -> tuple[Reference, ...]:
        """What answers the requirement; none when nothing does."""
        return tuple(reference(text) for text in self.answered_by)


class Framework(Section):
    """A framework: its name, how it is to be read here, and its requirements in their order."""

    title: Text
    about: Text
    requirements: dict[str, Requirement] = Field(min_length=1)


def over_packaged(value: object) -> object:
    """A workspace's frameworks laid over the packaged ones, requirement by requirement."""
    if not isinstance(value, Mapping):
        return value
    given = cast("Mapping[str, Any]", value)
    return {name: _laid(packaged().get(name), given.get(name)) for name in dict.fromkeys([*packaged(), *given])}


def _laid(below: Any, above: Any) -> Any:
    if above is None or not isinstance(above, Mapping):
        return below if above is None else above
    entry = cast("Mapping[str, Any]", above)
    known = cast("Mapping[str, Any]", below or {})
    return {**known, **entry, "requirements": {**known.get("requirements", {}), **(entry.get("requirements") or {})}}


@cache
def packaged() -> Mapping[str, Any]:
    """The packaged frameworks as plain data."""
    return default_document("obligations").data


Obligations = Annotated[dict[str, Framework], BeforeValidator(over_packaged), Field(validate_default=True)]
"""Frameworks by name; those of a workspace are laid over the packaged ones."""


def references(frameworks: Mapping[str, Framework]) -> Iterator[tuple[str, str, Reference]]:
    """Every reference with its framework and requirement."""
    for name, framework in frameworks.items():
        for key, requirement in framework.requirements.items():
            for one in requirement.references:
                yield name, key, one


@cache
def packaged_references() -> tuple[Reference, ...]:
    """Every reference of the packaged frameworks; whether they are there is not asked."""
    entries = [entry for framework in packaged().values() for entry in framework["requirements"].values()]
    return tuple(dict.fromkeys(reference(text) for entry in entries for text in entry["answered_by"]))


def unknown_controls(frameworks: Mapping[str, Framework], controls: Collection[str]) -> str | None:
    """What is wrong with the first reference to a control that is not in the register; None when all are there."""
    for framework, requirement, one in references(frameworks):
        if one.kind == "control" and one.name not in controls:
            choice = choose(one.name, controls, what="controls")
            return f"obligations.{framework}.requirements.{requirement}: control {one.name!r} is not in the register; {choice}"
    return None


@cache
def lacking(one: Reference) -> str | None:
    """Why the table or document that is referred to is not there; None when it is, or when that is not to be seen here."""
    if one.kind == "document":
        known = sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))
        if known and one.name not in known:
            return f"document {one.name!r} is not there; {choose(one.name, known, what='documents')}"
    elif one.table and one.table not in _tables():
        return f"table {one.table!r} is not declared; {choose(one.table, _tables(), what='tables')}"
    return None


@cache
def _tables() -> tuple[str, ...]:
    from plg_orchestration.warehouse import all_tables

    return tuple(sorted(declared.name for declared in all_tables()))
