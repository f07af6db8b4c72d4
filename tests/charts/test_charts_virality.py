"""Charts of the viral loop: which rows they take, and what they say without any."""

from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts


def datasets(chart: Any) -> list[list[dict[str, Any]]]:
    return list(chart.to_dict()["datasets"].values())


def projection(*scenarios: str) -> pd.DataFrame:
    return pd.DataFrame([
        {"scenario": scenario, "form": form, "month": month, "k": 0.5 + place / 10, "cumulative_users": 100 * month + place}
        for place, scenario in enumerate(scenarios) for form in ("published", "one_round") for month in (1, 2, 3)
    ])  # fmt: skip


@pytest.mark.parametrize("make", [charts.viral_projection, charts.k_by_age, charts.viral_sensitivity])
def test_without_rows_a_chart_gives_the_reason(make: Any) -> None:
    assert make(pd.DataFrame(), reason="the night has not run").to_dict()["mark"]["text"] == [
        "no data yet: the night has not run"
    ]


def test_the_workspaces_own_k_is_drawn_with_the_band_of_its_interval() -> None:
    chart = charts.viral_projection(projection("published_example", "workspace", "workspace_low", "workspace_high"))
    band, lines = sorted(datasets(chart), key=lambda rows: "low" not in rows[0])
    assert [row["cumulative_users"] for row in lines if row["form"] == "published form"] == [101, 201, 301]
    assert (band[0]["low"], band[0]["high"]) == (102, 103)
    assert "k = 0.60 (0.70 to 0.80)" in " ".join(chart.to_dict()["title"]["subtitle"])


def test_without_a_measured_k_the_example_is_drawn_and_named() -> None:
    chart = charts.viral_projection(projection("published_example"))
    (lines,) = [rows for rows in datasets(chart) if rows]
    assert len(lines) == 6
    assert chart.to_dict()["title"]["subtitle"][0].startswith("The published example, k = 0.50.")


def test_k_is_drawn_by_age_and_an_age_that_nobody_reached_is_left_out() -> None:
    row = {"measure": "k_per_member", "cohort_by": "age_months", "n": 10}
    rows = pd.DataFrame([
        row | {"cohort": "0", "value": 0.25, "ci_low": 0.2, "ci_high": 0.3}, row | {"cohort": "1", "value": 0.0},
        row | {"cohort": "2", "value": None, "n": 0}, row | {"cohort_by": "all", "cohort": "all", "value": 0.2},
    ])  # fmt: skip
    (data,) = datasets(charts.k_by_age(rows))
    assert [(point["age"], point["label"], point["top"]) for point in data] == [(1, "0.250", 0.3), (2, "0", 0)]


def test_the_printed_multiplier_stands_beside_ours() -> None:
    rows = pd.DataFrame([{
        "invite_conversion": 0.4, "k": 0.84, "months": 12, "published_multiplier": 819.6, "one_round_multiplier": 5.46,
        "printed_arr_multiplier": 2.2,
    }])  # fmt: skip
    (data,) = datasets(charts.viral_sensitivity(rows))
    assert {point["form"]: point["text"] for point in data} == {
        "published form": "820×", "one round of invites": "5.5×", "as printed (ARR)": "2.2×",
    }  # fmt: skip
    assert data[0]["tried"] == "40 % (k 0.84)"
