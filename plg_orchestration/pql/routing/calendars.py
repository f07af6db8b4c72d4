"""Working calendars as configuration: time zone, weekly hours and holidays by name, and which team works by which calendar.

Working time is computed in `due.py`, holidays in `holidays.py`.
"""

import datetime as dt
import re
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.config.sources import Zone
from plg_orchestration.pql.routing.due import Minutes, WorkingCalendar
from plg_orchestration.pql.routing.holidays import WEEKDAYS, HolidayRule, Weekday

DEFAULT = "default"
SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _date_or_name(value: object) -> object:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    return value


Spans = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Holiday = Annotated[dt.date | str, BeforeValidator(_date_or_name)]


class Calendar(Section):
    """When a team works: spans of local time a weekday (`09:00-17:00`, one or a list), and `holidays`, on which nobody does.

    Without `timezone` it is the workspace's. A holiday is a date, or the name of a list of `holiday_lists`.
    """

    timezone: Zone | None = None
    hours: dict[Weekday, Spans]
    holidays: tuple[Holiday, ...] = ()

    @field_validator("hours")
    @classmethod
    def _in_order(cls, hours: dict[Weekday, tuple[str, ...]]) -> dict[Weekday, tuple[str, ...]]:
        week = {day: [_minutes(day, span) for span in spans] for day, spans in hours.items()}
        for day, spans in week.items():
            for before, after in pairwise(spans):
                if after[0] < before[1]:
                    raise ValueError(f"{day}: two spans overlap or stand in the wrong order; write them one after the other")
        if not any(week.values()):
            raise ValueError("nobody ever works in this calendar; give one weekday hours such as 09:00-17:00")
        return hours

    def working(self, lists: dict[str, tuple[HolidayRule, ...]], timezone: str) -> WorkingCalendar:
        """The calendar to compute with; `timezone` is the workspace's."""
        week = tuple(tuple(_minutes(day, span) for span in self.hours.get(day, ())) for day in WEEKDAYS)
        dates = frozenset(day for day in self.holidays if isinstance(day, dt.date))
        rules = tuple(rule for name in self.holidays if isinstance(name, str) for rule in lists[name])
        return WorkingCalendar(self.timezone or timezone, week, dates, rules)


class Calendars(Section):
    """The calendars by name, `default` among them; which team works by which other than the default; and lists of holidays."""

    named: dict[str, Calendar]
    team: dict[str, str] = Field(default_factory=dict)
    holiday_lists: dict[str, tuple[HolidayRule, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_names(self) -> "Calendars":
        if DEFAULT not in self.named:
            raise ValueError(f"there is no calendar {DEFAULT!r}; add it to named, every team without an own one works by it")
        for team, name in self.team.items():
            if name not in self.named:
                raise ValueError(
                    f"team {team} works by {name!r}, which is no calendar; {choose(name, self.named, what='calendars')}"
                )
        for name, calendar in self.named.items():
            for holiday in calendar.holidays:
                if isinstance(holiday, str) and holiday not in self.holiday_lists:
                    raise ValueError(
                        f"calendar {name}: {holiday!r} is neither a date (YYYY-MM-DD) nor a list of holidays; "
                        f"{choose(holiday, self.holiday_lists, what='lists')}"
                    )
        return self

    def of_team(self, team: str, timezone: str) -> WorkingCalendar:
        """The calendar that the team works by; `timezone` is the workspace's."""
        return self.named[self.team.get(team, DEFAULT)].working(self.holiday_lists, timezone)


def _minutes(day: str, span: str) -> Minutes:
    found = SPAN.fullmatch(span)
    if not found:
        raise ValueError(f"{day}: {span!r} are no hours; write them like 09:00-17:00")
    first, last = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    if int(found[2]) > 59 or int(found[4]) > 59 or last > 1440:
        raise ValueError(f"{day}: {span!r} is not on the clock; write times from 00:00 to 24:00")
    if last <= first:
        raise ValueError(f"{day}: {span!r} ends before it begins; split hours past midnight between the two days")
    return first, last
