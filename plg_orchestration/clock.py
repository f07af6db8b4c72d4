"""What a day is: the as-of date, its cut in UTC, and the workspace's time zone.

Nothing here reads the wall clock; the job layer decides which day is computed.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, order=True)
class AsOf:
    """A day of knowledge: everything received before the day's end in `timezone`, and nothing later.

    `date` is a calendar date in `timezone` (an IANA name). Intervals are half-open: the cut itself is not part of the day.
    """

    date: dt.date
    timezone: str = "UTC"

    @property
    def start(self) -> dt.datetime:
        """The day's first instant, as a naive UTC timestamp (how the warehouse stores time)."""
        return midnight(self.date, self.timezone)

    @property
    def cut(self) -> dt.datetime:
        """The first instant after the day, as a naive UTC timestamp; rows count when `received_at < cut`."""
        return midnight(self.date + dt.timedelta(days=1), self.timezone)

    def minus(self, days: int) -> "AsOf":
        """The same clock `days` calendar days earlier."""
        return AsOf(self.date - dt.timedelta(days=days), self.timezone)

    def parameters(self) -> dict[str, object]:
        """The bound parameters that SQL files name: `as_of` (date), `day_start`, `cut` (UTC timestamps), `timezone`."""
        return {"as_of": self.date, "day_start": self.start, "cut": self.cut, "timezone": self.timezone}


def midnight(date: dt.date, timezone: str) -> dt.datetime:
    """The instant at which `date` begins in `timezone`, as a naive UTC timestamp."""
    local = dt.datetime.combine(date, dt.time(), tzinfo=ZoneInfo(timezone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)


def days_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Every date from `first` to `last`, both included; none when `last` is earlier."""
    for offset in range((last - first).days + 1):
        yield first + dt.timedelta(days=offset)
