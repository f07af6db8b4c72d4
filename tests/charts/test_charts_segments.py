"""Charts of segments: what stands in them, what is left out and said, and that bands and bars cover the population."""

import pandas as pd
import pytest

from plg_orchestration import charts

FLOW = pd.DataFrame(
    [
        ("user", "tech_touch", "high_touch", 3), ("user", "tech_touch", "tech_touch", 5), ("user", "none", "unclassified", 7),
        ("user", "unclassified", "unclassified", 40), ("user", "risk_touch", "none", 2),
        ("account", "unclassified", "risk_touch", 1),
    ],
    columns=["unit", "from_segment", "to_segment", "units"],
)  # fmt: skip


def drawn(chart, *columns):
    """The rows of the chart's data set that has all of these columns."""
    for data in chart.to_dict()["datasets"].values():
        if data and all(any(column in row for row in data) for column in columns):
            return data
    raise AssertionError(f"no data set with {columns}")


@pytest.mark.parametrize("make", [charts.segment_counts, charts.segment_flow, charts.cohort_benchmarks])
def test_without_rows_the_chart_gives_the_reason(make):
    assert make(pd.DataFrame(), reason="the night has not run").to_dict()["mark"]["text"] == [
        "no data yet: the night has not run"
    ]


def test_segments_are_counted_by_reason_for_each_kind_of_unit():
    rows = pd.DataFrame({
        "unit": ["user", "user", "user", "account"], "segment": ["tech_touch", "tech_touch", "unclassified", "risk_touch"],
        "reason_code": ["stable", "stable", "too_new", "falling_single_user"],
    })  # fmt: skip
    shown = {(row["unit"], row["why"], row["segment"]): row["units"] for row in drawn(charts.segment_counts(rows), "why")}
    assert shown == {
        ("users", "steady or growing", "tech touch"): 2, ("users", "too new", "unclassified"): 1,
        ("accounts", "falling, one active user", "risk touch"): 1,
    }  # fmt: skip
    counted = rows.groupby(["unit", "segment", "reason_code"], as_index=False).size().rename(columns={"size": "units"})
    again = {(row["unit"], row["why"], row["segment"]): row["units"] for row in drawn(charts.segment_counts(counted), "why")}
    assert again == shown


def test_the_flow_shows_what_moved_and_says_what_it_leaves_out():
    chart = charts.segment_flow(FLOW)
    data = drawn(chart, "band", "side")
    bars = {(row["unit"], row["side"], row["segment"]): row["label"] for row in data if row["kind"] == "bar"}
    assert bars == {
        ("users", "before", "tech touch"): "8", ("users", "before", "risk touch"): "2", ("users", "after", "high touch"): "3",
        ("users", "after", "tech touch"): "5", ("users", "after", "not there"): "2",
        ("accounts", "before", "unclassified"): "1", ("accounts", "after", "risk touch"): "1",
    }  # fmt: skip
    assert "Left out: 47 users unclassified before (or new) and after." in " ".join(chart.to_dict()["title"]["subtitle"])


def test_bands_are_as_thick_as_their_share_and_stay_inside_their_bars():
    data = drawn(charts.segment_flow(FLOW), "band", "side")
    bands = [row for row in data if row["kind"] == "band" and row["unit"] == "users"]
    bars = [row for row in data if row["kind"] == "bar" and row["unit"] == "users"]
    thick = {row["band"]: row["y2"] - row["y"] for row in bands}
    assert thick["tech touch to tech touch"] == pytest.approx(thick["tech touch to high touch"] * 5 / 3)
    for row in bands:
        start, end = row["band"].split(" to ")
        for segment, side, edge in ((start, "before", 0.035), (end, "after", 0.965)):
            if row["x"] == pytest.approx(edge):
                (bar,) = [b for b in bars if (b["segment"], b["side"]) == (segment, side)]
                assert bar["y"] - 1e-9 <= row["y"] <= row["y2"] <= bar["y2"] + 1e-9
    assert all(0 <= row["y"] <= row["y2"] <= 1 for row in bars)


def test_only_unclassified_units_are_no_movement():
    assert "no data yet" in charts.segment_flow(FLOW[3:4]).to_dict()["mark"]["text"][0]


def test_a_cohort_segment_is_better_or_worse_by_the_direction_of_its_measure():
    rows = pd.DataFrame(
        [
            ("overall", "activation_24h_pct", 70.0, 65.0, 75.0, 58.0, 12.0, "higher", "above"),
            ("overall", "avg_days_to_first_key_action", 2.0, 1.5, 2.5, 6.0, -4.0, "lower", "below"),
            ("mobile_first", "activation_24h_pct", 30.0, 20.0, 40.0, 50.0, -20.0, "higher", "below"),
            ("mobile_first", "arpu_delta_per_month", 12.0, None, None, 20.0, None, "higher", "insufficient"),
            ("reactivated_free", "activation_24h_pct", None, None, None, 55.0, None, "higher", "insufficient"),
        ],
        columns=["cohort_segment", "measure", "value", "ci_low", "ci_high", "benchmark", "difference", "better", "verdict"],
    ).assign(unit="user")  # fmt: skip
    chart = charts.cohort_benchmarks(rows)
    found = [row for data in chart.to_dict()["datasets"].values() for row in data if "verdict" in row]
    assert sorted((row["place"], row["value"], row["benchmark"], row["verdict"]) for row in found if row["benchmark"]) == [
        ("mobile first", 30, 50, "worse"), ("overall", 2, 6, "better"), ("overall", 70, 58, "better"),
    ]  # fmt: skip
    assert [row["verdict"] for row in found if not row["benchmark"]] == ["not comparable"]
    assert "no data yet" in charts.cohort_benchmarks(rows, unit="account").to_dict()["mark"]["text"][0]
