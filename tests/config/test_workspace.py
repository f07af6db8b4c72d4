"""What a loaded workspace says about itself: defaults, needs, fingerprint, environment."""

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace, current_workspace, definition_hash, load_workspace

Write = Callable[[str], Path]


def test_a_workspace_of_ten_lines_works(write: Write, ten_lines: str):
    assert ten_lines.count("\n") == 10
    workspace = load_workspace(write(ten_lines))
    assert (workspace.name, workspace.timezone, workspace.start, workspace.last_day) == ("tiny", "UTC", dt.date(2025, 1, 1), None)
    assert workspace.state == workspace.root / ".plg"
    assert workspace.as_of(dt.date(2025, 2, 3)) == AsOf(dt.date(2025, 2, 3), "UTC")
    assert workspace.pql.rules.threshold == 65
    assert set(workspace.roles) == {"signup", "activation", "core_feature"}
    assert "Page Viewed" in workspace.taxonomy.passive_events


def test_six_lines_are_enough_when_events_have_conventional_names(write: Write):
    workspace = load_workspace(write('workspace: w\nstart: 2025-01-01\nsources: {events: {path: "*.jsonl", format: segment}}\n'))
    assert [entry.event for entry in workspace.roles["signup"]] == ["Signed Up"]


def test_the_folder_stands_for_its_file(write: Write, ten_lines: str):
    path = write(ten_lines)
    assert load_workspace(path.parent) == load_workspace(path) == load_workspace(str(path))


def test_a_mapping_of_roles_replaces_the_packaged_one(write: Write, ten_lines: str):
    workspace = load_workspace(write(ten_lines))
    assert workspace.missing("role:invite_sent") == "needs role 'invite_sent': map an event to roles.invite_sent in plg.yaml"


def test_an_empty_key_leaves_the_default(write: Write, ten_lines: str):
    plain, empty = load_workspace(write(ten_lines)), load_workspace(write(f"{ten_lines}pql:\nchannels:\npassive_events:\n"))
    assert empty.fingerprint == plain.fingerprint


def test_a_policy_is_merged_with_its_default(write: Write, ten_lines: str):
    workspace = load_workspace(write(f"{ten_lines}pql:\n  rules:\n    threshold: 80\n"))
    default = load_workspace(write(ten_lines))
    assert workspace.pql.rules.threshold == 80
    assert workspace.pql.rules.criteria == default.pql.rules.criteria


# -- needs ------------------------------------------------------------------------------------------------------------


def test_a_need_is_met_or_says_what_to_add(write: Write, ten_lines: str):
    workspace = load_workspace(write(ten_lines))
    assert workspace.missing("source:events") is None
    assert workspace.missing("role:signup") is None
    assert workspace.missing("actor:user") is None
    assert workspace.missing("source:subscriptions") == "needs source 'subscriptions': add sources.subscriptions to plg.yaml"


def test_one_alternative_of_a_need_is_enough(write: Write, ten_lines: str):
    workspace = load_workspace(write(ten_lines))
    assert workspace.missing("source:users|role:signup") is None
    assert workspace.missing("source:invites|role:invite_sent") == (
        "needs source 'invites' or role 'invite_sent': "
        "add sources.invites to plg.yaml, or map an event to roles.invite_sent in plg.yaml"
    )


@pytest.mark.parametrize("need", ["source:foo", "role:foo", "actor:account", "users", "", "source:users|role:foo"])
def test_an_unknown_need_is_a_mistake_of_the_program(write: Write, ten_lines: str, need: str):
    with pytest.raises(ValueError, match="is unknown; write source:NAME"):
        load_workspace(write(ten_lines)).missing(need)


@pytest.mark.parametrize(
    ("columns", "has_user"),
    [
        ("columns: {event: e, event_at: t, user_id: u}", True),
        ("columns: {event: e, event_at: t, account_id: a}", False),
        ("columns: {event: e, event_at: t, account_id: a, user_id: {constant: null}}", False),
        ("timezone: UTC", True),
    ],
)
def test_people_are_known_when_events_name_them(write: Write, ten_lines: str, columns: str, has_user: bool):
    workspace = load_workspace(write(ten_lines.replace("format: segment", f"format: csv, {columns}")))
    reason = "needs events that name a user: map user_id in sources.events.columns of plg.yaml"
    assert workspace.missing("actor:user") == (None if has_user else reason)


