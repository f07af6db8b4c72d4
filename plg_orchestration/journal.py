"""What people said, as files of JSON lines beside `plg.yaml`: added and never changed, and restored into tables that are kept.

What a line may say is a model of the stage that it belongs to; what follows from it is decided there too.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

import pandas as pd
from pydantic import Field, ValidationError

from plg_orchestration.config.section import Section
from plg_orchestration.warehouse import Query, Table, Warehouse
from plg_orchestration.warehouse.parquet import sync_folder


class Line(Section):
    """One line of a journal: its place in the file, from 1; every model of a line has it."""

    number: Annotated[int, Field(ge=1)]


Said = TypeVar("Said", bound=Line)


@dataclass(frozen=True)
class Lines(Generic[Said]):
    """What a journal's file holds: its records in order, and what is wrong with it, in words with file and line."""

    records: tuple[Said, ...]
    problems: tuple[str, ...]

    @property
    def next_number(self) -> int:
        """The place of the record that is added next."""
        return len(self.records) + 1


@dataclass(frozen=True)
class Journal(Generic[Said]):
    """One kind of record: its model, the kept table that it is restored into, the column that identifies it, and its name."""

    model: type[Said]
    table: Table
    identity: str
    noun: str

    def read(self, file: Path) -> Lines[Said]:
        """The file's records and problems; no file means that nobody said anything. A line that cannot be read is left out."""
        if not file.exists():
            return Lines((), ())
        found: list[Said] = []
        problems: list[str] = []
        for place, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                record = self.model.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                problems.append(f"{file.name}:{place}: {where or 'line'}: {first['msg']}; put the line back as it was")
                continue
            if record.number != place:
                problems.append(f"{file.name}:{place}: number is {record.number}; lines are added and never moved or removed")
                continue
            found.append(record)
        return Lines(tuple(found), tuple(problems))

    def append(self, file: Path, record: Said) -> None:
        """Add one line to the file, and to the disk before anything else happens."""
        line = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, sort_keys=False) + "\n"
        with file.open("a", encoding="utf-8") as handle:
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())
        sync_folder(file.parent)

    def restore(self, warehouse: Warehouse, lines: Lines[Said]) -> tuple[str, ...]:
        """Enter what the file holds and the table does not; the problems of both.

        Rows of the table are never changed: a line that says otherwise than its row, or a row without its line, is a problem.
        """
        warehouse.ensure(self.table)
        text = f"select number, {self.identity} from {self.table.name}"
        stored = {row[0]: row[1] for row in warehouse.rows(Query("stored", text))}
        identity = {record.number: getattr(record, self.identity) for record in lines.records}
        new = [record for record in lines.records if record.number not in stored]
        changed = [number for number, found in identity.items() if stored.get(number, found) != found]
        lost = sorted(int(str(number)) for number in set(stored) - set(identity))
        if new:
            warehouse.insert(self.table, self.frame(new))
        problems = [*lines.problems]
        problems += [f"{self.noun} {n} reads otherwise than it was recorded; put the line back as it was" for n in changed]
        if lost and not lines.problems:
            problems.append(
                f"the file lacks {len(lost)} recorded {self.noun}s, the first is number {lost[0]}; put the lines back"
            )
        return tuple(problems)

    def frame(self, records: Sequence[Said]) -> pd.DataFrame:
        """The records as rows of the table."""
        rows = [record.model_dump() for record in records]
        frame = pd.DataFrame(rows, columns=list(self.table.column_names), dtype=object)
        instants = [column.name for column in self.table.columns if column.type.upper() == "TIMESTAMP"]
        return frame.assign(**{name: pd.to_datetime(frame[name]) for name in instants})


def fingerprint(values: dict[str, Any]) -> str:
    """32 hex digits that stand for the values of a record: a line that was changed by hand no longer has its own."""
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
