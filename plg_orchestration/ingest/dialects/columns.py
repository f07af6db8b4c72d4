"""Plain tables by a column map: any JSON lines, CSV or Parquet, and all reference sources.

The mapping's expressions become SQL over numbered fields and bound values; nothing of the configuration becomes SQL text.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from plg_orchestration.config import expressions as say
from plg_orchestration.config.canonical import CanonicalColumn, CanonicalSource
from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.dialects.base import Selection
from plg_orchestration.ingest.jsonlines import path_of
from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.ingest.times import day, epoch, instant

CENTS = r"^-?\d{1,16}(\.\d{0,2}0*)?$"
"""An amount that keeps its value with two decimals."""
EVENT_EXTRAS = {"kind": "'track'", "previous_id": "cast(null as varchar)"}
BOOLEANS = (
    "case when lower({0}) in ('true', 't', 'yes', 'y', '1') then true "
    "when lower({0}) in ('false', 'f', 'no', 'n', '0') then false end"
)
WRONG = {
    "id": "type", "text": "type", "time": "time", "date": "time", "integer": "number", "number": "number", "decimal": "number",
    "boolean": "type", "json": "type",
}  # fmt: skip
"""The reason that a value which does not fit its column's kind is refused for."""


class Mapped(Protocol):
    """What has to be known of a table: its canonical columns, and which source column means which."""

    @property
    def name(self) -> str: ...  # noqa: D102 (as in config.Source)
    @property
    def canonical(self) -> CanonicalSource: ...  # noqa: D102
    @property
    def columns(self) -> Mapping[str, say.Expression] | None: ...  # noqa: D102
    @property
    def timezone(self) -> str | None: ...  # noqa: D102


class ColumnsDialect:
    """Any table, by its column map; without a map the files' columns bear the canonical names."""

    def select(
        self, source: Source, *, header: tuple[str, ...] | None, timezone: str, root: Path, instants: frozenset[str] = frozenset()
    ) -> Selection:
        """The selection by the source's column map, for the columns of its canonical table."""
        return TableBuilder(source, header, timezone, root, instants).selection()


