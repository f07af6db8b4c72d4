"""The packaged policy is the published one, and a policy that cannot be followed is refused with the remedy."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.routing.bands import PointsRouting
from plg_orchestration.pql.scorers.policy import COMPONENTS

REFERENCE = Path(__file__).parents[3] / "shared" / "spec" / "reference"


def reference(name):
    path = REFERENCE / name
    if not path.is_file():
        pytest.skip(f"{path} is not there: the published tables lie beside the repository only where it is developed")
    with path.open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def test_points_are_the_published_points(policy):
    published = {(r["signal"], r["category"], r["criterion"], int(r["points"])) for r in reference("pql_points.csv")}
    assert {(c.signal, c.category, c.criterion, c.points) for c in policy.rules.criteria} == published
    assert {c.signal for c in policy.rules.criteria if c.tier} == {"invited_1_3", "invited_4_plus"}


def test_point_routes_are_the_published_bands_made_half_open(policy):
    published = reference("pql_points_routing.csv")
    bands = [(b.gte, b.lt, b.route, b.action) for b in policy.routing.points.bands]
    upper = [float(r["max_points"]) + 1 if r["max_points"] else None for r in published]
    actions = [r["action"].removesuffix(" (65 is the PQL threshold)") for r in published]
    assert bands == [(float(r["min_points"]), lt, r["route"], a) for r, lt, a in zip(published, upper, actions, strict=True)]
    assert str(int(policy.rules.threshold)) in next(r["action"] for r in published if r["route"] == "inside_sales")


def test_weights_are_the_published_weights(policy):
    published = {r["component"]: float(r["weight"]) for r in reference("pql_weighted_formula.csv")}
    assert policy.weighted.weights == published and tuple(published) == COMPONENTS


def test_every_published_matrix_row_became_a_row_that_routes_to_the_same_team_in_the_same_time(policy):
    rows = {r.published: r for r in policy.routing.matrix.rows}
    published = reference("pql_sla_matrix.csv")
    assert len(rows) == len(published)
    for line in published:
        row = rows[f"{line['min_score']}-{line['max_score']} {line['user_segment']}"]
        top = float(line["max_score"]) if line["max_score"] not in ("", "100") else None
        assert (row.gte, row.lt, row.segment) == (float(line["min_score"]), top, line["user_segment"])
        assert (row.team, row.sla_hours) == (line["routing_team"], float(line["sla_hours"]))


def test_targets_of_the_model_are_the_published_ones(policy):
    target = {r["metric"]: r["target"] for r in reference("governance_targets.csv")}
    point = policy.training.operating_point
    assert (f">{point.precision:.2f}", f">{point.recall:.2f}", f"<{point.false_positive_rate:.2f}") == (
        target["pql_precision"], target["pql_recall"], target["pql_false_positive_rate"])  # fmt: skip
    assert target["pql_lift"].startswith(f">={policy.promotion.lift:.2f}")


def changed(policy, **parts):
    return PqlPolicy.model_validate({**policy.model_dump(), **parts})


def bands(*spans):
    return {
        "bands": [{"gte": gte, "lt": lt, "route": f"r{i}", "action": "a"} for i, (gte, lt) in enumerate(spans)],
        "default": {"route": "nurture", "action": "a"},
    }


def test_a_hole_between_bands_is_refused_with_its_limits():
    with pytest.raises(ValidationError, match=r"\[71, 85\) has no route; add a band"):
        PointsRouting.model_validate(bands((0, 71), (85, None)))


def test_overlapping_bands_are_refused_with_both_routes():
    with pytest.raises(ValidationError, match=r"\[60, 65\) has two routes, r0 and r1"):
        PointsRouting.model_validate(bands((0, 65), (60, None)))


def test_the_default_route_is_required_and_the_last_band_is_open():
    with pytest.raises(ValidationError, match="default"):
        PointsRouting.model_validate({"bands": bands((0, None))["bands"]})
    with pytest.raises(ValidationError, match=r"\[100, ∞\) has no route"):
        PointsRouting.model_validate(bands((0, 100)))


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8, unique=True))
def test_contiguous_bands_give_every_number_of_points_exactly_one_route(edges):
    edges = sorted(edges)
    routing = PointsRouting.model_validate(bands(*zip(edges, [*edges[1:], None], strict=True)))
    for points in range(edges[0], 310):
        assert sum(b.gte <= points and (b.lt is None or points < b.lt) for b in routing.bands) == 1


def test_a_matrix_row_that_can_never_match_is_refused(policy):
    routing = policy.routing.model_dump()
    row = {"gte": 90, "lt": 95, "segment": "trial", "team": "late", "sla_hours": 1}
    routing["matrix"]["rows"] = [*routing["matrix"]["rows"], row]
    with pytest.raises(ValidationError, match=r"\[90, 95\) trial to late\) can never match"):
        changed(policy, routing=routing)


def test_weights_that_do_not_add_up_and_unknown_features_are_refused(policy):
    with pytest.raises(ValidationError, match=r"add up to 1\.1; make them add up to 1"):
        changed(policy, weighted={**policy.weighted.model_dump(), "weights": {**policy.weighted.weights, "action": 0.5}})
    rules = policy.rules.model_dump()
    rules["criteria"][0]["feature"] = "shoe_size"
    with pytest.raises(ValidationError, match="feature 'shoe_size' cannot be counted"):
        changed(policy, rules=rules)


def test_an_audited_attribute_must_exist(policy):
    bias = {**policy.bias.model_dump(), "attributes": [{"attribute": "zodiac", "status": "protected"}]}
    with pytest.raises(ValidationError, match="'zodiac' is no attribute"):
        changed(policy, bias=bias)


def test_config_tables_keep_order_defaults_and_schema(policy):
    tables = policy.config_tables()
    assert tables["rule_points"].num_rows == 14
    assert tables["rule_routes"].to_pylist()[-1]["gte"] is None and tables["sla_routes"].to_pylist()[-1]["team"] == "nurture"
    empty = changed(policy, fit={"segments": [], "industries": []}).config_tables()["fit"]
    assert empty.num_rows == 0 and empty.column_names == ["kind", "value"]


def test_every_feature_is_named_once_and_asks_a_question():
    assert len({f.name for f in FEATURES}) == len(FEATURES)
    assert all("?" in f.question and f.window for f in FEATURES)
