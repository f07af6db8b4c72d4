"""Named random streams and the few distributions that every part of the demo shares.

A stream depends on the seed and its name alone, so parts can be drawn in any order and still come out the same.
"""

import zlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from plg_orchestration.demo.product import NOON_UTC, REGIONS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
NEVER = np.iinfo(np.int64).max // 4
"""A time that lies after every demo; marks what did not happen."""


def stream(seed: int, name: str, number: int = 0) -> np.random.Generator:
    """The generator of the stream `name`, `number`."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), number])


def pick(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> Ints:
    """`n` positions in `shares`, drawn with their values as weights."""
    cumulative = np.cumsum(np.fromiter(shares.values(), dtype=np.float64))
    return np.searchsorted(cumulative / cumulative[-1], rng.random(n), side="right").astype(np.int64)


def lognormal_ms(rng: np.random.Generator, median_ms: float, spread: float, n: int) -> Ints:
    """`n` durations in milliseconds around a median."""
    return (median_ms * np.exp(spread * rng.standard_normal(n))).astype(np.int64)


def sigmoid(value: Floats) -> Floats:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-value))


_TABLE = 4096


def _working_hours() -> Ints:
    rng = np.random.default_rng(20250101)
    rows: list[Ints] = []
    for region in REGIONS:
        seconds = NOON_UTC[region] * 3600 + rng.standard_normal(_TABLE) * 2.7 * 3600
        anytime = rng.random(_TABLE) < 0.12
        seconds = np.where(anytime, rng.random(_TABLE) * 86_400, seconds)
        rows.append((seconds % 86_400).astype(np.int64) * 1000)
    return np.stack(rows)


_HOURS = _working_hours()


def time_of_day(rng: np.random.Generator, region: npt.NDArray[np.integer]) -> Ints:
    """A millisecond of the UTC day for each region, mostly within its working hours."""
    bits = rng.integers(0, _TABLE * 1000, len(region))
    return (_HOURS[region, bits % _TABLE] + bits // _TABLE) % DAY_MS
