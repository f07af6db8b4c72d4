"""Whether the log is as it was written: every hash anew, every head's signature, every anchor; the first that is wrong is named.

Bytes are hashed as they stand on disk. How they came there is in `appending.py`.
"""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from plg_orchestration.governance.audit_log.anchors import Anchor, outside_anchor
from plg_orchestration.governance.audit_log.framing import (
    HEADER,
    MIDDLE,
    RECORD,
    RECORD_AT,
    Framing,
    closing_hash,
    frame,
    genesis,
)
from plg_orchestration.governance.audit_log.heads import FILE, PUBLIC_KEY, Head, Heads, public_key_of, read_heads
from plg_orchestration.governance.audit_log.locks import shared
from plg_orchestration.governance.audit_log.reading import days_of, file_of

VALID, TAMPERED, UNREADABLE = 0, 1, 3
LARGE = 32 * 1024 * 1024
"""From so many bytes on, days are hashed by several processes."""
NO_OUTSIDE = (
    "no outside anchor is configured: whoever can write the log, its key and its inside anchors could cut off its end, or chain "
    "it anew, unseen; set governance.audit_log.anchor to a path that the operators cannot change"
)


@dataclass(frozen=True)
class Fault:
    """What is wrong first: the log day, the sequence in it (None when the day as a whole), and what."""

    day: dt.date | None
    sequence: int | None
    reason: str

    @property
    def place(self) -> tuple[dt.date, int]:
        """Where it is, for finding the first."""
        return (self.day or dt.date.min, self.sequence or 0)

    def __str__(self) -> str:
        place = "" if self.day is None else f"{self.day}" + ("" if self.sequence is None else f", record {self.sequence}") + ": "
        return place + self.reason


