"""Running a job in this process, step by step reported: what the command line and the demonstration do.

The same jobs run from the Dagster UI and by schedule; nothing here is known to them.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg

from assets.partitions import ONLY_TAG, SINCE_TAG, STEP_TAG
from jobs.event_log import engines_kept
from jobs.janitor import close_dead_runs
from plg_orchestration.outcome import RunOutcome, Step

LONGEST_RANGE = 14
"""Up to so many days a run marks every day in Dagster; a longer history is built by one run of its last day."""
PROGRESS = "progress"


class _Progress(logging.Handler):
    """Turns Dagster's events into steps as they happen."""

    def __init__(self, report: Callable[[Step], None]) -> None:
        super().__init__()
        self.report = report
        self.steps: list[Step] = []
        self.failed_checks: list[str] = []
        self._last = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a materialization, a failed check or a failed step; everything else passes by."""
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            return
        if event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            self._add(self._materialized(event))
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            found = event.event_specific_data
            if not found.passed:
                self.failed_checks.append(f"{found.asset_key.to_user_string()}: {found.check_name}: {found.description or ''}")
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
            error = event.event_specific_data.error
            cause = error.cause or error
            self._add(Step(event.step_key.replace("__", "/"), seconds=self._lap(), error=cause.message.strip()))

    def _materialized(self, event: Any) -> Step:
        metadata = {name: value.value for name, value in event.event_specific_data.materialization.metadata.items()}
        key = event.asset_key.to_user_string()
        return Step(key, metadata.get("dagster/row_count"), self._lap(), metadata.get("reason"))

    def _lap(self) -> float:
        now = time.monotonic()
        seconds, self._last = now - self._last, now
        return seconds

    def _add(self, step: Step) -> None:
        known = [s.asset for s in self.steps]
        if step.asset not in known:
            self.steps.append(step)
            self.report(step)


_LISTENING: list[_Progress] = []


def _make_logger(_: dg.InitLoggerContext) -> logging.Logger:
    made = logging.Logger("plg.progress", level=logging.DEBUG)
    for handler in _LISTENING:
        made.addHandler(handler)
    return made


progress_logger = dg.LoggerDefinition(_make_logger, description="Reports each asset to the command line as it ends.")
"""The logger of runs that the command line started; runs from the UI use Dagster's own."""


@contextmanager
def _listening(report: Callable[[Step], None]) -> Generator[_Progress]:
    handler = _Progress(report)
    _LISTENING.append(handler)
    try:
        yield handler
    finally:
        _LISTENING.remove(handler)


def run_job(
    defs: dg.Definitions, job: str, days: Sequence[dt.date], *, home: Path, only: Sequence[str] = (),
    report: Callable[[Step], None] = lambda _: None,
) -> RunOutcome:  # fmt: skip
    """Run a job for the days (evenly spaced) in this process, with `home` as Dagster's home; `report` hears of every asset.

    With `only` (asset keys), the other assets are built for the last day alone.
    """
    with engines_kept(), dg.DagsterInstance.from_config(str(home)) as instance, _listening(report) as progress:
        close_dead_runs(instance)
        started = time.monotonic()
        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance, raise_on_error=False, run_config={"loggers": {PROGRESS: {}}}, **_partitions(days, only)
        )
        seconds = time.monotonic() - started
        return RunOutcome(result.run_id, result.success, seconds, tuple(progress.steps), tuple(progress.failed_checks))


def _partitions(days: Sequence[dt.date], only: Sequence[str]) -> dict[str, Any]:
    first, last = days[0].isoformat(), days[-1].isoformat()
    if len(days) == 1:
        return {"partition_key": last}
    step = (days[1] - days[0]).days
    if len(days) <= LONGEST_RANGE and step == 1 and not only:
        return {"tags": {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}}
    return {
        "partition_key": last,
        "tags": {SINCE_TAG: first, STEP_TAG: str(step), **({ONLY_TAG: " ".join(only)} if only else {})},
    }
