"""Reviews: who looks at which KPI, when, and at which period; the jobs and schedules that build them. SQL: `reviews`."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.standings import queries
from plg_orchestration.kpis.standings.read import due_reviews
from plg_orchestration.warehouse import table

SUNDAY = dt.date(2025, 3, 16)


def reviewed(told, as_of: dt.date, **values: object) -> pd.DataFrame:
    """The reviews of a night whose snapshot states activation, conversion and NPS for all segments."""
    for name, period, start in (
        ("activation_rate", "week", "2025-03-03"), ("activation_rate", "month", "2025-02-01"), ("dau", "day", "2025-03-16"),
        ("free_to_paid_conversion", "month", "2025-02-01"), ("free_to_paid_conversion", "week", "2025-03-03"),
        ("nps", "quarter", "2024-10-01"),
    ):  # fmt: skip
        told.says(name, 5.0, start, period=period, as_of=as_of, **values)
    told.publish(as_of)
    return told.warehouse.connection.execute("select * from kpis.reviews where as_of = ?", [as_of]).df()


def test_each_kpi_is_reviewed_at_its_cadence_in_the_period_that_goes_with_it(told) -> None:
    rows = reviewed(told, SUNDAY).query("forum == 'review'").set_index("kpi")
    assert dict(rows["cadence"]) == {
        "activation_rate": "weekly", "dau": "weekly", "free_to_paid_conversion": "monthly", "nps": "quarterly",
    }  # fmt: skip
    assert dict(rows["period"]) == {
        "activation_rate": "week", "dau": "day", "free_to_paid_conversion": "month", "nps": "quarter",
    }  # fmt: skip
    assert dict(rows["owner"]) == {kpi.name: kpi.owner for kpi in KPIS if kpi.name in rows.index}


def test_those_who_act_look_more_often_than_the_management(told) -> None:
    rows = reviewed(told, SUNDAY).query("forum == 'tactical'").set_index("kpi")
    assert dict(rows["cadence"]) == {"activation_rate": "daily", "free_to_paid_conversion": "weekly", "nps": "quarterly"}
    assert dict(rows["period"]) == {"activation_rate": "week", "free_to_paid_conversion": "week", "nps": "quarter"}


@pytest.mark.parametrize(
    ("as_of", "due", "days"),
    [
        (SUNDAY, {"weekly"}, ("2025-03-17", "2025-03-01", "2025-01-01")),
        (dt.date(2025, 3, 18), set(), ("2025-03-17", "2025-03-01", "2025-01-01")),
        (dt.date(2025, 3, 31), {"monthly", "quarterly"}, ("2025-03-31", "2025-04-01", "2025-04-01")),
        (dt.date(2025, 5, 31), {"monthly"}, ("2025-05-26", "2025-06-01", "2025-04-01")),
        (dt.date(2023, 12, 31), {"weekly", "monthly", "quarterly"}, ("2024-01-01", "2024-01-01", "2024-01-01")),
    ],
)
def test_a_review_is_due_on_the_day_after_its_period_has_ended(
    told, as_of: dt.date, due: set[str], days: tuple[str, ...]
) -> None:
    rows = reviewed(told, as_of).query("forum == 'review'")
    assert set(rows.loc[rows["due"], "cadence"]) == due
    found = rows.groupby("cadence")["due_on"].first()
    assert [f"{found[name]:%Y-%m-%d}" for name in ("weekly", "monthly", "quarterly")] == list(days)
    assert set(due_reviews(told.warehouse, as_of=as_of)["cadence"]) == due
    assert list(due_reviews(told.warehouse, as_of=as_of, cadence="quarterly")["kpi"]) == ["nps"]


def test_a_review_shows_target_change_and_standing_with_its_source(told) -> None:
    told.says("activation_rate", 20.0, "2025-03-03", as_of=SUNDAY, segment="smb", target=25.0)
    told.says("activation_rate", 22.0, "2025-02-24", as_of=dt.date(2025, 3, 9), segment="smb", target=25.0)
    told.publish()
    text = "select * from kpis.reviews where forum = 'review'"
    row = told.warehouse.connection.execute(text).df().iloc[0]
    shown = ["current", "previous", "change", "target", "distance_to_target", "standing", "standing_source", "target_origin"]
    assert row[shown].tolist() == [20, 22, -2, 25, -5, "p25_p50", "Amplitude 2023", "source table"]
    made = told.warehouse.frame(queries.reviews(as_of=AsOf(SUNDAY)))
    assert list(made.columns) == list(table("kpis.reviews").column_names)


# -- when they run ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cron", "at", "day"),
    [
        ("weekly_review", "45 6 * * 1", dt.datetime(2025, 9, 1, 6, 45), "2025-08-31"),
        ("monthly_kpi_review", "0 7 1 * *", dt.datetime(2025, 8, 1, 7), "2025-07-31"),
        ("quarterly_kpi_review", "15 7 1 1,4,7,10 *", dt.datetime(2025, 7, 1, 7, 15), "2025-06-30"),
    ],
)
def test_each_cadence_has_a_schedule_for_the_period_that_has_just_ended(definitions, name, cron, at, day) -> None:
    import dagster as dg

    from assets.declare import DAILY
    from jobs import schedules

    schedule = getattr(schedules, f"{name}_schedule")
    assert (schedule.job_name, schedule.cron_schedule) == (name, cron)
    with dg.build_schedule_context(scheduled_execution_time=at) as context:
        asked = schedule(context)
    if DAILY.has_partition_key(day):
        assert (asked.partition_key, asked.run_key) == (day, day)
    else:
        assert asked.skip_message == f"the workspace has no day {day}"
    with dg.build_schedule_context(scheduled_execution_time=dt.datetime(1999, 1, 1)) as context:
        assert "has no day 1998-12-31" in schedule(context).skip_message


def test_a_review_builds_trends_standings_and_the_review_and_the_weekly_one_the_layers(definitions) -> None:
    built = {
        name: {key.to_user_string() for key in definitions.defs.resolve_job_def(name).asset_layer.executable_asset_keys}
        for name in ("weekly_review", "monthly_kpi_review", "quarterly_kpi_review")
    }
    common = {"kpis/standings", "kpis/trends", "kpis/reviews", "reports/kpi_csv"}
    assert built["monthly_kpi_review"] == built["quarterly_kpi_review"] == common
    assert built["weekly_review"] == common | {"kpis/weekly_review", "kpis/claims", "kpis/what_if"}
