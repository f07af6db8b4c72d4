"""Times as text, many at once: `YYYY-MM-DDTHH:MM:SS.mmmZ` by looking up its parts instead of formatting.

Only the conversion of milliseconds since the first day into bytes belongs here.
"""

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from plg_orchestration.demo.columns import where
from plg_orchestration.demo.randomness import DAY_MS, NEVER, Ints

Bytes = npt.NDArray[np.uint8]
WIDTH = 24
_CLOCK = np.frombuffer(
    "".join(f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)).encode(), dtype=np.uint64
)
_MILLIS = np.frombuffer("".join(f"{i:03d}Z" for i in range(1000)).encode(), dtype=np.uint32)


def dates(start: dt.date, days: int) -> Bytes:
    """The dates of that many days as text, one row each."""
    text = "".join((start + dt.timedelta(days=day)).isoformat() for day in range(days))
    return np.frombuffer(text.encode(), dtype=np.uint8).reshape(days, 10)


def stamp(block: Bytes, column: int, at: Ints, table: Bytes) -> None:
    """Write the time of each row into `block` from `column` on, 24 bytes wide; `table` holds the dates."""
    day, millis = np.divmod(at, DAY_MS)
    seconds, millis = np.divmod(millis, 1000)
    block[:, column : column + 10] = table[day]
    block[:, column + 10] = ord("T")
    block[:, column + 11 : column + 19] = _CLOCK[seconds].view(np.uint8).reshape(-1, 8)
    block[:, column + 19] = ord(".")
    block[:, column + 20 : column + 24] = _MILLIS[millis].view(np.uint8).reshape(-1, 4)


def strings(block: Bytes, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Each row of bytes as a string, null where `missing`."""
    rows, width = block.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    text = pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(block)))
    return text if missing is None else where(missing, None, text)


def texts(start: dt.date, at: Ints) -> pa.Array:
    """Milliseconds since the start as text; null where NEVER."""
    missing = at >= NEVER
    shown = np.where(missing, 0, at)
    block = np.empty((len(at), WIDTH), dtype=np.uint8)
    stamp(block, 0, shown, dates(start, int(shown.max(initial=0)) // DAY_MS + 1))
    return strings(block, missing)
