"""The model card from small tables.

Read by card_candidates, card_audit, card_gaps, card_mitigation, card_previous, card_sources, card_versions and earlier_cards.
"""

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.reports.model_card import earlier_cards, model_card, write_model_cards

from .conftest import DAY, put

POLICY = load_default("pql", PqlPolicy)
VERSION, BEFORE = "2025-08-31-aaaa1111", "2025-08-01-bbbb2222"
WEEK = dt.timedelta(days=7)
COMMON = {"target": "conversion", "status": "trained", "reason": ""}
METRICS = {
    "auc": [0.831, 0.791, 0.871],
    "lift": [3.42, 2.61, 4.3],
    "precision": [0.31, 0.25, 0.38],
    "base_rate": [0.03, 0.02, 0.04],
}
THRESHOLDS = {
    "applied": "capacity",
    "capacity": {
        "met": True, "best": {"threshold": 0.2, "precision": [0.2, 0.1, 0.3], "recall": [0.7, 0.6, 0.8], "fpr": [0.1, 0, 0.2]},
    },
    "operating_point": {
        "met": False, "missed": ["fpr"],
        "best": {"threshold": 0.5, "precision": [0.8, 0.7, 0.9], "recall": [0.1, 0, 0.2], "fpr": [0.01, None, None]},
    },
}  # fmt: skip
TRAINED = {
    **COMMON, "algorithm": "logistic_regression", "settings": '{"regularization": 0.01}', "calibration": "sigmoid",
    "selection": "forward in time", "standing": "weighted", "threshold": 0.2, "threshold_policy": "capacity",
    "thresholds": json.dumps(THRESHOLDS), "train_from": dt.date(2025, 1, 5), "train_to": dt.date(2025, 5, 4),
    "test_from": dt.date(2025, 6, 8), "test_to": dt.date(2025, 7, 20), "train_rows": 9000, "train_positives": 44,
    "test_rows": 8400, "test_positives": 53, "metrics": json.dumps(METRICS), "notes": "[]", "permutation_p": 0.001,
    "data_hash": "d" * 64, "config_hash": "c" * 64, "code_version": "0.1+1", "digest": "f" * 64, "auc": 0.831, "lift": 3.42,
    "precision": 0.31, "recall": 0.52, "ece": 0.012, "importance": json.dumps([["limit_hits_28d", 0.4, "raises"]]),
}  # fmt: skip
GATES = [
    {"name": "rows", "figure": 8400.0, "limit": 500.0, "verdict": "pass", "reason": "enough"},
    {"name": "bias", "figure": 1.0, "limit": 0.0, "verdict": "warn", "reason": "<b>region</b> EMEA"},
]


@dataclass(frozen=True)
class Here:
    """A workspace as a card sees it."""

    state: Path
    name: str = "Acme <&>"
    pql: PqlPolicy = POLICY

    def as_of(self, day: dt.date) -> AsOf:
        return AsOf(day, "UTC")


def audited(group: str, metric: str, value: float | None, *, n: int | None = 400, verdict: str | None = None, **more) -> dict:
    return {"as_of": DAY, "target": "conversion", "scorer": "model", "version": VERSION, "attribute": "region", "grp": group,
            "status": "protected", "metric": metric, "n": n, "value_group": value, "verdict": verdict,
            "reason": "in words", **more}  # fmt: skip


@pytest.fixture
def here(tmp_path, warehouse):
    put(warehouse, "pql.candidate", [
        {**TRAINED, "as_of": DAY, "scorer": "model", "version": VERSION, "artifact": f"models/conversion/{VERSION}",
         "gains": json.dumps({"champion": {"auc": [0.021, 0.004, 0.04]}})},
        {**COMMON, "as_of": DAY, "scorer": "rules", "version": "rules-1", "metrics": json.dumps({"auc": [0.7, 0.6, 0.8]})},
        {**TRAINED, "as_of": DAY - 4 * WEEK, "scorer": "model", "version": BEFORE, "auc": 0.801, "threshold": 0.15,
         "artifact": f"models/conversion/{BEFORE}", "settings": '{"regularization": 0.1}'},
    ])  # fmt: skip
    for version, names in ((VERSION, ["events_7d", "teammates"]), (BEFORE, ["events_7d", "fax_messages"])):
        folder = tmp_path / "models" / "conversion" / version
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"inputs": names}))
    put(warehouse, "pql.champion", [{
        "as_of": DAY, "target": "conversion", "scorer": "model", "version": VERSION, "challenger": VERSION, "previous": BEFORE,
        "verdict": "warn", "reason": "bias: <i>warned</i>", "gates": json.dumps(GATES), "promoted": True, "outcome": "promoted",
    }])  # fmt: skip
    approval = {"reviewer": "Bo", "requested_by": "Ana", "approved_at": "2025-08-31T09:00:00Z", "expires_on": "2025-11-29",
                "rationale": "nothing speaks against it"}  # fmt: skip
    put(warehouse, "pql.promotions", [{
        "target": "conversion", "sequence": 1, "kind": "approval", "as_of": DAY, "actor": "Bo", "previous": BEFORE,
        "scorer": "model", "version": VERSION, "reason": "every gate holds", "approval": json.dumps(approval),
    }])  # fmt: skip
    put(warehouse, "pql.bias_audit", [
        audited("EMEA", "selection_rate", 0.106, verdict="warn", difference=-0.027, ci_low=-0.078, ci_high=0.025),
        audited("EMEA", "true_positive_rate", 0.466, verdict="insufficient"),
        audited("Faroe", "selection_rate", 0.77123, n=None, verdict="insufficient", difference=0.77456),
        audited("one", "selection_rate", 0.2, verdict="pass", attribute="device", status="monitored"),
    ])  # fmt: skip
    put(warehouse, "pql.bias_gaps", [
        {"as_of": DAY, "target": "conversion", "scorer": "model", "version": VERSION, "attribute": "region",
         "metric": "demographic_parity_difference", "value": 0.0351, "worst_group": "EMEA"},
    ])  # fmt: skip
    put(warehouse, "pql.test_predictions", [
        {"as_of": DAY, "target": "conversion", "scorer": "model", "version": VERSION, "row_as_of": DAY, "user_id": f"needle{i}",
         "score": i / 100, "label": i > 80}
        for i in range(100)
    ])  # fmt: skip
    put(warehouse, "ingest.files", [
        {"file_id": name, "source": name, "path": "x", "received_from": at, "received_to": at}
        for name, at in (("events", dt.datetime(2025, 8, 31, 9)), ("tickets", dt.datetime(2025, 8, 10)))
    ])  # fmt: skip
    return Here(tmp_path)