class TableBuilder:
    """Collects fields, parameters and lookups while expressions are turned into SQL."""

    def __init__(
        self, source: Mapped, header: tuple[str, ...] | None, timezone: str, root: Path, instants: frozenset[str]
    ) -> None:
        self.source, self.header, self.json, self.root, self.instants = source, header, header is None, root, instants
        self.fields: list[str] = []
        self.reads: dict[str, None] = {}
        self.parameters: dict[str, object] = {"workspace_zone": timezone}
        self.lookups: dict[str, pa.Table] = {}
        self.joins: list[str] = []
        self.zone = "$source_zone" if source.timezone else None
        if source.timezone:
            self.parameters["source_zone"] = source.timezone

    # -- fields and values ----------------------------------------------------------------------------------------------

    def place(self, column: str) -> int:
        """The place (from 1) of a source column in the list of fields; FileRefused when the file has no such column."""
        if self.header is not None and column not in self.header:
            raise FileRefused(f"the file has no column {column!r}; it has {', '.join(self.header)[:200]}")
        name = path_of(column) if self.json else column
        if name not in self.fields:
            self.fields.append(name)
        return self.fields.index(name) + 1

    def value(self, column: str) -> str:
        """The text of a source column; NULL when absent or empty."""
        return f"nullif({self.read('v', column)}, '')"

    def read(self, form: str, column: str) -> str:
        """The name by which SQL reads a source column in one of its forms (JSON lines: a list's item)."""
        if self.json:
            return f"{form}[{self.place(column)}]"
        name = f"{form}{self.place(column)}"
        self.reads[name] = None
        return name

    def stripped(self, expression: say.Expression) -> str:
        """The expression as text without spaces around it; NULL when nothing remains."""
        if isinstance(expression, say.Column) and not self.json:
            return self.read("s", expression.column)
        return f"nullif(trim({self.text(expression)}), '')"

    def is_instant(self, column: CanonicalColumn, expression: say.Expression) -> bool:
        """Whether the column is a time that the file holds as a timestamp, so that no text has to be read."""
        return column.kind == "time" and isinstance(expression, say.Column) and expression.column in self.instants

    def bind(self, value: object) -> str:
        """The bound parameter that stands for `value`."""
        name = f"value_{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def text(self, expression: say.Expression) -> str:
        """The expression as SQL text."""
        makers: dict[type, Callable[[Any], str]] = {
            say.Column: lambda e: self.value(e.column),
            say.Constant: lambda e: (
                "cast(null as varchar)" if e.constant is None else f"cast({self.bind(_plain(e.constant))} as varchar)"
            ),
            say.EpochMs: lambda e: self.value(e.epoch_ms),
            say.EpochS: lambda e: self.value(e.epoch_s),
            say.Lookup: lambda e: self._lookup(e.lookup),
            say.Template: self._template,
            say.Properties: self._properties,
            say.Mapped: lambda e: self._map(e.map),
            say.DomainOf: lambda e: f"nullif(lower(split_part({self.value(e.domain_of)}, '@', 2)), '')",
        }
        return makers[type(expression)](expression)

    def _lookup(self, table: say.LookupTable) -> str:
        from plg_orchestration.ingest.lookups import lookup_table

        name = f"lookup_{len(self.lookups)}"
        self.lookups[name] = lookup_table(table, self.root)
        self.joins.append(f"left join {name} on {name}.key = {self.value(table.on)}")
        return f"{name}_value"

    def _template(self, template: say.Template) -> str:
        pieces = [(self.bind(literal), None if column is None else self.value(column)) for literal, column in template.parts]
        return "(" + " || ".join(piece for pair in pieces for piece in pair if piece is not None) + ")"

    def _properties(self, properties: say.Properties) -> str:
        values = [f"json({self.read('j', name)})" if self.json else self.read("v", name) for name in properties.properties]
        pairs = [f"{self.bind(name)}, {value}" for name, value in zip(properties.properties, values, strict=True)]
        return f"cast(json_object({', '.join(pairs)}) as varchar)"

    def _map(self, mapped: say.ValueMap) -> str:
        value = self.value(mapped.column)
        cases = " ".join(f"when {self.bind(old)} then {self.bind(_plain(new))}" for old, new in mapped.values.items())
        return f"case {value} {cases} else {value} end"

    # -- typed columns --------------------------------------------------------------------------------------------------

    def typed(self, column: CanonicalColumn, expression: say.Expression, text: str) -> str:
        """The value of a column's kind from its text; NULL when it does not fit."""
        if isinstance(expression, say.EpochMs):
            return epoch(text, 1000)
        if isinstance(expression, say.EpochS):
            return epoch(text, 1)
        dates = None if self.source.name == "events" else "$workspace_zone"
        return {
            "id": text,
            "text": text,
            "time": instant(text, self.zone, date_zone=dates),
            "date": day(text),
            "integer": f"case when regexp_matches({text}, '^-?\\d{{1,18}}(\\.0+)?$') then try_cast({text} as bigint) end",
            "number": f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end",
            "decimal": f"case when regexp_matches({text}, '{CENTS}') then try_cast({text} as decimal(18, 2)) end",
            "boolean": BOOLEANS.format(text),
            "json": f"case when json_valid({text}) then {text} end",
        }[column.kind]

    def _mapping(self) -> dict[str, say.Expression]:
        if self.source.columns is not None:
            return dict(self.source.columns)
        named: dict[str, say.Expression] = {c.name: say.Column(column=c.name) for c in self.source.canonical.columns}
        if self.header is None:
            return named
        return {name: expression for name, expression in named.items() if name in self.header}

    def selection(self) -> Selection:
        """The finished selection."""
        mapping = self._mapping()
        required = [c.name for c in self.source.canonical.columns if c.required and c.name not in mapping]
        if required:
            raise FileRefused(f"the file has no column {required[0]!r}, which {self.source.name} needs; name it in `columns`")
        first: dict[str, str] = {}
        second: dict[str, str] = {}
        for column in self.source.canonical.columns:
            expression = mapping.get(column.name)
            if isinstance(expression, say.Column) and self.is_instant(column, expression):
                second[f"typed_{column.name}"] = self.read("t", expression.column)
            elif expression is not None:
                first[f"text_{column.name}"] = self.stripped(expression)
                second[f"typed_{column.name}"] = self.typed(column, expression, f"text_{column.name}")
        expressions = {c.name: f"typed_{c.name}" for c in self.source.canonical.columns if c.name in mapping}
        events = self.source.name == "events"
        return Selection(
            fields=tuple(self.fields),
            reads=tuple(self.reads),
            identity=first.get("text_event_id") if isinstance(mapping.get("event_id"), say.Column) else None,
            layers=(first, second),
            expressions={**expressions, **(EVENT_EXTRAS if events else {})},
            problem=self._problem(mapping),
            parameters=self.parameters,
            lookups=self.lookups,
            joins=" ".join(self.joins),
            known_keys=tuple(self.source.canonical.column_names)
            if events and self.json and self.source.columns is None
            else None,
        )

    def _problem(self, mapping: dict[str, say.Expression]) -> str:
        cases: list[str] = []
        columns = [column for column in self.source.canonical.columns if column.name in mapping]
        if self.json:
            cases += [case for column in columns for case in self._json_types(column, mapping[column.name])]
        cases += [
            f"when text_{name} is not null and typed_{name} is null then '{wrong}|{name} ' || left(text_{name}, 60)"
            for name, wrong in (
                (column.name, WRONG[column.kind]) for column in columns if not self.is_instant(column, mapping[column.name])
            )
        ]
        cases += [f"when typed_{c.name} is null then 'missing|{c.name}'" for c in columns if c.required]
        alternatives = [name for name in self.source.canonical.one_of if name in mapping]
        if alternatives:
            given = ", ".join(f"typed_{name}" for name in alternatives)
            cases.append(f"when coalesce({given}) is null then 'missing|{' or '.join(alternatives)}'")
        return f"case {' '.join(cases)} end"

    def _json_types(self, column: CanonicalColumn, expression: say.Expression) -> list[str]:
        if not isinstance(expression, say.Column):
            return []
        place = self.place(expression.column)
        bad = {"json": "", "id": "'OBJECT', 'ARRAY', 'BOOLEAN', 'DOUBLE'", "text": "'OBJECT', 'ARRAY'"}
        names = bad.get(column.kind, "'OBJECT', 'ARRAY', 'BOOLEAN'" if column.kind != "boolean" else "'OBJECT', 'ARRAY'")
        if not names:
            return [f"when t[{place}] not in ('OBJECT', 'NULL') then 'type|{column.name} is no object'"]
        return [f"when t[{place}] in ({names}) then 'type|{column.name} is ' || lower(t[{place}])"]


def _plain(value: object) -> object:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
