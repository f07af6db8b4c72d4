"""Who becomes champion: every gate alone can block, nothing unknown passes, and the incumbent stays otherwise."""

import datetime as dt
import json
import math
from dataclasses import replace

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.audit import bias_audit
from plg_orchestration.pql.promotion.champion import champion, incumbent_model
from plg_orchestration.pql.promotion.gates import Contrast, Evaluation, Incumbent, decide
from plg_orchestration.pql.training.candidate import not_trained, train
from plg_orchestration.pql.training.metrics import Estimate
from plg_orchestration.verdicts import Verdict

DAY = dt.date(2025, 6, 30)
RULES = Incumbent("rules", "rules-1")
FINE = Contrast("region", "emea", "selection_rate", Verdict.PASS, "within the limits")
GOOD = Evaluation(
    as_of=DAY, version="v2", status="trained", train_positives=200, test_positives=40, permutation_p=0.001,
    lift=Estimate(2.0, 1.5, 2.6), calibration_error=0.01, gain_over_rules=Estimate(0.1, 0.05, 0.15),
    gain_over_champion=Estimate(0.02, 0.01, 0.03), threshold_policy="operating_point", protected=("region",), contrasts=(FINE,),
)  # fmt: skip
OLD = Incumbent("model", "v1", DAY - dt.timedelta(days=10))


def verdict(policy, changed=None, champion_now=RULES, newest=True, **figures):
    return decide(replace(changed or GOOD, **figures), champion_now, policy.promotion, newest=newest)


def test_a_challenger_that_passes_every_gate_is_promoted(policy):
    made = verdict(policy)
    assert made.promoted and made.verdict is Verdict.PASS and made.reason == "every gate holds"


@pytest.mark.parametrize(
    ("figures", "gate", "expected"),
    [
        ({"test_positives": 14}, "data", Verdict.INSUFFICIENT),
        ({"leaking": ("limit_hits_28d",)}, "leakage", Verdict.FAIL),
        ({"permutation_p": 0.02}, "permutation_null", Verdict.FAIL),
        ({"permutation_p": math.nan}, "permutation_null", Verdict.INSUFFICIENT),
        ({"lift": Estimate(1.5, 1.19, 1.8)}, "lift", Verdict.FAIL),
        ({"lift": Estimate(math.nan, math.nan, math.nan)}, "lift", Verdict.INSUFFICIENT),
        ({"gain_over_rules": Estimate(0.0, -0.03, 0.03)}, "rules", Verdict.FAIL),
        ({"calibration_error": 0.051}, "calibration", Verdict.FAIL),
        ({"contrasts": (replace(FINE, verdict=Verdict.FAIL),)}, "bias", Verdict.FAIL),
        ({"contrasts": (replace(FINE, verdict=Verdict.INSUFFICIENT),)}, "bias", Verdict.INSUFFICIENT),
        ({"contrasts": ()}, "bias", Verdict.INSUFFICIENT),
        ({"contrasts": (replace(FINE, verdict=Verdict.INSUFFICIENT, formed=False),)}, "bias", Verdict.INSUFFICIENT),
        ({"protected": ()}, "bias", Verdict.INSUFFICIENT),
        ({"newest": False}, "newest_day", Verdict.FAIL),
        ({"champion_now": replace(OLD, promoted_on=DAY - dt.timedelta(days=6))}, "cooldown", Verdict.FAIL),
        ({"champion_now": OLD, "gain_over_champion": Estimate(0.01, -0.001, 0.02)}, "champion", Verdict.FAIL),
        ({"champion_now": OLD, "gain_over_champion": Estimate(math.nan, math.nan, math.nan)}, "champion", Verdict.INSUFFICIENT),
    ],
)  # fmt: skip
def test_each_gate_alone_blocks_and_says_which(policy, figures, gate, expected):
    made = verdict(policy, **figures)
    assert not made.promoted and made.verdict is expected
    assert {g.name: g.verdict for g in made.gates if g.verdict is not Verdict.PASS} == {gate: expected}
    assert made.reason.startswith(f"{gate}: ")


@pytest.mark.parametrize("figures", [{"threshold_policy": "capacity"}, {"contrasts": (replace(FINE, verdict=Verdict.WARN),)}])
def test_a_warning_is_recorded_and_blocks_nothing(policy, figures):
    made = verdict(policy, **figures)
    assert made.promoted and made.verdict is Verdict.WARN


def test_a_stale_champion_need_only_be_matched(policy):
    stale = replace(OLD, promoted_on=DAY - dt.timedelta(days=30))
    matched = {"gain_over_champion": Estimate(0.0, -0.015, 0.015)}
    assert verdict(policy, champion_now=stale, **matched).promoted
    assert not verdict(policy, champion_now=OLD, **matched).promoted


