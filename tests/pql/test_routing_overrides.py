"""A person decides otherwise (person_overrides): the decision changes, no other does, and the record keeps both for good."""

import datetime as dt
import json
import re

import pytest

from plg_orchestration.pql.routing.overrides import RefusedOverride, Word, record_override, settle, unsettled
from plg_orchestration.pql.routing.records import append_record, read_records, restore
from plg_orchestration.warehouse import table
from tests.pql.routing_nights import MONDAY, opened, opened_on_disk, policy
from tests.pql.test_routing_queue import status

DAY = dt.timedelta(days=1)
NINE = dt.datetime(2025, 3, 11, 9)
LEADS = {"a": 90, "b": 80, "c": 70, "campaign": 50, "top": 120}
STORED = ("pql.decisions", "pql.routes", "pql.overrides")


@pytest.fixture
def nights(tmp_path):
    with opened(tmp_path, policy(capacity={"inside_sales": 1, "account_executive": 1})) as made:
        made.file = tmp_path / "overrides.jsonl"
        made.night(MONDAY, LEADS)
        made.follow(MONDAY)
        yield made


def say(nights, user, action, team=None, day=MONDAY, **more):
    decision = nights.read("pql.decisions", day)["decision_id"][user]
    word = Word(decision, action, "Ada", "they called us", team, **more)
    return record_override(
        nights.warehouse,
        word,
        policy=nights.policy,
        file=nights.file,
        state=nights.file.parent,
        recorded_at=NINE,
        timezone=nights.timezone,
    )


def test_a_lead_sent_to_another_team_is_handed_over_beyond_its_capacity_and_nothing_else_changes(nights):
    before = nights.read("pql.decisions", MONDAY)
    done = say(nights, "c", "route", "account_executive")
    found = nights.read("pql.decisions", MONDAY)
    others = [user for user in found.index if user != "c"]
    assert found.loc[others].equals(before.loc[others])
    row = found.loc["c"]
    assert (row["route"], row["policy_route"], row["override_id"]) == ("account_executive", "inside_sales", done.override_id)
    assert (row["handed_over"], row["queue_rank"], row["sla_hours"]) == (True, 2, 2.0)
    assert row["due_at"] == dt.datetime(2025, 3, 11, 11) and row["decision_id"] == before["decision_id"]["c"]
    csv = nights.file.parent / "reports" / "2025-03-10" / "lead_queue.csv"
    assert f'"c","",70.0,2.0,"2025-03-11T11:00:00Z","70 points","2025-03-10","{done.override_id}"' in csv.read_text(
        encoding="utf-8"
    )
    queue = nights.read("pql.routes", MONDAY)
    assert (queue["route"]["c"], queue["status"]["c"], queue["override_id"]["c"]) == (
        "account_executive", "handed_over", done.override_id)  # fmt: skip
    ((was, route, reason, now, now_status, person, at, why, until),) = nights.warehouse.connection.execute(
        "select was_status, was_route, was_reason, now_route, now_status, person, recorded_at, rationale, until "
        "from pql.overrides"
    ).fetchall()
    assert (was, route, reason) == ("queued", "inside_sales", None) and (now, now_status) == ("account_executive", "handed_over")
    assert (person, at, why, until) == ("Ada", NINE, "they called us", MONDAY + 31 * DAY)


def test_held_and_suppressed_leads_leave_the_queue_with_a_reason_and_stay_away_for_some_nights(nights):
    say(nights, "a", "hold", until=MONDAY + 2 * DAY)
    say(nights, "b", "suppress")
    found = status(nights.read("pql.decisions", MONDAY))
    assert (found["a"], found["b"], found["c"]) == ("held by a person until 2025-03-12", "suppressed by a person", "Q")
    assert set(nights.read("pql.routes", MONDAY).index) == {"c", "campaign", "top"}
    tuesday = status(nights.night(MONDAY + DAY, LEADS))
    assert (tuesday["a"], tuesday["b"], tuesday["c"]) == ("held by a person until 2025-03-12", "suppressed by a person", "H")
    wednesday = status(nights.night(MONDAY + 2 * DAY, LEADS))
    assert (wednesday["a"], wednesday["b"]) == ("H", "suppressed by a person")


