"""What is expected of the events that come in: when their names, volume, properties and lag are noticed.

How the rows come about is SQL, and what is said about them stands in `instrumentation.py`; here is configuration alone.
"""

from typing import Annotated, Literal, Self

import pyarrow as pa
from pydantic import Field, StringConstraints, model_validator

from plg_orchestration.config.section import Section

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Naming = Literal["any", "title_case", "snake_case"]

NAMING_PATTERNS: dict[str, str] = {
    "any": "",
    "title_case": "^[A-Z0-9][A-Za-z0-9]*( [A-Z0-9][A-Za-z0-9]*)+$",
    "snake_case": "^[a-z][a-z0-9]*(_[a-z0-9]+)+$",
}
"""The pattern of each naming convention: an object and what happened to it, so two words at least."""
INSTRUMENTED_EVENTS = pa.schema([("event", pa.string()), ("expectation", pa.string())])


class Volume(Section):
    """When a day's number of an event is unusual, against the same weekday of the `weeks` before.

    It is judged from `minimum_weeks` such days on. `limit` counts robust standard deviations; a departure of less than
    `minimum_change` (a share of the usual number) is never reported.
    """

    weeks: Annotated[int, Field(ge=3, le=8)] = 5
    minimum_weeks: Annotated[int, Field(ge=3, le=8)] = 3
    limit: Annotated[float, Field(gt=0)] = 4.0
    minimum_change: Share = 0.3

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.minimum_weeks > self.weeks:
            raise ValueError(f"minimum_weeks {self.minimum_weeks} is more than weeks {self.weeks}; lower it or look back further")
        return self


class Properties(Section):
    """When a property of an event counts as new, vanished or of another type.

    `days`: how far back a day is compared. `report_days`: for how many days a change is reported. `chance`: a change is
    reported only when it would have come about with at most this probability without any change.
    """

    days: Annotated[int, Field(ge=7, le=35)] = 28
    report_days: Annotated[int, Field(ge=1, le=14)] = 7
    chance: Annotated[float, Field(gt=0, lt=0.5)] = 0.0001


class Lag(Section):
    """An event is late when it was received more than `late_hours` after it happened; at most `late_share` may be late."""

    late_hours: Annotated[float, Field(gt=0)] = 24
    late_share: Share = 0.05


class InstrumentationPolicy(Section):
    """What is expected of the events that come in: when their names, volume, properties and lag are noticed.

    Expected are the events that the mapping gives a role, and `expected_events` beside them; each must be seen within
    `seen_days`, but for `seldom_events`. `known_events` are neither missed nor reported as unknown, as passive events are not.
    `most_names` bounds how many unknown names (or property names of an event) a day may add one by one; the rest is summed.
    """

    naming: Naming = "title_case"
    expected_events: tuple[Name, ...] = ()
    known_events: tuple[Name, ...] = ()
    seldom_events: tuple[Name, ...] = ()
    coverage_goal: Share = 0.95
    seen_days: Annotated[int, Field(ge=1, le=35)] = 28
    most_names: Annotated[int, Field(ge=10, le=100_000)] = 500
    volume: Volume = Volume()
    properties: Properties = Properties()
    lag: Lag = Lag()

    @model_validator(mode="after")
    def _one_expectation(self) -> Self:
        listed = [*self.expected_events, *self.known_events, *self.seldom_events]
        twice = sorted({name for name in listed if listed.count(name) > 1})
        if twice:
            raise ValueError(f"event {twice[0]!r} is listed twice; keep it in one of expected, known and seldom_events")
        return self

    @property
    def history_days(self) -> int:
        """How many days before a day are looked at, at most."""
        return max(7 * self.volume.weeks, self.seen_days - 1, self.properties.days)

    def config_tables(self) -> dict[str, pa.Table]:
        """`config.instrumented_events(event, expectation)`: expected, known or seldom."""
        groups = {"expected": self.expected_events, "known": self.known_events, "seldom": self.seldom_events}
        rows = [{"event": event, "expectation": expectation} for expectation, events in groups.items() for event in events]
        return {"instrumented_events": pa.Table.from_pylist(rows, schema=INSTRUMENTED_EVENTS)}
