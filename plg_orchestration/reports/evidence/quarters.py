"""A quarter as people write it, and the nights in it. What is gathered about it is in `make.py`."""

import datetime as dt
import re
from dataclasses import dataclass

from plg_orchestration.errors import PlgError
from plg_orchestration.warehouse import Query, Warehouse

FORM = re.compile(r"\s*(\d{4})-?[Qq]([1-4])\s*")


class NoEvidence(PlgError):
    """There is no bundle to be made; the message says why and what to do."""


@dataclass(frozen=True)
class Quarter:
    """Three calendar months, from `first` to `last`."""

    first: dt.date
    last: dt.date

    @property
    def name(self) -> str:
        """As people write it: 2025Q3."""
        return f"{self.first.year}Q{(self.first.month + 2) // 3}"


def quarter(text: str) -> Quarter:
    """The quarter that the text names; NoEvidence when it names none.

    >>> quarter("2025Q4").last
    datetime.date(2025, 12, 31)
    """
    found = FORM.fullmatch(text)
    if found is None or found[1] < "1900":
        raise NoEvidence(f"{text!r} is no quarter; write the year and the quarter, such as 2025Q3")
    return quarter_of(dt.date(int(found[1]), 3 * int(found[2]), 1))


def quarter_of(day: dt.date) -> Quarter:
    """The quarter that the day belongs to."""
    first = dt.date(day.year, day.month - (day.month - 1) % 3, 1)
    after = dt.date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return Quarter(first, after - dt.timedelta(days=1))


def nights_in(warehouse: Warehouse, wanted: Quarter) -> list[dt.date]:
    """The quarter's days on which controls were evaluated; NoEvidence when there is none, with the quarters that have some."""
    there: list[dt.date] = []
    if warehouse.exists("governance.controls"):
        rows = warehouse.rows(Query("nights", "select distinct as_of from governance.controls order by as_of"))
        there = [row[0] for row in rows if isinstance(row[0], dt.date)]
    found = [day for day in there if wanted.first <= day <= wanted.last]
    if not found:
        known = sorted({quarter_of(day).name for day in there})
        remedy = f"there are nights in {', '.join(known)}" if known else "no night was ever run; run `plg run` first"
        raise NoEvidence(f"no night of {wanted.name} ({wanted.first} to {wanted.last}) was run; {remedy}")
    return found