@dataclass(frozen=True)
class AnchorCheck:
    """What an anchor says: `agrees`, `missing` or `disagrees`; `through` is the newest place of the log that it vouches for."""

    name: str
    status: str
    reason: str
    through: tuple[dt.date, int] | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Verification:
    """The outcome: records and days that were hashed, the newest head, the first fault, the anchors, and what to know besides.

    `exit_code` is 0 when all is as written, 1 when something was changed or an anchor is missing or disagrees, 3 when the log
    cannot be read.
    """

    exit_code: int
    records: int = 0
    days: int = 0
    head: Head | None = None
    fault: Fault | None = None
    anchors: tuple[AnchorCheck, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing was found to be wrong."""
        return self.exit_code == VALID


@dataclass
class _Walk:
    """What has been hashed so far: the chain's hash at the places that heads and anchors name, and the records of each day."""

    wanted: dict[dt.date, set[int]] = field(default_factory=dict[dt.date, set[int]])
    seen: dict[tuple[dt.date, int], bytes] = field(default_factory=dict[tuple[dt.date, int], bytes])
    counts: dict[dt.date, int] = field(default_factory=dict[dt.date, int])


@dataclass(frozen=True)
class _Part:
    """One day's file, what its first record is chained to, and the sequences whose hashes are asked for."""

    path: Path
    day: dt.date
    previous: bytes
    wanted: set[int]


@dataclass(frozen=True)
class _Hashed:
    """How many records are chained as they must be, the hashes that were asked for, and what is wrong with the next one."""

    count: int
    seen: dict[int, bytes]
    wrong: str = ""


def verify_audit_log(
    log_dir: Path | str,
    anchors: Sequence[Anchor | Path | str] = (),
    *,
    since: dt.date | None = None,
    to: dt.date | None = None,
) -> Verification:
    """Hash the log of the folder `log_dir` anew, from the day `since` to the day `to` (all without), and compare the anchors.

    `anchors` are `Anchor`s, or paths of files outside the operators' reach. A part of the log begins with the signed close of the
    day before it. An append that is going on is waited for. ValueError when there is no day of the log in the range.
    """
    given = [anchor if isinstance(anchor, Anchor) else outside_anchor(Path(anchor)) for anchor in anchors]
    notes = () if any(anchor.outside for anchor in given) else (NO_OUTSIDE,)
    log_dir = Path(log_dir)
    try:
        with shared(log_dir):
            return _verified(log_dir, given, since, to, notes)
    except OSError as error:
        return Verification(UNREADABLE, fault=Fault(None, None, f"{log_dir} cannot be read ({error})"), notes=notes)


def _verified(
    log_dir: Path, anchors: list[Anchor], since: dt.date | None, to: dt.date | None, notes: tuple[str, ...]
) -> Verification:  # fmt: skip
    there, heads = days_of(log_dir), read_heads(log_dir / FILE)
    try:
        public = public_key_of((log_dir / PUBLIC_KEY).read_bytes())
    except ValueError as error:
        return Verification(TAMPERED, fault=Fault(None, None, str(error)), notes=notes)
    anchored = [head for anchor in anchors for head in anchor.heads]
    named = sorted({*there, *(head.day for head in (*heads.heads, *anchored))})
    days = [day for day in named if (since is None or day >= since) and (to is None or day <= to)]
    if not days and (since or to):
        known = f"it has {named[0]} to {named[-1]}" if named else "it has none"
        raise ValueError(f"the log has no day from {since or 'its beginning'} to {to or 'its end'}; {known}")
    walk = _Walk()
    for head in (*heads.heads, *anchored):
        walk.wanted.setdefault(head.day, set()).add(head.count)
    faults = [_bad_head(heads, public), _bad_chain(log_dir, heads.heads, days, walk, public, set(there))]
    checks = [_checked(anchor, walk, public, set(days)) for anchor in anchors]
    found = [fault for fault in faults if fault] or [check.fault for check in checks if check.fault]
    bad = bool(found) or any(check.status != "agrees" for check in checks)
    return Verification(
        TAMPERED if bad else VALID, sum(walk.counts.values()), len(walk.counts), heads.heads[-1] if heads.heads else None,
        min(found, key=lambda fault: fault.place, default=None), tuple(checks), (*notes, *_notes(log_dir)),
    )  # fmt: skip


def _bad_head(heads: Heads, public: bytes) -> Fault | None:
    """The first head that is not signed by the log's key, or not in its order."""
    before: Head | None = None
    for head in heads.heads:
        if head.public_key != public.hex() or not head.holds():
            return Fault(head.day, head.count, "its head is not signed by the log's key")
        if before is not None and (fault := _out_of_order(before, head)):
            return fault
        before = head
    day, count = (before.day, before.count) if before else (None, None)
    if heads.problem:
        return Fault(day, count, heads.problem)
    return Fault(day, count, f"{FILE} ends in half a line; the next append sets it aside") if heads.torn else None


def _out_of_order(before: Head, head: Head) -> Fault | None:
    if head.place <= before.place:
        return Fault(head.day, head.count, f"its head stands behind that of {before.day}, record {before.count}")
    if head.day == before.day and before.closed:
        return Fault(head.day, before.count + 1, "its head is of a day that was closed before")
    if head.day != before.day and not before.closed:
        return Fault(before.day, before.count + 1, f"{head.day} was begun and this day was not closed")
    return None


def _bad_chain(
    log_dir: Path, heads: Sequence[Head], days: list[dt.date], walk: _Walk, public: bytes, there: set[dt.date]
) -> Fault | None:  # fmt: skip
    """The first record of the days that is not what was chained and signed; what was hashed is left in `walk`.

    Each day begins with the signed close of the one before it, so that days can be hashed side by side.
    """
    signed: dict[dt.date, list[Head]] = {}
    for head in heads:
        signed.setdefault(head.day, []).append(head)
    missing = next((day for day in days if day in signed and day not in there), None)
    present = [day for day in days if day in there and (missing is None or day < missing)]
    parts = [_Part(file_of(log_dir, day), day, _close_before(heads, day, public), walk.wanted.get(day, set())) for day in present]
    for day, done in zip(present, _side_by_side(parts), strict=True):
        walk.counts[day] = done.count
        walk.seen |= {(day, sequence): hashed for sequence, hashed in done.seen.items()}
        fault = Fault(day, done.count + 1, done.wrong) if done.wrong else _unsigned(day, signed.get(day, []), walk)
        if fault:
            return fault
    return Fault(missing, 1, "the day's file is missing, though its head is signed") if missing else None


def _close_before(heads: Sequence[Head], day: dt.date, public: bytes) -> bytes:
    """What the first record of the day must be chained to: the newest signed close before it, else the log's key."""
    closed = [head for head in heads if head.closed and head.day < day]
    return bytes.fromhex(closed[-1].hash) if closed else genesis(public)


def _side_by_side(parts: list[_Part]) -> list[_Hashed]:
    """What hashing each part finds, in their order; of a large log in several processes."""
    lanes = min(len(parts), os.cpu_count() or 1)
    if lanes < 2 or sum(part.path.stat().st_size for part in parts) < LARGE:
        return [_hashed(part) for part in parts]
    with ProcessPoolExecutor(lanes, mp_context=get_context("fork")) as pool:
        return list(pool.map(_hashed, parts))


def _unsigned(day: dt.date, heads: Sequence[Head], walk: _Walk) -> Fault | None:
    """Where the day, chained in itself, is not what its heads were signed for."""
    count = walk.counts[day]
    if not heads:
        return Fault(day, 1, "no signed head vouches for the day: added by hand, or left by an interrupted append")
    for head in heads:
        if head.count > count:
            return Fault(day, count + 1, f"the day ends after {count} records, its signed head counts {head.count}")
        at = walk.seen.get((day, head.count), b"")
        if (closing_hash(at, day, head.count) if head.closed else at).hex() != head.hash:
            return Fault(day, head.count, "the chain up to here is not the one whose head was signed")
    final = heads[-1]
    if count > final.count:
        said = "the day was closed" if final.closed else "added by hand, or left by an interrupted append"
        return Fault(day, final.count + 1, f"no signed head vouches for what comes after record {final.count}: {said}")
    return None


def _hashed(part: _Part) -> _Hashed:
    """Hash the records of a day anew, each chained to the one before it."""
    wanted, previous, seen = part.wanted, part.previous, dict[int, bytes]()
    fresh, pack, prefix = hashlib.sha256(frame(RECORD)).copy, HEADER.pack, Framing(part.day).prefix
    dated, sequence = part.day.isoformat().encode(), 0
    with part.path.open("rb", buffering=1 << 20) as lines:
        for line in lines:
            sequence += 1
            end = b',"sequence":%d}\n' % sequence
            record = line[RECORD_AT : -len(end)]
            made = fresh()
            made.update(pack(32, previous, 10, dated, 8, sequence, len(record)))
            made.update(record)
            previous = made.digest()
            if not line.startswith(prefix + previous.hex().encode() + MIDDLE) or not line.endswith(end):
                return _Hashed(sequence - 1, seen, _what(line, prefix, end))
            if sequence in wanted:
                seen[sequence] = previous
    return _Hashed(sequence, seen)


def _what(line: bytes, prefix: bytes, end: bytes) -> str:
    if not line.endswith(b"\n"):
        return "the line is cut off"
    if not line.startswith(prefix) or not line.endswith(end):
        return "another record stands here: moved, added or taken away"
    return "the record is not what was chained"


def _checked(anchor: Anchor, walk: _Walk, public: bytes, days: set[dt.date]) -> AnchorCheck:
    if anchor.problem:
        return AnchorCheck(anchor.name, "missing", anchor.problem)
    through: tuple[dt.date, int] | None = None
    for head in anchor.heads:
        if head.public_key != public.hex() or not head.holds():
            fault = Fault(head.day, head.count, f"{anchor.name} holds a head that is not signed by the key beside the log")
            return AnchorCheck(anchor.name, "disagrees", str(fault), through, fault)
        fault = _departure(anchor.name, head, walk) if head.day in days else None
        if fault:
            return AnchorCheck(anchor.name, "disagrees", str(fault), through, fault)
        through = (head.day, head.count) if head.day in days else through
    return AnchorCheck(anchor.name, "agrees", f"{len(anchor.heads)} heads", through)


def _departure(name: str, head: Head, walk: _Walk) -> Fault | None:
    """Where the log, as far as it was found to be sound, is not the one whose head an anchor holds."""
    at, count = walk.seen.get((head.day, head.count)), walk.counts.get(head.day, 0)
    if at is None:
        return Fault(
            head.day, min(count + 1, head.count), f"{name} vouches for record {head.count}, to which the log does not lead"
        )
    if (closing_hash(at, head.day, head.count) if head.closed else at).hex() != head.hash:
        return Fault(head.day, head.count, f"up to here the log is not the one that {name} vouches for")
    if head.closed and count != head.count:
        return Fault(head.day, head.count + 1, f"{name} vouches that the day was closed before")
    return None


def _notes(log_dir: Path) -> Iterator[str]:
    aside = log_dir / "set_aside"
    count = len(list(aside.iterdir())) if aside.exists() else 0
    if count:
        yield f"{count} interrupted appends were set aside in {aside}; what they held was appended again"
