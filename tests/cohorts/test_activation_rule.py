"""The activation milestone as configuration: what may be said, how it reads in words, and what is refused with which remedy."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from plg_orchestration.cohorts.activation.policy import ActivationPolicy
from plg_orchestration.cohorts.activation.rule import Milestone
from plg_orchestration.config import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.section import load_default

WORKSPACE = """\
workspace: demo
start: 2025-01-01
sources:
  events: {path: "events/*.jsonl", format: segment}
roles:
  signup: [Signed Up]
  invite_sent: [Invited]
  core_feature: [{event: Report, item: reports}]
"""


def milestone(**given):
    return Milestone.model_validate(given)


def load(folder: Path, text: str):
    file = folder / "plg.yaml"
    file.write_text(WORKSPACE + text)
    return load_workspace(file)


def test_a_rule_is_given_in_words():
    made = milestone(all_of=[
        {"event": "Meeting Booked", "within_days": 7},
        {"any_of": [{"role": "invite_sent", "count": 3, "window_days": 2}, {"active_users": 2}]},
    ])  # fmt: skip
    assert made.rules[0].words == (
        "Activated when event 'Meeting Booked' within 7 days of signing up and "
        "(invite_sent at least 3 times, all within 2 days or at least 2 users of the account have been active)."
    )
    assert milestone(sequence=[{"event": "A"}, {"event": "B", "within_days": 1}]).rules[0].words == (
        "Activated when event 'A', then event 'B' within 24 hours of signing up."
    )
    distinct = milestone(any_of=[{"role": "core_feature", "count": 2, "distinct_items": True}, {"invites_accepted": 1}])
    assert distinct.rules[0].words == (
        "Activated when core_feature with at least 2 different items or at least 1 user of the account accepted an invite."
    )


def test_conditions_are_rows_by_group_and_position():
    made = milestone(any_of=[{"event": "A"}, {"sequence": [{"role": "invite_sent"}, {"event": "B", "count": 2}]}])
    columns = ("rule", "rule_kind", "group", "group_kind", "position", "subject", "role", "event", "count")
    assert [tuple(row[name] for name in columns) for row in made.condition_rows()] == [
        ("activation", "any", 1, "all", 1, "user", None, "A", 1),
        ("activation", "any", 2, "sequence", 1, "user", "invite_sent", None, 1),
        ("activation", "any", 2, "sequence", 2, "user", None, "B", 2),
    ]


def test_rules_are_keyed_by_a_user_attribute_with_a_default():
    made = milestone(by="role", rules=[
        {"name": "makers", "values": ["analyst", "engineer"], "all_of": [{"event": "A"}]},
        {"name": "others", "all_of": [{"event": "B"}]},
    ])  # fmt: skip
    assert [(row["rule"], row["attribute"], row["value"]) for row in made.rule_rows()] == [
        ("makers", "role", "analyst"), ("makers", "role", "engineer"), ("others", "role", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"all_of": [{}]}, "a condition counts one thing, here is none of them; name role, event"),
        ({"all_of": [{"role": "invite_sent", "event": "A"}]}, "here is role and event; name"),
        ({"all_of": [{"role": "invite_snt"}]}, "unknown role 'invite_snt'; did you mean 'invite_sent'"),
        ({"all_of": [{"role": "activation"}]}, "is what the rule defines; name the roles"),
        ({"all_of": [{"event": "A", "item": "x"}]}, "item 'x' belongs to a role"),
        ({"all_of": [{"event": "A", "count": 2, "distinct_items": True}]}, "distinct_items counts the items of a role"),
        ({"all_of": [{"event": "A", "window_days": 3}]}, "window_days is the span of several occurrences; set count"),
        ({"all_of": [{"active_users": 2, "count": 2}]}, "active_users is a number of users itself; remove count"),
        ({"all_of": [{"event": "A"}], "any_of": [{"event": "B"}]}, "joined in one way, and here is all_of and any_of"),
        ({"name": "x"}, "joined in one way, and here is none of them"),
        ({"all_of": [{"any_of": [{"event": "A"}], "sequence": [{"event": "A"}, {"event": "B"}]}]}, "any_of and sequence"),
        ({"sequence": [{"event": "A"}, {"active_users": 2}]}, "a step of a sequence is a role or event"),
        ({"rules": [{"all_of": [{"event": "A"}]}, {"all_of": [{"event": "B"}]}]}, "rule name 'activation' stands twice"),
        ({"by": "role", "all_of": [{"event": "A"}]}, "by: role tells no rules apart; give the other rules `values`"),
        (
            {"rules": [{"name": "a", "values": ["x"], "all_of": [{"event": "A"}]}, {"name": "b", "all_of": [{"event": "B"}]}]},
            "no attribute to compare; add `by: role`",
        ),
        ({"by": "role", "rules": [{"name": "a", "values": ["x"], "all_of": [{"event": "A"}]}]}, "default .* here is none"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_a_remedy(given, message):
    with pytest.raises(ValidationError, match=message):
        milestone(**given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("activation: {milestone: {all_of: [{event: A}, {roll: invite_sent}]}}\n", "plg.yaml:9: .*unknown key 'roll'"),
        ("activation: {milestone: {all_of: [{role: invite_accepted}]}}\n", "'invite_accepted', which no event plays; map an"),
        ("activation: {milestone: {all_of: [{role: core_feature, item: repots}]}}\n", "no item of core_feature; did you mean"),
        ("activation: {milestone: {all_of: [{invites_accepted: 1}]}}\n", "map an event to roles.invite_accepted"),
        ("activation: {step_weights: {Profile: 2}}\n", "'Profile' is no onboarding step; no onboarding steps are allowed"),
        ("activation: {weights: {progress: 0.5}}\n", "weights add up to 1.1; make them add up to 1"),
        ("activation: {weights: {speed: 0.5}}\n", "weights must name exactly progress, workflow, collaboration"),
        ("activation: {collaboration: {invite_sent: 0, collaboration: 0, second_active_user: 0}}\n", "are all 0; give one"),
    ],
)
def test_what_the_mapping_does_not_have_is_a_fault_of_the_configuration(tmp_path, text, message):
    with pytest.raises(InvalidConfiguration, match=message):
        load(tmp_path, text)


def test_a_declared_rule_is_the_activation_that_the_workspace_has(tmp_path):
    without = load(tmp_path, "")
    assert without.missing("role:activation") == "needs role 'activation': map an event to roles.activation in plg.yaml"
    ruled = load(tmp_path, "activation: {milestone: {all_of: [{role: invite_sent, count: 2}]}}\n")
    assert ruled.missing("role:activation") is None
    rows = ruled.config_tables()["event_roles"].to_pylist()
    assert [row for row in rows if row["role"] == "activation"] == [
        {"event": None, "role": "activation", "step": None, "item": None}
    ]
    assert ruled.fingerprint != without.fingerprint


def test_tables_keep_their_schema_without_a_rule():
    tables = load_default("activation", ActivationPolicy).config_tables()
    assert tables["activation_conditions"].num_rows == tables["activation_rules"].num_rows == 0
    assert {"role", "item", "event", "rule", "group", "position", "count"} <= set(tables["activation_conditions"].column_names)
    assert tables["activation_segments"].column("segment").to_pylist() == ["enterprise", "mid_market"]