def carded(warehouse, here, day=DAY):
    return model_card(warehouse, trained_on=here.as_of(day), known_on=here.as_of(DAY), target="conversion", workspace=here)


def section(card, title):
    (found,) = [one for one in card.sections if one.title == title]
    return found


def facts(card, title):
    return {fact.label: fact.value for fact in section(card, title).facts}


def rows(card, title):
    return {row[0]: row[1:] for grid in section(card, title).grids for row in grid.rows}


def test_metrics_have_their_intervals_and_thresholds_their_figures(warehouse, here):
    card = carded(warehouse, here)
    assert rows(card, "Metrics on unseen rows")["ROC-AUC"] == ("0.831 [0.791, 0.871]", "0.700 [0.600, 0.800]")
    assert rows(card, "Metrics on unseen rows")["Brier score"] == ("–", "–")
    assert "53 converting accounts, base rate 3.0 % [2.0, 4.0]" in section(card, "Metrics on unseen rows").said
    assert rows(card, "Threshold")["Capacity"][:3] == ("applied", "0.2000", "20.0 % [10.0, 30.0]")
    assert rows(card, "Threshold")["Operating point"][0] == "not met"
    assert facts(card, "Data")["Data, SHA-256"] == "d" * 64 and facts(card, "Data")["File, SHA-256"] == "f" * 64


def test_groups_under_the_minimum_size_are_listed_and_no_figure_of_theirs_leaves(warehouse, here):
    card = carded(warehouse, here)
    groups = rows(card, "Groups")
    assert groups["Region: EMEA"][:4] == ("400", "–", "10.6", "46.6") and groups["Region: EMEA"][-1] == "warn"
    assert groups["Region: EMEA"][-2] == "selected −2.7 [−7.8, +2.5]"
    assert facts(card, "Groups") == {"Region, across groups": "demographic parity difference 0.035 (worst: EMEA)"}
    assert set(groups["Region: Faroe"][:-1]) == {"–", "too small: no figures"} and groups["Region: Faroe"][-1] == "insufficient"
    for shown in (card.html(), card.markdown()):
        assert "Faroe" in shown and "77.1" not in shown and "0.77" not in shown and "needle" not in shown


def test_weaknesses_come_from_the_data(warehouse, here):
    points = " ".join(section(carded(warehouse, here), "Known weaknesses").points)
    assert "threshold was chosen for capacity" in points and "Only 53 converting accounts" in points
    assert "too small to be shown: Region Faroe" in points and "true positive rate of: region EMEA" in points
    assert "tickets (21 days)" in points and "events" not in points.split("old that night")[1]


def test_the_change_against_the_champion_before_names_inputs_settings_and_paired_figures(warehouse, here):
    card = carded(warehouse, here)
    title = "Change against the previous champion"
    assert facts(card, title)["ROC-AUC gained over the champion before"] == "+0.021 [+0.004, +0.040], on the same rows"
    assert facts(card, title)["Inputs"] == "new teammates; gone fax_messages"
    assert rows(card, title)["Settings"] == ('{"regularization": 0.1}', '{"regularization": 0.01}')
    assert rows(card, title)["Threshold"] == ("0.15", "0.2") and rows(card, title)["ROC-AUC"] == ("0.801", "0.831")


def test_a_formula_before_is_compared_on_the_same_rows(warehouse, here):
    warehouse.connection.execute("update pql.champion set previous = 'rules-1'")
    card = carded(warehouse, here)
    assert "a formula, without training" in section(card, "Change against the previous champion").said
    assert rows(card, "Change against the previous champion")["ROC-AUC"] == ("–", "0.831")


