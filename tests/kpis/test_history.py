"""The history as known tonight, and the series of published values with what is known now.

As of Sunday 2025-03-16 the newest complete week is 10–16 March, the newest month February.
"""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.periods import HISTORY, NEWEST, Back, kpi_periods, oldest_day
from plg_orchestration.kpis.registry import kpi
from plg_orchestration.kpis.series import kpi_series
from plg_orchestration.warehouse import sql_file, table

DAY = AsOf(dt.date(2025, 3, 16))
SOME = tuple(kpi(name) for name in ("signups", "activation_rate", "time_to_value", "dau", "arpa", "activation_score_velocity"))


def fill(world) -> None:
    world.account("s", segment="smb")
    world.pays("s", 100, "2025-02-10")
    for name, signup, activated in (
        ("u1", "2025-03-12", "2025-03-13"),
        ("u2", "2025-03-04", "2025-03-06"),
        ("u3", "2025-02-04", None),
    ):
        world.user(name, signup, "s")
        world.active(name, signup)
        if activated:
            world.activates(name, activated)


def history(world, as_of: AsOf = DAY, back: Back = HISTORY) -> pd.DataFrame:
    return world.warehouse.frame(queries.history(as_of=as_of, workspace=world.setting, kpis=SOME, back=back))


def publish(world, day: dt.date) -> None:
    for name, made in (("kpis.snapshot", queries.snapshot), ("kpis.history", queries.history)):
        world.warehouse.publish(
            table(name), lambda date, made=made: made(as_of=AsOf(date), workspace=world.setting, kpis=SOME), [day]
        )


def test_history_holds_the_last_35_days_8_weeks_3_months_and_2_quarters(world) -> None:
    fill(world)
    rows = history(world)
    assert list(rows.columns) == list(table("kpis.history").column_names)
    assert not rows.duplicated(list(table("kpis.history").key)).any()
    counted = rows[rows["segment"] == "all"].groupby(["kpi", "period"]).size().to_dict()
    assert counted == {
        ("signups", "day"): 35, ("signups", "week"): 8, ("signups", "month"): 3, ("signups", "quarter"): 2,
        ("activation_rate", "week"): 8, ("activation_rate", "month"): 3, ("activation_rate", "quarter"): 2,
        ("time_to_value", "week"): 8, ("time_to_value", "month"): 3, ("time_to_value", "quarter"): 2,
        ("dau", "day"): 35, ("arpa", "day"): 35, ("arpa", "month"): 3, ("arpa", "quarter"): 2,
        ("activation_score_velocity", "week"): 1,
    }  # fmt: skip
    assert (rows["value"].isna() == rows["reason"].notna()).all()


def test_history_has_each_periods_own_value(world) -> None:
    fill(world)
    rows = history(world)
    whole = rows[rows["segment"] == "all"].set_index(["kpi", "period", "period_start"])["value"]
    assert whole["signups", "day", pd.Timestamp("2025-03-12")] == 1 and whole["signups", "day", pd.Timestamp("2025-03-11")] == 0
    assert whole["dau", "day", pd.Timestamp("2025-03-04")] == 1
    assert whole["signups", "week", pd.Timestamp("2025-02-03")] == 1
    assert whole["time_to_value", "week", pd.Timestamp("2025-03-03")] == 2
    assert whole["arpa", "day", pd.Timestamp("2025-02-10")] == 100
    assert pd.isna(whole["arpa", "quarter", pd.Timestamp("2024-10-01")])


@pytest.mark.parametrize("back", [NEWEST, Back(3, 3, 2, 2)])
def test_a_value_does_not_depend_on_how_many_periods_are_asked_for(world, back: Back) -> None:
    fill(world)
    query = queries.snapshot(as_of=DAY, workspace=world.setting, kpis=SOME, back=back)
    expected = world.snapshot("2025-03-16", kpis=SOME)
    pd.testing.assert_frame_equal(world.warehouse.frame(query), expected)
    known = history(world)
    fewer = history(world, back=back).merge(known, how="left", indicator=True)
    assert (fewer["_merge"] == "both").all()


def test_snapshot_and_history_share_one_computation_in_a_run(world) -> None:
    fill(world)
    one, other = (made(as_of=DAY, workspace=world.setting) for made in (queries.snapshot, queries.history))
    assert [required.name for required in one.requires] == [required.name for required in other.requires] == ["kpi_values"]
    assert one.requires[0].lasting and one.requires[0].signature() == other.requires[0].signature()


def test_a_history_without_a_newest_period_is_refused() -> None:
    with pytest.raises(ValueError, match="weeks: 0 leaves out the newest complete one"):
        Back(weeks=0)


def test_oldest_day_is_30_days_before_the_oldest_period() -> None:
    assert oldest_day(as_of=DAY) == dt.date(2024, 7, 1) - dt.timedelta(days=30)
    assert oldest_day(as_of=DAY, back=Back(days=400)) == dt.date(2025, 3, 17) - dt.timedelta(days=430)


def test_the_series_has_the_published_value_and_what_is_known_now(world) -> None:
    fill(world)
    publish(world, dt.date(2025, 3, 16))
    world.user("late news", "2025-03-05", "s", known="2025-03-17")
    publish(world, dt.date(2025, 3, 17))
    rows = world.warehouse.frame(kpi_series(as_of=AsOf(dt.date(2025, 3, 17))))
    signups = rows[(rows["kpi"] == "signups") & (rows["segment"] == "all") & (rows["period"] == "week")].set_index("period_start")
    newest, before = signups.loc[pd.Timestamp("2025-03-10")], signups.loc[pd.Timestamp("2025-03-03")]
    assert (newest["value"], newest["published_on"], newest["current"]) == (1, pd.Timestamp("2025-03-17"), True)
    assert (before["value"], before["value_now"], pd.isna(before["published_on"])) == (2, 2, True), "never shown by a snapshot"
    days = rows[(rows["kpi"] == "signups") & (rows["segment"] == "all") & (rows["period"] == "day")].set_index("period_start")
    assert (days.loc[pd.Timestamp("2025-03-16"), "published_on"], len(days)) == (pd.Timestamp("2025-03-16"), 35)
    rate = rows[(rows["kpi"] == "activation_rate") & (rows["segment"] == "all") & (rows["period"] == "week")]
    rate = rate.set_index("period_start").loc[pd.Timestamp("2025-03-03")]
    assert (rate["value"], rate["denominator"], rate["published_on"]) == (50, 2, pd.Timestamp("2025-03-17"))
    assert sql_file("kpis/series.sql").name == "series" and sql_file("kpis/history.sql").name == "history"


def test_the_series_tells_values_of_another_definition(world) -> None:
    fill(world)
    publish(world, dt.date(2025, 3, 16))
    world.warehouse.connection.execute("update kpis.snapshot set definition_hash = 'before' where kpi = 'signups'")
    rows = world.warehouse.frame(kpi_series(as_of=DAY))
    broken = rows[~rows["current"]]
    assert set(broken["kpi"]) == {"signups"} and broken["published_on"].notna().all()
    assert len(world.warehouse.rows(kpi_periods(as_of=DAY))) == 35 + 8 + 5 + 2
