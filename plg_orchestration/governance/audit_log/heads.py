"""Signed heads: what the log held after each append, and its anchors elsewhere are copies of them.

Making and opening the private key is in `keys.py`; where copies are kept, in `anchors.py`.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from plg_orchestration.config.fingerprint import canonical_json
from plg_orchestration.governance.audit_log.framing import frame

FILE = "heads.jsonl"
PUBLIC_KEY = "audit_key.pub"
HEAD = b"plg-audit-head/1"
HEX = re.compile(r"[0-9a-f]*")


class BadHead(ValueError):
    """A line that is no signed head; the message says why."""


@dataclass(frozen=True)
class Head:
    """The log as it stood at `appended_at` (naive UTC): `count` records of `day`, the last with `hash`.

    When `closed`, the day takes no more records and `hash` is the one that closes it. `public_key` is raw Ed25519, in hexadecimal
    digits like the hash and the signature.
    """

    day: dt.date
    count: int
    hash: str
    closed: bool
    appended_at: dt.datetime
    public_key: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return frame(
            HEAD, bytes.fromhex(self.public_key), self.day.isoformat().encode(), self.count.to_bytes(8, "big"),
            bytes.fromhex(self.hash), b"closed" if self.closed else b"open", self.appended_at.isoformat().encode(),
        )  # fmt: skip

    def line(self) -> str:
        """The head as one line of canonical JSON."""
        return canonical_json(self) + "\n"

    @property
    def place(self) -> tuple[dt.date, int, bool]:
        """Where in the log it stands: heads of one log are in this order."""
        return (self.day, self.count, self.closed)

    def holds(self) -> bool:
        """Whether the signature is by its own key; whether that key is the log's is for the caller to ask."""
        return _holds(self)


@lru_cache(maxsize=4096)
def _holds(head: Head) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public_key))
        key.verify(bytes.fromhex(head.signature), head.signed_bytes())
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class Heads:
    """The heads of a file in its order, the bytes behind the last whole line (what a kill leaves), and the first bad line."""

    heads: tuple[Head, ...] = ()
    torn: bytes = b""
    problem: str = ""
    whole: int = field(default=0)
    """Bytes of the whole lines."""


def parse_head(line: str | bytes) -> Head:
    """The head of a line; BadHead when it is none, or not in the one way in which heads are written."""
    try:
        text = line.decode("utf-8") if isinstance(line, bytes) else line
        values = cast("dict[str, Any]", json.loads(text))
        if not all(isinstance(values[name], str) and HEX.fullmatch(values[name]) for name in ("hash", "public_key", "signature")):
            raise BadHead("hash, key and signature are hexadecimal digits")
        values["day"] = dt.date.fromisoformat(values["day"])
        values["appended_at"] = dt.datetime.fromisoformat(values["appended_at"])
        head = Head(**values)
        head.signed_bytes()
        if head.line() != text.rstrip("\n") + "\n":
            raise BadHead("it is not written canonically")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise BadHead(f"{error}") from None
    return head


def read_heads(path: Path) -> Heads:
    """The heads of the file; none when there is no file. OSError when it cannot be read."""
    if not path.exists():
        return Heads()
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    found: list[Head] = []
    for number, line in enumerate(data[:whole].splitlines(keepends=True), start=1):
        try:
            found.append(parse_head(line))
        except BadHead as error:
            return Heads(tuple(found), data[whole:], f"{path.name}:{number}: no signed head: {error}", whole)
    return Heads(tuple(found), data[whole:], "", whole)


def public_key_of(pem: bytes) -> bytes:
    """The raw key of a public key file; ValueError when it is no Ed25519 key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{PUBLIC_KEY} is no public key ({error})") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{PUBLIC_KEY} is no Ed25519 key")
    return key.public_bytes_raw()
