"""`plg override`: a person decides otherwise about a lead; what is recorded and changed is in `pql/routing/overrides.py`."""

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.warehouse import Warehouse


def override_and_print(
    workspace: Path | None, decision_id: str, actions: Sequence[str], *, team: str | None, person: str, rationale: str,
    until: dt.date | None, requested_by: str | None = None,
) -> int:  # fmt: skip
    """Record the word and print what changed; 2 when it cannot be followed, with the reason."""
    from plg_orchestration.governance.audit_log.keeping import flush
    from plg_orchestration.pql.routing.overrides import RefusedOverride, Word, record_override
    from plg_orchestration.pql.routing.records import Action

    if len(actions) != 1:
        given = " and ".join(f"--{action}" for action in actions) or "nothing"
        print(f"plg: {given} is said; say exactly one of --route TEAM, --hold, --suppress, --release", file=sys.stderr)
        return 2
    console = open_console()
    here = enter(workspace)
    word = Word(decision_id, cast("Action", actions[0]), person, rationale, team, until, requested_by)
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    file = here.root / here.pql.routing.overrides.file
    try:
        with Warehouse.open(here.state) as warehouse:
            done = record_override(
                warehouse, word, policy=here.pql, file=file, state=here.state, recorded_at=now, timezone=here.timezone,
                four_eyes=here.governance.actions.demands("override"),
            )  # fmt: skip
            flush(here, warehouse, at=now)
    except RefusedOverride as error:
        print(f"plg: {error}", file=sys.stderr)
        return 2
    was = f"{done.was_status} ({done.was_route}{', ' + done.was_reason if done.was_reason else ''})"
    console.print(f"Recorded as number {done.number} in {file.name}.", markup=False, soft_wrap=True)
    console.print(f"{done.user_id}, decided on {done.as_of}: was {was}, is {done.now_status} ({done.now_route})", soft_wrap=True)
    if done.action != "release":
        console.print(f"It also holds for the nights before {done.until}.")
    return 0
