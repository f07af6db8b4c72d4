"""What the pack is made of: the register, controls, incidents over the quarter, and the day's rows of every table it shows.

A table that is not there gives no rows and the reason. Columns that name people or hold their words are not read.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plg_orchestration.clock import AsOf
from plg_orchestration.reports.evidence.quarters import Quarter, quarter_of
from plg_orchestration.reports.extracts import Extract, Extracted, read_extract
from plg_orchestration.reports.rows import records
from plg_orchestration.warehouse import Query, Warehouse, table

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "committee/"
EXTRACTS: tuple[Extract, ...] = (
    Extract("committee_controls", ("governance.controls",), FOLDER),
    Extract("committee_history", ("governance.risks", "governance.controls"), FOLDER),
    Extract("committee_incidents", ("governance.incidents",), FOLDER),
    Extract("committee_before", ("governance.risks", "governance.controls"), FOLDER),
)
OF_THE_DAY: Mapping[str, str] = {
    "register": "governance.risks", "acceptances": "governance.acceptances", "metrics": "governance.metrics",
    "proposals": "governance.likelihood_proposals", "rollouts": "experiments.rollouts", "stages": "experiments.stages",
    "readouts": "experiments.readouts", "vendors": "governance.vendors", "leakage": "governance.leakage",
    "abuse_screening": "governance.abuse_screening", "privacy_requests": "governance.privacy",
    "invite_retention": "governance.invite_retention", "initiatives": "governance.initiatives",
    "roadmap": "governance.roadmap", "obligations": "governance.obligations",
}  # fmt: skip
"""The files of the pack that hold the day's rows of one table."""
FILES: Mapping[str, str] = {
    "controls": "committee_controls", "control_history": "committee_history", "incidents": "committee_incidents",
}  # fmt: skip


@dataclass(frozen=True)
class Material:
    """The rows by name, why others are not there, and the quarter with the days of it that are stored."""

    found: Mapping[str, Extracted]
    quarter: Quarter
    as_of: dt.date
    stored: tuple[dt.date, ...]

    @property
    def days(self) -> int:
        """Days of the quarter up to the pack's day."""
        return (self.as_of - self.quarter.first).days + 1

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of that name; none when it is not there."""
        return records(self.found[name].rows)

    def lacking(self, *names: str) -> tuple[str, ...]:
        """Why the named ones have no rows."""
        return tuple(dict.fromkeys(self.found[name].reason for name in names if not len(self.found[name].rows)))

    @property
    def files(self) -> "dict[str, pd.DataFrame]":
        """The rows by the name of the file that holds them, empty ones too: a file without rows says that there are none."""
        listed = {**{name: name for name in OF_THE_DAY}, **FILES}
        return {name: self.found[key].rows for name, key in sorted(listed.items()) if not self.found[key].unbuilt}


def gather(warehouse: Warehouse, as_of: AsOf) -> Material:
    """Everything that the pack of the day's quarter shows, up to the day."""
    quarter = quarter_of(as_of.date)
    over = {extract.name: read_extract(warehouse, extract, as_of, first=quarter.first, last=as_of.date) for extract in EXTRACTS}
    found = {**over, **{name: of_the_day(warehouse, full, as_of) for name, full in OF_THE_DAY.items()}}
    days = {row["as_of"] for row in records(over["committee_history"].rows)}
    stored = sorted(day.date() if isinstance(day, dt.datetime) else day for day in days)
    return Material(found, quarter, as_of.date, tuple(stored))


def of_the_day(warehouse: Warehouse, name: str, as_of: AsOf) -> Extracted:
    """The table's rows of the day, or without a day those said by then, but for what names people."""
    import pandas as pd

    from plg_orchestration.tracking.governance import WITHHELD

    if not warehouse.exists(name):
        return Extracted(pd.DataFrame(), f"{name} has not been built", name)
    declared = table(name)
    warehouse.ensure(declared)  # of an earlier release's rows the new columns are null
    listed = ", ".join(f'"{column.name}"' for column in declared.columns if column.name not in WITHHELD)
    day, order = declared.day or "as_of", ", ".join(f'"{column}"' for column in declared.key)
    text = f"select {listed} from {name} where {day} {'=' if declared.day else '<='} $as_of order by {order}"
    rows = warehouse.frame(Query("of_the_day", text, as_of.parameters()))
    if len(rows) or not declared.day:
        return Extracted(rows, "" if len(rows) else f"{name} holds nothing up to {as_of.date}")
    status = warehouse.status(declared, as_of.date)
    if status is None:
        return Extracted(rows, f"{name} was not built for {as_of.date}", name)
    return Extracted(rows, status[1] or f"{name} holds nothing for {as_of.date}")
