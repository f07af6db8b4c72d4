"""The chart of the day's events against their usual numbers."""

from typing import Any

import pandas as pd

from plg_orchestration import charts

ROW = {"usual": 100.0, "usual_low": 60.0, "usual_high": 150.0, "volume": "usual", "expected": True, "seen": True}


def drawn(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    spec = charts.event_volumes(pd.DataFrame([ROW | row for row in rows])).to_dict()
    (data,) = spec["datasets"].values()
    return data


def test_unusual_events_come_first_and_far_ones_stay_at_the_edge() -> None:
    rows = drawn(
        {"event": "Report Created", "events": 90}, {"event": "Odd", "events": 1000, "volume": "high"},
        {"event": "Seldom", "events": 0, "usual": 0.2},
    )  # fmt: skip
    assert [(row["event"], row["share"], row["label"]) for row in rows] == [("Odd", 3.0, "1,000"), ("Report Created", 0.9, "90")]
    assert (rows[0]["low"], rows[0]["high"]) == (0.6, 1.5)


def test_the_subtitle_counts_what_was_seen() -> None:
    rows = pd.DataFrame([ROW | {"event": "A", "events": 1}, ROW | {"event": "B", "events": 0, "seen": False}])
    said = " ".join(charts.event_volumes(rows).to_dict()["title"]["subtitle"])
    assert said.startswith("1 of 2 expected events were seen lately. 0 came in an unusual number.")


def test_without_history_the_chart_gives_the_reason() -> None:
    for rows in (pd.DataFrame(), pd.DataFrame([ROW | {"event": "A", "events": 1, "usual": None}])):
        assert "no data yet" in charts.event_volumes(rows).to_dict()["mark"]["text"][0]
