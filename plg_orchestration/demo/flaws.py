"""What goes wrong on the way: lines that come late, twice, changed, broken or blank, each counted.

A flaw only ever touches everyday lines, and a broken line is a garbled copy of one, so nothing that the planted truth rests
on is lost. Reason codes are those of the ingest quarantine.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from plg_orchestration.demo.batch import FIRST_VARIANT, ORDINARY, SPECIAL, VARIANTS, Batch, in_order, join
from plg_orchestration.demo.randomness import DAY_MS

LATE, DUPLICATE, CONFLICT, BROKEN, BLANK = 0.005, 0.003, 0.0003, 0.0015, 0.0001
REDELIVERED = 0.2
"""The share of duplicates that arrive again in the next day's file, byte for byte, instead of in the same one."""


@dataclass(frozen=True)
class Flawed:
    """A file to be: rows in file order and the rows whose bytes are to be broken (position → which way), blank positions."""

    batch: Batch
    broken: dict[int, int]
    blank: tuple[int, ...]
    duplicates: int
    conflicts: int
    late: int


def split_late(rng: np.random.Generator, batch: Batch) -> tuple[Batch, Batch]:
    """The lines that arrive on their day, and those that arrive one to six days later (with that time of receipt)."""
    late = (rng.random(len(batch)) < LATE) & ~SPECIAL[batch.code]
    held = batch.take(late)
    delay = rng.integers(1, 7, len(held)) * DAY_MS
    received = held.received - held.received % DAY_MS + delay + rng.integers(0, DAY_MS, len(held))
    return batch.take(~late), replace(held, received=received)


def spoil(rng: np.random.Generator, batch: Batch, again: Batch, first_number: int, late: int) -> tuple[Flawed, Batch]:
    """Add duplicates, conflicts, broken and blank lines to a day's lines, in order of arrival.

    `again` are yesterday's lines that are delivered once more today; returned beside the file are those for tomorrow.
    """
    ordinary = np.flatnonzero(ORDINARY[batch.code])
    twice = ordinary[rng.random(len(ordinary)) < DUPLICATE]
    tomorrow = rng.random(len(twice)) < REDELIVERED
    same = batch.take(twice[~tomorrow])
    can_differ = ordinary[VARIANTS[batch.code[ordinary]] > 1]
    changed = batch.take(np.setdiff1d(can_differ[rng.random(len(can_differ)) < CONFLICT], twice))
    first = FIRST_VARIANT[changed.code]
    changed = replace(changed, variant=(first + (changed.variant - first + 1) % VARIANTS[changed.code]).astype(np.int32))
    garbled = batch.take(ordinary[rng.random(len(ordinary)) < BROKEN])
    garbled = replace(garbled, number=first_number + np.arange(len(garbled), dtype=np.int64))
    parts = [batch, same, again, changed, garbled]
    kind = np.repeat(np.arange(5), [len(part) for part in parts])
    everything = join(parts)
    key = everything.received.copy()
    day_end = int(batch.received[-1]) if len(batch) else 0
    day_start = day_end - day_end % DAY_MS
    key[kind == 2] = day_start + rng.integers(0, DAY_MS, len(again))
    key[(kind == 1) | (kind == 3)] += rng.integers(1, 600_000, len(same) + len(changed))
    order = in_order(key)
    positions = np.flatnonzero(kind[order] == 4)
    ways = rng.integers(0, len(WAYS), len(positions))
    blanks = np.sort(rng.integers(0, max(len(order), 1), int(rng.binomial(len(order), BLANK))))
    flawed = Flawed(
        batch=everything.take(order),
        broken=dict(zip(positions.tolist(), ways.tolist(), strict=True)),
        blank=tuple(blanks.tolist()),
        duplicates=len(same) + len(again),
        conflicts=len(changed),
        late=late,
    )
    return flawed, batch.take(twice[tomorrow])


def _swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(line: bytes) -> bytes:
        if old not in line:
            raise ValueError(f"a demo line has no {old!r} to break: {line[:80]!r}")
        return line.replace(old, new, 1)

    return change


def _cut(after: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line[: line.index(after) + len(after)]


def _value_of(key: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(line: bytes) -> bytes:
        begin = line.index(b'"' + key + b'":"') + len(key) + 3
        return line[:begin] + new + line[line.index(b'"', begin + 1) + 1 :]

    return change


def _anonymous(line: bytes) -> bytes:
    begin = line.index(b',"userId":"')
    stripped = line[:begin] + line[line.index(b'"', begin + 11) + 1 :]
    group = stripped.index(b'"groupId":"')
    return stripped[:group] + stripped[stripped.index(b",", group) + 1 :]


WAYS: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("json_syntax", _cut(b'"receivedAt":"')),
    ("json_syntax", lambda line: line.replace(b'"', b"'")),
    ("json_syntax", lambda line: line[:-1] + b",}"),
    ("json_syntax", lambda _: b"upstream connect error or disconnect/reset before headers"),
    ("json_syntax", lambda line: line + line),
    ("not_an_object", lambda _: b"null"),
    ("not_an_object", lambda line: b"[" + line + b"]"),
    ("not_an_object", lambda _: b"42"),
    ("missing", lambda _: b"{}"),
    ("missing", _value_of(b"event", b"null")),
    ("missing", _anonymous),
    ("type", _value_of(b"messageId", b"4711")),
    ("type", _value_of(b"event", b'{"name":"Report Created"}')),
    ("type", _value_of(b"userId", b"true")),
    ("number", _swap(b'"properties":{', b'"properties":{"seconds":NaN,')),
    ("number", _swap(b'"properties":{', b'"properties":{"seconds":-Infinity,')),
    ("number", _swap(b'"properties":{', b'"properties":{"seconds":1e999,')),
    ("encoding", _swap(b'"properties":{', b'"properties":{"title":"caf\xe9",')),
    ("encoding", _swap(b'"properties":{', b'"properties":{"title":"\xc0\xaf",')),
    ("encoding", _swap(b'"properties":{', b'"properties":{"title":"a\x00b",')),
    ("keys", _swap(b'"type":"track"', b'"type":"track","type":"page"')),
    ("keys", _swap(b'"type":"track"', b'"type":"track","Type":"track"')),
    ("time", _value_of(b"timestamp", b'"infinity"')),
    ("time", _value_of(b"timestamp", b'"2025-02-30T10:00:00.000Z"')),
    ("time", _value_of(b"timestamp", b'"300000-01-01T00:00:00.000Z"')),
    ("time", _swap(b'Z","receivedAt"', b'","receivedAt"')),
)
"""Reason code and the way in which a good line is broken."""


def reasons(flawed: Flawed) -> dict[str, int]:
    """Lines of the file that cannot be accepted, counted by reason code, conflicts included."""
    counted = Counter(WAYS[way][0] for way in flawed.broken.values())
    if flawed.conflicts:
        counted["conflict"] = flawed.conflicts
    return dict(sorted(counted.items()))


def total_lines(flawed: Flawed) -> int:
    """Lines of the file, blank ones included."""
    return len(flawed.batch) + len(flawed.blank)
