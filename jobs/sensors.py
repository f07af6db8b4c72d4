"""What watches the runs: a note for every failure, and the janitor that closes runs whose process died."""

import json
from pathlib import Path

import dagster as dg

from jobs.janitor import close_dead_runs
from plg_orchestration.config import current_workspace


def failures_file() -> Path:
    """Where failed runs are noted, one JSON object a line: the state folder's `run_failures.jsonl`."""
    return current_workspace().state / "run_failures.jsonl"


@dg.run_failure_sensor(name="note_run_failure", default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=30)
def note_run_failure(context: dg.RunFailureSensorContext) -> None:
    """Note every failed run with its job, its day and its error, where the next report and a person will find it."""
    run = context.dagster_run
    record = context.instance.get_run_record_by_id(run.run_id)
    note = {
        "run_id": run.run_id, "job": run.job_name, "day": run.tags.get("dagster/partition"),
        "failed_at": record.end_time if record else None,
        "error": context.failure_event.message,
    }  # fmt: skip
    path = failures_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(note, sort_keys=True) + "\n")


@dg.sensor(name="janitor", minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def janitor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Close the runs whose process died without a word, so that nothing waits for them for ever."""
    closed = close_dead_runs(context.instance)
    return dg.SkipReason(f"closed {len(closed)} dead runs: {', '.join(closed)}" if closed else "no dead run")


SENSORS = (note_run_failure, janitor)
