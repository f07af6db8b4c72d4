"""Pseudonyms: names for people under a random key of each person's own, which can be forgotten.

The keys lie in one file, encrypted under the workspace's secret, and the file holds no id. Who is given a pseudonym is decided
by callers; once a key is forgotten, nobody can tell whose its pseudonyms were.
"""

import hmac
import os
import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from plg_orchestration.errors import ConfigurationError
from plg_orchestration.governance.privacy.secret import Secret, keys_folder
from plg_orchestration.warehouse.lock import writer_lock
from plg_orchestration.warehouse.parquet import sync_folder

FILE = "people.keys"
MAGIC = b"plg-keyring-1\n"
LOOKUP, KEY, NONCE = 16, 32, 12


class Keyring:
    """The keys of all people, opened; made by `open_keyring`."""

    def __init__(self, secret: Secret, keys: dict[bytes, bytes]) -> None:
        self._lookup = secret.derived("keyring/lookup")
        self._keys = keys
        self.changed = False

    def pseudonyms(self, people: Sequence[str]) -> list[str]:
        """The pseudonym of each person, in their order: `p_` and 32 hex digits; a key is made for whoever has none."""
        return [self.pseudonym(person) for person in people]

    def pseudonym(self, person: str) -> str:
        """The person's pseudonym: HMAC-SHA-256 of the id under the person's key."""
        return "p_" + hmac.digest(self._key(person), person.encode(), "sha256").hex()[:32]

    def alias(self, person: str, text: str) -> str:
        """A name for what would lead to the person (a decision's id): `x_` and 32 hex digits, under the person's key."""
        return "x_" + hmac.digest(self._key(person), b"alias\0" + text.encode(), "sha256").hex()[:32]

    def known(self, person: str) -> bool:
        """Whether the person has a key."""
        return self._found(person) in self._keys

    def forget(self, person: str) -> bool:
        """Drop the person's key, from the file too when the block ends; False when there was none."""
        gone = self._keys.pop(self._found(person), None) is not None
        self.changed |= gone
        return gone

    def __len__(self) -> int:
        """The number of people that have a key."""
        return len(self._keys)

    def body(self) -> bytes:
        """All keys as they are kept, sorted."""
        return b"".join(lookup + self._keys[lookup] for lookup in sorted(self._keys))

    def _key(self, person: str) -> bytes:
        lookup = self._found(person)
        key = self._keys.get(lookup)
        if key is None:
            key = self._keys[lookup] = secrets.token_bytes(KEY)
            self.changed = True
        return key

    def _found(self, person: str) -> bytes:
        return hmac.digest(self._lookup, person.encode(), "sha256")[:LOOKUP]


@contextmanager
def open_keyring(state: Path, secret: Secret, *, wait_seconds: float = 30.0) -> Generator[Keyring]:
    """The keyring of the state folder, for one process at a time, saved in one step when the block ends, also by an error.

    What is written with pseudonyms from it should be written after the block: a kill inside loses keys that were made there.
    ConfigurationError when the file cannot be opened with the secret or is damaged; WarehouseBusy when another process keeps it.
    """
    path = keys_folder(state) / FILE
    with writer_lock(path.with_suffix(".lock"), wait_seconds=wait_seconds):
        keys = Keyring(secret, _read(path, secret))
        try:
            yield keys
        finally:
            if keys.changed:
                _write(path, keys, secret)


def _read(path: Path, secret: Secret) -> dict[bytes, bytes]:
    if not path.exists():
        return {}
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = path.read_bytes()
    nonce, sealed = raw[len(MAGIC) : len(MAGIC) + NONCE], raw[len(MAGIC) + NONCE :]
    try:
        if not raw.startswith(MAGIC) or len(nonce) < NONCE:
            raise InvalidTag
        body = AESGCM(secret.derived("keyring/file")).decrypt(nonce, sealed, MAGIC)
    except InvalidTag:
        raise ConfigurationError(
            f"{path}: the keys cannot be opened: the file is damaged, or made under another secret; restore it from its backup, "
            "or set PLG_PSEUDONYM_KEY to the secret with which it was made"
        ) from None
    width = LOOKUP + KEY
    return {body[at : at + LOOKUP]: body[at + LOOKUP : at + width] for at in range(0, len(body), width)}


def _write(path: Path, keys: Keyring, secret: Secret) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(secret.derived("keyring/file")).encrypt(nonce, keys.body(), MAGIC)
    temporary = path.with_name(f".{path.name}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(MAGIC + nonce + sealed)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.rename(path)
    sync_folder(path.parent)
