"""The plays' configuration: what it refuses, and the guardrail between agents and people."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from plg_orchestration.cohorts.plays.policy import PLACEHOLDER
from plg_orchestration.cohorts.plays.registry import TRIGGERS
from plg_orchestration.config.load import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.warehouse.query import sql_text
from tests.cohorts.plays_nights import policy

EIGHT = {
    "activation_rescue", "zombie_resurrection", "second_use_case", "power_user_spread", "champion_churn_defence",
    "expansion_ready", "upgrade_moment", "human_escalation",
}  # fmt: skip


def test_the_eight_plays_are_declared_and_each_has_its_trigger() -> None:
    assert set(policy().catalog) == set(TRIGGERS) == EIGHT
    assert next(iter(policy().enabled)) == "human_escalation"
    for play in policy().catalog.values():
        assert set(play.channels) == {"human"} if play.actor == "human" else "human" not in play.channels


def test_a_trigger_fills_what_it_says_it_gives() -> None:
    for trigger in TRIGGERS.values():
        text = sql_text(f"cohorts/plays/{trigger.name}.sql")
        for name in trigger.evidence:
            assert f"'{{{name}}}'" in text, f"{trigger.name} never fills {{{name}}}"
            assert f'"{name}": ' in text, f"{trigger.name} has no evidence {name}"
        assert set(PLACEHOLDER.findall(policy().catalog[trigger.name].why)) <= set(trigger.evidence)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"catalog": {"human_escalation": {"actor": "agent", "channels": ["agent"]}}},
            "guardrail.human_only keeps it for people",
        ),
        ({"catalog": {"upgrade_moment": {"channels": ["human"]}}}, "an agent cannot act through the channel human"),
        ({"catalog": {"expansion_ready": {"channels": ["email"]}}}, "a person acts through the channel human alone"),
        ({"catalog": {"upgrade_moment": {"channels": ["email", "email"]}}}, "a channel stands twice"),
        ({"catalog": {"upgrade_moment": {"max_attempts": 4}}}, "guardrail.agent_attempts allows an agent 3"),
        ({"catalog": {"upgrade_moment": {"cooldown_days": 6}}}, "make the cooldown as long at least"),
        ({"catalog": {"upgrade_moment": {"cooldown_days": 182}}}, "raise history_weeks"),
        ({"catalog": {"upgrade_moment": {"why": "{score}"}}}, "no evidence of its trigger"),
        ({"catalog": {"upgrade_moment": {"success": "activate"}}}, "did you mean 'activated'"),
        ({"catalog": {"power_user_spread": {"success": "activated"}}}, "cannot be measured for a account"),
        ({"catalog": {"upgrade_moment": {"trigger": "upgrade_momen"}}}, "unknown trigger 'upgrade_momen'; did you mean"),
        ({"catalog": {"upgrade_moment": {"settings": {"day": 2}}}}, "no setting 'day'; did you mean 'days'"),
        ({"catalog": {"upgrade_moment": {"channels": ["agent", "email"]}}}, "mix has no share for the channel agent"),
        ({"guardrail": {"human_only": ["escalation"]}}, "names 'escalation', which is no play"),
        ({"complexity": {"facts": {"mood": {"weight": 1, "level": 1}}}}, "unknown fact 'mood'"),
    ],
)
def test_what_could_never_work_is_refused_with_the_remedy(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match="(?s).*" + said.replace("(", r"\(").replace(".", r"\.")):
        policy(**changes)


def test_a_workspace_changes_one_entry_and_keeps_the_rest(tmp_path: Path) -> None:
    text = "workspace: w\nstart: 2025-01-01\nsources:\n  events: {path: 'e/*.jsonl', format: segment}\n"
    file = tmp_path / "plg.yaml"
    file.write_text(text + "plays:\n  catalog:\n    zombie_resurrection: {enabled: false}\n")
    loaded = load_workspace(file).plays
    assert set(loaded.catalog) == EIGHT
    assert set(loaded.enabled) == EIGHT - {"zombie_resurrection"}
    assert loaded.config_tables()["plays"].num_rows == 7
    file.write_text(text + "plays:\n  guardrail:\n    human_only: [upgrade_moment]\n")
    with pytest.raises(InvalidConfiguration, match="upgrade_moment is an agent's"):
        load_workspace(file)


def test_the_tables_have_their_columns_when_no_play_is_enabled() -> None:
    nothing = policy(
        catalog={name: {"enabled": False} for name in EIGHT}, guardrail={"daily_caps_by_actor": {}, "daily_caps_by_channel": {}}
    )
    full = policy().config_tables()
    for name, rows in nothing.config_tables().items():
        assert (rows.num_rows, rows.schema) == (0, full[name].schema)
