"""Charts of funnels: what is drawn, how it is labeled, and what stands there without data."""

from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts
from plg_orchestration.charts.funnels import length

EMPTY = pd.DataFrame()


def told(chart: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of the chart's data sets that have all of these columns, each once, in order."""
    found: list[tuple[Any, ...]] = []
    for data in chart.to_dict()["datasets"].values():
        found += [tuple(row[c] for c in columns) for row in data if all(c in row for c in columns)]
    return list(dict.fromkeys(found))


def funnel(unit: str = "user", name: str = "signup_to_paid", **changed: Any) -> pd.DataFrame:
    rows = pd.DataFrame({
        "funnel": name, "unit": unit, "dimension": "all", "cohort_week": pd.NaT, "step": [1, 2, 3],
        "name": ["signed up", "activated", "paid"], "window_days": 30.0, "mature_entrants": [2000, 500, 0],
        "rate_from_first": [1, 0.25, 0], "ci_low": [None, 0.23, 0], "ci_high": [None, 0.27, 0.01],
        "rate_from_previous": [None, 0.25, 0], "from_previous_p50": [None, 5400, None],
    })  # fmt: skip
    return rows.assign(**changed)


@pytest.mark.parametrize("make", [charts.funnel_bars, charts.onboarding_steps, charts.dropoff_against_published])
def test_without_rows_a_chart_says_why(make: Any) -> None:
    assert make(EMPTY, reason="the night has not run").to_dict()["mark"]["text"] == ["no data yet: the night has not run"]


def test_a_funnel_shows_rates_sizes_and_medians_between_its_steps() -> None:
    rows = pd.concat([funnel(), funnel(dimension="region"), funnel(cohort_week=pd.Timestamp("2025-03-03"))])
    chart = charts.funnel_bars(rows)
    assert told(chart, "step", "label", "change") == [
        ("1. signed up", "100 %  (2,000)", ""),
        ("2. activated", "25 %  (500)", "25 % of the step before, median 1.5 h"),
        ("3. paid", "0 %  (0)", "0 % of the step before"),
    ]


def test_accounts_are_drawn_where_no_user_is_known() -> None:
    assert charts.funnel_bars(funnel("account")).to_dict()["title"]["text"] == "Funnels of accounts"


def test_a_funnel_with_open_windows_only_is_no_chart() -> None:
    assert "mark" in charts.funnel_bars(funnel(rate_from_first=None)).to_dict()


def test_onboarding_shows_each_step_and_the_way_through() -> None:
    rows = pd.DataFrame({
        "unit": "user", "cohort_week": pd.NaT, "step": [1, 2], "name": ["profile", "source"], "rate": [0.9, 0.6],
        "rate_through": [0.9, 0.5],
    })  # fmt: skip
    chart = charts.onboarding_steps(rows)
    assert told(chart, "step_name", "label") == [
        ("1. profile", "90 %"), ("2. source", "60 %"), ("2. source", "50 %"),
    ]  # fmt: skip


def test_dropoff_stands_beside_the_published_share() -> None:
    rows = pd.DataFrame({
        "unit": "user", "day": [3, 1], "dropoff": [0.6, 0.5], "ci_low": [0.5, 0.4], "ci_high": [0.7, 0.6],
        "published": [0.4, 0.5], "verdict": ["above", "within"], "waiting": [1200, 1500],
    })  # fmt: skip
    chart = charts.dropoff_against_published(rows)
    assert told(chart, "day_name", "label", "published", "verdict") == [
        ("day 1", "50 % of 1,500", 0.5, "within"), ("day 3", "60 % of 1,200", 0.4, "above"),
    ]  # fmt: skip


def test_durations_are_told_in_the_largest_unit_they_fill() -> None:
    assert [length(seconds) for seconds in (0, 59, 90, 7200, 129_600)] == ["0 s", "59 s", "1.5 min", "2 h", "1.5 d"]
