"""Charts of fairness draw what the tables hold, and say why when there is nothing to draw."""

from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts

CONTEST = pd.DataFrame({
    "variant": ["plain", "reweighed", "grid_search 0.5", "group_thresholds"], "kind": ["plain", "variant", "variant", "bound"],
    "lift": [3.0, 2.8, None, 2.5], "lift_low": [2.5, 2.3, None, None], "lift_high": [3.5, 3.3, None, None],
    "disparity": [3.0, 0.5, None, 0.0], "chosen": [False, True, False, False],
})  # fmt: skip
OUTCOMES = pd.DataFrame({
    "period": ["window", "scan"], "first_on": ["2025-07-07", "2025-03-24"], "last_on": ["2025-08-31", "2025-05-18"],
    "attribute": "region", "grp": ["NA", "APAC"], "metric": ["held_back", "accepted"], "n": [50, 32],
    "value_group": [0.05, 0.2], "value_rest": [0.06, 0.6], "verdict": ["pass", "fail"],
})  # fmt: skip


def texts(spec: Any) -> str:
    return str(spec)


@pytest.mark.parametrize("make", [charts.mitigation_tradeoff, charts.bias_history, charts.routing_outcomes])
def test_without_rows_a_chart_gives_the_reason(make: Any) -> None:
    assert make(pd.DataFrame(), reason="the night has not run").to_dict()["mark"]["text"] == [
        "no data yet: the night has not run"
    ]


def test_the_trade_off_numbers_contestants_from_the_fairest_on_and_marks_the_challenger() -> None:
    spec = texts(charts.mitigation_tradeoff(CONTEST).to_dict())
    assert "1  group thresholds" in spec and "2  reweighed" in spec and "3  plain" in spec and "0.5" in spec
    assert "grid search" not in spec
    assert "'who': 'challenger'" in spec and "'who': 'bound'" in spec


def test_history_draws_one_metric_over_the_newest_trainings() -> None:
    rows = pd.DataFrame({
        "as_of": pd.date_range("2025-01-01", periods=40), "version": "v", "attribute": "region", "grp": "EMEA",
        "metric": ["selection_rate"] * 39 + ["true_positive_rate"], "difference": 0.02, "ci_low": -0.1, "ci_high": 0.1,
    })  # fmt: skip
    spec = texts(charts.bias_history(rows).to_dict())
    assert "2025-02-08" in spec and "2025-02-09" not in spec and "2025-01-05" not in spec and "region: EMEA" in spec


def test_a_period_that_was_found_stands_beside_its_group() -> None:
    spec = texts(charts.routing_outcomes(OUTCOMES).to_dict())
    assert "accepted by sales: APAC, 24 Mar to 18 May" in spec and "held back: NA" in spec
    assert charts.to_png(charts.routing_outcomes(OUTCOMES)).startswith(b"\x89PNG")
