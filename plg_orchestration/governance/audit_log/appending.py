"""The one appender: it moves what waits in the outbox to the end of the log, signs the new head and notes it in the index.

The signed head is the moment of truth. What stands behind the last head was left by a kill: it is set aside, and the outbox,
which is emptied after the head was written, appends it again. What the entries say was decided elsewhere.
"""

import datetime as dt
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from plg_orchestration.errors import PlgError
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.audit_log.framing import (
    HEADER,
    MIDDLE,
    RECORD,
    Framing,
    closing_hash,
    frame,
    genesis,
    hash_in,
    tail,
)
from plg_orchestration.governance.audit_log.heads import FILE, Head, Heads, read_heads
from plg_orchestration.governance.audit_log.keys import Signer, open_signer
from plg_orchestration.governance.audit_log.locks import exclusive
from plg_orchestration.governance.audit_log.naming import Named, Row, Said, named, new_entries, record_texts
from plg_orchestration.governance.audit_log.outbox import prepare
from plg_orchestration.governance.audit_log.reading import Record, days_of, file_of, records
from plg_orchestration.governance.audit_log.tables import AUDIT_LOG, OUTBOX
from plg_orchestration.governance.privacy.secret import Secret
from plg_orchestration.warehouse import Query, Warehouse
from plg_orchestration.warehouse.parquet import sync_folder

CHUNK = 8192
"""Records that are written at once."""
INDEX = pa.schema([
    ("log_day", pa.date32()), ("sequence", pa.int64()), ("kind", pa.string()), ("key", pa.string()), ("as_of", pa.date32()),
    ("at", pa.timestamp("us")), ("state", pa.string()), ("entry", pa.string()), ("replaces", pa.string()), ("number", pa.int64()),
    ("hash", pa.string()),
])  # fmt: skip
VERSIONED = ("decision", "night")
"""Kinds whose records take the place of earlier ones with the same key."""


class LogDamaged(PlgError):
    """The log is not what was signed or what the warehouse knows of it: nothing is appended; the message says what to do."""


@dataclass(frozen=True)
class Appended:
    """What an append did: records added, the newest head, all heads of the log, and files that an interrupted one left."""

    records: int
    head: Head | None
    heads: tuple[Head, ...]
    set_aside: tuple[Path, ...]


def append_waiting(warehouse: Warehouse, *, state: Path, secret: Secret, day: dt.date, at: dt.datetime) -> Appended:
    """Move everything that waits to the end of the log of the state folder, and sign it; as often as one likes.

    `day` is the newest night, `at` the time of the append (naive UTC). The log's day is the later of `day` and the newest day of
    the log, so that it never goes back; when it passes to a new day, the one before is closed with its count. LogDamaged when the
    log is not the one that was signed, or lacks records that the warehouse knows.
    """
    log_dir = state / "audit"
    log_dir.mkdir(parents=True, exist_ok=True)
    signer = open_signer(state, secret)
    with exclusive(log_dir):
        prepare(warehouse)
        kept = read_heads(log_dir / FILE)
        set_aside = _recovered(log_dir, kept, at)
        heads = kept.heads
        _indexed(warehouse, log_dir, heads[-1] if heads else None)
        rows = warehouse.arrow(Query("waiting", f"select * from {OUTBOX.name} order by number")).to_pylist()
        new: list[tuple[Row, Said]] = []
        if rows:
            names = named(rows, state, secret)
            new = new_entries(warehouse, rows, names)
            index = INDEX.empty_table()
            if new:
                index, signed = _append(log_dir, heads, new, names, signer, day, at)
                heads = (*heads, *signed)
            _enter(warehouse, index, through=rows[-1]["number"])
        failpoint("audit.done")
    return Appended(len(new), heads[-1] if heads else None, heads, set_aside)


# -- what an interrupted append left ----------------------------------------------------------------------------------


