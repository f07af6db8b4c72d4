"""Records of CSV and Parquet as the columns that a dialect's SQL reads; what a row's values mean is not known here.

How files fall into records is decided in `delimited.py`; staging and refusing, in `reading.py`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from plg_orchestration.ingest.reasons import Refusal

SPACES = "".join(map(chr, [32, 160, 5760, *range(8192, 8203), 8239, 8287, 12288]))
"""What the engine's `trim` takes away."""
SEPARATOR = "\x1f"
TEXT = pa.large_string()
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""The first second of year 1 and the last of year 9999; times beyond have no text that can be read."""
A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass
class Records:
    """Some records of a file with the columns of the selection's fields, by their place from 1.

    `lines` numbers the records, `values` holds the columns, `raw` the records' own text (Parquet has none: the values as text
    stand for it). `refused` and `blank` are the lines between them that are no records.
    """

    lines: Any
    values: list[Any]
    raw: Any = None
    refused: list[Refusal] = field(default_factory=list[Refusal])
    blank: int = 0

    def instants(self) -> frozenset[int]:
        """The places whose values are instants of the calendar and need no reading of text."""
        return frozenset(place for place, values in enumerate(self.values, start=1) if _is_instant(values))

    def columns(self, names: Sequence[str]) -> dict[str, Any]:
        """Columns by name: `v1` is field 1 as text, `s1` that without spaces around it (null when empty), `t1` its instant."""
        makers = {"v": as_text, "s": lambda values: stripped(as_text(values)), "t": instant}
        return {name: makers[name[0]](self.values[int(name[1:]) - 1]) for name in names}

    def texts(self, rows: Any) -> Any:
        """The text of the records at these indices."""
        if self.raw is not None:
            return self.raw.take(rows)
        import pyarrow.compute as pc

        texts = [_plain(as_text(values.take(rows))) for values in self.values]
        if not texts:
            return pa.array([""] * len(rows), TEXT)
        return pc.binary_join_element_wise(  # pyright: ignore[reportAttributeAccessIssue]
            *texts, pa.scalar(SEPARATOR, TEXT), null_handling="replace", null_replacement=""
        )

    def raw_column(self, identity: Any) -> Any:
        """The column `raw`: of records without text of their own, only where the column `identity` (None: everywhere) is null."""
        if self.raw is not None:
            return self.raw
        missing = np.arange(len(self.lines)) if identity is None else np.flatnonzero(identity.is_null())
        if len(missing) == 0:
            return pa.nulls(len(self.lines), TEXT)
        places = np.full(len(self.lines), -1)
        places[missing] = np.arange(len(missing))
        return self.texts(pa.array(missing)).take(pa.array(places, mask=places < 0))


def as_text(values: Any) -> Any:
    """The values as text, dictionaries of text as such."""
    import pyarrow.compute as pc

    if pa.types.is_timestamp(values.type):
        stamps = pc.strftime(instant(values), format="%Y-%m-%dT%H:%M:%SZ")  # pyright: ignore[reportAttributeAccessIssue]
        return stamps.cast(TEXT)
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        texts = [None if value is None else json.dumps(value, default=str) for value in values.to_pylist()]
        return pa.array(texts, TEXT)
    if pa.types.is_dictionary(values.type) and pa.types.is_string(values.type.value_type):
        return pa.DictionaryArray.from_arrays(values.indices, values.dictionary.cast(TEXT))
    return values.cast(TEXT)


def stripped(texts: Any) -> Any:
    """The texts without spaces around them; null where nothing remains."""
    import pyarrow.compute as pc

    if pa.types.is_dictionary(texts.type):
        values = stripped(texts.dictionary)
        if not values.null_count:
            return pa.DictionaryArray.from_arrays(texts.indices, values)
        return stripped(_plain(texts)).dictionary_encode()
    short = pc.utf8_trim(texts, characters=SPACES)  # pyright: ignore[reportAttributeAccessIssue]
    return pc.if_else(pc.equal(short, ""), pa.scalar(None, TEXT), short)  # pyright: ignore[reportAttributeAccessIssue]


def instant(values: Any) -> Any:
    """Timestamps as naive UTC ones of microseconds; those without a zone are UTC."""
    zoned = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    return zoned.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))


def _is_instant(values: Any) -> bool:
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(values.type):
        return False
    ends = pc.min_max(values.cast(pa.int64()))  # pyright: ignore[reportAttributeAccessIssue]
    least, most = ends["min"].as_py(), ends["max"].as_py()
    unit = A_SECOND[values.type.unit]
    return least is None or (least >= FIRST_SECOND * unit and most < (LAST_SECOND + 1) * unit)


def _plain(texts: Any) -> Any:
    return texts.cast(TEXT) if pa.types.is_dictionary(texts.type) else texts
