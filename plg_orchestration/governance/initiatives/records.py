"""Milestones and spend as governance records tell of them: reading the records, counting, and turning hours into money.

A record that cannot be read makes the total unknown, never smaller.
"""

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from plg_orchestration.governance.initiatives.policy import Budget, Initiative

MILESTONE, SPEND = "initiative_milestone", "initiative_spend"
SPENT = ("engineering_hours", "tooling_usd")


@dataclass(frozen=True)
class Milestones:
    """How many there are, are done, have come due and are late; `done` and `late` are None where nothing is recorded."""

    planned: int
    due: int
    done: int | None
    late: int | None
    reason: str

    @property
    def completion(self) -> float | None:
        """Share of all milestones that is done."""
        return None if self.done is None or not self.planned else self.done / self.planned


@dataclass(frozen=True)
class Spend:
    """Hours and tools used so far, None when unknown; `reason` says why, or from how many records it comes."""

    hours: float | None
    tooling_usd: float | None
    reason: str

    def usd(self, rate: float | None) -> float | None:
        """All of it in US dollars; None without a rate for hours that were used."""
        if self.hours is None or self.tooling_usd is None or (rate is None and self.hours):
            return None
        return self.hours * (rate or 0.0) + self.tooling_usd


def milestones_of(
    initiative: Initiative, records: Sequence[Mapping[str, Any]], *, today: dt.date, lacking: str | None
) -> Milestones:
    """The plan's milestones and those of the records together, matched by name; the record's due day goes before the plan's.

    `lacking` says why there are no records at all.
    """
    due = {milestone.name: milestone.due for milestone in initiative.milestones}
    done: set[str] = set()
    for row in records:
        name = str(row["detail"])
        due[name] = row["due_at"].date() if row["due_at"] is not None else due.get(name)
        if row["done_at"] is not None:
            done.add(name)
    come = [name for name, day in due.items() if day is not None and day <= today]
    if lacking is not None:
        return Milestones(len(due), len(come), None, None, lacking)
    late = [name for name in come if name not in done]
    said = f"{len(done)} of {len(due)} milestones are done" + (f"; late: {', '.join(late)}" if late else "")
    return Milestones(len(due), len(come), len(done), len(late), said)


def spend_of(records: Sequence[Mapping[str, Any]], *, lacking: str | None) -> Spend:
    """The sum of the spend records; unknown when there are none, or when one of them cannot be read."""
    if lacking is not None or not records:
        return Spend(None, None, lacking or "no spend is recorded")
    read = {str(row["record_id"]): amounts(row["detail"]) for row in records}
    if broken := sorted(name for name, found in read.items() if found is None):
        example = '{"engineering_hours": 40, "tooling_usd": 1200}'
        return Spend(None, None, f"the detail of {', '.join(broken)} cannot be read; write it as {example}")
    known = [found for found in read.values() if found is not None]
    return Spend(math.fsum(f[0] for f in known), math.fsum(f[1] for f in known), f"from {len(known)} records")


def amounts(detail: object) -> tuple[float, float] | None:
    """Hours and dollars of one spend record's detail; None when it is not an object of amounts that are not negative.

    >>> amounts('{"engineering_hours": 40}'), amounts("about 40 hours")
    ((40.0, 0.0), None)
    """
    try:
        told = json.loads(str(detail))
    except ValueError:
        return None
    if not isinstance(told, dict) or not told:
        return None
    values = cast("dict[str, object]", told)
    sound = all(
        name in SPENT and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
        for name, value in values.items()
    )
    if not sound:
        return None
    hours, tooling = (float(cast("float", values.get(name, 0.0))) for name in SPENT)
    return hours, tooling


def budget_usd(budget: Budget, rate: float | None) -> float | None:
    """Hours at the rate and tools; None without a rate for hours that are planned."""
    return None if rate is None and budget.engineering_hours else budget.engineering_hours * (rate or 0.0) + budget.tooling_usd


def budget_used(budget: Budget, spend: Spend, rate: float | None) -> float | None:
    """Spend as a share of the budget; without a rate the larger of the shares of hours and tools; None when spend is unknown."""
    if spend.hours is None or spend.tooling_usd is None:
        return None
    whole, used = budget_usd(budget, rate), spend.usd(rate)
    if whole and used is not None:
        return used / whole
    pairs = ((spend.hours, budget.engineering_hours), (spend.tooling_usd, budget.tooling_usd))
    return max((used / planned for used, planned in pairs if planned), default=None)
