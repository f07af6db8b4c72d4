"""What the audit allows: declared contrasts block, dated exceptions excuse until their day, and it all stays on record."""

import datetime as dt

import pytest
from pydantic import ValidationError

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.bias.policy import BiasException, BiasPolicy
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.bias_gate import bias_gate
from plg_orchestration.pql.promotion.evaluation import Contrast, Evaluation
from plg_orchestration.verdicts import Verdict

DAY = dt.date(2025, 6, 30)
POLICY = load_default("pql", PqlPolicy).bias
PAIRS = (("region", "selection_rate"), ("region", "true_positive_rate"))


def contrast(group="emea", metric="selection_rate", verdict="pass", formed=True):
    return Contrast("region", group, metric, Verdict(verdict), f"{metric} of {group}", formed)


def excuse(**changed):
    given = {
        "attribute": "region",
        "justification": "few people converted there so far",
        "owner": "team:legal",
        "expires_on": DAY,
    }
    return BiasException.model_validate({**given, **changed})


def gate(*contrasts, exceptions=(), block=False, on=DAY):
    hits = contrast(metric="true_positive_rate")
    every = contrasts if any(c.metric == "true_positive_rate" for c in contrasts) else (*contrasts, hits)
    given = {"protected": ("region",), "gating": PAIRS, "contrasts": every, "exceptions": tuple(exceptions)}
    return bias_gate(Evaluation(DAY, "v1", "trained", unjudged_blocks=block, **given), on)


def test_a_declared_contrast_that_ends_insufficient_blocks():
    made = gate(contrast("amer"), contrast("apac", verdict="insufficient"))
    assert made.verdict is Verdict.INSUFFICIENT and made.reason.startswith("region=apac selection_rate: ")


def test_a_dated_exception_lets_it_pass_with_a_warning_that_names_owner_day_and_justification():
    made = gate(contrast("amer"), contrast("apac", verdict="insufficient"), exceptions=[excuse(group="apac")])
    assert made.verdict is Verdict.WARN
    said = "region=apac selection_rate: insufficient, excused until 2025-06-30 by team:legal: few people converted there so far"
    assert made.reason == said


def test_an_expired_exception_is_as_none_and_is_named():
    exceptions = [excuse(group="apac")]
    made = gate(contrast("apac", verdict="insufficient"), exceptions=exceptions, on=DAY + dt.timedelta(days=1))
    assert made.verdict is Verdict.INSUFFICIENT
    assert made.reason.endswith("the exception of team:legal for region expired on 2025-06-30")


@pytest.mark.parametrize(
    "other", [{"group": "emea"}, {"metric": "true_positive_rate"}, {"excuses": ["fail"]}]
)  # fmt: skip
def test_an_exception_covers_nothing_else(other):
    made = gate(contrast("apac", verdict="insufficient"), exceptions=[excuse(**other)])
    assert made.verdict is Verdict.INSUFFICIENT


def test_a_failure_is_excused_only_by_an_exception_that_says_fail():
    failing = contrast(verdict="fail")
    assert gate(failing, exceptions=[excuse()]).verdict is Verdict.FAIL
    assert gate(failing, exceptions=[excuse(excuses=["fail"])]).verdict is Verdict.WARN


def test_a_declared_pair_without_any_contrast_blocks_even_when_the_audit_has_no_row_of_it():
    unformed = contrast(metric="true_positive_rate", verdict="insufficient", formed=False)
    assert gate(contrast(), unformed).reason.startswith("region true_positive_rate: no group is large enough")
    nothing = Evaluation(DAY, "v1", "trained", protected=("region",), gating=PAIRS, contrasts=(contrast(),))
    assert bias_gate(nothing, DAY).verdict is Verdict.INSUFFICIENT
    assert gate(contrast(), unformed, exceptions=[excuse(metric="true_positive_rate")]).verdict is Verdict.WARN
    assert gate(contrast(), unformed, exceptions=[excuse(group="emea")]).verdict is Verdict.INSUFFICIENT


def test_a_group_too_small_beside_others_is_put_on_record_or_blocks_where_the_policy_says_so():
    small = contrast("tiny", verdict="insufficient", formed=False)
    assert gate(contrast(), small).verdict is Verdict.WARN
    assert gate(contrast(), small).reason == "too little data to judge region=tiny selection_rate"
    assert gate(contrast(), small, block=True).verdict is Verdict.INSUFFICIENT
    assert gate(contrast(), small, block=True, exceptions=[excuse(group="tiny")]).verdict is Verdict.WARN


def test_without_exceptions_and_findings_it_passes():
    assert gate(contrast()).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"justification": "because"}, "at least 20 characters"), ({"owner": " "}, "at least 1 character"),
        ({"expires_on": None}, "valid date"), ({"attribute": "device"}, "'device' is not protected"),
    ],
)  # fmt: skip
def test_an_exception_needs_a_justification_an_owner_a_day_and_something_that_gates(changed, said):
    given = {**excuse().model_dump(), **changed}
    with pytest.raises(ValidationError, match=said):
        BiasPolicy.model_validate({**POLICY.model_dump(), "exceptions": [given]})


def test_pairs_are_audited_as_the_policy_says_and_declared_ones_once():
    def audited(**changed):
        few = [
            {"attribute": "region", "status": "protected"},
            *({"attribute": a, "status": "monitored"} for a in ("device", "channel")),
        ]
        return BiasPolicy.model_validate({**POLICY.model_dump(), "attributes": few, **changed})

    assert audited().audited[3:] == ("region & device", "region & channel", "device & channel")
    assert audited(pairs="protected").audited[3:] == ("region & device", "region & channel")
    assert audited(pairs="none").audited == ("region", "device", "channel")
    declared = [*audited().model_dump()["attributes"], {"attribute": "device & region", "status": "protected"}]
    assert audited(attributes=declared).audited[3:] == ("device & region", "region & channel", "device & channel")
    assert audited(attributes=declared).gating("device & region") == ("selection_rate", "true_positive_rate")
    with pytest.raises(ValidationError, match="stands twice"):
        audited(attributes=[*declared, {"attribute": "region & device", "status": "monitored"}])
