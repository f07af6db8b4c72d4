"""Reading the log: records in order, everything about one key, and the proof that a record stands in the chain.

Whether the whole log is as it was written is asked by `verification.py`; reading alone proves nothing.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plg_orchestration.config.fingerprint import canonical_json
from plg_orchestration.errors import PlgError
from plg_orchestration.governance.audit_log.framing import (
    SUFFIX,
    Framing,
    closing_hash,
    genesis,
    hash_in,
    record_hash,
    record_of,
)
from plg_orchestration.governance.audit_log.heads import FILE, PUBLIC_KEY, Head, public_key_of, read_heads


class UnreadableLog(PlgError):
    """The log cannot be read; the message names the file and the remedy."""


@dataclass(frozen=True)
class Record:
    """One record: its place (`day`, `sequence` from 1), its hash and the one before, and what it says.

    `kind` and `key` name what it is about, `at` is when that happened (naive UTC). `person` is the user's pseudonym, `staff` the
    pseudonyms of those who acted, by what they did. With a person, `key` and `links` (other ids, by what they name) are aliases
    under the person's key: `Keyring.alias(user_id, decision_id)`. `entry` identifies the record's content, `replaces` that of the
    record which it takes the place of, None for a first one, and `number` the entry in the outbox.
    """

    day: dt.date
    sequence: int
    previous: str
    hash: str
    kind: str
    key: str
    at: dt.datetime
    person: str | None
    staff: dict[str, str]
    links: dict[str, str]
    number: int
    entry: str
    replaces: str | None
    body: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Proof:
    """That a record stands in the chain: from `previous` over its hash, `links` records on to the signed `head` of its day.

    `holds` says whether every link and the signature were found to be right, `reason` what was not.
    """

    day: dt.date
    sequence: int
    count: int
    previous: str
    hash: str
    links: int
    head: Head | None
    holds: bool
    reason: str


def days_of(log_dir: Path) -> list[dt.date]:
    """The days that the log has a file of, oldest first. OSError when the folder cannot be read."""
    found: list[dt.date] = []
    for path in log_dir.iterdir():
        try:
            day = dt.date.fromisoformat(path.name.removesuffix(SUFFIX))
        except ValueError:
            continue
        if path.name == f"{day.isoformat()}{SUFFIX}":
            found.append(day)
    return sorted(found)


def file_of(log_dir: Path, day: dt.date) -> Path:
    """The file of a log day."""
    return log_dir / f"{day.isoformat()}{SUFFIX}"


def records(
    log_dir: Path, *, since: dt.date | None = None, to: dt.date | None = None, after: int = 0
) -> Iterator[Record]:  # fmt: skip
    """The signed records of the log days from `since` to `to`, in order; with `after`, not the first so many of `since`.

    A log that does not exist has none. UnreadableLog when a line is no record.
    """
    counts = {head.day: head.count for head in _heads(log_dir)}
    for day in days_of(log_dir) if log_dir.exists() else []:
        if (since and day < since) or (to and day > to):
            continue
        previous = _before(log_dir, day)
        skipped = after if day == since else 0
        with file_of(log_dir, day).open("rb") as lines:
            for sequence, line in enumerate(lines, start=1):
                if sequence > counts.get(day, 0):
                    break
                if sequence > skipped:
                    yield _record(log_dir, day, sequence, line, previous)
                previous = hash_in(line)


def find(log_dir: Path, kind: str, key: str) -> list[Record]:
    """All signed records of that kind and key, oldest first."""
    if not log_dir.exists():
        return []
    counts = {head.day: head.count for head in _heads(log_dir)}
    needle = f'"key":{json.dumps(key, ensure_ascii=False)},"kind":{json.dumps(kind)}'.encode()
    found: list[Record] = []
    for day in days_of(log_dir):
        data = file_of(log_dir, day).read_bytes()
        at = data.find(needle)
        while at >= 0:
            start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1 or len(data)
            sequence = data.count(b"\n", 0, start) + 1
            if sequence <= counts.get(day, 0):
                previous = hash_in(data[data.rfind(b"\n", 0, start - 1) + 1 : start]) if start else _before(log_dir, day)
                record = _record(log_dir, day, sequence, data[start:end], previous)
                found += [record] if (record.kind, record.key) == (kind, key) else []
            at = data.find(needle, end)
    return found


def proof_of(log_dir: Path, record: Record) -> Proof:
    """The proof that the record stands in its day's chain up to the day's last signed head; the bytes are hashed anew."""
    heads = [head for head in _heads(log_dir) if head.day == record.day and head.count >= record.sequence]
    if not heads:
        reason = f"no signed head of {record.day} covers record {record.sequence}"
        return Proof(record.day, record.sequence, 0, record.previous, record.hash, 0, None, False, reason)
    head = heads[-1]
    previous, links, reason = bytes.fromhex(record.previous), 0, ""
    with file_of(log_dir, record.day).open("rb") as lines:
        for sequence, line in enumerate(lines, start=1):
            if sequence < record.sequence or sequence > head.count or reason:
                continue
            made = record_hash(previous, record.day, sequence, record_of(line, sequence))
            if line != Framing(record.day).line(made, record_of(line, sequence), sequence):
                reason = f"record {sequence} of {record.day} is not what was chained"
            if sequence == record.sequence and made.hex() != record.hash:
                reason = f"record {sequence} of {record.day} is not the one that was read"
            previous, links = made, links + 1
    if head.closed:
        previous = closing_hash(previous, head.day, head.count)
    if not reason and (previous.hex() != head.hash or links != head.count - record.sequence + 1):
        reason = f"the chain does not lead to the signed head of {record.day}"
    if not reason and not (head.holds() and bytes.fromhex(head.public_key) == _public_key(log_dir)):
        reason = f"the head of {record.day} is not signed by the log's key"
    return Proof(
        record.day, record.sequence, head.count, record.previous, record.hash, links, head, not reason,
        reason or f"{links} links lead to the signed head of {record.day}",
    )  # fmt: skip


def _heads(log_dir: Path) -> tuple[Head, ...]:
    return read_heads(log_dir / FILE).heads


def _public_key(log_dir: Path) -> bytes:
    try:
        return public_key_of((log_dir / PUBLIC_KEY).read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableLog(f"{log_dir / PUBLIC_KEY}: {error}; restore it: every anchor holds the key") from error


def _before(log_dir: Path, day: dt.date) -> str:
    """The hash that the day's first record is chained to."""
    closed = [head for head in _heads(log_dir) if head.closed and head.day < day]
    return closed[-1].hash if closed else genesis(_public_key(log_dir)).hex()


def _record(log_dir: Path, day: dt.date, sequence: int, line: bytes, previous: str) -> Record:
    try:
        read = json.loads(line)
        said = read["record"]
        if canonical_json(read).encode() + b"\n" != line:
            raise ValueError("it is not written canonically")
        return Record(
            day=day, sequence=sequence, previous=previous, hash=read["hash"], kind=said["kind"], key=said["key"],
            at=dt.datetime.fromisoformat(said["at"]), person=said["person"], staff=said["staff"], links=said["links"],
            number=said["number"], entry=said["entry"], replaces=said["replaces"], body=said["body"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        place = f"{file_of(log_dir, day)}:{sequence}"
        raise UnreadableLog(f"{place}: no record of the log ({error}); `plg audit verify` says what was changed") from error
