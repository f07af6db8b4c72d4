"""Approvals of models under the workspace's rule of four eyes, and what identifies each.

The file itself, and what an approval makes of a challenger, is in `pql/promotion/approvals.py`; the audit log reads it by itself.
"""

from plg_orchestration.config.workspace import Workspace
from plg_orchestration.journal import fingerprint
from plg_orchestration.pql.promotion.approvals import Approval, Approvals, read_approvals


def approvals_of(workspace: Workspace) -> Approvals:
    """The workspace's approvals, under its rule of four eyes."""
    file = workspace.root / workspace.pql.promotion.approval.file
    return read_approvals(file, four_eyes=workspace.governance.actions.demands("approve"))


def approval_id(approval: Approval) -> str:
    """What identifies an approval: a hash of all that it says."""
    return fingerprint(approval.model_dump(mode="json"))
