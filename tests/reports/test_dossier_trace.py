"""The traces of the formulas, computed by hand: which criteria fired, with how many points, and what each component adds."""

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.library import rule_score, weighted_score
from plg_orchestration.reports.dossier.trace import Signal, trace_rules, trace_weights

POLICY = load_default("pql", PqlPolicy)


def signals(**values: float | None) -> list[Signal]:
    """One signal a criterion: the named features' values, 0 for every other."""
    return [Signal(values.get(criterion.feature, 0.0)) for criterion in POLICY.rules.criteria]


def test_of_one_tier_only_the_best_criterion_counts():
    trace = trace_rules(POLICY.rules, signals(invites_accepted=5, invites_sent=5, limit_hits_28d=2), recorded=55)
    by_name = {one.criterion.criterion: one for one in trace.fired}
    fewer, more = by_name["invited 1 to 3 team members"], by_name["invited 4 or more team members"]
    assert (fewer.outcome, fewer.points) == ("a better tier counts", 0) and (more.outcome, more.points) == ("fired", 25)
    assert by_name["hit a limit of the free plan"].points == 30 and by_name["connected an integration"].outcome == "not met"
    assert trace.points == 25 + 30 and trace.agrees
    assert not trace_rules(POLICY.rules, signals(), recorded=55).agrees


def test_an_unknown_feature_earns_nothing_and_is_said_to_be_unknown():
    trace = trace_rules(POLICY.rules, signals(company_size_fit=None, industry_fit=1), recorded=10)
    by_feature = {one.criterion.feature: one.outcome for one in trace.fired}
    assert (by_feature["company_size_fit"], by_feature["industry_fit"], trace.points) == ("unknown", "fired", 10)


def test_a_faded_signal_counts_its_share_and_the_sum_is_rounded():
    faded = [Signal(2.0, 0.55) if c.feature == "limit_hits_28d" else Signal(0.0) for c in POLICY.rules.criteria]
    trace = trace_rules(POLICY.rules, faded, recorded=17)
    assert next(one.points for one in trace.fired if one.met) == pytest.approx(16.5) and trace.points == 17 and trace.agrees


def random_people(rows: int = 150) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    made: dict[str, object] = {
        "as_of": ["2025-03-31"] * rows,
        "user_id": [f"u{i}" for i in range(rows)],
        "account_id": [None] * rows,
    }
    for one in FEATURES:
        known = generator.random(rows) < 0.9
        if one.type == "VARCHAR":
            made[one.name] = np.where(known, "smb", None)
        elif one.type == "BOOLEAN":
            made[one.name] = [bool(v) if k else None for v, k in zip(generator.random(rows) < 0.4, known, strict=True)]
        else:
            made[one.name] = [int(v) if k else None for v, k in zip(generator.poisson(4, rows), known, strict=True)]
    return pd.DataFrame(made).assign(as_of=pd.Timestamp("2025-03-31"))


def test_traces_give_the_points_and_scores_of_the_tables_for_anybody():
    people = random_people()
    points, weighted = rule_score(people, POLICY), weighted_score(people, POLICY)
    for place in range(len(people)):
        row = people.iloc[place]
        seen = [Signal(None if pd.isna(row[c.feature]) else float(row[c.feature])) for c in POLICY.rules.criteria]
        assert trace_rules(POLICY.rules, seen, recorded=int(points["points"].iloc[place])).agrees
        assert trace_weights(POLICY.weighted, weighted.iloc[place].to_dict()).agrees


def test_the_weighted_formula_is_the_sum_of_what_its_components_add():
    row = {"score": 58.0, "action": 100, "frequency": 40, "recency": 50, "volume": 0, "team": 0, "spending": 0}
    trace = trace_weights(POLICY.weighted, row)
    assert (
        [round(c.adds, 9) for c in trace.components] == [40, 8, 10, 0, 0, 0] and trace.score == pytest.approx(58) and trace.agrees
    )
    assert not trace_weights(POLICY.weighted, row | {"score": 58.1}).agrees
