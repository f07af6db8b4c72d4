"""The key that signs the log: made once, kept encrypted under the workspace's secret in `keys/`, its public half beside the log.

What is signed is in `heads.py`.
"""

import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from plg_orchestration.errors import ConfigurationError
from plg_orchestration.governance.audit_log.heads import PUBLIC_KEY, Head, public_key_of
from plg_orchestration.governance.privacy.secret import Secret, keys_folder
from plg_orchestration.warehouse.parquet import sync_folder, write_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FILE = "audit_ed25519.key"
MAGIC = b"plg-audit-key-1\n"
NONCE = 12
PURPOSE = "audit/signing-key"


@dataclass(frozen=True)
class Signer:
    """The opened private key, with its public half in raw bytes."""

    private: "Ed25519PrivateKey"
    public: bytes

    def signed(self, head: Head) -> Head:
        """The head with this key and its signature."""
        own = replace(head, public_key=self.public.hex())
        return replace(own, signature=self.private.sign(own.signed_bytes()).hex())


def open_signer(state: Path, secret: Secret) -> Signer:
    """The log's key of the state folder, made on the first use, its public half then written beside the log.

    ConfigurationError when the key cannot be opened with the secret, is missing though there is a log, or is not that log's.
    """
    path, public = keys_folder(state) / FILE, state / "audit" / PUBLIC_KEY
    if not path.exists():
        if public.exists():
            raise ConfigurationError(
                f"{path}: the key that signs the audit log is missing; restore the keys folder from its backup, or move "
                f"{public.parent} aside to begin a new log (its anchors will say that the old one ended)"
            )
        _make(path, secret)
    signer = _opened(path, secret)
    if not public.exists():
        write_text(public, _pem(signer))
    try:
        beside = public_key_of(public.read_bytes())
    except ValueError as error:
        raise ConfigurationError(f"{public}: {error}; restore it: every anchor holds the key") from error
    if beside != signer.public:
        raise ConfigurationError(f"{public}: it is not the public half of {path}; restore both from one backup")
    return signer


def _make(path: Path, secret: Secret) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(secret.derived(PURPOSE)).encrypt(nonce, Ed25519PrivateKey.generate().private_bytes_raw(), MAGIC)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(MAGIC + nonce + sealed)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def _opened(path: Path, secret: Secret) -> Signer:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    raw = path.read_bytes()
    nonce, sealed = raw[len(MAGIC) : len(MAGIC) + NONCE], raw[len(MAGIC) + NONCE :]
    try:
        if not raw.startswith(MAGIC) or len(nonce) < NONCE:
            raise InvalidTag
        private = Ed25519PrivateKey.from_private_bytes(AESGCM(secret.derived(PURPOSE)).decrypt(nonce, sealed, MAGIC))
    except InvalidTag:
        raise ConfigurationError(
            f"{path}: the key that signs the audit log cannot be opened: the file is damaged, or made under another secret; "
            "restore it from its backup, or set PLG_PSEUDONYM_KEY to the secret with which it was made"
        ) from None
    return Signer(private, private.public_key().public_bytes_raw())


def _pem(signer: Signer) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return signer.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
