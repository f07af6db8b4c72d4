"""How records become bytes and hashes: unambiguous frames, the line of a record, and the hash that closes a day.

Every field of a hash is preceded by its length, so that no two different sequences of fields give the same bytes. Who signs
what is in `heads.py`.
"""

import datetime as dt
import hashlib
import struct
from dataclasses import dataclass

RECORD, DAY, GENESIS = b"plg-audit-record/1", b"plg-audit-day/1", b"plg-audit-genesis/1"
"""Domain tags: a hash of one purpose is never one of another."""
SUFFIX = ".jsonl"
MIDDLE = b'","record":'
HASH_AT = len('{"day":"2025-01-01","hash":"')
"""Where in a record's line its hash begins."""
RECORD_AT = HASH_AT + 64 + len(MIDDLE)
"""Where its canonical JSON does."""


def frame(*parts: bytes) -> bytes:
    """The parts one after the other, each behind its length in eight bytes.

    >>> frame(b"ab", b"c") == frame(b"a", b"bc")
    False
    """
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def genesis(public_key: bytes) -> bytes:
    """What the first record of a log is chained to: the key that signs the log."""
    return hashlib.sha256(frame(GENESIS, public_key)).digest()


def record_hash(previous: bytes, day: dt.date, sequence: int, record: bytes) -> bytes:
    """SHA256(domain tag, previous hash, day, sequence, canonical JSON), each behind its length."""
    return hashlib.sha256(frame(RECORD, previous, day.isoformat().encode(), sequence.to_bytes(8, "big"), record)).digest()


def closing_hash(last: bytes, day: dt.date, count: int) -> bytes:
    """What closes a day of `count` records, the last with the hash `last`; the next day's first record is chained to it."""
    return hashlib.sha256(frame(DAY, last, day.isoformat().encode(), count.to_bytes(8, "big"))).digest()


HEADER = struct.Struct(">Q32sQ10sQQQ")
"""The frame of a record in front of its JSON in one step: 32, previous hash, 10, day, 8, sequence and the length of the JSON."""


@dataclass(frozen=True)
class Framing:
    """The parts of the lines and hashes of one day that are the same for all its records."""

    day: dt.date

    @property
    def prefix(self) -> bytes:
        """How every line of the day begins, up to the hash."""
        return b'{"day":"%s","hash":"' % self.day.isoformat().encode()

    def line(self, hashed: bytes, record: bytes, sequence: int) -> bytes:
        """The line of a record: canonical JSON of day, hash, record and sequence."""
        return b"".join((self.prefix, hashed.hex().encode(), MIDDLE, record, tail(sequence)))


def tail(sequence: int) -> bytes:
    """How the line of the day's record number `sequence` ends."""
    return b',"sequence":%d}\n' % sequence


def hash_in(line: bytes) -> str:
    """The hash that stands in a record's line."""
    return line[HASH_AT : HASH_AT + 64].decode("ascii", "replace")


def record_of(line: bytes, sequence: int) -> bytes:
    """The canonical JSON inside the line of record number `sequence`."""
    return line[RECORD_AT : -len(tail(sequence))]
