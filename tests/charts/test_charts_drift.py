"""Charts of drift and live performance draw what they are given, and say what is lacking."""

import datetime as dt

import pandas as pd

from plg_orchestration import charts

NIGHTS = [dt.date(2025, 1, 1) + dt.timedelta(days=n) for n in range(6)]


def test_strips_show_the_score_first_and_then_what_moved_most():
    rows = pd.DataFrame(
        [(night, f"f{i:02d}", 0.01 * i) for night in NIGHTS for i in range(30)]
        + [(NIGHTS[0], "score", 0.001), (NIGHTS[0], "empty", None)],
        columns=["as_of", "subject", "population_stability_index"],
    )  # fmt: skip
    text = charts.to_svg(charts.drift_strips(rows))
    assert "f29" in text and "f01" not in text and "empty" not in text and "The 16 of 31" in text
    assert text.index(">score<") < text.index(">f29<")


def test_one_night_shows_its_figures():
    rows = pd.DataFrame({"as_of": NIGHTS[:1], "subject": ["score"], "population_stability_index": [0.234]})
    assert ">0.23<" in charts.to_svg(charts.drift_strips(rows))


def test_precision_stands_beside_its_promise():
    kinds = {"kind": ["estimated", "realized"], "value": [0.2, 0.1], "low": [0.1, 0.05], "high": [0.3, 0.2]}
    rows = pd.DataFrame({"period_start": [NIGHTS[0]] * 2, **kinds})
    text = charts.to_svg(charts.live_precision(rows))
    assert "estimated" in text and "realized" in text and "2025-01-01" in text
    assert "no week has a figure yet" in charts.to_svg(charts.live_precision(rows[:0]))


def test_a_lift_without_outcomes_in_the_holdout_still_shows_its_interval():
    rows = pd.DataFrame(
        {"scorer": ["all"], "version": ["all"], "value": [None], "low": [0.4], "high": [9.0], "verdict": ["insufficient"]}
    )
    assert "all versions" in charts.to_svg(charts.holdout_lift(rows))
    assert "is old enough" in charts.to_svg(charts.holdout_lift(rows[:0]))
    assert "was held against" in charts.to_svg(charts.drift_strips(pd.DataFrame()))
