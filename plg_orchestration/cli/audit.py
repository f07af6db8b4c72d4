"""`plg audit verify`: whether the decision log is as it was written; the verification is in `governance/audit_log`."""

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.config import Workspace
from plg_orchestration.governance.audit_log.anchors import Anchor, anchor_of, outside_anchor
from plg_orchestration.governance.audit_log.keeping import anchor_path, log_dir
from plg_orchestration.governance.audit_log.verification import TAMPERED, UNREADABLE, Verification, verify_audit_log

WRONG_USAGE = 2


def verify_and_print(
    workspace: Path | None, *, since: dt.date | None, to: dt.date | None, log: Path | None, anchors: Sequence[Path],
    files_only: bool,
) -> int:  # fmt: skip
    """Verify the workspace's log with its anchors, or the log in the folder `log` with the given ones alone.

    0 when it is as it was written, 1 when it is not or an anchor is missing or disagrees, 2 when the range is none, 3 when it
    cannot be read.
    """
    if since and to and since > to:
        print(f"plg: --from {since} is after --to {to}; exchange them", file=sys.stderr)
        return WRONG_USAGE
    given = [outside_anchor(path.expanduser()) for path in anchors]
    if log is None:
        here = enter(workspace)
        log = log_dir(here)
        given += _own_anchors(here, files_only=files_only)
    if not log.is_dir():
        print(f"plg: {log}: there is no log; the first night makes it", file=sys.stderr)
        return UNREADABLE
    try:
        found = verify_audit_log(log, given, since=since, to=to)
    except ValueError as error:
        print(f"plg: {error}", file=sys.stderr)
        return WRONG_USAGE
    _print(found, log)
    return found.exit_code


def _own_anchors(here: Workspace, *, files_only: bool) -> list[Anchor]:
    """The workspace's anchors: the outside file where one is configured, and what MLflow and Dagster hold."""
    path = anchor_path(here)
    found = [] if path is None else [outside_anchor(path)]
    return found if files_only else [*found, _mlflow(here), _dagster(here)]


def _mlflow(here: Workspace) -> Anchor:
    from plg_orchestration.tracking import TrackingUnavailable, anchored_heads, open_tracking

    try:
        return anchor_of(
            "MLflow", anchored_heads(open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name))
        )
    except TrackingUnavailable as error:
        return Anchor("MLflow", problem=str(error))


def _dagster(here: Workspace) -> Anchor:
    from plg_orchestration.resources import anchored_heads

    home = here.state / "dagster"
    return anchor_of("Dagster", anchored_heads(home)) if home.is_dir() else Anchor("Dagster", problem=f"{home} is not there")


def _print(found: Verification, log: Path) -> None:
    console = open_console()
    for anchor in found.anchors:
        reached = f", up to {anchor.through[0]}, record {anchor.through[1]}" if anchor.through else ""
        console.print(f"anchor {anchor.name}: {anchor.status} ({anchor.reason}){reached}", markup=False, soft_wrap=True)
    for note in found.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    if found.fault is not None:
        console.print(f"first fault: {found.fault}", markup=False, soft_wrap=True)
    words = {TAMPERED: "NOT VALID", UNREADABLE: "UNREADABLE"}
    ends = f", the last signed at {found.head.day}, record {found.head.count}" if found.head else ""
    verdict = words.get(found.exit_code, "valid")
    console.print(f"{log}: {verdict}: {found.records:,} records of {found.days} days{ends}", markup=False, soft_wrap=True)
