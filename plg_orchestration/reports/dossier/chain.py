"""Where the decision stands in the tamper-evident log, with the proof of each record; and finding it there at all.

In the log a decision's key is an alias under its person's own key, so that an id leads there only while the person is known.
How the chain is made and verified is in `governance/audit_log`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from plg_orchestration.errors import PlgError
from plg_orchestration.governance.audit_log.reading import Proof, Record, find, proof_of, records
from plg_orchestration.reports.formats import DASH, decimal, words
from plg_orchestration.reports.shapes import Fact, Grid, Section

FOLDER, KIND = "audit", "decision"
TITLE = "In the tamper-evident log"
CLOSE = 0.01
"""How far a number in the log may be from the table's: the log's are rounded."""


class Keys(Protocol):
    """What is asked of the keyring."""

    def pseudonym(self, person: str) -> str:
        """The person's pseudonym."""
        ...

    def alias(self, person: str, text: str) -> str:
        """The text's alias under the person's key."""
        ...

    def known(self, person: str) -> bool:
        """Whether the person has a key."""
        ...


@dataclass(frozen=True)
class Logged:
    """The log's records of one decision, oldest first, each with its proof; `problem` says why the log cannot be read."""

    key: str = ""
    records: tuple[Record, ...] = ()
    proofs: tuple[Proof | str, ...] = ()
    problem: str = ""


def logged(state: Path, key: str) -> Logged:
    """The records under the key, with their proofs."""
    folder = state / FOLDER
    try:
        found = tuple(find(folder, KIND, key))
    except (PlgError, OSError, ValueError) as error:
        return Logged(key, problem=str(error))
    return Logged(key, found, tuple(_proof(folder, record) for record in found))


def logged_among(state: Path, keys: Sequence[str]) -> Logged:
    """The records under the one of `keys` that the log knows; nothing when it knows none."""
    wanted, folder = frozenset(keys), state / FOLDER
    try:
        key = next((r.key for r in records(folder) if r.kind == KIND and r.key in wanted), None)
    except (PlgError, OSError, ValueError) as error:
        return Logged(problem=str(error))
    return Logged() if key is None else logged(state, key)


def erasure_of(state: Path, pseudonym: str) -> Record | None:
    """The record of the erasure that names the pseudonym; None when there is none."""
    try:
        erasures = (r for r in records(state / FOLDER) if r.kind == "erasure")
        return next((r for r in erasures if pseudonym in (r.person, *_texts(r.body))), None)
    except (PlgError, OSError, ValueError):
        return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _proof(folder: Path, record: Record) -> Proof | str:
    try:
        return proof_of(folder, record)
    except (PlgError, OSError, ValueError) as error:
        return str(error)


# -- told -----------------------------------------------------------------------------------------------------------------


def section_of(log: Logged, row: Mapping[str, Any] | None) -> Section:
    """The decision's place in the chain, and what its records said one after the other; `row` is the decision as it stands."""
    if log.problem:
        return Section(TITLE, (Fact("Log", f"cannot be read: {log.problem}", "bad"),))
    if not log.records:
        return Section(TITLE, (Fact("Record", "none: the decision has not been moved into the log yet", "bad"),))
    facts = [Fact("Key of the record", log.key), Fact("Lead", log.records[-1].person or DASH), *_place(log)]
    if row is not None:
        facts.append(_agreement(log.records[-1].body, row))
    rows = tuple(_told(log.records, place) for place in range(len(log.records)))
    columns = ("Log day", "Number", "When (UTC)", "Proof", "What it says")
    grid = Grid("Every record of it; nothing is taken back, a later one replaces", columns, rows, (1,))
    said = (
        "The record's hash is chained to the one before; the head of its day is signed. `plg audit verify` proves the whole log."
    )
    return Section(TITLE, tuple(facts), (grid,), said)


def _place(log: Logged) -> Iterator[Fact]:
    record, proof = log.records[-1], log.proofs[-1]
    yield Fact("Place", f"{record.day}, number {record.sequence}")
    yield Fact("Hash", record.hash)
    yield Fact("Hash before", record.previous)
    if isinstance(proof, str):
        yield Fact("Proof", f"not possible: {proof}", "bad")
        return
    if proof.head is not None:
        closed = "closed" if proof.head.closed else "still open"
        yield Fact(
            "Head", f"{proof.head.hash} over {proof.head.count} records, {closed}, signed {proof.head.appended_at:%Y-%m-%d %H:%M}"
        )
        yield Fact("Signature", f"Ed25519 by {proof.head.public_key}: {proof.head.signature}")
    said = f"holds: {proof.links} links to the signed head of {proof.day}" if proof.holds else f"does NOT hold: {proof.reason}"
    yield Fact("Proof", said, "good" if proof.holds else "bad")


def _agreement(body: Mapping[str, Any], row: Mapping[str, Any]) -> Fact:
    shared = [name for name in ("scorer", "version", "score", "threshold", "route", "sla_hours", "holdout") if name in body]
    other = [name for name in shared if not _same(body[name], row[name])]
    if other:
        said = "; ".join(f"{words(name).lower()} is {row[name]}, the log says {body[name]}" for name in other)
        return Fact("Against the table", f"differs: {said}", "bad")
    return Fact("Against the table", f"the same: {', '.join(words(name).lower() for name in shared)}", "good")


def _same(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return abs(one - other) <= CLOSE
    return one == other or str(one) == str(other)


def _told(found: tuple[Record, ...], place: int) -> tuple[str, ...]:
    record = found[place]
    before = found[place - 1].body if place else None
    if before is None:
        said = "; ".join(f"{words(name).lower()} {_short(value)}" for name, value in brief_body(record.body).items()) or "decided"
    else:
        names = sorted({*record.body, *before})
        said = "; ".join(
            f"{words(name).lower()} {_short(before.get(name))} → {_short(record.body.get(name))}"
            for name in names if before.get(name) != record.body.get(name)
        )  # fmt: skip
    return (str(record.day), str(record.sequence), f"{record.at:%Y-%m-%d %H:%M}", _held(place, found, record), said)


def _held(place: int, found: tuple[Record, ...], record: Record) -> str:
    return "newest" if place == len(found) - 1 else f"replaced by number {found[place + 1].sequence}"


def brief_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a record says the decision in short."""
    return {name: body[name] for name in ("status", "scorer", "version", "score", "route") if body.get(name) is not None}


def _short(value: object) -> str:
    if value is None:
        return DASH
    if isinstance(value, float):
        return decimal(value, 2)
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
