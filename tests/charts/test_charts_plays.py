"""Charts of plays: what is counted as running, and how a result is put into words."""

from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts
from tests.charts.test_charts import rows_of


def results(**play: Any) -> pd.DataFrame:
    holdout = {"play": "upgrade_moment", "cohort": "all", "arm": "holdout", "rate": 0.1, "ci_low": 0.05, "ci_high": 0.2}
    shown = holdout | {
        "arm": "play", "rate": 0.3, "ci_low": 0.2, "ci_high": 0.4, "difference": 0.2, "difference_low": 0.062,
        "difference_high": 0.333, "verdict": "better",
    }  # fmt: skip
    return pd.DataFrame([shown | play, holdout])


@pytest.mark.parametrize("make", [charts.plays_by_kind, charts.play_results])
def test_without_rows_a_chart_gives_the_reason(make: Any) -> None:
    spec = make(pd.DataFrame(), reason="the night has not run").to_dict()
    assert spec["mark"]["text"] == ["no data yet: the night has not run"]


def test_live_plays_are_counted_by_channel_and_the_held_out_apart() -> None:
    rows = pd.DataFrame(
        [
            ("zombie_resurrection", "email", False, "live", 8), ("upgrade_moment", "email", False, "live", 3),
            ("upgrade_moment", "email", True, "live", 3), ("upgrade_moment", "in_app", False, "queued", 3),
            ("upgrade_moment", "in_app", False, "suppressed", 3),
        ],
        columns=["play", "channel", "holdout", "status", "priority"],
    )  # fmt: skip
    chart = charts.plays_by_kind(rows)
    assert rows_of(chart, "play", "shown", "plays") == [
        ("upgrade moment", "email", 1), ("upgrade moment", "held out", 1), ("zombie resurrection", "email", 1),
    ]  # fmt: skip
    assert rows_of(chart, "play", "label") == [("upgrade moment", "2 (+ 1 queue)"), ("zombie resurrection", "1")]


def test_a_result_says_the_difference_in_points_and_the_verdict() -> None:
    assert rows_of(charts.play_results(results()), "name", "label") == [("upgrade moment", "+20 points (+6 to +33): better")]
    alone = results(difference=None, difference_low=None, difference_high=None, verdict="too_little_data")
    assert rows_of(charts.play_results(alone), "name", "label") == [("upgrade moment", "too little data (nobody held out)")]


def test_weeks_and_plays_without_a_rate_are_not_drawn() -> None:
    rows = results(cohort="2025-03-10")
    assert [row[0] for row in rows_of(charts.play_results(rows), "arm", "rate")] == ["holdout"]
    assert "text" in charts.play_results(results().assign(rate=None)).to_dict()["mark"]
