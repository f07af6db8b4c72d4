"""How a canonical column comes about: a source column's name, or one expression object such as `{epoch_ms: ts}`.

These are declarations, checked when they are loaded. Evaluating them belongs to ingest, what stands around them to `sources.py`.
"""

import os
import re
from collections.abc import Callable
from string import Formatter
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, field_validator

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section

Scalar = str | int | float | bool
FileFormat = Literal["jsonl", "csv", "parquet"]

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
UNSAFE = re.compile(r"[\x00-\x1f\x7f\"'`;\\]|--|/\*")


def _source_column(name: str) -> str:
    if not name.strip() or UNSAFE.search(name):
        raise ValueError(
            f"{name!r} cannot be a source column's name; write the name without quotes, semicolons, backslashes or comment signs"
        )
    return name


def _path(text: str) -> str:
    left = VARIABLE.sub("", text)
    if not text.strip() or "\x00" in text or "${" in left:
        raise ValueError(f"{text!r} is not a path; write a path or glob, variables as ${{NAME}}")
    unset = [name for name in VARIABLE.findall(text) if not os.environ.get(name)]
    if unset:
        raise ValueError(
            f"the environment variable {unset[0]} is not set ({text!r}); set it, for example: export {unset[0]}=/path/to/the/data"
        )
    return text


SourceColumn = Annotated[str, AfterValidator(_source_column)]
DataPath = Annotated[str, AfterValidator(_path)]


def expand(text: str, quote: Callable[[str], str] = str) -> str:
    """The text with every `${NAME}` replaced by that environment variable, passed through `quote`; KeyError when unset."""
    return VARIABLE.sub(lambda found: quote(os.environ[found.group(1)]), text)


class BaseExpression(Section):
    """What all expressions share."""

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads, in order; none unless a kind says otherwise."""
        return ()


class Column(BaseExpression):
    """A source column as it is; an empty value is an absent one."""

    column: SourceColumn

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return (self.column,)


class Constant(BaseExpression):
    """The same value in every row; null says that the column is absent on purpose."""

    constant: Scalar | None


class EpochMs(BaseExpression):
    """An instant given as milliseconds since 1970-01-01 UTC."""

    epoch_ms: SourceColumn

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return (self.epoch_ms,)


class EpochS(BaseExpression):
    """An instant given as seconds since 1970-01-01 UTC."""

    epoch_s: SourceColumn

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return (self.epoch_s,)


class LookupTable(Section):
    """A second file: the row whose `key` equals this row's `on` gives `value`; no such row gives nothing."""

    path: DataPath
    format: FileFormat
    key: SourceColumn
    value: SourceColumn
    on: SourceColumn


class Lookup(BaseExpression):
    """A value found in a second file."""

    lookup: LookupTable

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return (self.lookup.on,)


class Template(BaseExpression):
    """Text with source columns in braces, such as `session-{sessionId}`; absent when one of the columns is."""

    template: str

    @field_validator("template")
    @classmethod
    def _placeholders(cls, text: str) -> str:
        try:
            found = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
        except ValueError as error:
            raise ValueError(f"{text!r} is not a template ({error}); close every brace") from None
        if not found or any(spec or conversion or not name for name, spec, conversion in found):
            raise ValueError(f"{text!r} is not a template; name source columns in braces, such as 'session-{{sessionId}}'")
        for name, *_ in found:
            _source_column(name)
        return text

    @property
    def parts(self) -> tuple[tuple[str, str | None], ...]:
        """`(literal, column)` pairs in order; the last column is None when the text ends in a literal."""
        return tuple((literal, name) for literal, name, *_ in Formatter().parse(self.template))

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return tuple(name for _, name in self.parts if name is not None)


class Properties(BaseExpression):
    """The named source columns gathered into one JSON object."""

    properties: Annotated[tuple[SourceColumn, ...], Field(min_length=1)]

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return self.properties


class ValueMap(Section):
    """A source column whose listed values are replaced; others stay as they are."""

    column: SourceColumn
    values: Annotated[dict[str, Scalar], Field(min_length=1)]


class Mapped(BaseExpression):
    """A source column with some of its values renamed."""

    map: ValueMap

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return (self.map.column,)


class DomainOf(BaseExpression):
    """The lower-case domain of an e-mail address; the address itself is not kept."""

    domain_of: SourceColumn

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The source columns that the expression reads."""
        return (self.domain_of,)


_KINDS = ("column", "constant", "epoch_ms", "epoch_s", "lookup", "template", "properties", "map", "domain_of")


def _known_kind(value: object) -> object:
    """A text is a column, a list the properties; a mapping has exactly one key, a known one; anything else is refused."""
    if isinstance(value, str):
        return {"column": value}
    if isinstance(value, list | tuple):
        return {"properties": value}
    if isinstance(value, Section):
        return value
    keys = [str(key) for key in cast("dict[object, object]", value)] if isinstance(value, dict) else []
    if len(keys) == 1 and keys[0] not in _KINDS:
        raise ValueError(f"unknown expression {keys[0]!r}; {choose(keys[0], _KINDS, what='expressions')}")
    if len(keys) != 1:
        raise ValueError(f"{value!r:.60} is no expression; write a source column's name, or one of {', '.join(_KINDS)} in braces")
    return value


def _kind(value: object) -> str:
    return next(iter(type(value).model_fields if isinstance(value, Section) else cast("dict[str, object]", value)))


Expression = Annotated[
    Annotated[
        Annotated[Column, Tag("column")] | Annotated[Constant, Tag("constant")] | Annotated[EpochMs, Tag("epoch_ms")]
        | Annotated[EpochS, Tag("epoch_s")] | Annotated[Lookup, Tag("lookup")] | Annotated[Template, Tag("template")]
        | Annotated[Properties, Tag("properties")] | Annotated[Mapped, Tag("map")] | Annotated[DomainOf, Tag("domain_of")],
        Discriminator(_kind),
    ],
    BeforeValidator(_known_kind),
]  # fmt: skip
"""How a canonical column comes about: a source column's name, a list of them (properties), or one expression object."""
