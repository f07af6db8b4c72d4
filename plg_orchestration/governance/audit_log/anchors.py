"""Anchors: copies of the signed heads in places that an attacker on the log would have to change too.

This module knows the file outside the operators' reach and what every anchor is; MLflow's is in `tracking/anchor.py`, Dagster's
with the asset. What an anchor says about the log is judged in `verification.py`.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.errors import PlgError
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.audit_log.heads import BadHead, Head, parse_head

OUTSIDE = "outside path"


class AnchorUnavailable(PlgError):
    """The outside anchor cannot be written; the log is complete, and the next append repeats what is missing there."""


@dataclass(frozen=True)
class Anchor:
    """One anchor: its name, the heads that it holds in its order, and why it cannot be read ('' when it can).

    `outside` when it lies beyond the reach of whoever can write the log.
    """

    name: str
    heads: tuple[Head, ...] = ()
    problem: str = ""
    outside: bool = False


def anchor_of(name: str, lines: Sequence[str], *, outside: bool = False) -> Anchor:
    """The anchor of these lines. A line that a kill cut off is passed over when the next one begins with it and is whole."""
    found: list[Head] = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(parse_head(line))
        except BadHead as error:
            following = lines[number] if number < len(lines) else None
            if following is not None and following.startswith(line.rstrip("\n")):
                continue
            if following is None and not line.endswith("\n") and found:
                continue
            return Anchor(name, tuple(found), f"line {number} is no signed head ({error})", outside)
    return Anchor(name, tuple(found), "" if found else "it holds no head", outside)


def outside_anchor(path: Path) -> Anchor:
    """The anchor in the file at `path`, which is expected to be there."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Anchor(OUTSIDE, problem=f"{path} is not there", outside=True)
    except (OSError, UnicodeDecodeError) as error:
        return Anchor(OUTSIDE, problem=f"{path} cannot be read ({error})", outside=True)
    return anchor_of(OUTSIDE, text.splitlines(keepends=True), outside=True)


def anchor_outside(path: Path, heads: Sequence[Head]) -> int:
    """Add to the file at `path` those of the log's heads that come after its last one; how many. Lines are never changed.

    AnchorUnavailable when the file cannot be read or written.
    """
    try:
        data = path.read_bytes() if path.exists() else b""
        known = anchor_of(OUTSIDE, data.decode("utf-8").splitlines(keepends=True)).heads
        newest = max((head.place for head in known), default=None)
        new = [head for head in heads if newest is None or head.place > newest]
        if not new:
            return 0
        text = "".join(head.line() for head in new).encode()
        with path.open("ab") as handle:
            if data and not data.endswith(b"\n"):
                handle.write(b"\n")
            handle.write(text[:80])
            handle.flush()
            failpoint("audit.half_anchored")
            handle.write(text[80:])
            handle.flush()
            os.fsync(handle.fileno())
    except (OSError, UnicodeDecodeError) as error:
        raise AnchorUnavailable(
            f"audit log anchor {path}: {error}; make it writable for this process (append is enough), or correct "
            "governance.audit_log.anchor; the next append repeats what is missing there"
        ) from error
    return len(new)
