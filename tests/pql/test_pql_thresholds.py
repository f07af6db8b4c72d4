"""The threshold: the first policy that can be met applies, and what could not be met is told with the best that could be had."""

import json

import numpy as np
import pytest

from plg_orchestration.pql.training.policy import LeadValues
from plg_orchestration.pql.training.thresholds import threshold_for
from tests.pql.training_rows import training_policy


def world(seed=0, accounts=1500, sharp=False):
    generator = np.random.default_rng(seed)
    probability = generator.beta(0.3, 3.0, accounts) if not sharp else np.where(generator.random(accounts) < 0.2, 0.97, 0.01)
    return probability, generator.random(accounts) < probability, np.arange(accounts), np.ones(accounts, dtype=bool)


def test_an_operating_point_that_all_bounds_allow_applies_and_selects_as_many_as_it_may():
    probability, label, account, latest = world(sharp=True)
    found = threshold_for(probability, label, account, latest, training_policy())
    assert (found.policy, found.value) == ("operating_point", 0.97)
    point = json.loads(found.as_json())["operating_point"]
    assert point["met"] and point["missed"] == [] and point["best"]["precision"][1] > 0.8 and point["best"]["fpr"][2] < 0.1


def test_at_a_low_base_rate_the_teams_capacity_decides_and_the_best_that_could_be_had_is_told():
    probability, label, account, latest = world()
    found = threshold_for(probability, label, account, latest, training_policy())
    assert found.policy == "capacity" and (probability >= found.value).mean() == pytest.approx(0.10, abs=0.002)
    report = json.loads(found.as_json())
    assert report["applied"] == "capacity" and not report["operating_point"]["met"]
    assert set(report["operating_point"]["missed"]) <= {"precision", "recall", "fpr"} and report["operating_point"]["missed"]
    chosen = probability >= found.value
    assert report["capacity"]["best"]["precision"][0] == pytest.approx(label[chosen].mean())


def test_with_values_everybody_who_pays_off_is_a_lead_within_capacity():
    probability, label, account, latest = world(accounts=8000)
    dear = threshold_for(probability, label, account, latest, training_policy(values=LeadValues(converted=100.0, contact=40.0)))
    assert (dear.policy, dear.value) == ("expected_value", 0.4)
    worth = np.where(probability >= 0.4, label * 100.0 - 40.0, 0.0).mean()
    assert json.loads(dear.as_json())["expected_value"]["value_per_row"][0] == pytest.approx(worth)
    cheap = threshold_for(probability, label, account, latest, training_policy(values=LeadValues(converted=100.0, contact=1.0)))
    assert cheap.policy == "expected_value" and (probability >= cheap.value).mean() == pytest.approx(0.10, abs=0.002)


def test_values_that_never_pay_off_are_refused():
    with pytest.raises(ValueError, match="nobody pays off"):
        LeadValues(converted=10.0, contact=10.0)


def test_a_capacity_that_loses_money_is_not_taken_for_worth():
    probability, label, account, latest = world(1)
    label = label & False
    label[:3] = True
    found = threshold_for(probability, label, account, latest, training_policy(values=LeadValues(converted=100.0, contact=9.0)))
    assert found.policy == "capacity" and not json.loads(found.as_json())["expected_value"]["met"]