def test_a_routed_lead_stays_with_its_team_and_a_release_gives_it_back_to_the_policy(nights):
    say(nights, "campaign", "route", "inside_sales")
    tuesday = nights.night(MONDAY + DAY, LEADS)
    assert (tuesday["route"]["campaign"], tuesday["suppressed_reason"]["campaign"]) == (
        "inside_sales", "handed to the same team lately")  # fmt: skip
    say(nights, "campaign", "release", day=MONDAY + DAY)
    wednesday = nights.night(MONDAY + 2 * DAY, LEADS)
    assert wednesday["route"]["campaign"] == "upgrade_campaign" and wednesday["override_id"]["campaign"] is None


def test_the_last_word_of_a_night_counts_and_the_record_keeps_every_word(nights):
    say(nights, "a", "suppress")
    say(nights, "a", "route", "account_executive")
    say(nights, "c", "hold")
    say(nights, "c", "release")
    found = nights.read("pql.decisions", MONDAY)
    assert status(found)["a"] == "H" and found["route"]["a"] == "account_executive" and status(found)["c"] == "Q"
    words = nights.warehouse.connection.execute("select number, action, was_status from pql.overrides order by 1").fetchall()
    assert words == [
        (1, "suppress", "handed_over"),
        (2, "route", "suppressed"),
        (3, "hold", "queued"),
        (4, "release", "suppressed"),
    ]


def test_rebuilt_nights_keep_what_people_said_also_in_a_new_warehouse(nights, tmp_path):
    say(nights, "c", "route", "account_executive")
    say(nights, "b", "suppress")
    nights.night(MONDAY + DAY, LEADS)
    nights.follow(MONDAY + DAY)
    live = {name: nights.warehouse.content_hash(table(name)) for name in STORED}
    for day in (MONDAY, MONDAY + DAY):
        nights.route(day)
        nights.follow(day)
    assert {name: nights.warehouse.content_hash(table(name)) for name in STORED} == live
    with opened(tmp_path / "new", nights.policy) as new:
        assert restore(new.warehouse, read_records(nights.file)) == ()
        for day in (MONDAY, MONDAY + DAY):
            new.night(day, LEADS)
            new.follow(day)
        assert {name: new.warehouse.content_hash(table(name)) for name in STORED} == live
        assert unsettled(new.warehouse) == []


def test_a_word_that_a_kill_kept_from_its_decision_is_found_and_takes_effect(nights):
    done = say(nights, "c", "route", "account_executive")
    nights.warehouse.connection.execute("delete from pql.overrides")
    nights.route(MONDAY)
    assert status(nights.read("pql.decisions", MONDAY))["c"] == "Q"
    assert restore(nights.warehouse, read_records(nights.file)) == ()
    assert [late.override_id for late in unsettled(nights.warehouse)] == [done.override_id]
    settle(nights.warehouse, as_of=nights.as_of(MONDAY), policy=nights.policy, state=nights.file.parent)
    assert unsettled(nights.warehouse) == [] and status(nights.read("pql.decisions", MONDAY))["c"] == "H"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ({"decision_id": "nothing"}, "decision 'nothing' is not known; take a decision_id of the newest night"),
        ({"team": "inside_sale"}, "did you mean 'inside_sales'"),
        ({"team": "inside_sales"}, "handed to inside_sales already; name another team"),
        ({"person": "  "}, "say with --by who decides"),
        ({"rationale": ""}, "say with --reason why"),
        ({"action": "release"}, "nobody's word on user a is in force"),
        ({"action": "hold", "until": MONDAY}, "--until 2025-03-10 is not after the decision's day"),
    ],
)
def test_a_word_that_cannot_be_followed_is_refused_and_nothing_is_recorded(nights, word, said):
    decision = nights.read("pql.decisions", MONDAY)["decision_id"]["a"]
    values = {"decision_id": decision, "action": "route", "person": "Ada", "rationale": "why not", "team": "sales", **word}
    with pytest.raises(RefusedOverride, match=re.escape(said)):
        record_override(
            nights.warehouse,
            Word(**values),
            policy=nights.policy,
            file=nights.file,
            state=nights.file.parent,
            recorded_at=NINE,
            timezone="UTC",
        )
    assert not nights.file.exists()