def test_a_cold_start_promotes_nobody_and_gives_its_reason(policy):
    made = verdict(policy, Evaluation(DAY, "", "cold_start", "training becomes possible on 2025-09-01"))
    assert (made.verdict, made.reason) == (Verdict.INSUFFICIENT, "trained: training becomes possible on 2025-09-01")


def emptied(grown):
    """The grown world with nobody promoted yet."""
    if grown.world.warehouse.exists("pql.promotions"):
        grown.world.warehouse.connection.execute("delete from pql.promotions")
    return grown.world.warehouse


def lenient(policy):
    """Limits that the small world can meet; what the gates do is tested above."""
    promotion = policy.promotion.model_copy(update={"calibration_error": 0.2, "non_inferiority": 0.5})
    bias = policy.bias.model_copy(
        update={"widest_detectable": 1.0, "widest_detectable_ratio": 0.0, "widest_detectable_opportunity": 1.0}
    )
    return policy.model_copy(update={"promotion": promotion, "bias": bias})


def audited(grown, policy, as_of=None):
    """The audit of the day under `policy`, in its table."""
    grown.world.warehouse.connection.execute("delete from pql.bias_audit")
    grown.world.keep("pql.bias_audit", bias_audit(grown.world.warehouse, as_of=grown.world.as_of, policy=policy))


def test_the_newest_day_promotes_and_the_ledger_keeps_it_when_the_day_is_rebuilt_later(grown):
    warehouse, policy, as_of = emptied(grown), lenient(grown.policy), grown.world.as_of
    audited(grown, policy)
    row, promotion = champion(warehouse, as_of=as_of, policy=policy, newest=True)
    assert promotion.promoted, promotion.reason
    assert row.loc[0, ["scorer", "version", "promoted_on"]].tolist() == ["model", grown.training.version, as_of.date]
    again, _ = champion(warehouse, as_of=as_of, policy=policy, newest=True)
    pd.testing.assert_frame_equal(again, row)
    later, _ = champion(warehouse, as_of=as_of, policy=policy, newest=False)
    pd.testing.assert_frame_equal(later, row)
    assert incumbent_model(warehouse, as_of=as_of, policy=policy, target="conversion", state=grown.state) is None
    next_day = AsOf(as_of.date + dt.timedelta(days=1))
    kept, _ = champion(warehouse, as_of=next_day, policy=policy, newest=True)
    assert kept.loc[0, ["scorer", "version", "promoted"]].tolist() == ["model", grown.training.version, False]
    model = incumbent_model(warehouse, as_of=next_day, policy=policy, target="conversion", state=grown.state)
    assert model is not None and model.version == grown.training.version


def test_a_past_day_promotes_nobody_however_good_the_candidate(grown):
    warehouse, policy = emptied(grown), lenient(grown.policy)
    row, promotion = champion(warehouse, as_of=grown.world.as_of, policy=policy, newest=False)
    assert not promotion.promoted and row.loc[0, "scorer"] == "rules"
    assert "a backfill never moves the champion" in row.loc[0, "reason"]


def test_the_audit_of_another_version_promotes_nobody(grown):
    warehouse, policy = emptied(grown), lenient(grown.policy)
    audited(grown, policy)
    warehouse.connection.execute("update pql.bias_audit set version = 'stale'")
    row, promotion = champion(warehouse, as_of=grown.world.as_of, policy=policy, newest=True)
    audited(grown, policy)
    assert not promotion.promoted and row.loc[0, "verdict"] == "insufficient"
    assert {g["name"]: g["verdict"] for g in json.loads(row.loc[0, "gates"])}["bias"] == "insufficient"


def test_a_day_without_training_keeps_the_rules(world, policy):
    world.keep("pql.candidate", not_trained(as_of=world.as_of, policy=policy).candidate)
    world._ensure("pql.bias_audit")
    row, _ = champion(world.warehouse, as_of=world.as_of, policy=policy, newest=True)
    assert row.loc[0, ["scorer", "verdict", "promoted"]].tolist() == ["rules", "insufficient", False]


def test_shuffled_outcomes_promote_nobody(world, policy, tmp_path, grow_in, quick_policy):
    grow_in(world, drive=0.0)
    relaxed = lenient(quick_policy(policy, min_train_positives=5))
    training = train(world.warehouse, as_of=world.as_of, policy=relaxed, state=tmp_path)
    assert training.status == "trained", training.reason
    world.keep("pql.candidate", training.candidate)
    world.keep("pql.test_predictions", training.predictions)
    world.keep("pql.bias_audit", bias_audit(world.warehouse, as_of=world.as_of, policy=relaxed))
    row, promotion = champion(world.warehouse, as_of=world.as_of, policy=relaxed, newest=True)
    assert not promotion.promoted and row.loc[0, "scorer"] == "rules"
    assert {g.name: g.verdict for g in promotion.gates}["permutation_null"] is Verdict.FAIL
