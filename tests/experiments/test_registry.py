"""Loading refuses plans that are too small, unknown metrics and rollouts that leap, and says in which file and line."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plg_orchestration.config import InvalidConfiguration, load_workspace
from plg_orchestration.config.section import load_default
from plg_orchestration.experiments import ExperimentPolicy
from plg_orchestration.experiments.policy import Plan

HEAD = """\
workspace: test
start: 2025-01-01
sources:
  events: {path: "*.jsonl", format: segment}
experiments:
  - name: checklist
    hypothesis: A checklist helps
    arms: {control: 50, new: 50}
    control: control
    starts: 2025-06-01
    owner: team:product
"""
CONVERSION = {"baseline": 0.03, "mde": 0.20, "mde_kind": "relative", "sample_size": 13_911}


def entry(**changes: object) -> dict[str, Any]:
    return {
        "name": "checklist", "hypothesis": "A checklist helps", "arms": {"control": 50, "new": 50}, "control": "control",
        "metric": "activation_rate", "starts": "2025-06-01", "owner": "team:product", **changes,
    }  # fmt: skip


def registered(**changes: object) -> ExperimentPolicy:
    return ExperimentPolicy.model_validate([entry(**changes)])


def test_the_packaged_rules_are_those_of_a_bare_list() -> None:
    packaged = load_default("experiments", ExperimentPolicy)
    assert (packaged.read_out, packaged.rollout) == (registered().read_out, registered().rollout)


def test_a_plan_with_just_enough_units_is_accepted_and_one_unit_less_is_not() -> None:
    assert registered(plan=CONVERSION).experiments[0].plan == Plan.model_validate(CONVERSION)
    with pytest.raises(ValidationError, match=r"13,910 units in the smallest arm are too few.* needs 13,911 at alpha 0.05"):
        registered(plan={**CONVERSION, "sample_size": 13_910})


def test_the_published_plans_that_are_too_small_are_refused_with_the_number_they_need() -> None:
    for relative, planned, needed in ((0.15, 20_000, "24,190"), (0.18, 11_000, "17,024")):
        with pytest.raises(ValidationError, match=f"{planned:,} units in the smallest arm are too few.*plan {needed}"):
            registered(plan={**CONVERSION, "mde": relative, "sample_size": planned})


def test_an_uneven_split_is_planned_by_its_smallest_arm() -> None:
    plan = Plan.model_validate({"baseline": 0.3, "mde": 0.05, "mde_kind": "absolute", "sample_size": 2000})
    even = plan.needed({"a": 1, "b": 1}, "a")
    third = plan.needed({"a": 2, "b": 1}, "a")
    assert third < even < plan.needed({"a": 2, "b": 1}, "b") * 2
    assert plan.needed({"a": 1, "b": 1, "c": 1, "off": 0}, "a") == even


def test_accounts_need_more_by_their_design_effect() -> None:
    alone = Plan.model_validate({"baseline": 0.3, "mde": 0.05, "mde_kind": "absolute", "sample_size": 9000})
    whole = alone.model_copy(update={"cluster_size": 11.0, "intraclass_correlation": 0.1})
    assert whole.needed({"a": 1, "b": 1}, "a") == pytest.approx(2 * alone.needed({"a": 1, "b": 1}, "a"), abs=1)


def test_a_plan_that_the_traffic_cannot_fill_is_refused_with_the_days_it_would_take() -> None:
    plan = {**CONVERSION, "units_per_day": 500}
    with pytest.raises(ValidationError, match=r"500 units a day bring 7,000 into the smallest arm in 28 days.*run 56 days"):
        registered(plan=plan, ends="2025-06-28")
    assert registered(plan=plan, ends="2025-07-26").experiments[0].running(dt.date(2025, 7, 26))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "activation_rat"}, "unknown metric 'activation_rat'; did you mean 'activation_rate'?"),
        ({"guardrails": {"retension": 0.03}}, "unknown metric 'retension'; did you mean 'retention'?"),
        ({"guardrails": {"retention": 0}}, "guardrails.retention"),
        ({"plan": {**CONVERSION, "baseline": 3}}, "baseline: 3 is not a rate between 0 and 1"),
        ({"plan": {"baseline": 0.03}}, "mde"),
        ({"plan": {**CONVERSION, "kind": "mean"}}, "standard_deviation: None is not a positive number"),
        ({"rollout": [{"traffic": 10, "since": "2025-06-01"}], "stage": 10}, "a rollout without a registered plan"),
    ],
)
def test_what_cannot_be_judged_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        registered(**changes)


def rollout(*traffic: int, days: tuple[int, ...] = (1, 8, 15, 29), stage: int = 100) -> ExperimentPolicy:
    stages = [{"traffic": percent, "since": dt.date(2025, 6, day)} for percent, day in zip(traffic, days, strict=False)]
    return registered(plan=CONVERSION, rollout=stages, stage=stage)


def test_a_rollout_goes_stage_by_stage_and_begins_anew_after_a_rollback() -> None:
    assert [s.traffic for s in rollout(10, 25, 50, 100).experiments[0].rollout] == [10, 25, 50, 100]
    assert [s.traffic for s in rollout(10, 0, 10, stage=10).experiments[0].rollout] == [10, 0, 10]


@pytest.mark.parametrize(
    ("traffic", "days", "stage", "message"),
    [
        ((10, 50), (1, 8), 50, "skips a stage: 10 % is followed by 50 %; the next one is 25 %, or 0 after a rollback"),
        ((25,), (1,), 25, "0 % is followed by 25 %; the next one is 10 %"),
        ((10, 0, 25), (1, 2, 3), 25, "0 % is followed by 25 %"),
        ((10, 25), (8, 8), 25, "25 % since 2025-06-08 is not after 2025-06-08"),
        ((10, 25), (1, 8), 50, "stage 50, but its rollout stands at 25 %; make them agree"),
        ((0,), (1,), 100, "0 % is followed by 0 %"),
    ],
)
def test_a_rollout_that_leaps_is_refused(traffic: tuple[int, ...], days: tuple[int, ...], stage: int, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rollout(*traffic, days=days, stage=stage)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "    metric: activation_rate\n    plan:\n      {baseline: 0.03, mde: 0.15, mde_kind: relative, sample_size: 20000}\n",
            ":13: experiments[0].plan: 20,000 units in the smallest arm are too few: +0.15 (relative) from 0.03 needs 24,190 at "
            "alpha 0.05 and power 0.8; plan 24,190, or a larger effect",
        ),
        (
            "    metric: activation_rat\n",
            ":12: experiments[0].metric: unknown metric 'activation_rat'; did you mean 'activation_rate'?",
        ),
        (
            "    metric: activation_rate\n    plan: {baseline: 0.03, mde: 0.2, mde_kind: relative, sample_size: 14000}\n"
            "    stage: 50\n"
            "    rollout: [{traffic: 10, since: 2025-06-01}, {traffic: 50, since: 2025-06-08}]\n",
            ":15: experiments[0].rollout: the rollout skips a stage: 10 % is followed by 50 %",
        ),
    ],
)
def test_a_refusal_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "plg.yaml"
    file.write_text(HEAD + text)
    with pytest.raises(InvalidConfiguration) as refused:
        load_workspace(file)
    assert len(refused.value.problems) == 1
    assert f"{file}{said}" in str(refused.value)
