"""The exact reason why one JSON line is refused: a strict reading in Python, for the suspicious few.

The vectorised check (`jsonlines.py`) decides which lines come here; what the values mean is the dialects' matter.
"""

import json
import math
import re
from typing import Any, NoReturn

from plg_orchestration.ingest.reasons import MAX_DEPTH, MAX_INTEGER, MAX_LINE_BYTES, Reason

EXACT_KEY = re.compile(r"(?:^id$|_id$|Id$|ID$|amount|revenue|price|mrr|total|value$)")
"""Keys whose integers must keep every digit: ids and amounts of money."""
BLANK = b" \t\r\v\f"
OPENING = re.compile(r"[\[{]")


class _Bad(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def is_blank(raw: bytes) -> bool:
    """Whether the line is empty or spaces only."""
    return not raw.strip(BLANK)


def reason_of(raw: bytes) -> tuple[Reason, str] | None:
    """The reason and its detail for which a line is no clean JSON object; None when it is one.

    A blank line is not asked here. The order is fixed: size, encoding, depth, syntax, then what the strict reading meets.
    """
    if len(raw) > MAX_LINE_BYTES:
        return Reason.SIZE, f"{len(raw)} bytes"
    text = _text(raw)
    if isinstance(text, tuple):
        return text
    if depth(text) > MAX_DEPTH:
        return Reason.DEPTH, f"nested {depth(text)} deep"
    return _read(text)


def _read(text: str) -> tuple[Reason, str] | None:
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer)
    except _Bad as bad:
        return bad.reason, bad.detail
    except (ValueError, RecursionError) as error:
        return _syntax(text, str(error))
    if not isinstance(value, dict):
        return Reason.NOT_AN_OBJECT, f"a JSON {_kind(value)}"
    return _odd_text(text)


def depth(text: str) -> int:
    """The deepest nesting of brackets outside strings."""
    if len(OPENING.findall(text)) <= MAX_DEPTH:
        return 0
    deepest = level = 0
    inside = escaped = False
    for sign in text:
        if inside:
            inside, escaped = (sign != '"' or escaped), (sign == "\\" and not escaped)
        elif sign == '"':
            inside = True
        elif sign in "[{":
            level += 1
            deepest = max(deepest, level)
        elif sign in "]}":
            level -= 1
    return deepest


def _text(raw: bytes) -> str | tuple[Reason, str]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Reason.ENCODING, f"byte 0x{raw[error.start]:02x} at {error.start} is no UTF-8"
    if "\x00" in text:
        return Reason.ENCODING, f"NUL at {text.index(chr(0))}"
    if text.startswith("\ufeff"):
        return Reason.ENCODING, "byte order mark in the middle of the file"
    control = re.search(r"[\x01-\x08\x0b\x0c\x0e-\x1f]", text)
    if control:
        return Reason.ENCODING, f"control character U+{ord(control.group()):04X} at {control.start()}"
    return text


def _syntax(text: str, message: str) -> tuple[Reason, str]:
    return Reason.JSON_SYNTAX, message.replace("\n", " ")[:200] if text else "empty"


def _odd_text(text: str) -> tuple[Reason, str] | None:
    lowered = text.lower()
    if "\\u0000" in lowered and _escape(text, 0, 0):
        return Reason.ENCODING, "escaped NUL"
    if "\\ud" in lowered and _lone_surrogate(text):
        return Reason.ENCODING, "a lone surrogate"
    return None


def _escape(text: str, low: int, high: int) -> bool:
    return any(low <= ord(sign) <= high for sign in _strings(json.loads(text)))


def _lone_surrogate(text: str) -> bool:
    return _escape(text, 0xD800, 0xDFFF)


def _strings(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "".join(key + _strings(item) for key, item in value.items())
    if isinstance(value, list):
        return "".join(map(_strings, value))
    return ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise _Bad(Reason.KEYS, f"key {twice!r} stands twice in one object")
    if len({key.lower() for key in made}) != len(made):
        folded: dict[str, str] = {}
        for key in made:
            if folded.setdefault(key.lower(), key) != key:
                raise _Bad(Reason.KEYS, f"keys {folded[key.lower()]!r} and {key!r} differ only in case")
    for key, item in made.items():
        if type(item) is int and abs(item) > MAX_INTEGER and EXACT_KEY.search(key):
            raise _Bad(Reason.NUMBER, f"{key} is {item}, beyond 2^53; send it as text")
    return made


def _constant(text: str) -> NoReturn:
    raise _Bad(Reason.NUMBER, f"{text} is no JSON number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Bad(Reason.NUMBER, f"{text[:40]} is beyond every finite number")
    if len(text) > 1000:
        raise _Bad(Reason.NUMBER, f"a number of {len(text)} characters")
    return value


def _integer(text: str) -> int:
    if len(text) > 1000:
        raise _Bad(Reason.NUMBER, f"a number of {len(text)} digits")
    return int(text)


def _kind(value: object) -> str:
    names: dict[type, str] = {str: "string", int: "number", float: "number", bool: "boolean", list: "array", type(None): "null"}
    return names[type(value)]