def _recovered(log_dir: Path, kept: Heads, at: dt.datetime) -> tuple[Path, ...]:
    """Take away what no signed head vouches for, after a copy of it was set aside."""
    if kept.problem:
        raise LogDamaged(f"{log_dir / kept.problem}; nothing is appended: see `plg audit verify`, and restore the log")
    moved: list[Path] = []
    if kept.torn:
        moved.append(_set_aside(log_dir, log_dir / FILE, kept.whole, at))
    last = kept.heads[-1] if kept.heads else None
    for day in days_of(log_dir):
        if last is None or day > last.day:
            moved.append(_set_aside(log_dir, file_of(log_dir, day), 0, at))
        elif day == last.day:
            whole = _signed_bytes(file_of(log_dir, day), last)
            if whole < file_of(log_dir, day).stat().st_size:
                moved.append(_set_aside(log_dir, file_of(log_dir, day), whole, at))
    if last is not None and not file_of(log_dir, last.day).exists():
        raise LogDamaged(f"{file_of(log_dir, last.day)} is missing; nothing is appended: restore the log from its backup")
    return tuple(moved)


def _signed_bytes(path: Path, head: Head) -> int:
    """How many bytes of the day's file the head vouches for; LogDamaged when its last record is not there."""
    data, end = path.read_bytes(), 0
    mark = tail(head.count)
    end = data.rfind(mark) + len(mark)
    start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
    hashed = hash_in(data[start:end])
    if end >= len(mark) and head.closed:
        hashed = closing_hash(bytes.fromhex(hashed), head.day, head.count).hex() if len(hashed) == 64 else ""
    if end < len(mark) or hashed != head.hash:
        raise LogDamaged(
            f"{path} does not hold record {head.count}, which was signed; nothing is appended: see `plg audit verify`, "
            "and restore the log from its backup"
        )
    return end


def _set_aside(log_dir: Path, path: Path, whole: int, at: dt.datetime) -> Path:
    folder = log_dir / "set_aside"
    folder.mkdir(exist_ok=True)
    place = folder / f"{path.name}.{at:%Y%m%dT%H%M%S}.{len(list(folder.iterdir()))}"
    with path.open("r+b") as handle:
        handle.seek(whole)
        with place.open("wb") as copy:
            copy.write(handle.read())
            copy.flush()
            os.fsync(copy.fileno())
        sync_folder(folder)
        failpoint("audit.set_aside")
        handle.truncate(whole)
        handle.flush()
        os.fsync(handle.fileno())
    if whole == 0:
        path.unlink()
    sync_folder(path.parent)
    return place


def _indexed(warehouse: Warehouse, log_dir: Path, last: Head | None) -> None:
    """Bring the index up to the log: after a kill, or when the warehouse was restored from an older backup."""
    text = f"select log_day, max(sequence) from {AUDIT_LOG.name} group by log_day order by log_day desc limit 1"
    found = warehouse.rows(Query("newest", text))
    known = (found[0][0], int(str(found[0][1]))) if found else None
    there = (last.day, last.count) if last else None
    if known == there:
        return
    if there is None or (known is not None and known > there):
        ends = f"{there[0]}, record {there[1]}" if there else "nothing"
        raise LogDamaged(
            f"{log_dir}: the log ends at {ends}, but the warehouse knows of {known[0]}, record {known[1]}; "  # type: ignore[index]
            "nothing is appended: see `plg audit verify`, and restore the log from its backup"
        )
    since, after = known if known else (None, 0)
    first = since if isinstance(since, dt.date) else days_of(log_dir)[0]
    lost = [_index_row(record) for record in records(log_dir, since=first, after=after)]
    _enter(warehouse, pa.Table.from_pylist(lost, schema=INDEX), through=0)


def _index_row(record: Record) -> dict[str, object]:
    as_of = record.body.get("as_of")
    return {
        "log_day": record.day, "sequence": record.sequence, "kind": record.kind, "key": record.key,
        "as_of": dt.date.fromisoformat(as_of) if isinstance(as_of, str) else None, "at": record.at,
        "state": record.body.get("status") if record.kind in VERSIONED else None, "entry": record.entry,
        "replaces": record.replaces, "number": record.number, "hash": record.hash,
    }  # fmt: skip


