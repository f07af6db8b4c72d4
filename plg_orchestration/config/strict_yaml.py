"""A strict reader of YAML that remembers the line of every key and value.

Only what a configuration needs is understood: mappings with unique text keys, lists and the plain scalars of YAML 1.2 (so `NO`,
`on` and `04:00` stay text). Tags, anchors, aliases, merge keys and deep nesting are refused. What keys mean is decided by models.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import yaml

from plg_orchestration.config.problems import Problem, place

Path = tuple[str | int, ...]
"""Keys and list positions from the document's root."""

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 32
LOADER = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
WORDS: Mapping[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False, ".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan,
}  # fmt: skip
INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)")


@dataclass(frozen=True)
class Mark:
    """Where a value stands."""

    file: str
    line: int


@dataclass(frozen=True)
class Document:
    """Plain data (dict, list, str, int, float, bool, None), the mark of every path in it, and what was refused on the way."""

    data: dict[str, object]
    marks: Mapping[Path, Mark]
    problems: tuple[Problem, ...] = ()

    def mark(self, path: Path) -> Mark:
        """The mark of `path`, or of the nearest enclosing value when the path itself is not there."""
        while path not in self.marks and path:
            path = path[:-1]
        return self.marks[path]

    def under(self, key: str) -> "Document":
        """The same document as the value of one key."""
        marks = {(key, *path): mark for path, mark in self.marks.items()}
        return Document({key: self.data}, {**marks, (): self.mark(())}, self.problems)

    def merged(self, over: "Document") -> "Document":
        """This document with `over` laid on top: mappings are merged key by key, everything else is replaced."""
        replaced: set[Path] = set()
        data = cast("dict[str, object]", _merge(self.data, over.data, (), replaced))
        kept = {path: mark for path, mark in self.marks.items() if not any(path[:n] in replaced for n in range(len(path) + 1))}
        return Document(data, {**kept, **over.marks}, (*self.problems, *over.problems))


def _merge(base: object, over: object, path: Path, replaced: set[Path]) -> object:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        replaced.add(path)
        return over
    mine, other = cast("dict[str, object]", base), cast("dict[str, object]", over)
    laid = {key: _merge(mine[key], value, (*path, key), replaced) if key in mine else value for key, value in other.items()}
    return {**mine, **laid}


def read_yaml(text: str, *, file: str) -> Document:
    """The document in `text`; whatever is refused stands in its `problems` under the name `file`, nothing is raised."""
    reader = _Reader(file)
    data: object = {}
    try:
        data = reader.document(text)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        reader.refuse(line, (), f"not valid YAML ({error.problem})", "check indentation, quotes and brackets near this line")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        reader.refuse(line, (), "a character that YAML does not allow", "remove it, and save the file as UTF-8 text")
    except _Stop:
        pass
    if data is None:
        data = {}
    if not isinstance(data, dict):
        reader.refuse(1, (), "the file is not a mapping of keys to values", "start with `key: value` lines")
        data = {}
    return Document(cast("dict[str, object]", data), {**reader.marks, (): Mark(file, 1)}, tuple(reader.problems))


def line_of(event: yaml.Event) -> int:
    """The line on which the event begins, counted from 1."""
    return event.start_mark.line + 1 if event.start_mark else 1


class _Stop(Exception):
    """Reading further makes no sense."""


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[Path, Mark] = {}
        self.problems: list[Problem] = []

    def refuse(self, line: int, path: Path, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, line, place(path), message, remedy))

    def document(self, text: str) -> object:
        if len(text) > MAX_CHARACTERS:
            self.refuse(1, (), f"the file has {len(text):,} characters", f"a configuration has at most {MAX_CHARACTERS:,}")
            raise _Stop
        events = yaml.parse(text, Loader=LOADER)
        data: object = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    line = line_of(event)
                    self.refuse(line, (), "a second document begins ('---')", "keep one document in the file")
                    raise _Stop
            elif isinstance(event, yaml.NodeEvent):
                data = self.node(event, events, ())
        return data

    def node(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], path: Path) -> object:
        line = line_of(event)
        self.marks[path] = Mark(self.file, line)
        if len(path) > MAX_DEPTH:
            self.refuse(line, path[:3], f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            raise _Stop
        self.decoration(event, line, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        return self.scalar(event, line, path) if isinstance(event, yaml.ScalarEvent) else None

    def decoration(self, event: yaml.NodeEvent, line: int, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(line, path, f"alias '*{event.anchor}' is not allowed", "write the value out")
            return
        if event.anchor is not None:
            self.refuse(line, path, f"anchor '&{event.anchor}' is not allowed", "remove it and write repeated values out")
        tag = cast("str | None", getattr(event, "tag", None))
        if tag is not None:
            self.refuse(line, path, f"tag {tag!r} is not allowed", "remove the tag; put text in quotes")

    def sequence(self, events: Iterator[yaml.Event], path: Path) -> list[object]:
        values: list[object] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            values.append(self.node(cast("yaml.NodeEvent", event), events, (*path, len(values))))
        return values

    def mapping(self, events: Iterator[yaml.Event], path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        lines: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.key(cast("yaml.NodeEvent", event), events, path)
            line = line_of(event)
            shown = "?" if key is None or key in values else key
            value = self.node(cast("yaml.NodeEvent", next(events)), events, (*path, shown))
            if key is None:
                continue
            if key in values:
                self.refuse(line, (*path, key), f"key {key!r} is already on line {lines[key]}", "keep one of the two")
                continue
            values[key], lines[key] = value, line
            self.marks[(*path, key)] = Mark(self.file, line)
        return values

    def key(self, event: yaml.NodeEvent, events: Iterator[yaml.Event], path: Path) -> str | None:
        line = line_of(event)
        if not isinstance(event, yaml.ScalarEvent):
            if not isinstance(event, yaml.AliasEvent):
                self.node(event, events, (*path, "?"))
            self.refuse(line, path, "a key is not plain text", "write `key: value`")
            return None
        self.decoration(event, line, (*path, str(event.value)))
        if event.value == "<<" and not event.style:
            self.refuse(line, path, "merge key '<<' is not allowed", "write the keys out")
            return None
        return str(event.value)

    def scalar(self, event: yaml.ScalarEvent, line: int, path: Path) -> object:
        text = str(event.value)
        if event.style or event.tag is not None:
            return text
        value = plain(text)
        if isinstance(value, float) and (math.isnan(value) or (math.isinf(value) and "inf" not in text.lower())):
            self.refuse(line, path, f"{text!r} is not a figure", "write a finite number, or .inf for no limit")
        return value


def plain(text: str) -> object:
    """What an unquoted scalar means: null, true, false, a decimal number, else text (`no`, `2025-01-01`, `04:00` are text)."""
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text.replace(".i", "i").replace(".I", "i")) if NUMBER.fullmatch(text) else text
