"""When the jobs run: at night, after the day they are about has ended.

A run's key is its day, so that a day is scheduled once; a finished data set (`last_day`) is not scheduled beyond its end.
"""

import datetime as dt

import dagster as dg

from assets.declare import DAILY
from jobs.evidence import quarterly_audit
from jobs.nightly import governance_checks, kpi_snapshot, nightly
from plg_orchestration.reports.evidence.quarters import quarter_of


def _of_the_day_before(name: str, cron: str, description: str) -> dg.ScheduleDefinition:
    """A schedule of the named job over the day before it fires; skipped where the workspace has no such day."""

    @dg.schedule(job_name=name, cron_schedule=cron, name=f"{name}_schedule", description=description)
    def scheduled(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = (context.scheduled_execution_time.date() - dt.timedelta(days=1)).isoformat()
        if not DAILY.has_partition_key(day):
            return dg.SkipReason(f"the workspace has no day {day}")
        return dg.RunRequest(run_key=day, partition_key=day)

    return scheduled


@dg.schedule(
    job=quarterly_audit, cron_schedule="0 8 1 1,4,7,10 *", name="quarterly_audit_schedule",
    description="On the first of a quarter at 08:00 UTC: the bundle of evidence of the quarter that has just ended.",
)  # fmt: skip
def quarterly_audit_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A run for the quarter of the day before, when the workspace has that day."""
    day = context.scheduled_execution_time.date() - dt.timedelta(days=1)
    if not DAILY.has_partition_key(day.isoformat()):
        return dg.SkipReason(f"the workspace has no day {day}")
    name = quarter_of(day).name
    return dg.RunRequest(run_key=name, run_config={"ops": {"make_evidence": {"config": {"quarter": name}}}})


weekly_review_schedule = _of_the_day_before(
    "weekly_review", "45 6 * * 1", "On Mondays at 06:45 UTC: the review of the week that has just ended."
)
monthly_kpi_review_schedule = _of_the_day_before(
    "monthly_kpi_review", "0 7 1 * *",
    "On the first of the month at 07:00 UTC: the KPIs reviewed monthly, of the month that has just ended.",
)  # fmt: skip
quarterly_kpi_review_schedule = _of_the_day_before(
    "quarterly_kpi_review", "15 7 1 1,4,7,10 *",
    "On the first of a quarter at 07:15 UTC: the KPIs reviewed quarterly, of the quarter that has just ended.",
)  # fmt: skip
risk_committee_schedule = _of_the_day_before(
    "risk_committee", "30 8 1 1,4,7,10 *",
    "On the first of a quarter at 08:30 UTC: the risk committee's pack of the quarter that has just ended.",
)  # fmt: skip
monthly_drift_review_schedule = _of_the_day_before(
    "monthly_drift_review", "30 7 1 * *", "On the first of the month at 07:30 UTC: the review of the month that has just ended."
)
privacy_assessment_schedule = _of_the_day_before(
    "privacy_assessment", "0 7 2 1 *", "On 2 January at 07:00 UTC: the privacy assessment of the year up to the day before."
)

SCHEDULES = (
    dg.build_schedule_from_partitioned_job(
        nightly, name="nightly_schedule", hour_of_day=2, minute_of_hour=30,
        description="Every night at 02:30 UTC: the whole day that has just ended, retraining included.",
    ),
    dg.build_schedule_from_partitioned_job(
        kpi_snapshot, name="kpi_snapshot_schedule", hour_of_day=6, minute_of_hour=0,
        description="Every morning at 06:00 UTC: the KPIs again, with whatever arrived late in the night.",
    ),
    dg.build_schedule_from_partitioned_job(
        governance_checks, name="governance_checks_schedule", hour_of_day=6, minute_of_hour=30,
        description="Every morning at 06:30 UTC: every control of the risk register.",
    ),
    weekly_review_schedule,
    monthly_kpi_review_schedule,
    quarterly_kpi_review_schedule,
    monthly_drift_review_schedule,
    quarterly_audit_schedule,
    privacy_assessment_schedule,
    risk_committee_schedule,
)  # fmt: skip
