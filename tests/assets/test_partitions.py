"""Which days a run asks of an asset: its partitions, or a history told by tags."""

import datetime as dt

import dagster as dg

from assets.partitions import ONLY_TAG, SINCE_TAG, STEP_TAG, days_of

DAILY = dg.DailyPartitionsDefinition(start_date="2025-01-01", end_date="2025-03-01")


def asked(tags: dict[str, str]) -> dict[str, list[dt.date]]:
    """The days that each of two assets is asked for in a run of 2025-02-10 with the tags."""
    found: dict[str, list[dt.date]] = {}

    @dg.asset(key_prefix="kpis", partitions_def=DAILY)
    def snapshot(context: dg.AssetExecutionContext) -> None:
        found["snapshot"] = days_of(context)

    @dg.asset(key_prefix="cohorts", partitions_def=DAILY)
    def retention(context: dg.AssetExecutionContext) -> None:
        found["retention"] = days_of(context)

    done = dg.materialize([snapshot, retention], partition_key="2025-02-10", tags=tags)
    assert done.success
    return found


def test_without_tags_the_partition_is_the_day():
    day = [dt.date(2025, 2, 10)]
    assert asked({}) == {"snapshot": day, "retention": day}


def test_a_history_is_counted_back_from_the_partition():
    weekly = [dt.date(2025, 1, 27), dt.date(2025, 2, 3), dt.date(2025, 2, 10)]
    assert asked({SINCE_TAG: "2025-01-25", STEP_TAG: "7"}) == {"snapshot": weekly, "retention": weekly}


def test_a_history_of_named_assets_leaves_the_others_their_newest_day():
    found = asked({SINCE_TAG: "2025-02-08", ONLY_TAG: "kpis/snapshot kpis/alerts"})
    assert found["snapshot"] == [dt.date(2025, 2, 8), dt.date(2025, 2, 9), dt.date(2025, 2, 10)]
    assert found["retention"] == [dt.date(2025, 2, 10)]
