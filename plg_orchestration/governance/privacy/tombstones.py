"""Tombstones: keyed hashes of erased ids, by which what arrives again is known without anybody's id being kept.

They lie in `keys/tombstones`, outside the warehouse, so that a warehouse made anew knows them too. What is dropped on the way in
is decided in `ingest`; who is erased, in `erasure.py`.
"""

import hmac
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from plg_orchestration.governance.privacy.secret import VARIABLE, Secret, keys_folder, secret_in
from plg_orchestration.warehouse.parquet import sync_folder

FILE = "tombstones"


class Tombstones:
    """The tombstones of a workspace; made by `read_tombstones`."""

    def __init__(self, secret: Secret | None, marks: frozenset[str]) -> None:
        self._key = secret.derived("tombstones") if secret else b""
        self._marks = marks

    def __len__(self) -> int:
        """How many ids have a tombstone."""
        return len(self._marks)

    def __contains__(self, text: str) -> bool:
        """Whether the id was erased."""
        return bool(self._marks) and self.mark(text) in self._marks

    def among(self, texts: Iterable[str]) -> list[str]:
        """Those of the texts that were erased."""
        return [text for text in texts if text in self] if self._marks else []

    def mark(self, text: str) -> str:
        """The tombstone of an id: 32 hex digits of its HMAC-SHA-256 under the secret."""
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def read_tombstones(state: Path, environment: Mapping[str, str] = os.environ) -> Tombstones:
    """The tombstones of the state folder; where there are none, no secret is asked for.

    ConfigurationError when there are some and the secret is not theirs: what was erased could come back.
    """
    path = state / "keys" / FILE
    if not path.exists():
        return Tombstones(None, frozenset())
    secret = secret_in(state, environment.get(VARIABLE) or None)
    return Tombstones(secret, frozenset(path.read_text(encoding="ascii").split()))


def add_tombstones(state: Path, secret: Secret, texts: Iterable[str]) -> list[str]:
    """Set a tombstone for each id and write them down in one step; the marks, in the order of the ids."""
    maker = Tombstones(secret, frozenset())
    marks = [maker.mark(text) for text in texts]
    path = keys_folder(state) / FILE
    before = path.read_text(encoding="ascii").split() if path.exists() else []
    temporary = path.with_name(f".{FILE}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write("".join(f"{mark}\n" for mark in sorted({*before, *marks})))
        handle.flush()
        os.fsync(handle.fileno())
    temporary.rename(path)
    sync_folder(path.parent)
    return marks
