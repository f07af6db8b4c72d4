"""Charts of engagement: which rows they draw, upward or downward, and what they say without any."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts

D = dt.date


def rows_of(chart: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of the chart's first data set that has all of these columns."""
    for data in chart.to_dict()["datasets"].values():
        if data and all(column in data[0] for column in columns):
            return [tuple(row[column] for column in columns) for row in data]
    raise AssertionError(f"no data set with {columns}")


@pytest.mark.parametrize("make", [charts.lifecycle_bars, charts.stickiness_histogram])
def test_without_rows_a_chart_gives_the_reason(make: Any) -> None:
    spec = make(pd.DataFrame(), reason="the night has not run").to_dict()
    assert spec["mark"]["text"] == ["no data yet: the night has not run"]


def lifecycle() -> pd.DataFrame:
    weeks = [D(2025, 6, 2) + dt.timedelta(days=7 * i) for i in range(14)]
    return pd.DataFrame([
        {"unit": unit, "period": period, "period_start": week, "status": status, "users": users, "complete": week != weeks[-1]}
        for unit in ("user", "account") for period in ("day", "week") for week in weeks
        for status, users in (("new", 3), ("returning", 5), ("resurrected", 2), ("dormant", 4))
    ])  # fmt: skip


def test_the_dormant_point_downward_and_the_running_week_is_left_out() -> None:
    shown = rows_of(charts.lifecycle_bars(lifecycle()), "start", "status", "height")
    assert len(shown) == 12 * 4
    assert shown[:4] == [
        ("09 Jun", "new", 3),
        ("09 Jun", "returning", 5),
        ("09 Jun", "resurrected", 2),
        ("09 Jun", "dormant", -4),
    ]
    assert shown[-1] == ("25 Aug", "dormant", -4)


def test_no_complete_period_is_said() -> None:
    text = charts.lifecycle_bars(lifecycle().assign(complete=False)).to_dict()["mark"]["text"]
    assert text == ["no data yet: no week is over yet"]


def stickiness(*starts: dt.date) -> pd.DataFrame:
    return pd.DataFrame([
        {"unit": "user", "period": "week", "period_start": start, "interval": "day", "active_intervals": n, "intervals": 7,
         "units": units, "share": units / 4}
        for i, start in enumerate(starts) for n, units in ((1, 3 - i), (2, 1 + i), *((n, 0) for n in range(3, 8)))
    ])  # fmt: skip


def test_the_newest_week_stands_before_the_mean_of_the_earlier() -> None:
    chart = charts.stickiness_histogram(stickiness(D(2025, 6, 2), D(2025, 6, 9)))
    assert rows_of(chart, "active_intervals", "share", "label", "top")[:3] == [
        (1, 0.5, "50 %", 0.75),
        (2, 0.5, "50 %", 0.5),
        (3, 0, "", 0),
    ]
    means = [data for data in chart.to_dict()["datasets"].values() if data and "label" not in data[0]]
    assert [(row["active_intervals"], row["share"]) for data in means for row in data][:2] == [(1, 0.75), (2, 0.25)]
    assert " ".join(chart.to_dict()["title"]["subtitle"]) == (
        "4 users active in the week that began on 2025-06-09. Line: the week before."
    )


def test_a_first_week_stands_alone() -> None:
    chart = charts.stickiness_histogram(stickiness(D(2025, 6, 2)))
    assert chart.to_dict()["title"]["subtitle"] == ["4 users active in the week that began on 2025-06-02."]


def test_the_heat_map_names_each_cohorts_size() -> None:
    rows = pd.DataFrame({"cohort": [D(2025, 6, 2)] * 2, "index": [1, 2], "size": [10, 10], "rate": [0.5, None]})
    assert rows_of(charts.retention_heatmap(rows), "cohort", "index", "size") == [("2025-06-02", "size", 10)]
