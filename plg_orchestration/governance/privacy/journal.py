"""The journal of an erasure under way: what is asked, what belongs to the people, and which steps are done.

It holds what must go, so it is encrypted under the workspace's secret and removed with the last step. What the steps do is in
`erasure.py`.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from plg_orchestration.errors import ConfigurationError
from plg_orchestration.governance.privacy.secret import Secret, keys_folder
from plg_orchestration.warehouse.parquet import sync_folder

SUFFIX = ".erasure"
NONCE = 12


@dataclass
class Journal:
    """One erasure under way; `facts` are what steps found out and later steps need, `counts` go into the certificate."""

    erasure_id: str
    requested_at: str
    requested_by: str
    reason: str
    people: list[str]
    done: list[str] = field(default_factory=list[str])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    counts: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    def count(self, store: str, what: str, number: int) -> None:
        """Add to what the certificate will say about a store."""
        if number:
            of_store = self.counts.setdefault(store, {})
            of_store[what] = of_store.get(what, 0) + number


class JournalFile:
    """Where a journal lies; `save` replaces it in one step."""

    def __init__(self, path: Path, secret: Secret) -> None:
        self.path, self._key = path, secret.derived("erasure/journal")

    def save(self, journal: Journal) -> None:
        """Write the journal, encrypted."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE)
        sealed = AESGCM(self._key).encrypt(nonce, json.dumps(asdict(journal)).encode(), self.path.name.encode())
        temporary = self.path.with_name(f".{self.path.name}.part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(nonce + sealed)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.rename(self.path)
        sync_folder(self.path.parent)

    def load(self) -> Journal:
        """The journal; ConfigurationError when it was damaged or made under another secret."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        raw = self.path.read_bytes()
        try:
            text = AESGCM(self._key).decrypt(raw[:NONCE], raw[NONCE:], self.path.name.encode())
        except (InvalidTag, ValueError):
            raise ConfigurationError(
                f"{self.path}: the journal of an erasure cannot be opened; remove it and erase the same ids again"
            ) from None
        return Journal(**json.loads(text))

    def remove(self) -> None:
        """Remove the journal: the erasure is done."""
        self.path.unlink(missing_ok=True)
        sync_folder(self.path.parent)


def journal_file(state: Path, secret: Secret, erasure_id: str) -> JournalFile:
    """The file of an erasure's journal."""
    return JournalFile(keys_folder(state) / f"{erasure_id}{SUFFIX}", secret)


def open_journals(state: Path, secret: Secret) -> list[JournalFile]:
    """The journals of erasures that were begun and not ended, oldest first."""
    return [JournalFile(path, secret) for path in sorted((state / "keys").glob(f"*{SUFFIX}"))]
