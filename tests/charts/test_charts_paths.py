"""Charts of paths: what stands out, what is written beside it, and what they say without data."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts

EMPTY = pd.DataFrame()


def rows_of(chart: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of the chart's data that have all of these columns."""
    spec = chart.to_dict()
    sources = [*spec.get("datasets", {}).values(), *[layer.get("data", {}).get("values", []) for layer in spec.get("layer", [])]]
    for data in sources:
        if data and all(column in data[0] for column in columns):
            return [tuple(row[column] for column in columns) for row in data]
    raise AssertionError(f"no data with {columns}")


@pytest.mark.parametrize("make", [charts.golden_path, charts.friction_points, charts.gate_rates, charts.conversion_associations])
def test_without_rows_a_chart_gives_the_reason(make: Callable[..., Any]) -> None:
    assert make(EMPTY, reason="the night has not run").to_dict()["mark"]["text"] == ["no data yet: the night has not run"]
    assert make(EMPTY).to_dict()["mark"]["text"][0].startswith("no data yet: ")


def path() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("path", "", "", None, None, None, None, True, None),
            ("step", "", "import", 1, 0.8, 0.3, 4.2, True, None),
            ("step", "", "invite", 2, 0.6, 0.2, 50.0, True, None),
            ("step", "", "profile", None, 0.9, 0.9, 0.1, False, None),
            ("transition", "import", "invite", 2, 0.45, 0.05, 50.0, True, None),
        ],
        columns=[
            "kind", "from_step", "to_step", "position", "stayers_share", "others_share", "median_hours", "on_path", "reason",
        ],
    )  # fmt: skip


def test_the_path_has_a_node_a_step_and_an_edge_a_transition() -> None:
    chart = charts.golden_path(path())
    assert rows_of(chart, "name", "position", "low", "share") == [
        ("import\u20024 h", 1, 0.3, 0.8), ("invite\u20022 d", 2, 0.2, 0.6),
    ]  # fmt: skip
    assert rows_of(chart, "position", "share", "label")[0] == (1, 0.8, "80 %")
    spec = str(chart.to_dict())
    assert "45 % straight on" in spec
    assert charts.to_png(chart)[:4] == b"\x89PNG"


def test_a_path_without_steps_says_why() -> None:
    none = pd.DataFrame({"kind": ["path"], "on_path": [False], "reason": ["2 users stayed"]})
    assert charts.golden_path(none).to_dict()["mark"]["text"] == ["no data yet: 2 users stayed"]


def test_the_three_worst_friction_points_stand_out() -> None:
    rows = pd.DataFrame(
        {
            "step": [1, 2, 3, 4, 5], "name": ["a", "b", "c", "d", "activation"], "lost": [10, 20, 30, 5, 7],
            "reached": [100, 90, 70, 40, 35], "effect": [0.1, 0.3, None, 0.2, 1.0],
            "rank": pd.array([3, 2, None, 4, 1], "Int64"),
        }
    )  # fmt: skip
    assert rows_of(charts.friction_points(rows), "name", "worst", "label") == [
        ("a", "worst 3", "10 of 100, effect +10 points"), ("b", "worst 3", "20 of 90, effect +30 points"),
        ("c", "other", "30 of 70"), ("d", "other", "5 of 40, effect +20 points"), ("activation", "worst 3", "7 of 35"),
    ]  # fmt: skip


def test_gates_show_the_longest_window_that_has_a_rate() -> None:
    rows = pd.DataFrame(
        [
            ("gate", "any", "all", 7, 90, 0.1, 0.05, 0.2, 0.08), ("gate", "any", "all", 30, 40, 0.2, 0.1, 0.3, 0.1),
            ("gate", "any", "0-1 sessions", 30, 40, 0.2, 0.1, 0.3, 0.1), ("pricing", "any", "all", 7, 90, 0.3, 0.2, 0.4, None),
            ("pricing", "any", "all", 30, 4, None, None, None, None), ("guidance", "started", "all", 30, 20, 0.5, 0.4, 0.6, 0.5),
        ], columns=["kind", "item", "bucket", "window_days", "mature_exposed", "rate", "ci_low", "ci_high", "baseline_rate"],
    )  # fmt: skip
    spec = charts.gate_rates(rows).to_dict()
    shown = [[(row["name"], row["rate"]) for row in data] for data in spec["datasets"].values()]
    assert sorted(shown) == [
        [("limit: any\u200230 d, n = 40", 0.2), ("pricing viewed\u20027 d, n = 90", 0.3)],
        [("tour: started\u200230 d, n = 20", 0.5)],
    ]
    assert charts.to_png(charts.gate_rates(rows))[:4] == b"\x89PNG"


def test_found_associations_stand_out_in_the_order_of_their_odds() -> None:
    rows = pd.DataFrame(
        {
            "as_of": dt.date(2025, 6, 30), "feature": ["a", "b", "c"], "unit": "account", "odds_ratio": [1.5, 4.0, None],
            "ci_low": [0.8, 2.0, None], "ci_high": [3.0, 8.0, None], "found": pd.array([False, True, None], "boolean"),
        }
    )  # fmt: skip
    assert rows_of(charts.conversion_associations(rows), "name", "what") == [("b", "found"), ("a", "not told from chance")]
