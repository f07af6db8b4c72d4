"""The erasure of people from a workspace: the steps in their order, each safe to interrupt and to repeat.

What a step does is in its own module; here are the journal that remembers what is done, and the certificate at the end.
"""

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plg_orchestration.config import Workspace
from plg_orchestration.errors import PlgError
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy import files, overrides, rows, stores
from plg_orchestration.governance.privacy.certificate import DUE, OUTSIDE, Certificate, write_certificate
from plg_orchestration.governance.privacy.identifiers import Identifiers, identifiers_of
from plg_orchestration.governance.privacy.inputs import Rewritten, put_in_place, write_beside
from plg_orchestration.governance.privacy.journal import Journal, JournalFile, journal_file, open_journals
from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.lines import Lines
from plg_orchestration.governance.privacy.needles import Needles
from plg_orchestration.governance.privacy.scan import scan
from plg_orchestration.governance.privacy.secret import Secret, secret_of
from plg_orchestration.governance.privacy.tombstones import Tombstones, add_tombstones
from plg_orchestration.ingest.parts import create_events_view
from plg_orchestration.ingest.run import ensure_tables, made_by_another_release
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.lock import writer_lock


class RefusedErasure(PlgError):
    """An erasure that cannot be begun; the message says why and what to do."""


@dataclass
class _Erasure:
    """One erasure under way."""

    workspace: Workspace
    secret: Secret
    file: JournalFile
    journal: Journal
    at: dt.datetime

    @property
    def state(self) -> Path:
        return self.workspace.state

    @property
    def found(self) -> Identifiers:
        return Identifiers(**{name: tuple(texts) for name, texts in self.journal.facts["identifiers"].items()})

    def problems(self, said: Sequence[str]) -> None:
        self.journal.facts.setdefault("problems", []).extend(said)


def erase_people(
    workspace: Workspace, people: Sequence[str], *, requested_by: str, reason: str, at: dt.datetime, wait_seconds: float = 60.0
) -> list[Certificate]:
    """Erase the people from every store of the workspace, after finishing what earlier calls began; the certificates.

    `at` is a naive UTC time. Interrupted at any moment, the same call finishes what was begun. RefusedErasure without people,
    without somebody who asks or without a reason; WarehouseBusy while a night runs.
    """
    wanted = sorted({person.strip() for person in people if person.strip()})
    for what, said in (("the user ids", "".join(wanted)), ("who asks (--by)", requested_by), ("the reason (--reason)", reason)):
        if not said.strip():
            raise RefusedErasure(f"{what} must not be empty; say it and start again")
    with writer_lock(workspace.state / "writer.lock", wait_seconds=wait_seconds):
        secret = secret_of(workspace)
        done: list[Certificate] = []
        finished: set[str] = set()
        for file in open_journals(workspace.state, secret):
            journal = file.load()
            done.append(_finish(_Erasure(workspace, secret, file, journal, at)))
            finished |= set(journal.people)
        if left := [person for person in wanted if person not in finished]:
            begun = _begin(workspace, secret, left, requested_by.strip(), reason.strip(), at)
            done.append(_finish(begun))
        return done


def _begin(workspace: Workspace, secret: Secret, people: list[str], asker: str, reason: str, at: dt.datetime) -> _Erasure:
    with Warehouse.locked(workspace.state) as warehouse:
        _refuse_old(warehouse)
    erasure_id = f"erasure-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    file = journal_file(workspace.state, secret, erasure_id)
    journal = Journal(erasure_id, at.isoformat(timespec="seconds"), asker, reason, people)
    file.save(journal)
    return _Erasure(workspace, secret, file, journal, at)


def _finish(erasure: _Erasure) -> Certificate:
    """Do the steps that are not done; when something could not be done, the journal stays, and the next call tries again."""
    for name, step in STEPS:
        if name not in erasure.journal.done:
            failpoint(f"erasure.before_{name}")
            step(erasure)
            erasure.journal.done.append(name)
            erasure.file.save(erasure.journal)
    failpoint("erasure.before_certificate")
    certificate = _certificate(erasure)
    write_certificate(erasure.state, certificate)
    failpoint("erasure.certified")
    _record(erasure, certificate)
    if certificate.complete:
        erasure.file.remove()
    else:
        kept = ("plan", "tombstones")
        erasure.journal.done = [name for name in erasure.journal.done if name in kept]
        for fact in ("problems", "scan", "inputs"):
            erasure.journal.facts.pop(fact, None)
        erasure.file.save(erasure.journal)
    return certificate