@pytest.mark.parametrize(
    ("columns", "has_visitor"),
    [
        ("columns: {event: e, event_at: t, user_id: u, anonymous_id: a}", True),
        ("columns: {event: e, event_at: t, user_id: u}", False),
        ("timezone: UTC", True),
    ],
)
def test_visitors_are_known_when_events_name_them(write: Write, ten_lines: str, columns: str, has_visitor: bool):
    workspace = load_workspace(write(ten_lines.replace("format: segment", f"format: csv, {columns}")))
    reason = "needs events that name a visitor: map anonymous_id in sources.events.columns of plg.yaml"
    assert workspace.missing("actor:visitor") == (None if has_visitor else reason)


# -- fingerprint ------------------------------------------------------------------------------------------------------

CHANGES = {
    "name": ("tiny", "tinier"),
    "start": ("2025-01-01", "2025-01-02"),
    "path": ("data/*.jsonl", "data/*.json"),
    "format": ("segment", "jsonl"),
    "event of a role": ("Report Shared", "Report Sent"),
    "role of an event": ("signup:", "session_started:"),
    "item": ("item: reports", "item: report"),
    "order of events": ("[Signed Up]", "[Signed Up, Joined]"),
    "zone": ("roles:", "timezone: Asia/Tokyo\nroles:"),
    "last day": ("roles:", "last_day: 2025-12-31\nroles:"),
    "passive event": ("roles:", "passive_events: [X]\nroles:"),
    "channel": ("roles:", "channels: {paid: [x]}\nroles:"),
    "policy": ("roles:", "pql: {rules: {threshold: 66}}\nroles:"),
    "a source's zone": ("format: segment", "format: segment, timezone: UTC"),
    "expectation": ("format: segment", "format: segment, expect: {by: '04:00'}"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES.keys())
def test_the_fingerprint_changes_with_any_value(write: Write, ten_lines: str, old: str, new: str):
    before = load_workspace(write(ten_lines)).fingerprint
    after = load_workspace(write(ten_lines.replace(old, new, 1))).fingerprint
    assert before != after
    assert len(after) == 64


def test_the_fingerprint_is_that_of_the_meaning_not_of_the_text_or_place(tmp_path: Path, ten_lines: str):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "plg.yaml").write_text(ten_lines)
    first, second, *rest = ten_lines.splitlines(keepends=True)
    reordered = "".join(["# a comment\n", second, first.replace("tiny", "'tiny'"), *rest])
    (tmp_path / "b" / "plg.yaml").write_text(reordered)
    assert load_workspace(tmp_path / "a").fingerprint == load_workspace(tmp_path / "b").fingerprint


def test_a_definitions_hash_is_the_start_of_the_hash_of_its_json():
    json = b'["activation_rate",{"days":7,"per":"signup"},"2025-01-01",604800.0,[1,2,3]]'
    parts = ("activation_rate", {"per": "signup", "days": 7}, dt.date(2025, 1, 1), dt.timedelta(days=7))
    assert definition_hash(*parts, {3, 1, 2}) == hashlib.sha256(json).hexdigest()[:16]
    assert definition_hash(*parts, {3, 1}) != definition_hash(*parts, {3, 1, 2})


def test_what_has_no_canonical_form_is_refused():
    with pytest.raises(TypeError, match="has no canonical form; pass text, numbers"):
        definition_hash("a", object())


# -- environment ------------------------------------------------------------------------------------------------------


def test_a_changed_file_is_read_anew_and_an_unchanged_one_is_not(write: Write, ten_lines: str):
    first = load_workspace(write(ten_lines))
    assert load_workspace(write(ten_lines)) is first
    assert load_workspace(write(ten_lines.replace("tiny", "other"))).name == "other"


