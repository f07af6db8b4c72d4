"""`plg approve` and `plg rollback`: a person lets a challenger route leads, or takes the champion back."""

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.config import Workspace
from plg_orchestration.errors import PlgError
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import Warehouse


def approve_and_print(
    workspace: Path | None,
    version: str,
    *,
    reviewer: str,
    requested_by: str,
    rationale: str,
    expires: dt.date | None,
    target: str,
) -> int:
    """Record the approval and promote the version when every gate still holds; 1 when one does not, 2 when it is refused."""
    from plg_orchestration.pql.promotion.approvals import Approval

    here = enter(workspace)
    now = SystemClock().now().replace(microsecond=0, tzinfo=dt.UTC)
    until = expires or now.date() + dt.timedelta(days=here.pql.promotion.approval.valid_days)
    try:
        approval = Approval(
            target=target, version=version, requested_by=requested_by, reviewer=reviewer, approved_at=now, expires_on=until,
            rationale=rationale,
        )  # fmt: skip
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            option = "-".join(str(part) for part in problem["loc"]).replace("_", "-") or "expires"
            print(f"plg: --{option}: {problem['msg']}", file=sys.stderr)
        return 2

    def done() -> int:
        from plg_orchestration.governance.audit_log.keeping import flush
        from plg_orchestration.pql.promotion.people import approve
        from plg_orchestration.tracking import open_tracking, repeat_entries

        console = open_console()
        store = open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name)
        path = here.root / here.pql.promotion.approval.file
        with Warehouse.open(here.state) as warehouse:
            promotion, entry = approve(
                warehouse, approval, path=path, timezone=here.timezone, policy=here.pql, state=here.state,
                four_eyes=here.governance.actions.demands("approve"),
            )  # fmt: skip
            flush(here, warehouse, at=now.replace(tzinfo=None))
        if entry is None:
            console.print(f"Recorded in {path.name}, but a gate blocks: {promotion.reason}", markup=False, soft_wrap=True)
            return 1
        repeat_entries(store, [entry], target=target, scorer=entry.scorer, version=entry.version)
        _print_change(here, entry.as_of, f"{entry.version} routes leads for {target} instead of {entry.previous}.")
        return 0

    return _refusals_told(done)


def roll_back_and_print(workspace: Path | None, *, person: str, reason: str, target: str) -> int:
    """Return to the champion before; 2 with the reason when there is nobody to return to."""
    here = enter(workspace)

    def done() -> int:
        from plg_orchestration.governance.audit_log.keeping import flush
        from plg_orchestration.pql.promotion.people import roll_back
        from plg_orchestration.tracking import open_tracking, repeat_entries

        store = open_tracking(uri=here.mlflow_tracking_uri, state=here.state, workspace=here.name)
        at = SystemClock().now().replace(microsecond=0)
        with Warehouse.open(here.state) as warehouse:
            entry = roll_back(warehouse, person=person, reason=reason, at=at, policy=here.pql, state=here.state, target=target)
            flush(here, warehouse, at=at)
        repeat_entries(store, [entry], target=target, scorer=entry.scorer, version=entry.version)
        _print_change(here, entry.as_of, f"{entry.version} routes leads for {target} again, instead of {entry.previous}.")
        return 0

    return _refusals_told(done)


def _print_change(here: Workspace, day: dt.date, said: str) -> None:
    console = open_console()
    console.print(said, markup=False, soft_wrap=True)
    console.print(f"It scores from the next night on; `plg run -w {here.path} --day {day}` scores {day} anew.", soft_wrap=True)


def _refusals_told(done: Callable[[], int]) -> int:
    try:
        return done()
    except PlgError as error:
        print(f"plg: {error}", file=sys.stderr)
        return 2
