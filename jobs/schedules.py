"""When the jobs run: at night, after the day they are about has ended.

A run's key is its day, so that a day is scheduled once; a finished data set (`last_day`) is not scheduled beyond its end.
"""

import dagster as dg

from jobs.nightly import governance_checks, kpi_snapshot, nightly

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
)  # fmt: skip
