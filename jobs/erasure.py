"""The job `erase_person`: people are removed from every store of the workspace, from Dagster's launchpad.

`plg erase` does the same from the command line; the steps are in the library (`governance/privacy/erasure.py`). The run's own
configuration names the people, so the erasure takes them out of Dagster's storage too.
"""

import dagster as dg

from plg_orchestration.config import current_workspace
from plg_orchestration.governance.privacy.erasure import erase_people
from plg_orchestration.wall_clock import SystemClock


class Erasure(dg.Config):
    """Who is erased (one or more user ids), who asked for it and why."""

    user_ids: list[str]
    requested_by: str
    reason: str


@dg.op(description="Remove the people from every store, search for what is left, and write the certificate.")
def erase_from_every_store(context: dg.OpExecutionContext, config: Erasure) -> str:
    """The verdict of the newest certificate; it is an error when something is left, and starting it again goes on from there."""
    now = SystemClock().now().replace(microsecond=0)
    done = erase_people(current_workspace(), config.user_ids, requested_by=config.requested_by, reason=config.reason, at=now)
    newest = done[-1]
    text = dg.MetadataValue.md(f"```\n{newest.text()}```")
    context.add_output_metadata({"certificate": text, "persons": len(newest.persons), "findings": len(newest.findings)})
    left = [*newest.findings, *newest.problems]
    if left:
        raise dg.Failure(f"{len(left)} things are left; mend them and start the job again: {'; '.join(left)[:2000]}")
    return newest.erasure_id


@dg.job(
    executor_def=dg.in_process_executor,
    description="Erase people: every store is rewritten without them, searched afterwards, and a certificate says what was done.",
)
def erase_person() -> None:
    """One step; its configuration names the people, who asked and why."""
    erase_from_every_store()
