"""How large a demo is and what its calendar looks like: sizes by name, and the planted periods scaled to the span.

Only arithmetic on days belongs here.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

EventFormat = Literal["jsonl", "parquet"]


@dataclass(frozen=True)
class Size:
    """A demo's extent.

    `events_a_day` steers the volume to a mean (None: whatever people do); `launch_share` of the accounts sign up in the
    first two weeks; `raw_days` last days stay raw lines when the history is Parquet.
    """

    users: int
    days: int
    events_a_day: int | None = None
    launch_share: float = 0.0
    events: EventFormat = "jsonl"
    raw_days: int = 3


SIZES: dict[str, Size] = {
    "demo": Size(users=4_500, days=245),
    "S": Size(users=100_000, days=84, events_a_day=120_000, launch_share=0.5),
    "L": Size(users=1_000_000, days=84, events_a_day=1_200_000, launch_share=0.5, events="parquet"),
}


def resolve(size: str, *, users: int | None, days: int | None, events: EventFormat | None) -> Size:
    """The named size with the given overrides; ValueError names the argument that cannot be used."""
    if size not in SIZES:
        raise ValueError(f"size: {size!r} is unknown; choose one of {', '.join(SIZES)}")
    chosen = SIZES[size]
    if users is not None and users < 100:
        raise ValueError(f"users: {users} is too few for the planted truth; give 100 or more")
    if days is not None and days < 28:
        raise ValueError(f"days: {days} is too few for the planted truth; give 28 or more")
    if users is not None and chosen.events_a_day is not None:
        chosen = replace(chosen, events_a_day=max(1, round(chosen.events_a_day * users / chosen.users)))
    return replace(
        chosen,
        users=chosen.users if users is None else users,
        days=chosen.days if days is None else days,
        events=chosen.events if events is None else events,
    )


@dataclass(frozen=True)
class Calendar:
    """The demo's days, counted from 0 at `start`, and the half-open periods in which something was planted."""

    start: dt.date
    days: int

    def _scaled(self, day: int) -> int:
        return day if self.days >= 240 else round(day * self.days / 245)

    def date(self, day: int) -> dt.date:
        """The date of day number `day`."""
        return self.start + dt.timedelta(days=day)

    @property
    def end_ms(self) -> int:
        """The first millisecond after the last day, counted from the start."""
        return self.days * 86_400_000

    @property
    def penalty(self) -> tuple[int, int]:
        """Days in which one region's leads are treated unjustly; over before the last 90 days of a long demo."""
        return self._scaled(90), self._scaled(130)

    @property
    def drop(self) -> tuple[int, int]:
        """The ISO week (Monday to Monday) in which one segment's activation drops."""
        near = self._scaled(178)
        monday = near - self.date(near).weekday()
        return monday, monday + 7

    @property
    def checklist(self) -> tuple[int, int]:
        """Days in which sign-ups enter the experiment with a real effect."""
        return self._scaled(165), self._scaled(240)

    @property
    def pricing_test(self) -> tuple[int, int]:
        """Days in which people enter the experiment whose split is broken."""
        return self._scaled(120), self._scaled(165)

    @property
    def ring_day(self) -> int:
        """The day around which the fake accounts register."""
        return self._scaled(150)
