"""The workspace's record of people's words on decisions: what a line of `overrides.jsonl` says, a row of `pql.overrides`.

How lines are kept is in `journal.py`; what a word may say, and what it changes, is in `overrides.py`.
"""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from plg_orchestration.journal import Journal, Line, Lines
from plg_orchestration.pql.routing.tables import OVERRIDES
from plg_orchestration.warehouse import Warehouse

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Action = Literal["route", "hold", "suppress", "release"]


class Override(Line):
    """One person's word on one decision, with the decision as it was and as it is now; a row of `pql.overrides`."""

    override_id: Text
    decision_id: Text
    as_of: dt.date
    target: Text
    user_id: Text
    action: Action
    was_route: Text
    was_status: Literal["handed_over", "queued", "held_out", "suppressed"]
    was_reason: str | None
    now_route: Text
    now_status: Literal["handed_over", "suppressed", "policy"]
    until: dt.date
    person: Text
    recorded_at: dt.datetime
    rationale: Text
    requested_by: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        who = (self.person, self.requested_by)
        if self.override_id != override_id(self.number, self.decision_id, self.action, self.now_route, *who):
            raise ValueError("override_id does not fit the other fields; the line was changed by hand")
        if self.recorded_at.tzinfo is not None:
            raise ValueError("recorded_at has a time zone; write UTC without one")
        return self


JOURNAL = Journal(Override, OVERRIDES, "override_id", "override")


def override_id(number: int, decision_id: str, action: str, route: str, person: str, requested_by: str | None = None) -> str:
    """The identity of an override: a hash of what was decided by whom at whose request, and of its place in the file."""
    said = ["override", str(number), decision_id, action, route, person, *([requested_by] if requested_by else [])]
    return hashlib.md5("|".join(said).encode()).hexdigest()


def read_records(file: Path) -> Lines[Override]:
    """The file's overrides and problems; no file means that nobody decided anything. A line that cannot be read is left out."""
    return JOURNAL.read(file)


def append_record(file: Path, record: Override) -> None:
    """Add one line to the file, and to the disk before anything else happens."""
    JOURNAL.append(file, record)


def restore(warehouse: Warehouse, lines: Lines[Override]) -> tuple[str, ...]:
    """Enter what the file holds and `pql.overrides` does not; the problems of both, as `Journal.restore` finds them."""
    return JOURNAL.restore(warehouse, lines)
