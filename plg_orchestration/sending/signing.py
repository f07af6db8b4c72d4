"""Signed webhooks as the Standard Webhooks specification has them, so that receivers verify with a library of their language.

Signed is `id.timestamp.body` with HMAC-SHA-256; the header holds one signature a key, so that keys can be changed.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

ID, TIMESTAMP, SIGNATURE, IDEMPOTENCY = "webhook-id", "webhook-timestamp", "webhook-signature", "idempotency-key"
TOLERANCE = 300
"""Seconds by which a receiver's clock may differ, as the specification proposes."""


def signature(key: bytes, *, message: str, timestamp: int, body: bytes) -> str:
    """The signature of one key: `v1,` and the HMAC in base64."""
    digest = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_headers(keys: Sequence[bytes], *, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a signed request; `message` is its idempotency key."""
    return {
        ID: message,
        IDEMPOTENCY: message,
        TIMESTAMP: str(timestamp),
        SIGNATURE: " ".join(signature(key, message=message, timestamp=timestamp, body=body) for key in keys),
    }


def verified(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, *, now: int, tolerance: int = TOLERANCE) -> bool:
    """Whether one of the keys signed this body within the tolerance; what a receiver does. Header names are lower case."""
    try:
        message, timestamp, given = headers[ID], int(headers[TIMESTAMP]), headers[SIGNATURE].split(" ")
    except (KeyError, ValueError):
        return False
    if abs(now - timestamp) > tolerance:
        return False
    expected = [signature(key, message=message, timestamp=timestamp, body=body) for key in keys]
    return any(hmac.compare_digest(one, other) for one in expected for other in given if other.isascii())
