"""The job `rollback_champion`: a person returns to the champion before the present one, from Dagster's launchpad.

`plg rollback` does the same from the command line; the step itself is in the library (`pql/promotion/people.py`).
"""

import dagster as dg

from plg_orchestration.governance.audit_log.keeping import flush
from plg_orchestration.pql.promotion.people import roll_back
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import repeat_entries
from plg_orchestration.wall_clock import SystemClock


class Rollback(dg.Config):
    """Who takes the champion of which target back, and why."""

    person: str
    reason: str
    target: str = "conversion"


@dg.op(description="Re-point to the champion before the present one, and enter it into pql.promotions.")
def roll_back_champion(
    context: dg.OpExecutionContext, config: Rollback, warehouse: WarehouseResource, tracking: TrackingResource
) -> str:
    """The version that routes now; it is an error when no model routes, or without a person and a reason."""
    store, here, at = tracking.open(), warehouse.workspace, SystemClock().now().replace(microsecond=0)
    with warehouse.open() as opened:
        entry = roll_back(
            opened, person=config.person, reason=config.reason, at=at, policy=here.pql, state=here.state, target=config.target
        )  # fmt: skip
        flush(here, opened, at=at)
    repeat_entries(store, [entry], target=entry.target, scorer=entry.scorer, version=entry.version)
    context.add_output_metadata({"from": entry.previous, "to": entry.version, "by": entry.actor, "reason": entry.reason})
    return entry.version


@dg.job(
    executor_def=dg.in_process_executor,
    description="Take the champion back: re-point to the one before, with the person and the reason on record.",
)
def rollback_champion() -> None:
    """One step; its configuration names the person, the reason and the target."""
    roll_back_champion()
