"""The charts of the weekly review, the claims and the what-if: what they show, what they say when there is nothing."""

import pandas as pd
import pytest

from plg_orchestration import charts
from plg_orchestration.charts.review import words

LAYERS = pd.DataFrame({
    "kind": "layer", "label": ["Activation", "Retention", "Expansion"], "place": [1, 2, 3],
    "kpi": ["activation_rate", "gross_churn", ""], "leak": [500.0, 0.0, None], "currency": "USD",
    "leakiest": [True, False, False], "reason": [None, None, "none of its 2 metrics can be weighed"],
})  # fmt: skip
CLAIMS = pd.DataFrame({
    "claim": ["early_action_converts", "pql_conversion_rate", "mql_conversion_rate"], "place": [1, 2, 3],
    "unit": ["ratio", "percent", "percent"], "value": [3.2, 21.0, None],
    "ci_low": [2.5, 17.0, None], "ci_high": [400.0, 26.0, None],
    "published_low": [5.0, 25.0, 5.0], "published_high": [None, 39.0, 10.0],
    "verdict": ["does_not_hold", "too_little_data", "unavailable"], "reason": ["a", "b", "needs source 'crm_outcomes'"],
})  # fmt: skip
LEVERS = pd.DataFrame({
    "lever": ["activation", "viral_coefficient"], "change": 10.0, "months": 12, "effect_percent": [3.1, 3.5],
    "percent_low": [2.3, 2.8], "percent_high": [4.0, 4.4], "arr_effect": [9632.0, 10943.0], "currency": "USD",
    "published_low": [15.0, None], "published_high": [20.0, None], "reason": None,
})  # fmt: skip


def texts(chart) -> str:
    return charts.to_svg(chart)


def test_the_leakiest_layer_is_named_and_those_not_weighed_stand_there() -> None:
    drawn = texts(charts.layer_leaks(LAYERS))
    for said in ("Activation leaks most", "activation rate", "at its median or better", "Expansion", "not weighed"):
        assert said in drawn


def test_claims_stand_beside_what_was_published_by_unit_and_verdict() -> None:
    drawn = texts(charts.claims_against_published(CLAIMS))
    for said in ("early action converts", "PQL conversion rate", "times as often", "percent", "does not hold", "too little data"):
        assert said in drawn


def test_levers_show_percent_and_money() -> None:
    drawn = texts(charts.what_if_bars(LEVERS))
    for said in ("viral coefficient +10 %", "+9,632 USD", "percent of ARR", "ARR in 12 months"):
        assert said in drawn


@pytest.mark.parametrize(
    ("draw", "rows", "figure"),
    [(charts.layer_leaks, LAYERS, "leak"), (charts.claims_against_published, CLAIMS, "value"),
     (charts.what_if_bars, LEVERS, "effect_percent")],
)  # fmt: skip
def test_without_figures_the_reason_is_said(draw, rows: pd.DataFrame, figure: str) -> None:
    known = rows.assign(**{figure: None, "reason": "nobody came"})
    assert "no data yet: nobody came" in texts(draw(known))
    assert "no data yet" in texts(draw(rows.iloc[:0]))


def test_names_as_words() -> None:
    assert [words(name) for name in ("pql_over_mql", "arpu", "activation_24h")] == ["PQL over MQL", "ARPU", "activation 24h"]
