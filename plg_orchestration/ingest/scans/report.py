"""What every scanner's report becomes, and how JSON is read out of a file so strictly that nothing in it can be overlooked.

A report that cannot be read as a whole is refused: half a scan must never look like a clean one.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn, cast

from plg_orchestration.ingest.lines import BOM, blocks
from plg_orchestration.ingest.reasons import MAX_DEPTH, MAX_HELD_BYTES, FileRefused
from plg_orchestration.ingest.strict import depth

SPACED = " ; "


@dataclass(frozen=True)
class Finding:
    """One vulnerability of one package as a scan names it; `settled` where the report itself says so, since `fixed_at`."""

    advisory: str
    package: str
    severity: str
    version: str | None = None
    detail: str | None = None
    settled: bool = False
    fixed_at: dt.datetime | None = None


@dataclass(frozen=True)
class Scan:
    """One scan: its tool, what it looked at (None: the file's name says it), when (None: the file's date says it), what it found.

    `unfinished` is the reason why it came to no result; such a scan says nothing about what is open.
    """

    tool: str
    findings: tuple[Finding, ...]
    target: str | None = None
    at: dt.datetime | None = None
    detail: str | None = None
    unfinished: str | None = None


def document(path: Path) -> dict[str, Any]:
    """The JSON object that the file is; FileRefused when it is none, or when a key stands twice in one object."""
    pieces: list[bytes] = []
    for block in blocks(path):
        pieces.append(block)
        if sum(map(len, pieces)) > MAX_HELD_BYTES:
            raise FileRefused(f"the report is larger than {MAX_HELD_BYTES >> 20} MiB; scan fewer targets at once")
    raw = b"".join(pieces).removeprefix(BOM)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileRefused(f"byte 0x{raw[error.start]:02x} at {error.start} is no UTF-8; write the report as UTF-8") from None
    if depth(text) > MAX_DEPTH:
        raise FileRefused(f"nested {depth(text)} deep, more than {MAX_DEPTH}; hand in the scanner's own report")
    try:
        made = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise FileRefused(
            f"no JSON: {error.msg} at line {error.lineno}, column {error.colno}; scan again, it may be cut off"
        ) from None
    except (ValueError, RecursionError) as error:
        raise FileRefused(f"no JSON: {error}; scan again") from None
    if not isinstance(made, dict):
        raise FileRefused(f"a JSON {type(made).__name__}, not an object; hand in the scanner's own report")
    return cast("dict[str, Any]", made)


def headed(made: dict[str, Any], scan: Scan) -> Scan:
    """The scan with what the optional object `scan` of the report says: at, target, tool, and why it did not finish."""
    if "scan" not in made:
        return scan
    head = mapping(made, "scan", where="the report")
    reason = text_of(head, "unfinished", where="scan") or None
    return replace(
        scan, tool=text_of(head, "tool", where="scan") or scan.tool, target=text_of(head, "target", where="scan") or scan.target,
        at=instant(head.get("at"), where="scan.at") or scan.at, unfinished=reason,
        findings=() if reason else scan.findings,
    )  # fmt: skip


def unfinished(made: dict[str, Any]) -> bool:
    """Whether the report says of itself that the scan did not finish."""
    head = made.get("scan")
    return isinstance(head, dict) and bool(cast("dict[str, object]", head).get("unfinished"))


def items(holder: dict[str, Any], key: str, *, where: str, required: bool = True) -> list[dict[str, Any]]:
    """The list of objects under a key; FileRefused when it is absent (unless it may be) or something else."""
    value = holder.get(key)
    if value is None and not required:
        return []
    if not isinstance(value, list):
        told = "is missing" if value is None else f"is a {_kind(value)}"
        raise FileRefused(f"{where}.{key} {told}, where a list must be; hand in the scanner's own report")
    found = cast("list[object]", value)
    for place, item in enumerate(found):
        if not isinstance(item, dict):
            raise FileRefused(
                f"{where}.{key}[{place}] is a {_kind(item)}, where an object must be; hand in the scanner's own report"
            )
    return cast("list[dict[str, Any]]", found)


def mapping(holder: dict[str, Any], key: str, *, where: str) -> dict[str, Any]:
    """The object under a key, empty when absent; FileRefused when it is something else."""
    value = holder.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FileRefused(f"{where}.{key} is a {_kind(value)}, where an object must be; hand in the scanner's own report")
    return cast("dict[str, Any]", value)


def texts(holder: dict[str, Any], key: str, *, where: str) -> list[str]:
    """The list of texts under a key, empty when absent; FileRefused when it is something else."""
    value = holder.get(key)
    if value is None:
        return []
    found = cast("list[object]", value) if isinstance(value, list) else [None]
    if not all(isinstance(item, str) for item in found):
        raise FileRefused(f"{where}.{key} is no list of texts; hand in the scanner's own report")
    return [str(item) for item in found]


def text_of(holder: dict[str, Any], key: str, *, where: str, required: bool = False) -> str:
    """The text under a key without spaces around it, empty when absent; FileRefused when it must be there, or is no text."""
    value = holder.get(key)
    if value is not None and not isinstance(value, str):
        raise FileRefused(f"{where}.{key} is a {_kind(value)}, where a text must be; hand in the scanner's own report")
    short = (value or "").strip()
    if required and not short:
        raise FileRefused(f"{where}.{key} is missing or empty, so that a finding would be lost; hand in the scanner's own report")
    return short


def instant(value: object, *, where: str) -> dt.datetime | None:
    """An ISO 8601 time with a zone as naive UTC; None when absent, FileRefused when it cannot be read."""
    if value is None:
        return None
    try:
        made = dt.datetime.fromisoformat(str(value))
    except ValueError:
        made = None
    if made is None or made.tzinfo is None:
        raise FileRefused(f"{where} is {str(value)[:60]!r}, which is no time with a zone; write it as 2026-03-01T06:00:00Z")
    return made.astimezone(dt.UTC).replace(tzinfo=None)


def listed(parts: Sequence[str]) -> str | None:
    """The parts that say something, in one text; None when none does."""
    return SPACED.join(part for part in parts if part) or None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} stands twice in one object")
    return made


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _kind(value: object) -> str:
    names: dict[type, str] = {str: "text", int: "number", float: "number", bool: "boolean", list: "list", dict: "object"}
    return names.get(type(value), "null")
