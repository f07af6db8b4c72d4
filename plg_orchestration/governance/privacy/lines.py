"""Whose line it is: a line of a source is a person's own, or mentions the person, or neither.

The files around the lines are in `inputs.py`; the columns that say whom a line is about follow from the source's mapping.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.config import expressions as say
from plg_orchestration.config.sources import Source
from plg_orchestration.governance.privacy.identifiers import SUBJECTS, Identifiers
from plg_orchestration.governance.privacy.needles import SHORTEST, Needles

SEGMENT = {"userId": "user_id", "anonymousId": "anonymous_id", "previousId": "previous_id"}
WORDS = re.compile(rb"[^\s\"',:;{}\[\]]+")
Get = Callable[[str], object]


@dataclass(frozen=True)
class Subject:
    """One value of a line that says whom it is about: how it is made of the line's own columns, and the kind of ids."""

    expression: say.Expression
    kind: str


class Lines:
    """Judges the lines of one source; `needles` finds what leads to the people, `found` says what it is."""

    def __init__(self, source: Source, found: Identifiers, needles: Needles, root: Path) -> None:
        self.needles, self.found, self._root = needles, found, root
        self.subjects = tuple(_subjects(source))
        self._ids = {kind: found.of(kind) for kind in set(SUBJECTS.values())}
        self._short = frozenset(name.encode() for name in found.tombs if len(name.encode()) < SHORTEST)

    def own(self, get: Get) -> bool:
        """Whether a record, whose columns `get` gives, is about one of the people."""
        return any((value := self._value(s.expression, get)) and value.strip() in self._ids[s.kind] for s in self.subjects)

    def judged(self, raw: bytes) -> bytes | None:
        """A JSON line without mentions of the people; None when it is one of theirs, or no JSON and names one of them."""
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            named = bool(self.needles.find(raw)) or not self._short.isdisjoint(WORDS.findall(raw))
            return None if named else raw
        if isinstance(line, dict) and self.own(line.get):
            return None
        return self.needles.redacted(raw)

    def _value(self, expression: say.Expression, get: Get) -> str | None:
        """The text of a column of the mapping; expressions that hold no id give none."""
        if isinstance(expression, say.Column):
            return _text(get(expression.column))
        if isinstance(expression, say.Template):
            pieces = [(literal, "" if name is None else _text(get(name))) for literal, name in expression.parts]
            return None if any(piece is None for _, piece in pieces) else "".join(a + str(b) for a, b in pieces)
        if isinstance(expression, say.Mapped):
            value = _text(get(expression.map.column))
            return None if value is None else str(expression.map.values.get(value, value))
        if isinstance(expression, say.Lookup):
            return self._looked_up(expression.lookup).get(_text(get(expression.lookup.on)) or "")
        return None

    def _looked_up(self, table: say.LookupTable) -> Mapping[str, str]:
        from plg_orchestration.ingest.lookups import lookup_table

        rows = lookup_table(table, self._root).to_pydict()
        return {key: value for key, value in zip(rows["key"], rows["value"], strict=True) if value is not None}


def _subjects(source: Source) -> list[Subject]:
    if source.format == "segment":
        return [Subject(say.Column(column=name), SUBJECTS[meaning]) for name, meaning in SEGMENT.items()]
    if source.columns is None:
        return [Subject(say.Column(column=n), SUBJECTS[n]) for n in source.canonical.column_names if n in SUBJECTS]
    return [Subject(expression, SUBJECTS[name]) for name, expression in source.columns.items() if name in SUBJECTS]


def _text(value: object) -> str | None:
    return None if value is None or isinstance(value, bool | dict | list) or value == "" else str(value)
