"""The one appender: it moves what waits in the outbox to the end of the log, signs the new head and notes it in the index.

The signed head is the moment of truth. What stands behind the last head was left by a kill: it is set aside, and the outbox,
which is emptied after the head was written, appends it again. What the entries say was decided elsewhere.
"""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
from plg_orchestration.governance.audit_log.outbox import prepare, staff_of
from plg_orchestration.governance.audit_log.reading import Record, days_of, file_of, records
from plg_orchestration.governance.audit_log.tables import AUDIT_LOG, OUTBOX
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.secret import Secret
from plg_orchestration.warehouse import Query, Warehouse
from plg_orchestration.warehouse.parquet import sync_folder

CHUNK = 8192
"""Records that are written at once."""
INDEX = pa.schema([
    ("log_day", pa.date32()), ("sequence", pa.int64()), ("kind", pa.string()), ("key", pa.string()), ("as_of", pa.date32()),
    ("at", pa.timestamp("us")), ("state", pa.string()), ("entry", pa.string()), ("replaces", pa.string()), ("hash", pa.string()),
])  # fmt: skip


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
        rows = warehouse.arrow(Query("waiting", f"select * from {OUTBOX.name} order by number"))
        if rows.num_rows:
            heads = (*heads, *_append(warehouse, log_dir, heads, rows, signer, _named(rows, state, secret), day, at))
        failpoint("audit.done")
    return Appended(rows.num_rows, heads[-1] if heads else None, heads, set_aside)


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
    _enter(warehouse, pa.Table.from_pylist(lost, schema=INDEX))


def _index_row(record: Record) -> dict[str, object]:
    as_of = record.body.get("as_of")
    return {
        "log_day": record.day, "sequence": record.sequence, "kind": record.kind, "key": record.key,
        "as_of": dt.date.fromisoformat(as_of) if isinstance(as_of, str) else None, "at": record.at,
        "state": record.body.get("status") if record.kind in ("decision", "night") else None, "entry": record.entry,
        "replaces": record.replaces, "hash": record.hash,
    }  # fmt: skip


def _enter(warehouse: Warehouse, rows: pa.Table) -> None:
    """Note records in the index and take their entries out of the outbox, in one transaction; then the files."""
    days = sorted(set(rows["log_day"].to_pylist()))
    with warehouse.transaction():
        warehouse.insert(AUDIT_LOG, rows)
        warehouse.connection.register("entered_rows", rows.select(["entry"]))
        warehouse.connection.execute(f"delete from {OUTBOX.name} where entry in (select entry from entered_rows)")
        warehouse.connection.unregister("entered_rows")
        for day in days:
            warehouse.parts.mark(AUDIT_LOG, [day])
        failpoint("audit.index_entered")
    failpoint("audit.index_committed")


# -- appending --------------------------------------------------------------------------------------------------------


def _named(rows: pa.Table, state: Path, secret: Secret) -> dict[str, str]:
    """The pseudonym of everybody whom the entries are about or who acted; saved before anything is written with them."""
    people = {person for person in rows["user_id"].unique().to_pylist() if person}
    for staff in rows["staff"].unique().to_pylist():
        people |= set(staff_of(staff).values())
    if not people:
        return {}
    listed = sorted(people)
    with open_keyring(state, secret) as keys:
        names = keys.pseudonyms(listed)
    failpoint("audit.named")
    return dict(zip(listed, names, strict=True))


def _append(
    warehouse: Warehouse, log_dir: Path, heads: Sequence[Head], rows: pa.Table, signer: Signer, names: dict[str, str],
    day: dt.date, at: dt.datetime,
) -> tuple[Head, ...]:  # fmt: skip
    """Write the records, then the heads that sign them, then the index; the new heads."""
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
    texts = _record_texts(rows, names)
    hashes, lines = _chained(texts, log_day, first, previous)
    failpoint("audit.before_append")
    _write(file_of(log_dir, log_day), lines)
    new = (*closing, signer.signed(Head(log_day, first + len(lines) - 1, hashes[-1], False, at, "")))
    failpoint("audit.appended")
    _write(log_dir / FILE, ["".join(head.line() for head in new).encode()])
    failpoint("audit.head_written")
    index = pa.table(
        {
            "log_day": pa.array([log_day] * len(lines), pa.date32()),
            "sequence": pa.array(range(first, first + len(lines)), pa.int64()),
            **{name: rows[name] for name in ("kind", "key", "as_of", "at", "state", "entry", "replaces")},
            "hash": pa.array(hashes),
        }
    ).cast(INDEX)
    _enter(warehouse, index)
    return new


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


def _record_texts(rows: pa.Table, names: dict[str, str]) -> list[bytes]:
    """The canonical JSON of each record: keys in order, the body as it was entered, people by pseudonym."""
    staff = {text: _staff_text(text, names) for text in rows["staff"].unique().to_pylist()}
    kinds = {kind: json.dumps(kind) for kind in rows["kind"].unique().to_pylist()}
    people = {None: "null"} | {person: f'"{name}"' for person, name in names.items()}
    columns = (rows[name].to_pylist() for name in ("at", "body", "entry", "key", "kind", "user_id", "replaces", "staff"))
    times: dict[dt.datetime, str] = {}
    made: list[bytes] = []
    for at, body, entry, key, kind, person, replaces, acted in zip(*columns, strict=True):
        time = times.get(at) or times.setdefault(at, at.isoformat())
        before = f'"{replaces}"' if replaces else "null"
        made.append(
            f'{{"at":"{time}","body":{body},"entry":"{entry}","key":{json.dumps(key, ensure_ascii=False)},"kind":{kinds[kind]},'
            f'"person":{people[person]},"replaces":{before},"staff":{staff[acted]}}}'.encode()
        )
    return made


def _staff_text(text: str | None, names: dict[str, str]) -> str:
    return json.dumps({role: names[person] for role, person in sorted(staff_of(text).items())}, separators=(",", ":"))


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
