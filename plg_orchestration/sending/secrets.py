"""Secrets by the name of an environment variable: read when they are used, never kept in a table, a message or a file."""

import base64
import binascii
import re
from collections.abc import Mapping

from plg_orchestration.errors import ConfigurationError

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
HIDDEN = "[secret]"
UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd]+")
LONGEST_ANSWER = 300


def secret(environment: Mapping[str, str], variable: str, *, what: str, then: str) -> str:
    """The value of the variable; ConfigurationError when it is unset, empty, or no text that a header can carry.

    `what` it holds and what happens `then`, once it is set, stand in the error.
    """
    value = environment.get(variable, "").strip()
    if not value:
        raise ConfigurationError(
            f"the environment variable {variable}, which is to hold {what}, is not set; set it where the night runs, {then}"
        )
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(
            f"the environment variable {variable} holds characters that {what} cannot have; copy it again, without line breaks"
        )
    return value


def signing_key(environment: Mapping[str, str], variable: str, *, then: str) -> bytes:
    """The signing key in the variable: 24 to 64 bytes in base64, with or without `whsec_` before it (Standard Webhooks)."""
    text = secret(environment, variable, what="the signing key", then=then).removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not SHORTEST <= len(key) <= LONGEST:
        raise ConfigurationError(
            f"the environment variable {variable} holds no signing key: {SHORTEST} to {LONGEST} "
            "random bytes in base64 belong there; make one with `openssl rand -base64 32`, and give it to the receiver too"
        )
    return key


def shown(text: str, hidden: tuple[str, ...] = ()) -> str:
    """Foreign text as it may stand in tables and messages: no secret, no control characters, at most 300 characters.

    >>> shown("no\\r\\nto abc123", ("abc123",))
    'no to [secret]'
    """
    for value in sorted(hidden, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    return UNPRINTABLE.sub(" ", text).strip()[:LONGEST_ANSWER]
