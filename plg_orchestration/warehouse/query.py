"""A query as a value: the text of one SQL file, its bound parameters and the prepared relations that it reads.

Running it belongs to `engine.py`. Text is never assembled from values: what varies is a bound parameter or a table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")
COMMENT = re.compile(r"--[^\n]*")
QUALIFIED = re.compile(r"\b[a-z_]\w*\.[a-z_]\w*")


@dataclass(frozen=True)
class Query:
    """One SELECT in DuckDB's dialect with its bound parameters.

    `name` is the file's stem. `requires` are queries whose results the text reads under their own names; the engine
    prepares each as a temporary relation first. A `lasting` one is worth keeping through a run: its result is used until one of
    the tables that it `reads` changes. It names these as `stage.table`, without quotes.
    """

    name: str
    text: str
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    requires: tuple["Query", ...] = ()
    lasting: bool = False

    def bound(self) -> dict[str, object]:
        """The parameters that the text names; ValueError when one of them has no value."""
        named = set(PARAMETER.findall(COMMENT.sub("", self.text)))
        missing = sorted(named - self.parameters.keys())
        if missing:
            raise ValueError(f"query {self.name}: no value for ${', $'.join(missing)}; pass it to sql_file")
        return {name: self.parameters[name] for name in sorted(named)}

    def signature(self) -> tuple[object, ...]:
        """What the result depends on, beside the tables: the text, the bound values, and those of what it requires."""
        return (self.text, tuple(self.bound().items()), tuple(required.signature() for required in self.requires))

    def reads(self) -> frozenset[str]:
        """The tables `stage.table` that the text and those of what it requires name, among columns that are written `a.b`."""
        return _qualified(self.text).union(*(required.reads() for required in self.requires))


@cache
def _qualified(text: str) -> frozenset[str]:
    return frozenset(QUALIFIED.findall(COMMENT.sub("", text)))


@cache
def sql_text(path: str) -> str:
    """The text of a packaged SQL file, by its path inside the library (`behavior/user_days.sql`)."""
    return files("plg_orchestration").joinpath(path).read_text(encoding="utf-8")


def sql_file(path: str, *, requires: tuple[Query, ...] = (), **parameters: object) -> Query:
    """The query of a packaged SQL file with its parameters; parameters that the text does not name are ignored."""
    return Query(path.rsplit("/", 1)[-1].removesuffix(".sql"), sql_text(path), parameters, requires)


def lasting(query: Query) -> Query:
    """The query as one whose result a run keeps, as `Query.lasting` says."""
    return replace(query, lasting=True)
