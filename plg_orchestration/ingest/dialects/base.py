"""What every dialect offers: a selection from raw lines to canonical columns.

A new event format is one module beside this one with a class of this shape, and one entry in `DIALECTS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from plg_orchestration.config.sources import Source


@dataclass(frozen=True)
class Selection:
    """How canonical columns come out of lines.

    `fields` are what is taken from a line first: JSON paths for JSON lines, source columns for CSV and Parquet. Of JSON lines
    the SQL sees the lists `v` (text), `j` (JSON text) and `t` (JSON type). A dialect of JSON lines whose paths are fixed gives
    a `structure` instead (as `json_transform` takes it), and sees the struct `x` and no lists; that is quicker. Of CSV and
    Parquet it sees the columns that it names in `reads` (see `records.Records.columns`); `identity` is that which gives the
    event's id, where one column does.
    `layers` are successive projections: each sees the names of those before. `expressions` gives for each canonical column
    its SQL, `problem` the SQL of `reason|detail`, NULL for a good line. `parameters` are bound; `lookups` are relations
    `(key VARCHAR, value VARCHAR)` by the name that `joins` uses. `known_keys` are the top-level JSON keys that have a meaning;
    with them given, others are merged into `properties`.
    """

    expressions: Mapping[str, str]
    problem: str
    fields: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    identity: str | None = None
    layers: tuple[Mapping[str, str], ...] = ()
    structure: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    lookups: Mapping[str, pa.Table] = field(default_factory=dict[str, pa.Table])
    joins: str = ""
    known_keys: tuple[str, ...] | None = None


class Dialect(Protocol):
    """An event format, or a plain table."""

    def select(
        self, source: Source, *, header: tuple[str, ...] | None, timezone: str, root: Path, instants: frozenset[str] = frozenset()
    ) -> Selection:
        """The selection for files of `source`.

        `header` names the columns of the file at hand (None for JSON lines, whose keys vary), `instants` those that are no text
        but timestamps; `timezone` is the workspace's, for
        plain dates; `root` the workspace's folder, where relative paths of lookups begin.
        FileRefused when the header lacks a column that the mapping names.
        """
        ...
