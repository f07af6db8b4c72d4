"""Keeping the log of a workspace: what people and gates did is gathered from the ledgers that record it, then all is appended.

Nights call it at their end, commands after they have changed something. The append itself is in `appending.py`.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.config import Workspace
from plg_orchestration.governance.actions.approvals import approvals_of
from plg_orchestration.governance.actions.people import staff_key
from plg_orchestration.governance.audit_log.anchors import AnchorUnavailable, anchor_outside
from plg_orchestration.governance.audit_log.appending import Appended, append_waiting
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue, text_digest
from plg_orchestration.governance.audit_log.tables import AUDIT_LOG
from plg_orchestration.governance.privacy.secret import secret_of
from plg_orchestration.pql.promotion.ledger import records
from plg_orchestration.warehouse import Warehouse

PERSONS = ("approval", "rollback")
"""Kinds of entries of `pql.promotions` in which a person acts and gives a reason in words of their own."""
PROMOTED = (
    "target", "sequence", "kind", "as_of", "evidence_on", "previous", "scorer", "version", "threshold", "digest",
    "threshold_policy", "verdict",
)  # fmt: skip
OVERRIDDEN = (
    "number", "as_of", "target", "action", "was_route", "was_status", "was_reason", "now_route", "now_status", "until"
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """What keeping did: the append, heads that were added to the outside anchor, and why that failed ('' when it did not)."""

    appended: Appended
    anchored: int
    anchor_problem: str


def flush(workspace: Workspace, warehouse: Warehouse, *, at: dt.datetime, day: dt.date | None = None) -> Kept:
    """Bring everything that happened into the workspace's log and anchor it outside; as often as one likes.

    `at` is the present (naive UTC), `day` the newest night; without it, the newest that decided on leads. An outside anchor that
    cannot be written is told in the result and loses nothing; errors as `append_waiting` says.
    """
    with warehouse.transaction():
        enqueue(warehouse, [*_promotions(warehouse), *_overrides(warehouse), *_approvals(workspace)])
    newest = day or _newest_night(warehouse) or at.date()
    appended = append_waiting(warehouse, state=workspace.state, secret=secret_of(workspace), day=newest, at=at)
    if appended.head is not None:
        warehouse.republish([AUDIT_LOG], appended.head.day)
    path = anchor_path(workspace)
    if path is None:
        return Kept(appended, 0, "")
    try:
        return Kept(appended, anchor_outside(path, appended.heads), "")
    except AnchorUnavailable as error:
        return Kept(appended, 0, str(error))


def log_dir(workspace: Workspace) -> Path:
    """The folder of the workspace's log."""
    return workspace.state / "audit"


def anchor_path(workspace: Workspace) -> Path | None:
    """The file of the outside anchor; None when none is configured."""
    anchor = workspace.governance.audit_log.anchor
    return None if anchor is None else workspace.root / Path(anchor).expanduser()


def _newest_night(warehouse: Warehouse) -> dt.date | None:
    found = warehouse.scalar("select max(day) from meta.publications where table_name = 'pql.decisions'")
    return found if isinstance(found, dt.date) else None


def _promotions(warehouse: Warehouse) -> Iterator[Entry]:
    """Every change of champion: by the gates with their reason, by a person with the digest of theirs."""
    if not warehouse.exists("pql.promotions"):
        return
    for said in records(warehouse, "select * from pql.promotions order by target, sequence"):
        key, person = f"{said['target']}:{said['sequence']}", said["kind"] in PERSONS
        approval = json.loads(said["approval"] or "null")
        body: dict[str, object] = {
            **{name: said[name] for name in PROMOTED},
            "gates": {gate["name"]: gate["verdict"] for gate in json.loads(said["gates"] or "[]")},
            "by": "a person" if person else said["actor"], "reason": None if person else said["reason"],
            "reason_sha256": text_digest(key, said["reason"]), "approved_at": approval["approved_at"] if approval else None,
        }  # fmt: skip
        at = said["acted_at"] or dt.datetime.combine(said["as_of"], dt.time())
        yield Entry("promotion", key, body, at, staff={"actor": staff_key(said["actor"])} if person else {})


def _overrides(warehouse: Warehouse) -> Iterator[Entry]:
    """Every word of a person on a decision: what it was, what it is now, by whom, and the digest of the reason."""
    if not warehouse.exists("pql.overrides"):
        return
    for said in records(warehouse, "select * from pql.overrides order by number"):
        override: str = said["override_id"]
        body = {name: said[name] for name in OVERRIDDEN} | {"rationale_sha256": text_digest(override, said["rationale"])}
        acted = {"person": said["person"], "requested_by": said.get("requested_by")}
        yield Entry(
            "override", override, body, said["recorded_at"], user_id=said["user_id"], links={"decision": said["decision_id"]},
            staff={role: staff_key(name) for role, name in acted.items() if name},
        )  # fmt: skip


def _approvals(workspace: Workspace) -> Iterator[Entry]:
    """Every approval of a version that the workspace's file holds; none when it cannot be read, which the gate tells."""
    for given in approvals_of(workspace).found:
        at = given.approved_at.astimezone(dt.UTC).replace(tzinfo=None)
        key = f"{given.target}:{given.version}:{at.isoformat()}"
        body: dict[str, object] = {
            "target": given.target, "version": given.version, "expires_on": given.expires_on,
            "rationale_sha256": text_digest(key, given.rationale),
        }  # fmt: skip
        staff = {"reviewer": staff_key(given.reviewer), "requested_by": staff_key(given.requested_by)}
        yield Entry("approval", key, body, at, staff=staff)
