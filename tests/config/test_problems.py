"""What a person is told about a plg.yaml that cannot be used: file, line, place, value and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from plg_orchestration.config import InvalidConfiguration, Problem, check_workspace, load_workspace
from plg_orchestration.config.problems import nearest
from plg_orchestration.errors import ConfigurationError

Problems = Callable[[str], list[Problem]]

FAULTS = {
    "unknown key at the top": (
        "timezne: UTC", 12, "timezne: unknown key 'timezne'; did you mean 'timezone'?"),
    "unknown key without a near one": (
        "zzz: 1", 12, "zzz: unknown key 'zzz'; known keys: activation, behavior, channels, experiments, funnels,"),
    "wrong zone": (
        "timezone: Europe/Berlim", 12, "timezone: unknown time zone 'Europe/Berlim'; did you mean 'Europe/Berlin'?"),
    "no zone at all": (
        "timezone: ../../etc/passwd", 12,
        "timezone: unknown time zone '../../etc/passwd'; write an IANA name such as Europe/Berlin"),
    "last day before start": (
        "last_day: 2024-12-31", 12, "last_day: last_day 2024-12-31 is before start 2025-01-01; correct one of them"),
    "no date": (
        "last_day: soon", 12, "last_day: a calendar date belongs here (it is 'soon'); write it as YYYY-MM-DD"),
    "impossible date": (
        "last_day: 2025-02-30", 12, "last_day: a calendar date belongs here (it is '2025-02-30'); write it as YYYY-MM-DD"),
    "truth value for a text": (
        "passive_events:\n  - Opened\n  - true", 14,
        "passive_events[1]: true is read as a truth value, but a text belongs here; put it in quotes: 'true'"),
    "number for a text": (
        "passive_events: [2018]", 12,
        "passive_events[0]: 2018 is read as a number, but a text belongs here; put it in quotes: '2018'"),
    "text for a list": (
        "passive_events: Opened", 12, "passive_events: a list belongs here (it is 'Opened'); write [a, b]"),
    "control character in a name": (
        'passive_events: ["a\\tb"]', 12,
        "passive_events[0]: the text has a form that is not allowed here (it is 'a\\tb'); it must match"),
    "channel in both lists": (
        "channels:\n  organic: [ads, seo]\n  paid: [ads]", 12,
        "channels: channel 'ads' is both organic and paid; keep it in one list"),
    "wrong type of a policy": (
        "pql: 7", 12, "pql: keys and values belong here (it is 7); write them below it"),
    "unknown key of a policy": (
        "pql:\n  rules:\n    treshold: 65", 14, "pql.rules.treshold: unknown key 'treshold'; did you mean 'threshold'?"),
    "wrong value in a policy": (
        "pql:\n  rules:\n    threshold: many", 14,
        "pql.rules.threshold: a finite number belongs here (it is 'many'); write one, such as 0.5"),
    "unknown key of an experiment in a list": (
        "experiments:\n  - name: a\n    hypotesis: b", 14,
        "experiments[0].hypotesis: unknown key 'hypotesis'; did you mean 'hypothesis'?"),
    "hole in a policy": (
        "pql:\n  routing:\n    points:\n"
        "      bands: [{gte: 0, lt: 41, route: a, action: b}, {gte: 45, route: a, action: b}]",
        14, "pql.routing.points: routing.points: [41, 45) has no route; add a band or widen one"),
    "missing key of an entry of a list": (
        "governance:\n  risks:\n    - {id: R9, title: x}", 14, "governance.risks[0]: 'owner' is missing; add `owner: ...`"),
    "wrong word": (
        "governance:\n  controls:\n    R1-C1: {severity: mediun}", 14,
        "governance.controls.R1-C1.severity: 'mediun' is not allowed here; did you mean 'medium'?"),
    "list for a mapping": ("pql: [1]", 12, "pql: keys and values belong here (it is a list); write them below it"),
    "nothing where something must be": (
        "pql: {rules: }", 12, "pql.rules: keys and values belong here (it is empty); write them below it"),
}  # fmt: skip


@pytest.mark.parametrize(("added", "line", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_said_with_line_value_and_remedy(problems: Problems, ten_lines: str, added: str, line: int, said: str):
    found = problems(f"{ten_lines}\n{added}\n")
    assert any(p.line == line and f"plg.yaml:{line}: " in str(p) and said in str(p) for p in found), [str(p) for p in found]


SOURCE_FAULTS = {
    "unknown source": (
        "  subscription: {path: a, format: csv}",
        "sources.subscription: unknown source 'subscription'; did you mean 'subscriptions'?"),
    "unknown format": (
        "  users: {path: a, format: xlsx}",
        "sources.users.format: 'xlsx' is not allowed here; known values: csv, jsonl, osv, parquet, pip-audit, sarif, segment"),
    "missing format": (
        "  users: {path: a}", "sources.users: 'format' is missing; add `format: ...`"),
    "missing path": (
        "  users: {format: csv}", "sources.users: 'path' is missing; add `path: ...`"),
    "empty path": (
        "  users: {path: ' ', format: csv}", "sources.users.path: ' ' is not a path; write a path or glob"),
    "half a variable": (
        "  users: {path: '${HOME', format: csv}",
        "sources.users.path: '${HOME' is not a path; write a path or glob, variables as ${NAME}"),
    "variable that is not set": (
        "  users: {path: '${PLG_NOWHERE}/a', format: csv}",
        "sources.users.path: the environment variable PLG_NOWHERE is not set ('${PLG_NOWHERE}/a'); "
        "set it, for example: export PLG_NOWHERE=/path/to/the/data"),
    "segment for a table": (
        "  users: {path: a, format: segment}",
        "sources.users.format: the segment dialect describes events only; write jsonl, csv or"),
    "unknown canonical column": (
        "  users: {path: a, format: csv, columns: {user_id: u, signup: s}}",
        "sources.users.columns.signup: users has no canonical column 'signup'; did you mean 'signup_at'?"),
    "required column": (
        "  subscriptions: {path: a, format: csv, columns: {subscription_id: u, account_id: a}}",
        "sources.subscriptions.columns: subscriptions needs started_at; map it in columns"),
    "required column declared absent": (
        "  users: {path: a, format: csv, columns: {user_id: {constant: null}}}",
        "sources.users.columns: users needs user_id; map it in columns"),
    "none of several ids": (
        "  crm_outcomes: {path: a, format: csv, columns: {outcome_id: o, outcome: p, at: q}}",
        "sources.crm_outcomes.columns: crm_outcomes needs one of decision_id, user_id; map at least one in columns"),
    "unknown expression": (
        "  users: {path: a, format: csv, columns: {user_id: {epochms: u}}}",
        "sources.users.columns.user_id: unknown expression 'epochms'; did you mean 'epoch_ms'?"),
    "two expressions": (
        "  users: {path: a, format: csv, columns: {user_id: {column: u, constant: 1}}}",
        "sources.users.columns.user_id: {'column': 'u', 'constant': 1} is no expression; write a source column's name, or"),
    "number for a column": (
        "  users: {path: a, format: csv, columns: {user_id: 7}}", "sources.users.columns.user_id: 7 is no expression; write a"),
    "SQL in a column's name": (
        "  users: {path: a, format: csv, columns: {user_id: 'u\"; drop table x'}}",
        "sources.users.columns.user_id: 'u\"; drop table x' cannot be a source column's name; write the name without quotes"),
    "comment in a column's name": (
        "  users: {path: a, format: csv, columns: {user_id: {domain_of: 'u--'}}}",
        "sources.users.columns.user_id.domain_of: 'u--' cannot be a source column's name; write the name without quotes"),
    "template without a column": (
        "  users: {path: a, format: csv, columns: {user_id: {template: user}}}",
        "sources.users.columns.user_id.template: 'user' is not a template; name source columns in braces"),
    "template with an open brace": (
        "  users: {path: a, format: csv, columns: {user_id: {template: 'user-{id'}}}",
        "sources.users.columns.user_id.template: 'user-{id' is not a template (expected '}' before end of string); close"),
    "template that reaches for an attribute's format": (
        "  users: {path: a, format: csv, columns: {user_id: {template: '{id!r}'}}}",
        "sources.users.columns.user_id.template: '{id!r}' is not a template; name source columns in braces"),
    "incomplete lookup": (
        "  users: {path: a, format: csv, columns: {user_id: {lookup: {path: b, format: csv, key: k, on: o}}}}",
        "sources.users.columns.user_id.lookup: 'value' is missing; add `value: ...`"),
    "misspelled key of a lookup": (
        "  users: {path: a, format: csv, columns: {user_id: {lookup: {path: b, format: csv, key: k, vlaue: v, on: o}}}}",
        "sources.users.columns.user_id.lookup.vlaue: unknown key 'vlaue'; did you mean 'value'?"),
    "zone of a source": (
        "  users: {path: a, format: csv, timezone: CEST}", "sources.users.timezone: unknown time zone 'CEST'; did you mean"),
    "pattern that is none": (
        "  users: {path: a, format: csv, date_from_path: '(?P<date'}",
        "sources.users.date_from_path: '(?P<date' is not a regular expr"),
    "pattern without a date": (
        "  users: {path: a, format: csv, date_from_path: '[0-9]+'}",
        "sources.users.date_from_path: '[0-9]+' has no group named date; write for example '(?P<date>\\d{8})', auto or none"),
    "expectation that says no tolerance": (
        "  users: {path: a, format: csv, expect: {rows: many}}",
        "sources.users.expect.rows: 'many' says no tolerance; write '±40 % of its weekday'"),
    "expectation at no time": (
        "  users: {path: a, format: csv, expect: {by: early}}",
        "sources.users.expect.by: a time of day belongs here (it is 'early'); write it as HH:MM"),
    "a name beside the key": (
        "  users: {path: a, format: csv, name: accounts}",
        "sources: sources.users has a key 'name'; remove it, a source is named by"),
    "a source that is a text": (
        "  users: people.csv", "sources.users: keys and values belong here (it is 'people.csv'); write them below it"),
}  # fmt: skip


@pytest.mark.parametrize(("added", "said"), SOURCE_FAULTS.values(), ids=SOURCE_FAULTS.keys())
def test_a_fault_of_a_source_is_said_where_it_stands(problems: Problems, ten_lines: str, added: str, said: str):
    found = problems(ten_lines.replace("roles:", f"{added}\nroles:"))
    assert any(said in str(p) and p.line in (3, 5) for p in found), [str(p) for p in found]


ROLE_FAULTS = {
    "unknown role": ("  singup: [A]", 11, "roles.singup: unknown role 'singup'; did you mean 'signup'?"),
    "role without an event": ("  cancelled: []", 11, "roles.cancelled: there are too few entries; add some, or remove the key"),
    "event twice": ("  cancelled: [A, B, A]", 11, "roles.cancelled: event 'A' stands here twice; keep one of the two"),
    "step outside of onboarding": (
        "  cancelled: [{event: A, step: 1}]", 5,
        "roles: roles.cancelled: 'A' has a step; only onboarding_step is ordered, remove `step`"),
    "some steps numbered": (
        "  onboarding_step: [{event: A, step: 1}, B]", 5,
        "roles: roles.onboarding_step: some events have a step and others none; give all of them one, or none"),
    "step zero": (
        "  onboarding_step: [{event: A, step: 0}]", 11,
        "roles.onboarding_step[0].step: input should be greater than or equal to 1 (it is 0); correct the value"),
    "unknown key of an event": (
        "  cancelled: [{evnt: A}]", 11, "roles.cancelled[0].evnt: unknown key 'evnt'; did you mean 'event'?"),
}  # fmt: skip


@pytest.mark.parametrize(("added", "line", "said"), ROLE_FAULTS.values(), ids=ROLE_FAULTS.keys())
def test_a_fault_of_a_role_is_said_where_it_stands(problems: Problems, ten_lines: str, added: str, line: int, said: str):
    found = problems(f"{ten_lines}{added}\n")
    assert any(said in str(p) and p.line == line for p in found), [str(p) for p in found]


def test_activation_is_one_event(problems: Problems, ten_lines: str):
    (found,) = problems(ten_lines.replace("[Report Shared]", "[Report Shared, Chart Shared]"))
    assert "roles.activation names several events; activation is one event" in str(found)


def test_a_rule_for_activation_is_not_taken_for_an_event(problems: Problems, ten_lines: str):
    (*_, found) = problems(ten_lines.replace("[Report Shared]", "{all: [A, B], within: 7d}"))
    assert "roles.activation[0]" in str(found) or "roles.activation" in str(found)
    assert found.line == 7


def test_events_must_be_there(problems: Problems, ten_lines: str):
    (found,) = problems(ten_lines.replace("events:", "accounts:").replace("segment", "csv"))
    assert "sources: there is no source 'events'; add sources.events with a path and a format" in str(found)


def test_segment_events_take_no_column_map(problems: Problems, ten_lines: str):
    (found,) = problems(ten_lines.replace("format: segment", "format: segment, columns: {event: e, event_at: t, user_id: u}"))
    assert (found.line, found.where) == (4, "sources.events.columns")
    assert found.message == "the segment dialect says what its fields mean"
    assert found.remedy == "remove columns, or write format: jsonl"


def test_an_empty_file_lacks_what_every_workspace_needs(problems: Problems):
    assert [p.message for p in problems("")] == ["'sources' is missing", "'start' is missing", "'workspace' is missing"]


@pytest.mark.parametrize("name", ["", "a; drop table x", "../up", "x" * 65, "-a"])
def test_a_workspaces_name_is_a_plain_word(problems: Problems, ten_lines: str, name: str):
    (found,) = problems(ten_lines.replace("tiny", f'"{name}"'))
    assert (found.line, found.where) == (1, "workspace")


def test_everything_wrong_is_said_at_once_in_the_order_of_lines(problems: Problems, ten_lines: str):
    text = ten_lines.replace("2025-01-01", "soon").replace("segment", "sgment").replace("signup:", "singup:")
    found = problems(f"{text}x: 1\npql: {{rules: {{treshold: 1}}}}\nx: 2\n")
    assert [p.line for p in found] == [2, 4, 6, 11, 12, 13]


def test_a_file_that_is_not_there_says_what_to_do(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"plg.yaml:1: cannot be read \(No such file or directory\); write one"):
        load_workspace(tmp_path / "plg.yaml")


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path):
    (tmp_path / "plg.yaml").write_bytes("a: 1\nb: 2\nc: Käse\n".encode("latin-1"))
    with pytest.raises(InvalidConfiguration, match=r"plg.yaml:3: not UTF-8 text; save the file as UTF-8"):
        load_workspace(tmp_path)


def test_check_reports_what_loading_raises(write: Callable[[str], Path], ten_lines: str):
    path = write(ten_lines.replace("tiny", "true"))
    with pytest.raises(InvalidConfiguration) as raised:
        load_workspace(path)
    assert check_workspace(path) == list(raised.value.problems)
    said = "workspace: true is read as a truth value, but a text belongs here; put it in quotes: 'true'"
    assert str(raised.value) == f"{path}:1: {said}"


def test_nearest_ignores_case_and_gives_nothing_for_strangers():
    assert nearest("USERID", ["user_id", "event"]) == "user_id"
    assert nearest("qqq", ["user_id", "event"]) is None