def test_gates_and_approval_are_told(warehouse, here):
    card = carded(warehouse, here)
    assert facts(card, "Gates") == {"1 of 2 pass": "rows 8\u202f400 (limit 500)"} and rows(card, "Gates")["Bias"][2] == "warn"
    told = facts(card, "Approval and routing")
    assert told["2025-08-31"] == f"rose by approval, by Bo: {VERSION} after {BEFORE}"
    assert told["Approved"] == "Bo on 2025-08-31, asked by Ana: nothing speaks against it (until 2025-11-29)"


def test_a_version_of_a_day_that_keeps_an_earlier_promotion_does_not_pass_for_it(warehouse, here):
    warehouse.connection.execute("update pql.champion set version = 'kept'; update pql.promotions set version = 'kept'")
    card = carded(warehouse, here)
    assert card.outcome == "not judged" and "keeps the promotion of kept" in card.reason
    assert section(card, "Gates").said == "Not judged: the day keeps the judgment on kept." and not facts(card, "Gates")


def test_mitigations_are_told_with_their_cost(warehouse, here):
    assert "No contest" in section(carded(warehouse, here), "Mitigations tried").said
    common = {"as_of": DAY, "target": "conversion", "version": VERSION, "status": "evaluated"}
    put(warehouse, "pql.mitigation", [
        {**common, "variant": "plain", "kind": "plain", "lift": 3.4, "disparity": 1.31, "verdict": "fail", "chosen": False,
         "reason": "fails"},
        {**common, "variant": "reweighed", "kind": "variant", "lift": 3.1, "disparity": 0.82, "verdict": "pass", "chosen": True,
         "reason": "the best that passes"},
    ])  # fmt: skip
    tried = rows(carded(warehouse, here), "Mitigations tried")
    assert tried["Plain"][1:] == ("3.40", "1.31", "fail", "fails") and tried["Reweighed"][4] == "chosen: the best that passes"


def test_the_page_is_escaped_self_contained_and_the_same_each_time(warehouse, here):
    page = carded(warehouse, here).html()
    assert "<b>region</b>" not in page and "&lt;b&gt;region" in page and "<i>warned" not in page and "Acme &lt;&amp;&gt;" in page
    assert "<svg" in page and not re.search(r"<script|@import|url\(|(src|href)=[\"']http", page)
    assert page == carded(warehouse, here).html() and "@page { size: A4" in page


def test_the_markdown_holds_the_same_tables(warehouse, here):
    text = carded(warehouse, here).markdown()
    assert f"# Model card: conversion {VERSION}" in text and "| ROC-AUC | 0.831 [0.791, 0.871] | 0.700 [0.600, 0.800] |" in text
    assert "## Not to be used" in text and "| Region: EMEA |" in text and "..\n" not in text


def test_a_night_without_a_model_says_why(warehouse, here):
    put(warehouse, "pql.candidate", [{**COMMON, "as_of": DAY - WEEK, "scorer": "model", "version": "2025-08-24-cold_start",
                                      "status": "cold_start", "reason": "training becomes possible on 2026-01-01"}])  # fmt: skip
    card = carded(warehouse, here, DAY - WEEK)
    assert card.outcome == "no model" and not card.sections and "possible on 2026-01-01" in card.html()


def test_cards_are_written_for_the_nights_training_and_for_every_version_that_moved(warehouse, here):
    shown = []
    written = write_model_cards(
        warehouse, as_of=here.as_of(DAY), workspace=here, dagster_run_id="run-1",
        show=lambda card, page, text: shown.append((card.version, len(page), text[:1])) or {"mlflow_run_id": "r"},
    )  # fmt: skip
    assert list(written["version"]) == [BEFORE, VERSION] and [s[0] for s in shown] == [BEFORE, VERSION]
    assert set(written["dagster_run_id"]) == {"run-1"} and set(written["mlflow_run_id"]) == {"r"}
    page = here.state / written["path"].iloc[1]
    assert page.name == f"{VERSION}.html" and page.with_suffix(".md").read_text().startswith("# Model card")
    assert page.stat().st_size == written["bytes"].iloc[1]
    told = (here.state / written["path"].iloc[0]).read_text()
    assert f"was replaced by approval, by Bo: {VERSION} after {BEFORE}" in told
    put(warehouse, "reports.model_card", [{**written.iloc[1].to_dict(), "version": "gone"}])
    again = write_model_cards(
        warehouse, as_of=here.as_of(DAY), workspace=here, show=lambda *_: {},
        earlier=earlier_cards(warehouse, as_of=here.as_of(DAY)),
    )  # fmt: skip
    assert list(again["version"]) == [BEFORE, VERSION, "gone"]
    with pytest.raises(Unavailable, match="no model was trained on 2025-09-01"):
        write_model_cards(warehouse, as_of=here.as_of(DAY + dt.timedelta(days=1)), workspace=here, show=lambda *_: {})