# -- the steps ------------------------------------------------------------------------------------------------------------


def _plan(erasure: _Erasure) -> None:
    """Find out what leads to the people, while it is still there."""
    stores.remove_litter(erasure.state)
    with Warehouse.locked(erasure.state) as warehouse:
        ensure_tables(warehouse)
        create_events_view(warehouse)
        _append_waiting(erasure, warehouse)
        found = identifiers_of(warehouse, erasure.journal.people)
        facts: dict[str, Any] = erasure.journal.facts
        facts["identifiers"] = asdict(found)
        facts["accounts"] = rows.accounts_of(warehouse, found)
        facts["recipients"] = _recipients(warehouse)
        newest = warehouse.scalar("select max(day) from meta.publications")
        facts["as_of"] = str(newest) if newest else None


def _refuse_old(warehouse: Warehouse) -> None:
    """The links between ids are in the ledger's tables: those of an earlier release must be read anew first."""
    if made_by_another_release(warehouse):
        raise RefusedErasure(
            "this workspace was last built by an earlier release; run `plg run --job kpi_snapshot` once, then erase"
        )


def _recipients(warehouse: Warehouse) -> dict[str, int]:
    if not warehouse.exists("pql.deliveries"):
        return {}
    text = """select destination, count(*) from pql.deliveries
        where state = 'delivered' and user_id in (select text from erased_users) group by 1 order by 1"""
    return {str(name): int(leads) for name, leads in warehouse.connection.execute(text).fetchall()}


def _set_tombstones(erasure: _Erasure) -> None:
    """From here on nothing about the people is taken in any more."""
    add_tombstones(erasure.state, erasure.secret, erasure.found.tombs)


def _rewrite_inputs(erasure: _Erasure) -> None:
    """Write the input files anew beside themselves; the next step puts them in place."""
    made, problems = write_beside(erasure.workspace, erasure.found)
    root = erasure.workspace.root
    erasure.journal.facts["inputs"] = [{**file.as_dict(), "shown": rows.shown(Path(file.path), root)} for file in made]
    erasure.problems(problems)
    for file in made:
        erasure.journal.count("inputs", "lines", file.dropped)
        erasure.journal.count("inputs", "mentions", file.redacted)


def _place_inputs(erasure: _Erasure) -> None:
    made = [
        Rewritten(**{name: value for name, value in entry.items() if name != "shown"})
        for entry in erasure.journal.facts["inputs"]
    ]
    with Warehouse.locked(erasure.state) as warehouse:
        rows.note_rewritten(warehouse, made, erasure.workspace.root)
    put_in_place(made)


def _clean_lake(erasure: _Erasure) -> None:
    with Warehouse.locked(erasure.state) as warehouse:
        rows.clean_lake(warehouse, erasure.found, Needles(erasure.found.all_texts), erasure.journal)


def _clean_rows(erasure: _Erasure) -> None:
    found = erasure.found
    with Warehouse.locked(erasure.state) as warehouse:
        rows.clean_rows(warehouse, erasure.workspace, found, Needles(found.all_texts), erasure.journal)
        warehouse.parts.write_pending()
        rows.remove_unnamed(warehouse)


def _rebuild(erasure: _Erasure) -> None:
    rows.rebuild(erasure.state)


def _clean_files(erasure: _Erasure) -> None:
    """Every other file of the workspace: MLflow, Dagster, reports, notes, and what people said beside plg.yaml."""
    found, here = erasure.found, erasure.workspace
    needles = Needles(found.all_texts)
    judge = files.any_table(Lines(here.sources["events"], found, needles, here.root))
    by_store: dict[str, list[Path]] = {}
    for path in stores.state_files(erasure.state):
        store = stores.store_of(path, erasure.state)
        if store is None or store.how in ("files", "published", "unread"):
            by_store.setdefault(store.name if store else "other files", []).append(path)
    records = stores.record_files(here)
    if records and records[0] == here.root / here.pql.routing.overrides.file:
        erasure.journal.count("records", "overrides", overrides.clean_file(records[0], found))
    by_store["records"] = records
    by_store["deliveries"] = stores.delivered_files(here)
    erasure.journal.count("refused files", "files", files.remove_unread(by_store.pop("refused files", []), needles))
    for name, paths in sorted(by_store.items()):
        changed, problems = files.clean_files(paths, found, needles, judge)
        erasure.journal.count(name, "files", changed)
        erasure.problems(problems)


