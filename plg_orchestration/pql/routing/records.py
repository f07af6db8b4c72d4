"""The workspace's file of people's words on decisions: JSON lines, added and never changed, and the table made of it.

What a word may say, and what it changes, is in `overrides.py`.
"""

import datetime as dt
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import pandas as pd
from pydantic import Field, StringConstraints, ValidationError, model_validator

from plg_orchestration.config.section import Section
from plg_orchestration.pql.routing.tables import OVERRIDES
from plg_orchestration.warehouse import Query, Warehouse
from plg_orchestration.warehouse.parquet import sync_folder

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Action = Literal["route", "hold", "suppress", "release"]


class Override(Section):
    """One person's word on one decision, with the decision as it was and as it is now; a row of `pql.overrides`."""

    number: Annotated[int, Field(ge=1)]
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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.override_id != override_id(self.number, self.decision_id, self.action, self.now_route, self.person):
            raise ValueError("override_id does not fit the other fields; the line was changed by hand")
        if self.recorded_at.tzinfo is not None:
            raise ValueError("recorded_at has a time zone; write UTC without one")
        return self


@dataclass(frozen=True)
class Records:
    """What the file holds: its overrides in order, and what is wrong with it, in words with file and line."""

    overrides: tuple[Override, ...]
    problems: tuple[str, ...]


def override_id(number: int, decision_id: str, action: str, route: str, person: str) -> str:
    """The identity of an override: a hash of what was decided by whom, and of its place in the file."""
    return hashlib.md5("|".join(["override", str(number), decision_id, action, route, person]).encode()).hexdigest()


def read_records(file: Path) -> Records:
    """The file's overrides and problems; no file means that nobody decided anything. A line that cannot be read is left out."""
    if not file.exists():
        return Records((), ())
    found: list[Override] = []
    problems: list[str] = []
    for place, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            record = Override.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            problems.append(f"{file.name}:{place}: {where or 'line'}: {first['msg']}; put the line back as it was")
            continue
        if record.number != place:
            problems.append(f"{file.name}:{place}: number is {record.number}; lines are added and never moved or removed")
            continue
        found.append(record)
    return Records(tuple(found), tuple(problems))


def append_record(file: Path, record: Override) -> None:
    """Add one line to the file, and to the disk before anything else happens."""
    line = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, sort_keys=False) + "\n"
    with file.open("a", encoding="utf-8") as handle:
        handle.write(line)
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(file.parent)


def restore(warehouse: Warehouse, records: Records) -> tuple[str, ...]:
    """Enter what the file holds and `pql.overrides` does not; the problems of both.

    Rows of the table are never changed: a line that says otherwise than its row, or a row without its line, is a problem.
    """
    warehouse.ensure(OVERRIDES)
    stored = {row[0]: row[1] for row in warehouse.rows(Query("stored", "select number, override_id from pql.overrides"))}
    new = [record for record in records.overrides if record.number not in stored]
    changed = [r for r in records.overrides if stored.get(r.number, r.override_id) != r.override_id]
    lost = sorted(int(str(n)) for n in set(stored) - {r.number for r in records.overrides})
    if new:
        warehouse.insert(OVERRIDES, frame_of(new))
    problems = [*records.problems]
    problems += [f"override {r.number} reads otherwise than it was recorded; put the line back as it was" for r in changed]
    if lost and not records.problems:
        problems.append(f"the file lacks {len(lost)} recorded overrides, the first is number {lost[0]}; put the lines back")
    return tuple(problems)


def frame_of(records: list[Override]) -> pd.DataFrame:
    """The overrides as rows of `pql.overrides`."""
    rows = [record.model_dump() for record in records]
    frame = pd.DataFrame(rows, columns=list(OVERRIDES.column_names), dtype=object)
    return frame.assign(recorded_at=pd.to_datetime(frame["recorded_at"]))
