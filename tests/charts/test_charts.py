"""Charts: what they aggregate, what they say without data, and that one drawing serves light and dark."""

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from plg_orchestration import charts
from plg_orchestration.charts.growth import wilson
from plg_orchestration.charts.scoring import ladder
from plg_orchestration.charts.theme import PROPERTIES

EMPTY = pd.DataFrame()
D = dt.date


def rows_of(chart: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of the chart's data set that has all of these columns."""
    for data in chart.to_dict()["datasets"].values():
        if data and all(column in data[0] for column in columns):
            return [tuple(row[column] for column in columns) for row in data]
    raise AssertionError(f"no data set with {columns}")


@pytest.mark.parametrize(
    "make",
    [
        charts.retention_heatmap, charts.activation_by_cohort, charts.mrr_movements, charts.score_distribution,
        charts.calibration_curve, charts.bias_contrasts, charts.risk_heatmap, charts.ledger_bars,
        lambda rows, **options: charts.kpi_trend(rows, title="ARPU", **options),
    ],
)  # fmt: skip
def test_without_rows_a_chart_gives_the_reason_instead_of_an_empty_axis(make: Callable[..., Any]) -> None:
    spec = make(EMPTY, reason="the night has not run").to_dict()
    assert spec["mark"]["text"] == ["no data yet: the night has not run"]
    assert "encoding" not in spec


def test_activation_sums_a_week_and_spans_its_wilson_interval() -> None:
    week = D(2025, 6, 2)
    rows = pd.DataFrame({"cohort_week": [week, week], "activated_7d": [6, 2], "mature_7d": [7, 3]})
    low, high = wilson(8, 10)
    assert rows_of(charts.activation_by_cohort(rows), "value", "ci_low", "ci_high") == [(0.8, low, high)]
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)


def test_a_week_that_is_not_mature_is_no_point() -> None:
    rows = pd.DataFrame({"cohort_week": [D(2025, 6, 2), D(2025, 6, 9)], "activated_7d": [1, 0], "mature_7d": [2, 0]})
    assert rows_of(charts.activation_by_cohort(rows), "value") == [(0.5,)]


def test_the_heat_map_leaves_open_periods_blank_and_keeps_twelve_cohorts() -> None:
    cohorts = [D(2025, 1, 6) + dt.timedelta(days=7 * i) for i in range(14)]
    rates = {0: 1.0, 1: 0.304, 2: math.nan}
    rows = pd.DataFrame([
        {"cohort": cohort, "index": index, "size": 10, "rate": rate} for cohort in cohorts for index, rate in rates.items()
    ])  # fmt: skip
    shown = rows_of(charts.retention_heatmap(rows), "cohort", "index", "label")
    assert len(shown) == 12
    assert shown[0] == ("2025-01-20", 1, "30")


def test_movements_of_a_month_are_drawn_and_netted() -> None:
    months = {"month": [D(2025, 6, 1)], "new": [150], "expansion": [0], "reactivation": [0], "contraction": [0], "churn": [-30]}
    rows = pd.DataFrame(months)
    chart = charts.mrr_movements(rows, currency="USD")
    assert sorted(rows_of(chart, "month", "movement", "amount")) == [("2025-06", "churn", -30.0), ("2025-06", "new", 150.0)]
    assert [("2025-06", 120.0)] in [
        [(row["month"], row["amount"]) for row in data if "movement" not in row]
        for data in chart.to_dict()["datasets"].values() if data and "month" in data[0]
    ]  # fmt: skip


def test_scores_are_counted_in_bins() -> None:
    shown = rows_of(charts.score_distribution(pd.DataFrame({"score": [0.0, 0.5, 59.0, 60.0]})), "low", "high", "people")
    assert shown == [(0.0, 2.0, 2), (58.0, 60.0, 2)]


def test_the_ladder_covers_the_largest_count() -> None:
    assert ladder(1) == [0, 1]
    assert ladder(101) == [0, 1, 10, 100, 1000]


def test_contrasts_keep_the_sixteen_widest() -> None:
    rows = pd.DataFrame([
        {"attribute": "region", "group_value": f"{i:02}", "difference": i / 100, "ci_low": 0, "ci_high": 0.2, "verdict": "pass"}
        for i in range(20)
    ])  # fmt: skip
    shown = rows_of(charts.bias_contrasts(rows), "group", "verdict")
    assert [group for group, _ in shown] == [f"region: {i:02}" for i in range(4, 20)]


def test_a_risk_that_controls_moved_stands_in_both_places() -> None:
    rows = pd.DataFrame({"risk_id": ["R1", "R2"], "likelihood": [3, 1], "impact": [3, 3], "residual_score": [6, 3]})
    assert rows_of(charts.risk_heatmap(rows), "likelihood", "impact", "risks") == [
        ("low", "high", "R2"), ("medium", "high", "R1"), ("high", "high", "(R1)"),
    ]  # fmt: skip


def test_more_than_45_days_of_the_ledger_are_shown_by_week() -> None:
    days = [D(2025, 6, 2) + dt.timedelta(days=i) for i in range(49)]
    rows = pd.DataFrame({"day": days, "accepted": 10, "duplicates": 1, "quarantined": 0})
    shown = rows_of(charts.ledger_bars(rows), "outcome", "lines")
    assert shown == [("accepted", 70)] * 7
    assert len(rows_of(charts.ledger_bars(rows[:45]), "outcome", "lines")) == 45


def trend() -> Any:
    rows = pd.DataFrame(
        {"period_start": [D(2025, 6, 2), D(2025, 6, 9)], "value": [0.2, 0.3], "ci_low": [0.1, None], "ci_high": [0.4, None]}
    )
    return charts.kpi_trend(rows, title="Activation", percent=True, band=(0.1, 0.4), target=0.25)


def test_svg_follows_the_page_and_names_itself() -> None:
    text = charts.to_svg(trend(), label='Share "activated" < 1')
    assert text.startswith("<svg ")
    assert 'role="img" aria-label="Share &quot;activated&quot; &lt; 1"' in text
    for color, name in PROPERTIES.items():
        assert text.count(color) == text.count(f"var(--chart-{name}, {color})")
    assert "var(--chart-accent, " in text
    assert 'width="100' not in text.split(">")[0]


def test_png_is_a_png_and_the_same_each_time() -> None:
    first = charts.to_png(trend())
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert charts.to_png(trend()) == first


def test_an_image_is_wider_than_its_chart_for_readers_with_wider_fonts():
    import re

    from plg_orchestration.charts.render import MARGIN

    size = re.compile(r'width="([\d.]+)" height="([\d.]+)" viewBox="([-\d. ]+)"')
    plain, image = size.search(charts.to_svg(trend())), size.search(charts.to_image(trend()).decode())
    assert plain is None
    assert image is not None
    left, _, width, height = (float(part) for part in image[3].split())
    assert (left, width, height) == (-MARGIN, float(image[1]), float(image[2]))
    assert b"background: white" in charts.to_image(trend())