def test_paths_follow_the_environment_and_leave_the_fingerprint_alone(
    write: Write, ten_lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = write(ten_lines.replace("data/*.jsonl", "${PLG_DATA}/*.jsonl"))
    (tmp_path / "one [1]").mkdir()
    (tmp_path / "one [1]" / "a.jsonl").touch()
    monkeypatch.setenv("PLG_DATA", str(tmp_path / "one [1]"))
    first = load_workspace(path)
    assert [p.name for p in first.sources["events"].files(first.root)] == ["a.jsonl"]
    monkeypatch.setenv("PLG_DATA", str(tmp_path / "two"))
    second = load_workspace(path)
    assert second.sources["events"].files(second.root) == ()
    assert first.fingerprint == second.fingerprint


def test_the_state_may_lie_elsewhere(write: Write, ten_lines: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STATE", "/var/plg")
    assert load_workspace(write(f"{ten_lines}state: ${{STATE}}/tiny\n")).state == Path("/var/plg/tiny")


def test_secrets_and_addresses_come_from_the_environment_and_are_never_kept(
    write: Write, ten_lines: str, monkeypatch: pytest.MonkeyPatch
):
    workspace = load_workspace(write(ten_lines))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("PLG_PSEUDONYM_KEY", raising=False)
    assert workspace.mlflow_tracking_uri == f"sqlite:///{workspace.state}/mlflow.db"
    assert workspace.pseudonym_key is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    monkeypatch.setenv("PLG_PSEUDONYM_KEY", "needle-in-no-haystack")
    assert workspace.mlflow_tracking_uri == "http://127.0.0.1:5000"
    assert workspace.pseudonym_key == "needle-in-no-haystack"
    assert "needle" not in repr(workspace)
    assert "needle" not in str(vars(workspace))


def test_the_current_workspace_is_named_by_the_environment(write: Write, ten_lines: str, monkeypatch: pytest.MonkeyPatch):
    path = write(ten_lines)
    monkeypatch.setenv("PLG_WORKSPACE", str(path.parent))
    assert current_workspace().name == "tiny"


def test_without_a_name_the_demonstration_workspace_is_meant(tmp_path: Path, ten_lines: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PLG_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "plg.yaml").write_text(ten_lines)
    workspace: Workspace = current_workspace()
    assert workspace.path == tmp_path / "demo" / "plg.yaml"


# -- tables -----------------------------------------------------------------------------------------------------------


def test_the_taxonomy_becomes_tables(write: Write, ten_lines: str):
    steps = "  onboarding_step: [Profile Filled, {event: Team Named, item: team}]\n"
    others = "passive_events: [Seen]\nchannels: {organic: [seo], paid: [ads]}\n"
    tables = load_workspace(write(ten_lines + steps + others)).config_tables()
    assert [tuple(row.values()) for row in tables["event_roles"].to_pylist()] == [
        ("Report Shared", "activation", None, None),
        ("Report Created", "core_feature", None, "reports"),
        ("Chart Drawn", "core_feature", None, "Chart Drawn"),
        ("Profile Filled", "onboarding_step", 1, "Profile Filled"),
        ("Team Named", "onboarding_step", 2, "team"),
        ("Signed Up", "signup", None, None),
    ]
    assert tables["passive_events"].to_pylist() == [{"event": "Seen"}]
    assert tables["channels"].to_pylist() == [{"channel": "seo", "organic": True}, {"channel": "ads", "organic": False}]


def test_empty_tables_keep_their_columns(write: Write, ten_lines: str):
    tables = load_workspace(write(f"{ten_lines}passive_events: []\nchannels: {{}}\n")).config_tables()
    assert (tables["passive_events"].num_rows, tables["passive_events"].column_names) == (0, ["event"])
    assert (tables["channels"].num_rows, tables["channels"].column_names) == (0, ["channel", "organic"])


def test_definitions_can_load_before_the_demonstration_was_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLG_WORKSPACE", raising=False)
    assert current_workspace().name == "demo"
    assert current_workspace().path == tmp_path / "demo" / "plg.yaml"
    assert not (tmp_path / "demo").exists()
