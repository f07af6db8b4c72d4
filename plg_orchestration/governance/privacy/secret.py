"""The workspace's secret: the one value under which pseudonym keys and tombstones lie.

It comes from the environment, else from a file beside what it protects, which is better than none and is said aloud. What is
locked with it belongs to `keyring.py` and `tombstones.py`; secrets of destinations are theirs.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.errors import ConfigurationError
from plg_orchestration.warehouse.parquet import sync_folder

VARIABLE = "PLG_PSEUDONYM_KEY"
SHORTEST = 16
"""Characters of the shortest secret that is taken from the environment."""


@dataclass(frozen=True)
class Secret:
    """32 derived bytes, and where the secret itself was found; the bytes show in no representation."""

    key: bytes = field(repr=False)
    source: Literal["environment", "file"]

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose: what is made with them tells nothing about another purpose's."""
        return hmac.digest(self.key, f"plg/{purpose}".encode(), "sha256")


def secret_of(workspace: Workspace) -> Secret:
    """The workspace's secret: `PLG_PSEUDONYM_KEY`, else a random one in `keys/secret` (0600), made on the first use.

    ConfigurationError when the secret is too short, or not the one under which this workspace's keys were made.
    """
    return secret_in(workspace.state, workspace.pseudonym_key)


def secret_in(state: Path, given: str | None) -> Secret:
    """The secret of the state folder, `given` being the environment's; errors as `secret_of` says."""
    if given is not None and len(given) < SHORTEST:
        raise ConfigurationError(
            f"{VARIABLE}: the secret has {len(given)} characters, {SHORTEST} are the fewest; make one with `openssl rand -hex 32`"
        )
    folder = keys_folder(state)
    text = given if given is not None else _kept(folder / "secret")
    secret = Secret(hashlib.sha256(b"plg/secret\0" + text.encode()).digest(), "file" if given is None else "environment")
    _agree(secret, folder / "secret.check")
    return secret


def lies_beside(state: Path, given: str | None) -> bool:
    """Whether the secret lies beside what it protects: a copy of the state folder then gives the keys away too."""
    return given is None or (state / "keys" / "secret").exists()


def keys_folder(state: Path) -> Path:
    """The folder of keys, made when missing; only its owner may look into it."""
    folder = state / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def _kept(path: Path) -> str:
    if not path.exists():
        _first(path, secrets.token_hex(32))
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: the secret cannot be read ({error}); restore the file, or set {VARIABLE} to what it held"
        ) from error


def _agree(secret: Secret, path: Path) -> None:
    """Compare with the mark that the first use left; every later use must come with the same secret."""
    mark = secret.derived("check").hex()
    if not path.exists():
        _first(path, mark)
    if hmac.compare_digest(path.read_text(encoding="ascii").strip(), mark):
        return
    beside = path.with_name("secret")
    found = f"set in {VARIABLE}" if secret.source == "environment" else f"in {beside}"
    remedy = f'unset {VARIABLE}, or set it to what the file holds: `{VARIABLE}="$(cat {beside})"`'
    if secret.source == "file" or not beside.exists():
        remedy = f"set {VARIABLE} to the secret with which this workspace began"
    raise ConfigurationError(f"{path.parent}: the secret {found} is not the one under which these keys were made; {remedy}")


def _first(path: Path, text: str) -> None:
    """Write the file unless another process was first; it is never there half written."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(text + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