def _forget_keys(erasure: _Erasure) -> None:
    """Without their keys nobody can tell whose pseudonyms stand in the audit trail."""
    with open_keyring(erasure.state, erasure.secret) as keys:
        forgotten = sum(keys.forget(person) for person in erasure.journal.people)
    erasure.journal.facts["keys_forgotten"] = erasure.journal.facts.get("keys_forgotten", 0) + forgotten


def _scan(erasure: _Erasure) -> None:
    with Warehouse.locked(erasure.state) as warehouse:
        warehouse.connection.execute("checkpoint")
        searched = scan(erasure.workspace, warehouse, erasure.found)
    erasure.journal.facts["scan"] = asdict(searched)


Step = Callable[[_Erasure], None]
STEPS: tuple[tuple[str, Step], ...] = (
    ("plan", _plan), ("tombstones", _set_tombstones), ("inputs", _rewrite_inputs), ("inputs_placed", _place_inputs),
    ("lake", _clean_lake), ("rows", _clean_rows), ("rebuild", _rebuild), ("files", _clean_files), ("keys", _forget_keys),
    ("scan", _scan),
)  # fmt: skip
"""The steps in their order; each may be done again."""


# -- the end --------------------------------------------------------------------------------------------------------------


def _certificate(erasure: _Erasure) -> Certificate:
    journal, found = erasure.journal, erasure.found
    needles = Needles(found.all_texts)
    requested = dt.datetime.fromisoformat(journal.requested_at)
    maker = Tombstones(erasure.secret, frozenset())
    searched = journal.facts["scan"]

    def said(text: str) -> str:
        plain = needles.redacted(text.encode()).decode()
        return " ".join("[erased]" if word.strip(".,;:") in found.tombs else word for word in plain.split(" "))

    notes = [OUTSIDE]
    if found.shared:
        notes.append(f"{len(found.shared)} anonymous ids belong to others who stay as well, and were kept.")
    if found.short:
        notes.append("Ids of fewer than six characters were searched for in the columns that name people, not in every text.")
    uri = erasure.workspace.mlflow_tracking_uri
    if not uri.startswith("sqlite:"):
        notes.append("MLflow lies on a server and was not searched; only figures and pseudonyms are ever sent there.")
    return Certificate(
        erasure_id=journal.erasure_id, as_of=journal.facts.get("as_of"), requested_at=journal.requested_at,
        requested_by=said(journal.requested_by),
        reason=said(journal.reason), due_on=str((requested + DUE).date()), done_at=erasure.at.isoformat(timespec="seconds"),
        persons=tuple(sorted(maker.mark(person) for person in journal.people)),
        identifiers={
            "anonymous ids": len(found.anonymous), "invitation hashes": len(found.invitees), "decisions": len(found.decisions),
            "addresses": len(found.addresses), "values that nobody else has": len(found.telling) + len(found.words),
        },
        removed=journal.counts, keys_forgotten=int(journal.facts.get("keys_forgotten", 0)),
        recipients=journal.facts.get("recipients", {}), searched_files=searched["files"], searched_bytes=searched["bytes"],
        findings=tuple(said(text) for text in searched["findings"]),
        problems=tuple(said(text) for text in dict.fromkeys(journal.facts.get("problems", []))), notes=tuple(notes),
    )  # fmt: skip


def _append_waiting(erasure: _Erasure, warehouse: Warehouse) -> None:
    """What waits for the audit log goes into it while the people's pseudonyms can still be made."""
    from plg_orchestration.governance.audit_log.keeping import flush

    flush(erasure.workspace, warehouse, at=erasure.at)


def _record(erasure: _Erasure, certificate: Certificate) -> None:
    """Tell the audit log of the erasure, by the certificate's digest."""
    from plg_orchestration.governance.audit_log.outbox import Entry, enqueue

    told = certificate.as_dict()
    body: dict[str, object] = {
        name: told[name] for name in ("requested_at", "due_on", "done_at", "verdict", "persons", "keys_forgotten", "digest")
    }
    body["persons"] = list(certificate.persons)
    entry = Entry("erasure", certificate.erasure_id, body, erasure.at)
    with Warehouse.locked(erasure.state) as warehouse:
        with warehouse.transaction():
            enqueue(warehouse, [entry])
        _append_waiting(erasure, warehouse)
