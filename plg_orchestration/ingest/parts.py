"""The lake: Parquet parts by received day, the view over the committed ones, and the ids of recent days.

The ledger decides which parts count; what is in them is decided in `events.py`.
"""

import datetime as dt
from pathlib import Path

import pyarrow as pa

from plg_orchestration.ingest.tables import ARROW_TYPES, EVENT_COLUMNS, PARTS
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_parquet

RECENT = "recent_ids"
ROWS_A_PART = 2_000_000
NAMES = tuple(column.name for column in EVENT_COLUMNS)


def lake_folder(warehouse: Warehouse) -> Path:
    """The folder of the lake's event parts."""
    return warehouse.published.parent / "lake" / "events"


def refused_folder(warehouse: Warehouse) -> Path:
    """The folder that keeps files which could not be read at all."""
    return warehouse.published.parent / "lake" / "refused"


def write_parts(warehouse: Warehouse, file_id: str, days: dict[dt.date, pa.Table]) -> pa.Table:
    """Write the accepted rows as parts and give the rows of `ingest.parts` that make them count once committed.

    The names follow from the file and the day, so that doing it again replaces what a kill left behind.
    """
    made: list[dict[str, object]] = []
    for day, rows in sorted(days.items()):
        for number, start in enumerate(range(0, rows.num_rows, ROWS_A_PART)):
            part = f"received_date={day.isoformat()}/{file_id[:16]}-{number}.parquet"
            piece = rows.slice(start, ROWS_A_PART)
            write_parquet(lake_folder(warehouse) / part, piece)
            made.append({"part": part, "file_id": file_id, "received_date": day, "rows": piece.num_rows})
    return pa.Table.from_pylist(made, schema=pa.schema([(c.name, ARROW_TYPES[c.type]) for c in PARTS.columns]))


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
            reader = "read_parquet($paths, hive_partitioning = true, hive_types = {'received_date': date})"
            warehouse.connection.execute(f"insert into {RECENT} select id_hash, received_date from {reader}", {"paths": paths})
            self._loaded.update(missing)

    def add(self, warehouse: Warehouse, days: dict[dt.date, pa.Table], parts: pa.Table) -> None:
        """Remember the rows that were just committed."""
        for day, rows in days.items():
            warehouse.connection.register("new_ids", rows.select(["id_hash"]))
            warehouse.connection.execute(f"insert into {RECENT} select id_hash, $day from new_ids", {"day": day})
            warehouse.connection.unregister("new_ids")
        self._loaded.update(parts.column("part").to_pylist())

    def fetch_known(self, warehouse: Warehouse) -> None:
        """Leave `known_events`: the committed events whose id hashes are in `repeated_ids`, within the loaded days."""
        assert self._window is not None
        values = {"first": self._window[0], "last": self._window[1]}
        text = f"""
            create or replace temp table known_events as
            select e.* from ingest.events as e
            where e.received_date between $first and $last
                and {'{hash}'} in (select id_hash from repeated_ids)"""
        hashed = "cast(md5_number(e.event_id) & 9223372036854775807 as bigint)"
        warehouse.connection.execute(text.replace("{hash}", hashed), values)
