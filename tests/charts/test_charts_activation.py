"""Charts of activation: what they keep of the rows, and what they say without any."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plg_orchestration import charts

EMPTY = pd.DataFrame()
WEEK = dt.date(2025, 6, 2)


def data_with(chart: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of the chart's data set that has all of these columns."""
    for data in chart.to_dict()["datasets"].values():
        if data and all(column in data[0] for column in columns):
            return [tuple(row[column] for column in columns) for row in data]
    raise AssertionError(f"no data set with {columns}")


@pytest.mark.parametrize("make", [charts.activation_score_by_age, charts.activation_weights, charts.activation_shifts])
def test_without_rows_a_chart_gives_the_reason(make: Any) -> None:
    assert make(EMPTY, reason="the night has not run").to_dict()["mark"]["text"] == ["no data yet: the night has not run"]


def test_scores_by_age_show_the_four_newest_weeks_and_the_threshold() -> None:
    weeks = [WEEK + dt.timedelta(weeks=number) for number in range(6)]
    rows = pd.DataFrame([
        {"cohort_week": week, "age_days": age, "median_score": np.nan if week == weeks[5] else 50.0 + age, "threshold": 60.0}
        for week in weeks for age in (1, 7)
    ])  # fmt: skip
    chart = charts.activation_score_by_age(rows)
    shown = data_with(chart, "week", "age_days", "median_score")
    assert sorted({week for week, *_ in shown}) == ["09 Jun", "16 Jun", "23 Jun", "30 Jun"]
    assert ("30 Jun", 7, 57.0) in shown
    assert "threshold of 60." in " ".join(chart.to_dict()["title"]["subtitle"])


def test_weights_show_learned_beside_declared_and_say_why_nothing_was_learned() -> None:
    rows = pd.DataFrame({
        "input": ["progress", "workflow"], "declared": [0.6, 0.4], "learned": [0.7, np.nan], "ci_low": [0.6, np.nan],
        "ci_high": [0.8, np.nan], "n": [900, 900], "auc": [0.8, 0.8], "reason": [None, "does not vary"],
    })  # fmt: skip
    chart = charts.activation_weights(rows)
    assert sorted(data_with(chart, "input", "kind", "weight")) == [
        ("core workflow", "declared", 0.4), ("progress", "declared", 0.6), ("progress", "learned", 0.7),
    ]  # fmt: skip
    nothing = charts.activation_weights(rows.assign(learned=np.nan, reason="12 users; 300 are needed"))
    assert " ".join(nothing.to_dict()["title"]["subtitle"]) == "Nothing was learned: 12 users; 300 are needed."


def test_shifts_show_the_ten_most_striking_cells_and_count_the_findings() -> None:
    rows = pd.DataFrame([
        {
            "dimension": "segment", "dimension_value": f"s{number}", "cohort_week": WEEK, "mature": 50, "rate": 0.1,
            "rate_elsewhen": 0.4, "p": np.nan if number == 0 else number / 100, "q": 0.01,
            "verdict": "insufficient" if number == 0 else "fail" if number == 1 else "pass",
        }
        for number in range(15)
    ])  # fmt: skip
    chart = charts.activation_shifts(rows)
    shown = data_with(chart, "cell", "finding")
    assert len(shown) == 10
    assert shown[0] == ("s1 · 02 Jun (n 50)", "fewer activated")
    assert "1 of 14 cell differs." in " ".join(chart.to_dict()["title"]["subtitle"])
