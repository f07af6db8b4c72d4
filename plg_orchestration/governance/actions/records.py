"""What people's actions say: the lines of their files beside `plg.yaml`, the tables of these, and their log entries.

How lines are kept is in `journal.py`; what a person may say, and what it changes, is in `incidents.py`, `acceptance.py` and
`likelihood.py`.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import StringConstraints, ValidationError, model_validator

from plg_orchestration.errors import PlgError
from plg_orchestration.governance.actions.people import staff_key
from plg_orchestration.governance.actions.tables import ACCEPTANCES, ACKNOWLEDGEMENTS, LIKELIHOODS
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue, text_digest
from plg_orchestration.journal import Journal, Line, Lines, fingerprint
from plg_orchestration.warehouse import Warehouse

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=4000)]


class RefusedAction(PlgError):
    """What a person asked for cannot be done; the message says why and what to do. Nothing was recorded."""


class _Recorded(Line):
    """What every record of an action has.

    Fields in `ADDED` are younger than some files: without a value they are no part of the identity, and old lines keep theirs.
    """

    ADDED: ClassVar[frozenset[str]] = frozenset()
    as_of: dt.date
    person: Name
    requested_by: Name | None = None
    recorded_at: dt.datetime

    @model_validator(mode="after")
    def _zoneless(self) -> Self:
        if self.recorded_at.tzinfo is not None:
            raise ValueError("recorded_at has a time zone; write UTC without one")
        return self


class Acknowledgement(_Recorded):
    """Somebody has taken note of an incident or an alert, or snoozed an alert until a day; a row of the table of that name."""

    ADDED: ClassVar[frozenset[str]] = frozenset({"until"})
    acknowledgement_id: str
    incident_id: Name
    note: Text
    until: dt.date | None = None

    @model_validator(mode="after")
    def _unchanged(self) -> Self:
        return _as_recorded(self, "acknowledgement_id")


class RiskAcceptance(_Recorded):
    """Somebody lives with a risk until a day, or takes that back; a row of `governance.acceptances`."""

    acceptance_id: str
    risk_id: Name
    action: Literal["accept", "withdraw"]
    until: dt.date | None
    owner: Name
    rationale: Text

    @model_validator(mode="after")
    def _unchanged(self) -> Self:
        if (self.until is None) != (self.action == "withdraw"):
            raise ValueError("an acceptance has an end, and a withdrawal has none; put the line back as it was")
        return _as_recorded(self, "acceptance_id")


class LikelihoodAcceptance(_Recorded):
    """Somebody accepts what observed breaches say of a risk's likelihood; a row of `governance.likelihoods`.

    `registered` is what the register said then: the acceptance replaces that level and no later one. `proposal` has the figures.
    """

    likelihood_id: str
    risk_id: Name
    registered: Literal["low", "medium", "high"]
    level: Literal["low", "medium", "high"]
    proposal: Text
    rationale: Text

    @model_validator(mode="after")
    def _unchanged(self) -> Self:
        return _as_recorded(self, "likelihood_id")


Recorded = TypeVar("Recorded", Acknowledgement, RiskAcceptance, LikelihoodAcceptance)
ACKNOWLEDGED = Journal(Acknowledgement, ACKNOWLEDGEMENTS, "acknowledgement_id", "acknowledgement")
ACCEPTED = Journal(RiskAcceptance, ACCEPTANCES, "acceptance_id", "acceptance")
LEVELLED = Journal(LikelihoodAcceptance, LIKELIHOODS, "likelihood_id", "accepted likelihood")


def made(model: type[Recorded], identity: str, values: dict[str, Any]) -> Recorded:
    """The record of what a person said, texts stripped, with its identity; RefusedAction when a value is missing or too short."""
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    draft = model.model_construct(None, **{identity: "", **stripped})
    try:
        return model.model_validate({**stripped, identity: _identity(draft, identity)})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "it"
        raise RefusedAction(f"{where}: {first['msg']}; nothing was recorded") from None


def acknowledgement_entry(record: Acknowledgement) -> Entry:
    """What the audit log says of an acknowledgement: everything but the note, for which its digest stands."""
    digest = text_digest(record.acknowledgement_id, record.note)
    body: dict[str, object] = {"number": record.number, "incident_id": record.incident_id, "note_sha256": digest}
    if record.until is not None:
        body["until"] = record.until.isoformat()
    return _entry("acknowledgement", record.acknowledgement_id, record, body)


def acceptance_entry(record: RiskAcceptance) -> Entry:
    """What the audit log says of an acceptance: everything but the rationale, for which its digest stands."""
    digest = text_digest(record.acceptance_id, record.rationale)
    body = {
        "number": record.number, "risk_id": record.risk_id, "action": record.action,
        "until": record.until.isoformat() if record.until else None, "rationale_sha256": digest,
    }  # fmt: skip
    return _entry("acceptance", record.acceptance_id, record, body)


def likelihood_entry(record: LikelihoodAcceptance) -> Entry:
    """What the audit log says of an accepted likelihood: everything but the rationale, for which its digest stands."""
    digest = text_digest(record.likelihood_id, record.rationale)
    body: dict[str, object] = {
        "number": record.number, "risk_id": record.risk_id, "registered": record.registered, "level": record.level,
        "proposal": record.proposal, "rationale_sha256": digest,
    }  # fmt: skip
    return _entry("likelihood", record.likelihood_id, record, body)


def enter(
    warehouse: Warehouse, journal: Journal[Recorded], file: Path, entry: Callable[[Recorded], Entry]
) -> tuple[Lines[Recorded], tuple[str, ...]]:
    """Restore the file into its table and hand what it holds to the audit log, in one transaction; its lines and problems."""
    lines = journal.read(file)
    with warehouse.transaction():
        problems = journal.restore(warehouse, lines)
        enqueue(warehouse, [entry(record) for record in lines.records])
    return lines, problems


def staff_of(**people: str | None) -> dict[str, str]:
    """Who acted, by what they did, as the audit log's entries name them; whoever is None is left out.

    >>> staff_of(person=" Ada ", requested_by=None)
    {'person': 'staff:ada'}
    """
    return {role: staff_key(name) for role, name in people.items() if name is not None}


def _entry(kind: str, key: str, record: _Recorded, body: Mapping[str, object]) -> Entry:
    staff = staff_of(person=record.person, requested_by=record.requested_by)
    return Entry(kind, key, body, at=record.recorded_at, as_of=record.as_of, staff=staff)


def _identity(record: _Recorded, identity: str) -> str:
    said = record.model_dump()
    return fingerprint({
        name: value for name, value in said.items() if name != identity and not (name in record.ADDED and value is None)
    })  # fmt: skip


def _as_recorded(record: Recorded, identity: str) -> Recorded:
    if getattr(record, identity) != _identity(record, identity):
        raise ValueError(f"{identity} does not fit the other fields; the line was changed by hand")
    return record
