"""When to send: waiting longer after each failure, what the receiver asks for, and so many requests a second at most.

Which answers are tried again is decided in `answers.py`.
"""

import datetime as dt
import hashlib
import math
from email.utils import parsedate_to_datetime

from plg_orchestration.wall_clock import WallClock


def backoff(key: str, attempt: int, *, first: float, longest: float) -> float:
    """Seconds to wait after the failed `attempt` (from 1): exponential backoff with full jitter.

    Evenly spread between 0 and `first` * 2 ** (attempt - 1), at most `longest`; drawn from the key, so that the same failures
    wait the same, and many keys do not come back at once.

    >>> backoff("a", 3, first=1, longest=60) == backoff("a", 3, first=1, longest=60) < 4
    True
    """
    drawn = int.from_bytes(hashlib.sha256(f"{key} {attempt}".encode()).digest()[:8]) / 2**64
    return drawn * min(longest, first * 2.0 ** (attempt - 1))


def retry_after(text: str | None, *, now: dt.datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a whole number of them, or a date of HTTP; None without a readable one.

    >>> retry_after("120", now=dt.datetime(2025, 1, 1)), retry_after("soon", now=dt.datetime(2025, 1, 1))
    (120.0, None)
    """
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return max(0.0, (aware - now.replace(tzinfo=dt.UTC)).total_seconds())


class TokenBucket:
    """At most `burst` requests at once, and `per_second` over time; the bucket is full at first."""

    def __init__(self, *, per_second: float, burst: int, clock: WallClock) -> None:
        self._per_second, self._burst, self._clock = per_second, float(burst), clock
        self._tokens, self._filled_at = float(burst), clock.monotonic()

    def take(self) -> None:
        """Take a token, waiting until there is one."""
        self._fill()
        if self._tokens < 1:
            self._clock.sleep((1 - self._tokens) / self._per_second)
            self._fill()
        self._tokens = max(0.0, self._tokens - 1)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
