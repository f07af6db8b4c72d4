"""The monthly drift review, from `review_drift`, `review_nights`, `review_live`, `review_reasons` and `review_incidents`."""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

from plg_orchestration.reports import write_drift_review
from plg_orchestration.reports.drift_actions import actions

from .conftest import DAY, put

NIGHTS = [DAY - dt.timedelta(days=back) for back in (40, 2, 1, 0)]
COMMON = {"target": "conversion", "scorer": "model", "version": "m1"}


@dataclass(frozen=True)
class Here:
    """A workspace as a report sees it."""

    state: Path
    name: str = "Acme <&>"


def compared(night, subject, index, verdict, **more):
    row = {"kind": "number", "reference": "the training of 2025-07-01", "missing": 0.1, "reference_missing": 0.1, "median": 5.0,
           "reference_median": 3.0, "population_stability_index": index, "verdict": verdict,
           "reason": f"population stability index {index}, over 0.20"}  # fmt: skip
    return {**COMMON, "as_of": night, "subject": subject, **row, **more}


def filled_in(warehouse):
    rows = [compared(night, "limit_hits_28d", 0.3, "drifted") for night in NIGHTS[:3]]
    rows += [
        compared(DAY, "limit_hits_28d", 0.25, "drifted"),
        compared(DAY, "score", 0.31, "drifted"),
        compared(DAY, "device", 0.02, "ok"),
    ]
    rows.append(compared(DAY, "label", None, "insufficient", kind="label", reason="no night's outcomes are known yet"))
    put(warehouse, "pql.drift", rows)
    week = {
        **COMMON,
        "as_of": DAY,
        "period": "week",
        "period_start": dt.date(2025, 7, 21),
        "metric": "precision",
        "rows": 40,
        "expected": 0.3,
    }
    history = {"as_of": DAY, "target": "conversion", "period": "history", "period_start": dt.date(2025, 6, 1), "scorer": "all",
               "version": "all", "metric": "lift", "kind": "realized", "mature_share": 0.8}  # fmt: skip
    put(warehouse, "pql.live_performance", [
        {**week, "kind": "estimated", "value": 0.28, "low": 0.2, "high": 0.36, "in_force": False},
        {**week, "kind": "realized", "value": 0.12, "low": 0.06, "high": 0.21, "in_force": True},
        {**history, "value": 1.6, "low": 0.7, "high": 3.2, "rows": 400, "verdict": "insufficient",
         "reason": "12 of 400 | 1 of 20"},
        {**COMMON, "as_of": DAY, "period": "version", "period_start": dt.date(2025, 7, 1), "metric": "false_discovery_rate",
         "kind": "realized", "value": 0.88, "low": 0.82, "high": 0.92, "expected": 0.7, "rows": 200, "mature_share": 0.9,
         "verdict": "warn", "reason": "0.880 of 200 leads were false"},
    ])  # fmt: skip
    outcome = {**COMMON, "as_of": DAY, "week": dt.date(2025, 7, 21), "label": False, "accounts": 9, "handed_over": 9}
    put(warehouse, "pql.outcomes", [
        {**outcome, "outcome": "rejected", "reason": "no_budget", "leads": 9},
        {**outcome, "outcome": "none", "reason": "", "leads": 3},
    ])  # fmt: skip
    put(warehouse, "pql.champion", [{**COMMON, "as_of": NIGHTS[1], "previous": "rules-1", "reason": "every gate holds"}])


def test_the_review_says_what_drifted_how_leads_fared_and_what_to_do(warehouse, day, tmp_path):
    filled_in(warehouse)
    row = write_drift_review(warehouse, as_of=day, workspace=Here(tmp_path)).iloc[0]
    assert (row["drifted"], row["actions"], row["path"]) == (2, 5, "reports/2025-08-31/drift_review.html")
    page = (tmp_path / row["path"]).read_text()
    ET.fromstring(re.sub(r"<!doctype html>|<meta [^>]*>", "", page))
    assert "Acme &lt;&amp;&gt;" in page and "http://" not in page.replace("http://www.w3.org", "")
    text = (tmp_path / "reports/2025-08-31/drift_review.md").read_text()
    assert "- 2 of 4 subjects have drifted: score, limit hits 28d; 1 cannot be judged." in text
    assert "| limit hits 28d | 0.25 | 0.30 | 3 of 3 | 3 → 5 |" in text
    assert "| Roll m1 back or let a better challenger take its place. | team:growth | 0.880 of 200 leads were false |" in text
    assert "12 of 400 \\| 1 of 20" in text and "| m1 | rejected | no budget | 9 |" in text
    assert "| champion | rules-1 to m1 | 2025-08-29 |" in text and "| drift | score | 2025-08-31 | 1 | 1 subject |" in text
    cells = (tmp_path / "reports/2025-08-31/drift_review.csv").read_text().splitlines()
    assert len(cells) == 5 and cells[0].startswith('"as_of","target"')


def test_a_night_without_any_of_it_still_has_a_review_that_says_so(warehouse, day, tmp_path):
    row = write_drift_review(warehouse, as_of=day, workspace=Here(tmp_path)).iloc[0]
    page = (tmp_path / row["path"]).read_text()
    assert "pql.drift has not been built" in page and "pql.live_performance has not been built" in page and row["actions"] == 0


def drifted(subject, **more):
    return {"subject": subject, "kind": "number", "verdict": "drifted", "reason": "", "population_stability_index": 0.4,
            "missing": 0.5, "reference_missing": 0.1, **more}  # fmt: skip


def test_each_finding_asks_for_what_mends_it_the_urgent_ones_first():
    found = actions(
        [drifted("tenure_days"), drifted("label", kind="label"), drifted("channel", reason="change of the missing share 0.40"),
         drifted("score"), drifted("device", verdict="insufficient", reason="30 accounts tonight")],
        [{"metric": "lift", "period": "history", "verdict": "warn", "reason": "at most 1.05"}], [],
    )  # fmt: skip
    assert [action.what.split()[0] for action in found] == ["Retrain", "Retrain;", "Repair", "Look", "Find", "Nothing"]
    assert [action.tone for action in found] == ["bad"] * 4 + ["warn", "none"]
    assert "tenure days (0.40)" in found[4].why


def test_nothing_found_asks_for_nothing():
    assert actions([drifted("score", verdict="ok")], [], []) == []


@pytest.mark.parametrize(
    "scheduled, day", [(dt.datetime(2025, 9, 1, 7, 30), "2025-08-31"), (dt.datetime(2025, 3, 1, 7, 30), "2025-02-28")]
)
def test_the_month_that_has_ended_is_reviewed_on_the_first(scheduled, day):
    import dagster as dg

    from assets.declare import DAILY
    from jobs.schedules import monthly_drift_review_schedule

    with dg.DagsterInstance.ephemeral() as instance:
        asked = monthly_drift_review_schedule(dg.build_schedule_context(instance=instance, scheduled_execution_time=scheduled))
    if DAILY.has_partition_key(day):
        assert isinstance(asked, dg.RunRequest) and asked.partition_key == day
    else:
        assert isinstance(asked, dg.SkipReason)
