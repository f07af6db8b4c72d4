"""Runs that died without a word are closed, so that nothing waits for them for ever.

A run names its process in its tags when its first asset starts. The janitor closes a started run only when that process is
provably gone on this machine; a slow run that still lives is left alone.
"""

import dagster as dg

from assets.publishing import PROCESS_TAG
from plg_orchestration.process import is_gone

OPEN = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def close_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark every started run whose process is gone as failed, and return their ids."""
    closed: list[str] = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=OPEN)):
        process = run.tags.get(PROCESS_TAG)
        if process and is_gone(process):
            message = f"The process {process} ended without closing this run. Start it again: nothing half done was kept."
            instance.report_run_failed(run, message)
            closed.append(run.run_id)
    return closed
