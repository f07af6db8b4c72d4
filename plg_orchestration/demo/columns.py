"""Columns of text: identifiers, look-ups, joined pieces, and choices between columns.

Thin, typed names for what Arrow does; nothing here knows the demo.
"""

from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from plg_orchestration.demo.randomness import Bools, Ints

Strings: TypeAlias = pa.StringArray


def labels(prefix: str, numbers: Ints, width: int = 6) -> Strings:
    """Identifiers such as `u000012`, counted from 1 for number 0."""
    digits = pc.call_function("utf8_lpad", [pa.array(numbers + 1).cast(pa.string())], pc.PadOptions(width, "0"))
    return joined(prefix, digits)


def joined(*pieces: Strings | str) -> Strings:
    """The pieces of each row put together."""
    return cast("Strings", pc.call_function("binary_join_element_wise", [*map(_datum, pieces), _datum("")]))


def lookup(values: list[str] | tuple[str, ...], positions: npt.NDArray[np.integer]) -> Strings:
    """`values[position]` for each position."""
    return cast("Strings", pa.array(values, pa.string()).take(pa.array(positions)))


def where(condition: Bools, yes: Strings | str | None, no: Strings | str | None) -> Strings:
    """`yes` where the condition holds, else `no`; None is null."""
    return cast("Strings", pc.call_function("if_else", [pa.array(condition), _datum(yes), _datum(no)]))


def choose(which: Ints, *columns: Strings) -> Strings:
    """For each row the value of the column with that number."""
    return cast("Strings", pc.call_function("choose", [pa.array(which), *columns]))


def first_known(*columns: Strings) -> Strings:
    """For each row the first value that is not null."""
    return cast("Strings", pc.call_function("coalesce", list(columns)))


def _datum(value: Strings | str | None) -> object:
    return pa.scalar(value, pa.string()) if value is None or isinstance(value, str) else value
