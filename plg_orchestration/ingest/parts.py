"""The lake: Parquet parts by received day, the view over the committed ones, and the ids of recent days.

The ledger decides which parts count; what is in them is decided in `events.py`.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from plg_orchestration.ingest.batch import STAGED
from plg_orchestration.ingest.tables import ARROW_TYPES, EVENT_COLUMNS, PARTS
from plg_orchestration.warehouse import Warehouse

RECENT = "recent_ids"
ROWS_A_PART = 500_000
READER = "read_parquet($paths, hive_partitioning = true, hive_types = {'received_date': date})"
REPEATING = (
    "kind", "event", "user_id", "account_id", "session_id", "device", "locale", "country", "region", "app_version", "properties",
    "file_id",
)  # fmt: skip
"""The columns whose values repeat within a part."""
NAMES = tuple(column.name for column in EVENT_COLUMNS)


def lake_folder(warehouse: Warehouse) -> Path:
    """The folder of the lake's event parts."""
    return warehouse.published.parent / "lake" / "events"


def refused_folder(warehouse: Warehouse) -> Path:
    """The folder that keeps files which could not be read at all."""
    return warehouse.published.parent / "lake" / "refused"


@dataclass(frozen=True)
class Part:
    """One part of the lake: its path inside the folder, what it holds, and its rows while they are at hand."""

    part: str
    file_id: str
    received_date: dt.date
    rows: pa.Table


def parts_of(file_id: str, day: dt.date, rows: pa.Table) -> list[Part]:
    """The accepted rows of a file's received day as parts, which count once they are written and the ledger names them.

    The names follow from the file and the day, so that doing it again replaces what a kill left behind.
    """
    made: list[Part] = []
    for number, start in enumerate(range(0, rows.num_rows, ROWS_A_PART)):
        made.append(
            Part(f"received_date={day.isoformat()}/{file_id[:16]}-{number}.parquet", file_id, day, rows.slice(start, ROWS_A_PART))
        )
    return made


def parts_table(parts: list[Part]) -> pa.Table:
    """The rows of `ingest.parts`."""
    rows = [{"part": p.part, "file_id": p.file_id, "received_date": p.received_date, "rows": p.rows.num_rows} for p in parts]
    return pa.Table.from_pylist(rows, schema=pa.schema([(c.name, ARROW_TYPES[c.type]) for c in PARTS.columns]))


def create_events_view(warehouse: Warehouse) -> None:
    """Make `ingest.events` the view of exactly the parts that `ingest.parts` names; an empty one when it names none.

    The paths in it are absolute: run it again after the workspace's state was moved.
    """
    parts = warehouse.connection.execute("select part from ingest.parts order by received_date, part").fetchall()
    if not parts:
        empty = ", ".join(f"cast(null as {c.type}) as {c.name}" for c in EVENT_COLUMNS)
        warehouse.connection.execute(f"create or replace view ingest.events as select {empty} where false")
        return
    folder = lake_folder(warehouse)
    listed = ", ".join(quoted(str(folder / part)) for (part,) in parts)
    reader = f"read_parquet([{listed}], hive_partitioning = true, hive_types = {{'received_date': date}})"
    warehouse.connection.execute(f"create or replace view ingest.events as select {', '.join(NAMES)} from {reader}")


def quoted(text: str) -> str:
    """The text as an SQL string; for paths of the lake, which a view cannot take as bound values."""
    return "'" + text.replace("'", "''") + "'"


def litter(warehouse: Warehouse) -> list[Path]:
    """Files in the lake that no row of the ledger names, sorted: parts of an ingestion that was killed, temporary files."""
    folder = lake_folder(warehouse)
    named = {str(folder / part) for (part,) in warehouse.connection.execute("select part from ingest.parts").fetchall()}
    return sorted(path for path in folder.rglob("*") if path.is_file() and str(path) not in named)


def collect_litter(warehouse: Warehouse) -> int:
    """Remove the lake's litter; gives the number of files removed. Only under the writer's lock, as an open warehouse has it."""
    found = litter(warehouse)
    for path in found:
        path.unlink()
    return len(found)


class RecentIds:
    """The hashes of event ids of the received days around the file at hand, as the temporary table `recent_ids`.

    Parts are read once in an ingestion; days that lie behind the window are dropped when the window moves on.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        self._loaded: set[str] = set()
        self._window: tuple[dt.date, dt.date] | None = None
        warehouse.connection.execute(f"create or replace temp table {RECENT} (id_hash bigint, received_date date)")

    def load(self, warehouse: Warehouse, first: dt.date, last: dt.date) -> None:
        """Have all committed ids of the received days `first` to `last` in the table."""
        text = "select part, received_date from ingest.parts where received_date between $first and $last order by part"
        parts = warehouse.connection.execute(text, {"first": first, "last": last}).fetchall()
        if self._window is not None and first > self._window[0]:
            warehouse.connection.execute(f"delete from {RECENT} where received_date < $first", {"first": first})
            self._loaded = {part for part in self._loaded if part >= f"received_date={first.isoformat()}"}
        self._window = (first, last)
        missing = [part for part, _ in parts if part not in self._loaded]
        if missing:
            paths = [str(lake_folder(warehouse) / part) for part in missing]
            warehouse.connection.execute(f"insert into {RECENT} select id_hash, received_date from {READER}", {"paths": paths})
            self._loaded.update(missing)

    def add(self, warehouse: Warehouse, parts: list[Part]) -> None:
        """Remember the ids of parts that were just committed."""
        self._loaded.update(part.part for part in parts)
        warehouse.connection.execute(f"insert into {RECENT} select id_hash, received_date from {STAGED} where problem is null")

    def fetch_known(self, warehouse: Warehouse) -> None:
        """Leave `known_events`: the committed events whose id hashes are in `repeated_ids`, within the loaded days."""
        names = ", ".join(f"e.{name}" for name in NAMES)
        if not self._loaded:
            warehouse.connection.execute(
                f"create or replace temp table known_events as select {names} from ingest.events as e where false"
            )
            return
        paths = [str(lake_folder(warehouse) / part) for part in sorted(self._loaded)]
        warehouse.connection.execute(
            f"create or replace temp table known_events as select {names} from {READER} as e "
            "semi join repeated_ids as r on r.id_hash = e.id_hash", {"paths": paths},
        )  # fmt: skip
