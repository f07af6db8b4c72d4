"""The wall clock as a value: whoever must wait or write down when something happened is handed one.

It is made in assets and commands alone. Which day is computed is no matter of the wall clock (`clock.py`).
"""

import datetime as dt
import time
from typing import Protocol


class WallClock(Protocol):
    """What time it is, how much has passed, and waiting."""

    def now(self) -> dt.datetime:
        """The present instant, as a naive UTC timestamp."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never set back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> dt.datetime:
        """The present instant, as a naive UTC timestamp."""
        return dt.datetime.now(dt.UTC).replace(tzinfo=None)

    def monotonic(self) -> float:
        """Seconds since the machine's start, or some other fixed instant."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
