"""Approvals of models as the audit log keeps them: every entry of the approvals file, whoever wrote it there.

The file itself, and what an approval makes of a challenger, is in `pql/promotion/approvals.py`.
"""

import datetime as dt

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.governance.actions.records import staff_of
from plg_orchestration.governance.audit_log.outbox import Entry, enqueue, text_digest
from plg_orchestration.journal import fingerprint
from plg_orchestration.pql.promotion.approvals import Approval, Approvals, read_approvals
from plg_orchestration.warehouse import Warehouse


def approvals_of(workspace: Workspace) -> Approvals:
    """The workspace's approvals, under its rule of four eyes."""
    file = workspace.root / workspace.pql.promotion.approval.file
    return read_approvals(file, four_eyes=workspace.governance.actions.demands("approve"))


def hand_in_approvals(warehouse: Warehouse, workspace: Workspace) -> int:
    """Hand the approvals to the audit log that it does not have yet; how many. A file that cannot be read hands in nothing."""
    return enqueue(warehouse, [approval_entry(approval) for approval in approvals_of(workspace).found])


def approval_id(approval: Approval) -> str:
    """What identifies an approval: a hash of all that it says."""
    return fingerprint(approval.model_dump(mode="json"))


def approval_entry(approval: Approval) -> Entry:
    """What the audit log says of an approval: everything but the rationale, for which its digest stands."""
    identity = approval_id(approval)
    body = {
        "target": approval.target, "version": approval.version, "expires_on": approval.expires_on.isoformat(),
        "rationale_sha256": text_digest(identity, approval.rationale),
    }  # fmt: skip
    at = approval.approved_at.astimezone(dt.UTC).replace(tzinfo=None)
    return Entry(
        "approval", identity, body, at=at, staff=staff_of(reviewer=approval.reviewer, requested_by=approval.requested_by)
    )
