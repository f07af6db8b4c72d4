"""The lake's events of invitations without what identifies the invited: which parts hold such a field, and rewriting them.

A part is searched once, when it is new; from then on it is known from which instant on it must be written anew.
"""

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from plg_orchestration.config.fingerprint import sha256
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy.tables import INVITE_PARTS
from plg_orchestration.ingest.forgetting import HOLDS, Retention
from plg_orchestration.ingest.parts import REPEATING, lake_folder
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_parquet


@dataclass(frozen=True)
class Fields:
    """How many events of a part identify an invited person, and the earliest of them."""

    number: int
    oldest: dt.datetime | None


def purge_lake(warehouse: Warehouse, retention: Retention) -> int:
    """Rewrite the parts with events that identify an invited person for too long; how many events lost a field.

    A part takes its old one's place in one step, so that a kill leaves every part as it was or as it is to be.
    """
    looked_for = sha256([sorted(retention.events), sorted(retention.keys)])[:16]
    warehouse.ensure(INVITE_PARTS)
    text = """select part from ingest.parts where part not in (
        select part from governance.invite_parts where looked_for = $for) order by part"""
    new = [str(part) for (part,) in warehouse.connection.execute(text, {"for": looked_for}).fetchall()]
    _note(warehouse, _fields(warehouse, new, retention), looked_for)
    due = """select part from governance.invite_parts
        where oldest_at < $before and part in (select part from ingest.parts) order by part"""
    dropped = 0
    for (part,) in warehouse.connection.execute(due, {"before": retention.before}).fetchall():
        failpoint("retention.part")
        dropped += _rewrite(warehouse, str(part), retention)
        _note(warehouse, _fields(warehouse, [str(part)], retention), looked_for)
    return dropped


def fields_left(warehouse: Warehouse, before: dt.datetime) -> tuple[int, int, dt.datetime | None]:
    """Events that identify an invited person, those of them sent before `before` (parts that still hold one), the earliest."""
    text = """select coalesce(cast(sum(fields) as bigint), 0), count(*) filter (where oldest_at < $before), min(oldest_at)
        from governance.invite_parts where part in (select part from ingest.parts)"""
    number, due, oldest = warehouse.connection.execute(text, {"before": before}).fetchall()[0]
    return int(number), int(due), oldest


def _fields(warehouse: Warehouse, parts: list[str], retention: Retention) -> dict[str, Fields]:
    """What each of the parts holds."""
    nothing = dict.fromkeys(parts, Fields(0, None))
    if not parts or not retention.events or not retention.keys:
        return nothing
    folder = lake_folder(warehouse)
    paths = {str(folder / part): part for part in parts}
    text = f"""select filename, count(*), min(event_at) from read_parquet($paths, filename = true, hive_partitioning = true)
        where {HOLDS} group by filename"""
    values = {"paths": list(paths), "events": list(retention.events), "keys": list(retention.keys)}
    rows = warehouse.connection.execute(text, values).fetchall()
    return nothing | {paths[name]: Fields(int(number), oldest) for name, number, oldest in rows}


def _note(warehouse: Warehouse, found: dict[str, Fields], looked_for: str) -> None:
    if not found:
        return
    parts = list(found)
    warehouse.connection.execute(
        "delete from governance.invite_parts where part in (select unnest($parts))", {"parts": parts}
    ).fetchall()
    warehouse.insert(INVITE_PARTS, pa.table({
        "part": pa.array(parts, pa.string()), "looked_for": pa.array([looked_for] * len(parts), pa.string()),
        "fields": pa.array([entry.number for entry in found.values()], pa.int64()),
        "oldest_at": pa.array([entry.oldest for entry in found.values()], pa.timestamp("us")),
    }))  # fmt: skip


def _rewrite(warehouse: Warehouse, part: str, retention: Retention) -> int:
    """Write the part without the fields whose time is over; how many events lost one."""
    path = lake_folder(warehouse) / part
    rows = pq.ParquetFile(path).read()
    place = rows.schema.get_field_index("properties")
    kind = rows.schema.field(place).type
    made: list[str | None] = []
    changed = 0
    columns = (rows.column(name).to_pylist() for name in ("event", "event_at", "properties"))
    for event, event_at, said in zip(*columns, strict=True):
        kept = retention.without(said) if said is not None and retention.applies(event, event_at) else said
        changed += kept != said
        made.append(kept)
    if changed:
        cells = pa.array(made, pa.string())
        column = cells.dictionary_encode().cast(kind) if pa.types.is_dictionary(kind) else cells.cast(kind)
        write_parquet(path, rows.set_column(place, rows.schema.field(place), column), repeating=REPEATING)
    return changed
