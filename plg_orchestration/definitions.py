"""The composition root: assets, jobs, schedules, sensors and resources of one workspace.

`PLG_WORKSPACE` names the workspace (the demonstration workspace when unset). Nothing is computed here.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from plg_orchestration.config import current_workspace
from plg_orchestration.outcome import RunOutcome, Step
from plg_orchestration.resources import TrackingResource, WarehouseResource


def build_defs(**overrides: Any) -> dg.Definitions:
    """All definitions; a keyword replaces the resource of that name (`warehouse`, `tracking`)."""
    from assets import everything
    from jobs.actions import ACTIONS
    from jobs.erasure import erase_person
    from jobs.evidence import quarterly_audit
    from jobs.explain import explain_decision
    from jobs.nightly import JOBS
    from jobs.rollback import rollback_champion
    from jobs.runner import PROGRESS, progress_logger
    from jobs.schedules import SCHEDULES
    from jobs.sensors import SENSORS

    path = str(current_workspace().path)
    resources = {"warehouse": WarehouseResource(workspace_path=path), "tracking": TrackingResource(workspace_path=path)}
    assets, checks = everything()
    return dg.Definitions(
        assets=assets, asset_checks=checks,
        jobs=[*JOBS, rollback_champion, explain_decision, *ACTIONS, quarterly_audit, erase_person],
        schedules=SCHEDULES, sensors=SENSORS,
        resources=resources | overrides, loggers={PROGRESS: progress_logger},
    )  # fmt: skip


defs = build_defs()


def run_job(
    job: str, days: Sequence[dt.date], *, home: Path, only: Sequence[str] = (), report: Callable[[Step], None] = lambda _: None
) -> RunOutcome:  # fmt: skip
    """Run a job for the days (evenly spaced) in this process, with `home` as Dagster's home; `report` hears of every asset.

    With `only` (asset keys), the other assets are built for the last day alone.
    """
    from jobs import runner

    return runner.run_job(defs, job, days, home=home, only=only, report=report)