def test_only_the_newest_night_is_overridden(nights):
    nights.night(MONDAY + DAY, {"a": 90, "c": 70})
    newer = nights.read("pql.decisions", MONDAY + DAY)["decision_id"]["c"]
    with pytest.raises(RefusedOverride, match=f"the night of 2025-03-11 has decided since; override its newer decision {newer}"):
        say(nights, "c", "hold")
    with pytest.raises(RefusedOverride, match="on 2025-03-11 the user has no decision to override"):
        say(nights, "b", "hold")


def test_nobody_overrides_an_objection_or_the_holdout(tmp_path):
    with opened(tmp_path, policy(share=1.0)) as held:
        held.file = tmp_path / "overrides.jsonl"
        held.night(MONDAY, {"a": 90})
        with pytest.raises(RefusedOverride, match="would spoil the measure of lift"):
            say(held, "a", "route", "sales")
    with opened(tmp_path / "other") as made:
        made.file = tmp_path / "other.jsonl"
        made.add("ingest.objections", objection_id="o", user_id="a", at=dt.datetime(2025, 3, 1), known_date=MONDAY)
        made.night(MONDAY, {"a": 90})
        with pytest.raises(RefusedOverride, match="objected to being contacted and is left alone"):
            say(made, "a", "route", "sales")


def test_a_changed_moved_or_unreadable_line_is_told_and_the_table_stays(nights):
    first = say(nights, "a", "hold")
    say(nights, "b", "hold")
    lines = nights.file.read_text(encoding="utf-8").splitlines()

    def told(*new):
        nights.file.write_text("".join(f"{line}\n" for line in new), encoding="utf-8")
        return restore(nights.warehouse, read_records(nights.file))

    other = json.dumps({**json.loads(lines[1]), "person": "Eve"})
    assert "override_id does not fit the other fields; the line was changed by hand" in told(lines[0], other)[0]
    assert "overrides.jsonl:2: line: Invalid JSON" in told(lines[0], "{nonsense")[0]
    assert told(lines[1])[0].startswith("overrides.jsonl:1: number is 2; lines are added and never moved")
    assert told(lines[0]) == ("the file lacks 1 recorded overrides, the first is number 2; put the lines back",)
    with pytest.raises(RefusedOverride, match="nothing was recorded: the file lacks 1 recorded overrides"):
        say(nights, "c", "hold")
    nights.file.unlink()
    append_record(nights.file, first)
    assert nights.warehouse.scalar("select count(*) from pql.overrides") == 2
    assert told(*lines) == ()


PLG_YAML = """\
workspace: words
start: 2025-03-01
last_day: 2025-03-10
state: state
sources:
  events: {path: "*.jsonl", format: segment}
"""


def test_the_command_records_a_word_and_refuses_what_cannot_be_followed(tmp_path, capsys, monkeypatch):
    from plg_orchestration.cli.override import override_and_print

    monkeypatch.setenv("PLG_WORKSPACE", str(tmp_path))
    (tmp_path / "plg.yaml").write_text(PLG_YAML, encoding="utf-8")
    with opened_on_disk(tmp_path / "state") as made:
        decision = made.night(MONDAY, {"a": 90})["decision_id"]["a"]
    said = {"person": "Ada", "rationale": "on leave", "team": None, "until": None}
    assert override_and_print(tmp_path, decision, ["hold"], **said) == 0
    printed = capsys.readouterr().out
    assert "a, decided on 2025-03-10: was handed_over (inside_sales), is suppressed (inside_sales)" in printed
    assert "It also holds for the nights before 2025-03-18." in printed
    with opened_on_disk(tmp_path / "state") as made:
        assert status(made.read("pql.decisions", MONDAY)) == {"a": "held by a person until 2025-03-18"}
    assert [record.person for record in read_records(tmp_path / "overrides.jsonl").records] == ["Ada"]
    assert override_and_print(tmp_path, "nonsense", ["hold"], **said) == 2
    assert override_and_print(tmp_path, decision, ["hold", "suppress"], **said) == 2
    told = capsys.readouterr().err
    assert "decision 'nonsense' is not known" in told and "--hold and --suppress is said; say exactly one of" in told
