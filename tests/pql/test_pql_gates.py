"""Who becomes champion: every gate alone can block, nothing unknown or stale passes, and the incumbent stays otherwise."""

import datetime as dt
import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.evaluation import Consent, Contrast, Evaluation, Incumbent
from plg_orchestration.pql.promotion.gates import decide
from plg_orchestration.pql.training.metrics import Estimate
from plg_orchestration.verdicts import Verdict

DAY = dt.date(2025, 6, 30)
RULES = Incumbent("rules", "rules-1")
FINE = Contrast("region", "emea", "selection_rate", Verdict.PASS, "within the limits")
NONE = Estimate(math.nan, math.nan, math.nan)
GOOD = Evaluation(
    as_of=DAY, version="v9", status="trained", train_rows=9000, train_positives=200, test_rows=4000, test_positives=40,
    test_age=3.0, activity_age=0.0, coverage=1.0, permutation_p=0.001, lift=Estimate(2.0, 1.5, 2.6), calibration_error=0.01,
    gain_over_rules=Estimate(0.1, 0.05, 0.15),
    gain_over_weighted=Estimate(0.08, 0.03, 0.13), gain_over_champion=Estimate(0.02, 0.01, 0.03),
    gain_over_best=Estimate(0.01, -0.01, 0.03), threshold_policy="operating_point", false_discovery_rate=0.15,
    protected=("region",), contrasts=(FINE,), stability=0.05, tonight=1000, unexplained=1e-12,
)  # fmt: skip
OLD = Incumbent("model", "v1", DAY - dt.timedelta(days=10), best="v1")
FORMER = replace(OLD, best="v0")


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


def verdict(policy, champion_now=OLD, newest=True, on=None, consent=None, mode="automatic", **figures):
    promotion = policy.promotion.model_copy(update={"mode": mode})
    return decide(replace(GOOD, **figures), champion_now, promotion, newest=newest, on=on, consent=consent)


@pytest.mark.parametrize("champion_now", [RULES, OLD, FORMER])
def test_a_challenger_that_passes_every_gate_is_promoted(policy, champion_now):
    made = verdict(policy, champion_now)
    assert made.promoted and made.verdict is Verdict.PASS and made.outcome == "promoted"
    assert made.reason == "every gate holds" and made.blocking == ()


@pytest.mark.parametrize(
    ("figures", "gate", "expected"),
    [
        ({"test_rows": 499}, "rows", Verdict.INSUFFICIENT),
        ({"test_positives": 14}, "positives", Verdict.INSUFFICIENT),
        ({"activity_age": 3.0}, "freshness", Verdict.INSUFFICIENT),
        ({"activity_age": math.nan}, "freshness", Verdict.INSUFFICIENT),
        ({"test_age": 15.0}, "test_freshness", Verdict.INSUFFICIENT),
        ({"test_age": math.nan}, "test_freshness", Verdict.INSUFFICIENT),
        ({"coverage": 0.94}, "coverage", Verdict.INSUFFICIENT),
        ({"coverage": math.nan}, "coverage", Verdict.INSUFFICIENT),
        ({"leaking": ("limit_hits_28d",)}, "leakage", Verdict.FAIL),
        ({"permutation_p": 0.02}, "permutation_null", Verdict.FAIL),
        ({"permutation_p": math.nan}, "permutation_null", Verdict.INSUFFICIENT),
        ({"lift": Estimate(1.5, 1.19, 1.8)}, "lift", Verdict.FAIL),
        ({"lift": NONE}, "lift", Verdict.INSUFFICIENT),
        ({"gain_over_rules": Estimate(0.02, 0.0, 0.04)}, "rules", Verdict.FAIL),
        ({"gain_over_weighted": Estimate(0.02, -0.001, 0.04)}, "weighted", Verdict.FAIL),
        ({"gain_over_weighted": NONE}, "weighted", Verdict.INSUFFICIENT),
        ({"calibration_error": 0.051}, "calibration", Verdict.FAIL),
        ({"calibration_error": math.nan}, "calibration", Verdict.INSUFFICIENT),
        ({"contrasts": (replace(FINE, verdict=Verdict.FAIL),)}, "bias", Verdict.FAIL),
        ({"contrasts": (replace(FINE, verdict=Verdict.INSUFFICIENT),)}, "bias", Verdict.INSUFFICIENT),
        ({"contrasts": ()}, "bias", Verdict.INSUFFICIENT),
        ({"contrasts": (replace(FINE, verdict=Verdict.INSUFFICIENT, formed=False),)}, "bias", Verdict.INSUFFICIENT),
        ({"protected": ()}, "bias", Verdict.INSUFFICIENT),
        ({"unreadable": "m/model.skops: SHA-256 is other"}, "model_file", Verdict.FAIL),
        ({"stability": 0.2}, "stability", Verdict.FAIL),
        ({"stability": math.nan}, "stability", Verdict.INSUFFICIENT),
        ({"tonight": 99}, "stability", Verdict.INSUFFICIENT),
        ({"unexplained": 1e-5}, "explanations", Verdict.FAIL),
        ({"unexplained": math.nan}, "explanations", Verdict.INSUFFICIENT),
        ({"newest": False}, "newest_day", Verdict.FAIL),
        ({"gain_over_champion": Estimate(0.01, -0.001, 0.02)}, "champion", Verdict.FAIL),
        ({"gain_over_champion": Estimate(0.0, 0.0, 0.0)}, "champion", Verdict.FAIL),
        ({"champion_now": FORMER, "gain_over_best": Estimate(0.0, -0.021, 0.02)}, "best", Verdict.FAIL),
        ({"champion_now": FORMER, "gain_over_best": NONE}, "best", Verdict.INSUFFICIENT),
        ({"champion_now": FORMER, "gain_over_champion": NONE}, "champion", Verdict.INSUFFICIENT),
        ({"champion_now": replace(OLD, changed_on=ago(6))}, "cooldown", Verdict.FAIL),
        ({"champion_now": replace(RULES, changed_on=ago(6))}, "cooldown", Verdict.FAIL),
        ({"champion_now": replace(OLD, withdrawn=frozenset({"v9"}))}, "withdrawn", Verdict.FAIL),
        ({"mode": "shadow"}, "mode", Verdict.INSUFFICIENT),
        ({"mode": "manual"}, "approval", Verdict.INSUFFICIENT),
        ({"mode": "manual", "consent": Consent(Verdict.FAIL, "the approval expired")}, "approval", Verdict.FAIL),
        ({"on": DAY + dt.timedelta(days=8)}, "evidence", Verdict.INSUFFICIENT),
        ({"on": DAY + dt.timedelta(days=7), "champion_now": replace(OLD, changed_on=DAY)}, "evidence", Verdict.INSUFFICIENT),
    ],
)  # fmt: skip
def test_each_gate_alone_blocks_and_says_which(policy, figures, gate, expected):
    made = verdict(policy, **figures)
    assert not made.promoted and made.verdict is expected
    assert {g.name: g.verdict for g in made.gates if g.verdict is not Verdict.PASS} == {gate: expected}
    assert made.reason.startswith(f"{gate}: ") and len(made.reason) > len(gate) + 10