def _enter(warehouse: Warehouse, rows: pa.Table, *, through: int) -> None:
    """Note records in the index and empty the outbox up to the number `through`, in one transaction."""
    with warehouse.transaction():
        warehouse.insert(AUDIT_LOG, rows)
        warehouse.connection.execute(f"delete from {OUTBOX.name} where number <= $through", {"through": through})
        warehouse.parts.mark(AUDIT_LOG, sorted(set(rows["log_day"].to_pylist())))
        failpoint("audit.index_entered")
    failpoint("audit.index_committed")


# -- appending --------------------------------------------------------------------------------------------------------


def _append(
    log_dir: Path, heads: Sequence[Head], new: Sequence[tuple[Row, Said]], names: Named, signer: Signer, day: dt.date,
    at: dt.datetime,
) -> tuple[pa.Table, tuple[Head, ...]]:  # fmt: skip
    """Write the records, then the heads that sign them; rows of the index, and the new heads."""
    last = heads[-1] if heads else None
    closing: list[Head] = []
    if last is None:
        log_day, first, previous = day, 1, genesis(signer.public)
    else:
        log_day = max(day, last.day + dt.timedelta(days=1) if last.closed else last.day)
        first, previous = last.count + 1, bytes.fromhex(last.hash)
        if log_day > last.day:
            if not last.closed:
                previous = closing_hash(previous, last.day, last.count)
                closing = [signer.signed(Head(last.day, last.count, previous.hex(), True, at, ""))]
            first = 1
    hashes, lines = _chained(record_texts(new, names), log_day, first, previous)
    failpoint("audit.before_append")
    _write(file_of(log_dir, log_day), lines)
    signed = (*closing, signer.signed(Head(log_day, first + len(lines) - 1, hashes[-1], False, at, "")))
    failpoint("audit.appended")
    _write(log_dir / FILE, ["".join(head.line() for head in signed).encode()])
    failpoint("audit.head_written")
    rows = [row for row, _ in new]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in ("kind", "as_of", "at", "state", "number")}
    columns |= {
        "log_day": [log_day] * len(rows), "sequence": list(range(first, first + len(rows))), "hash": hashes,
        "key": [names.key(row) for row in rows], "entry": [said[0] for _, said in new], "replaces": [said[1] for _, said in new],
    }  # fmt: skip
    return pa.table({name: columns[name] for name in INDEX.names}, schema=INDEX), signed


def _chained(texts: Sequence[bytes], day: dt.date, first: int, previous: bytes) -> tuple[list[str], list[bytes]]:
    """The hash and the line of each record, the first chained to `previous`."""
    fresh, pack, prefix, dated = hashlib.sha256(frame(RECORD)).copy, HEADER.pack, Framing(day).prefix, day.isoformat().encode()
    hashes: list[str] = []
    lines: list[bytes] = []
    for sequence, text in enumerate(texts, start=first):
        made = fresh()
        made.update(pack(32, previous, 10, dated, 8, sequence, len(text)))
        made.update(text)
        previous = made.digest()
        hashed = previous.hex()
        hashes.append(hashed)
        lines.append(b"".join((prefix, hashed.encode(), MIDDLE, text, tail(sequence))))
    return hashes, lines


def _write(path: Path, lines: Sequence[bytes]) -> None:
    """Add the lines to the file, and to the disk before anything else happens."""
    with path.open("ab") as handle:
        for at in range(0, len(lines), CHUNK):
            data = b"".join(lines[at : at + CHUNK])
            half = len(data) // 2
            handle.write(data[:half])
            handle.flush()
            failpoint(f"audit.half_written.{'heads' if path.name == FILE else 'records'}")
            handle.write(data[half:])
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(path.parent)
