"""Hashes of definitions: equal for equal meaning, different for any changed value, the same on every machine.

What is hashed is decided by whoever defines it; hashes of rows belong to the warehouse.
"""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import PurePath
from typing import cast

from pydantic import BaseModel


def canonical_json(value: object) -> str:
    """The value as JSON with sorted keys and without spaces; models, dates and sets are written in one way only.

    TypeError when the value holds something that has no such form.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)


def definition_hash(*parts: object) -> str:
    """The first 16 hex digits of the SHA-256 of the parts: it changes when any of them does.

    >>> definition_hash("activation_rate", {"days": 7}) == definition_hash("activation_rate", {"days": 8})
    False
    """
    return sha256(parts)[:16]


def sha256(value: object) -> str:
    """The SHA-256 of the value's canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case BaseModel():
            plain: object = {name: getattr(value, name) for name in type(value).model_fields}
        case frozenset() | set():
            plain = sorted(cast("frozenset[object]", value), key=canonical_json)
        case Mapping():
            plain = dict(cast("Mapping[str, object]", value))
        case dt.date() | dt.time():
            plain = value.isoformat()
        case dt.timedelta():
            plain = value.total_seconds()
        case Decimal() | PurePath():
            plain = str(value)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            plain = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        case _:
            raise TypeError(f"{value!r:.80} has no canonical form; pass text, numbers, dates, models or containers of them")
    return plain