@pytest.mark.parametrize("figures", [{"threshold_policy": "capacity"}, {"contrasts": (replace(FINE, verdict=Verdict.WARN),)}])
def test_a_warning_is_recorded_and_blocks_nothing(policy, figures):
    made = verdict(policy, **figures)
    assert made.promoted and made.verdict is Verdict.WARN


def test_a_stale_champion_need_only_be_matched_but_the_best_ever_not_lost_against(policy):
    matched = {"gain_over_champion": Estimate(0.0, -0.015, 0.015)}
    assert verdict(policy, replace(OLD, promoted_on=ago(30)), **matched).promoted
    assert not verdict(policy, replace(OLD, promoted_on=ago(29)), **matched).promoted
    worse = {"gain_over_best": Estimate(-0.03, -0.05, -0.01)}
    assert not verdict(policy, replace(FORMER, promoted_on=ago(30)), **matched, **worse).promoted


def test_a_former_best_of_before_the_declared_day_is_no_yardstick(policy):
    assert verdict(policy, replace(FORMER, best=None), gain_over_best=NONE).promoted


def test_the_outcome_tells_a_wait_from_a_rejection(policy):
    assert verdict(policy, mode="manual").outcome == "awaiting_approval"
    assert verdict(policy, mode="manual", consent=Consent(Verdict.PASS, "approved by bo", "bo")).outcome == "promoted"
    assert verdict(policy, mode="manual", stability=0.3).outcome == "rejected"
    assert verdict(policy, mode="shadow").outcome == "shadow"
    assert verdict(policy, mode="shadow", leaking=("x",)).outcome == "rejected"


def test_a_cold_start_promotes_nobody_and_gives_its_reason(policy):
    untrained = Evaluation(DAY, "", "cold_start", "training becomes possible on 2025-09-01")
    made = decide(untrained, OLD, policy.promotion, newest=True)
    assert (made.verdict, made.outcome) == (Verdict.INSUFFICIENT, "not_trained")
    assert made.reason == "trained: training becomes possible on 2025-09-01"


NUMBERS = [f.name for f in fields(Evaluation) if f.type in ("float", float, Estimate, "Estimate")]


@given(st.sampled_from([n for n in NUMBERS if n != "false_discovery_rate"]), st.sampled_from([math.nan, math.inf, -math.inf]))
def test_no_figure_that_is_no_number_ever_promotes(name, nothing):
    promotion = load_default("pql", PqlPolicy).promotion
    is_estimate = isinstance(getattr(GOOD, name), Estimate)
    lost = replace(GOOD, **{name: Estimate(nothing, nothing, nothing) if is_estimate else nothing})
    assert len(NUMBERS) > 9 and not decide(lost, FORMER, promotion, newest=True).promoted


EVERYTHING = st.builds(
    replace, st.just(replace(GOOD, reason="because")), stability=st.floats(), unexplained=st.floats(), coverage=st.floats(),
    permutation_p=st.floats(), gain_over_best=st.builds(Estimate, st.floats(), st.floats(), st.floats()),
    calibration_error=st.floats(), test_positives=st.integers(0, 100), status=st.sampled_from(["trained", "cold_start"]),
)  # fmt: skip


@given(EVERYTHING, st.booleans(), st.sampled_from(["automatic", "manual", "shadow"]))
def test_promoted_means_no_gate_blocks_and_every_verdict_has_a_reason(challenger, newest, mode):
    promotion = load_default("pql", PqlPolicy).promotion.model_copy(update={"mode": mode})
    made = decide(challenger, FORMER, promotion, newest=newest)
    assert made.promoted == (not made.blocking)
    assert not made.promoted or (newest and mode == "automatic" and challenger.status == "trained")
    assert all(gate.reason for gate in made.gates) and made.reason
    assert all(gate.figure is None or math.isfinite(gate.figure) for gate in made.gates)
