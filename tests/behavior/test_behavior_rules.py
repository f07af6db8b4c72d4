"""The activation milestone as a rule: met at the instant of the last occurrence needed, as known at each received day."""

import datetime as dt
import random
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pytest

from plg_orchestration import behavior
from plg_orchestration.behavior.rules import rule_activations
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.activation.rule import CONDITIONS, RULES, Milestone
from plg_orchestration.ingest.known import known_users
from plg_orchestration.warehouse import table

D = dt.date
MAY = dt.datetime(2025, 5, 1)
FIRST = D(2025, 5, 1)
LAST = AsOf(D(2025, 5, 31))
NEEDED = ("behavior.step_events", "behavior.user_days", "behavior.milestones")


@pytest.fixture
def rules(world):
    """A world whose conditions are those of a milestone: `declare(...)`, then `moments()` by unit."""
    world.roles(("Create", "item_created", None), ("Invite", "invite_sent", None), ("Join", "invite_accepted", None))
    world.roles(("Chart", "core_feature", None), ("Table", "core_feature", "tables"), ("Grid", "core_feature", "tables"))
    for name in NEEDED:
        world.warehouse.ensure(table(name))
    return Rules(world)


class Rules:
    def __init__(self, world):
        self.world = world

    def declare(self, **milestone):
        made = Milestone.model_validate(milestone)
        for name, schema, rows in (
            ("activation_conditions", CONDITIONS, made.condition_rows()), ("activation_rules", RULES, made.rule_rows()),
        ):  # fmt: skip
            given = pa.Table.from_pylist(rows, schema=schema)
            self.world.warehouse.connection.register("given", given)
            self.world.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")

    def many(self, name, rows):
        self.world.warehouse.insert(table(name), pd.DataFrame(rows, columns=list(table(name).column_names)))

    def user(self, user, signup="2025-05-01 00:00", *, account=None, known=None, **values):
        at = dt.datetime.fromisoformat(signup)
        seen = dt.datetime.fromisoformat(known) if known else at
        given = {"signup_at": at, "known_at": seen, "known_date": seen.date(), "file_id": "f", "line": 1, "origin": "source"}
        self.world.insert("ingest.users", user_id=user, account_id=account, **(given | values))

    def did(self, event, user, *times, account=None, received=None):
        for time in times:
            at = dt.datetime.fromisoformat(time)
            known = dt.date.fromisoformat(received) if received else at.date()
            self.world.insert(
                "behavior.step_events", received_date=known, event_date=at.date(), user_id=user, account_id=account, event=event,
                event_at=at, events=1,
            )  # fmt: skip

    def active(self, user, at, account):
        when = dt.datetime.fromisoformat(at)
        self.world.insert(
            "behavior.user_days", received_date=when.date(), event_date=when.date(), user_id=user, account_id=account, events=1,
            qualifying_events=1, first_active_at=when, last_active_at=when,
        )  # fmt: skip

    def known(self, first=FIRST, last=LAST):
        """(received day, unit id, moment) of all rows, a moment as text."""
        rows = self.world.records(rule_activations(as_of=last, first=first))
        return [(row["received_date"].isoformat(), row["unit_id"], f"{row['first_at']:%m-%d %H:%M}") for row in rows]

    def moments(self):
        """Each unit's moment as known in the end."""
        found = {}
        for _, unit, moment in self.known():
            found[unit] = min(moment, found.get(unit, moment))
        return found


def test_all_of_is_met_when_its_last_condition_is(rules):
    rules.declare(all_of=[{"role": "item_created", "count": 2}, {"event": "Invite"}])
    rules.user("ann")
    rules.did("Create", "ann", "2025-05-02 09:00", "2025-05-04 09:00", "2025-05-05 09:00")
    rules.did("Invite", "ann", "2025-05-03 09:00")
    rules.user("bob")
    rules.did("Create", "bob", "2025-05-02 09:00", "2025-05-04 09:00")
    assert rules.moments() == {"ann": "05-04 09:00"}


def test_any_of_is_met_by_the_earliest(rules):
    rules.declare(any_of=[{"role": "item_created", "count": 2}, {"event": "Invite"}])
    rules.user("ann")
    rules.did("Create", "ann", "2025-05-02 09:00", "2025-05-04 09:00")
    rules.did("Invite", "ann", "2025-05-03 09:00")
    assert rules.moments() == {"ann": "05-03 09:00"}


def test_groups_may_be_nested_once(rules):
    rules.declare(all_of=[{"event": "Invite"}, {"any_of": [{"event": "Create"}, {"event": "Chart"}]}])
    rules.user("ann")
    rules.did("Chart", "ann", "2025-05-05 10:00")
    rules.did("Create", "ann", "2025-05-04 10:00")
    rules.did("Invite", "ann", "2025-05-02 10:00")
    rules.user("bob")
    rules.did("Invite", "bob", "2025-05-02 10:00")
    assert rules.moments() == {"ann": "05-04 10:00"}


def test_a_window_from_signup_is_half_open(rules):
    rules.declare(all_of=[{"event": "Create", "within_days": 7}])
    rules.user("in", "2025-05-01 12:00")
    rules.did("Create", "in", "2025-05-08 11:59")
    rules.user("out", "2025-05-01 12:00")
    rules.did("Create", "out", "2025-05-08 12:00")
    assert rules.moments() == {"in": "05-08 11:59"}


def test_a_sliding_window_holds_occurrences_that_are_near_each_other(rules):
    rules.declare(all_of=[{"event": "Create", "count": 3, "window_days": 2}])
    rules.user("ann")
    rules.did("Create", "ann", "2025-05-01 09:00", "2025-05-02 09:00", "2025-05-03 09:00", "2025-05-03 10:00", "2025-05-03 11:00")
    # 1, 2 and 3 May at nine are exactly two days apart, which is too far; the next one makes three within two days.
    assert rules.moments() == {"ann": "05-03 10:00"}


def test_distinct_items_are_counted_once_each(rules):
    rules.declare(all_of=[{"role": "core_feature", "count": 2, "distinct_items": True}])
    rules.user("ann")
    rules.did("Table", "ann", "2025-05-01 09:00")
    rules.did("Grid", "ann", "2025-05-02 09:00")
    rules.did("Chart", "ann", "2025-05-03 09:00")
    assert rules.moments() == {"ann": "05-03 09:00"}


def test_distinct_items_may_have_to_be_near_each_other(rules):
    rules.declare(all_of=[{"role": "core_feature", "count": 2, "distinct_items": True, "window_days": 1}])
    rules.user("ann")
    rules.did("Table", "ann", "2025-05-01 09:00", "2025-05-04 09:00")
    rules.did("Chart", "ann", "2025-05-03 09:00", "2025-05-04 10:00")
    assert rules.moments() == {"ann": "05-04 10:00"}


def test_an_item_of_a_role_is_counted_alone(rules):
    rules.declare(all_of=[{"role": "core_feature", "item": "tables", "count": 2}])
    rules.user("ann")
    rules.did("Chart", "ann", "2025-05-01 09:00", "2025-05-01 10:00")
    rules.did("Table", "ann", "2025-05-02 09:00")
    rules.did("Grid", "ann", "2025-05-03 09:00")
    assert rules.moments() == {"ann": "05-03 09:00"}


def test_each_step_of_a_sequence_comes_strictly_after_the_one_before(rules):
    rules.declare(sequence=[{"event": "Create", "count": 2}, {"event": "Invite"}, {"event": "Create"}])
    rules.user("ann")
    rules.did("Create", "ann", "2025-05-01 09:00", "2025-05-02 09:00", "2025-05-05 09:00")
    rules.did("Invite", "ann", "2025-05-01 10:00", "2025-05-02 09:00", "2025-05-04 09:00")
    rules.user("bob")
    rules.did("Create", "bob", "2025-05-01 09:00", "2025-05-02 09:00")
    rules.did("Invite", "bob", "2025-05-04 09:00")
    assert rules.moments() == {"ann": "05-05 09:00"}


def test_a_sequence_has_up_to_four_steps_and_may_stand_in_a_group(rules):
    steps = [{"event": name} for name in ("Create", "Invite", "Chart", "Join")]
    rules.declare(all_of=[{"sequence": steps}, {"event": "Table"}])
    rules.user("ann")
    for day, name in enumerate(["Create", "Invite", "Chart", "Join", "Table"], start=1):
        rules.did(name, "ann", f"2025-05-0{day} 09:00")
    assert rules.moments() == {"ann": "05-05 09:00"}


def test_the_second_active_user_of_the_account_counts_for_both(rules):
    rules.declare(all_of=[{"event": "Create"}, {"active_users": 2}])
    for user in ("ann", "bob", "cem"):
        rules.user(user, account="acme" if user != "cem" else "other")
        rules.did("Create", user, "2025-05-02 09:00", account="acme" if user != "cem" else "other")
    rules.active("ann", "2025-05-02 08:00", "acme")
    rules.active("bob", "2025-05-06 08:00", "acme")
    rules.active("cem", "2025-05-02 08:00", "other")
    assert rules.moments() == {"ann": "05-06 08:00", "bob": "05-06 08:00", "acme": "05-06 08:00"}


def test_accepted_invites_count_people_not_events(rules):
    rules.declare(all_of=[{"event": "Create"}, {"invites_accepted": 2}])
    rules.user("ann", account="acme")
    rules.did("Create", "ann", "2025-05-01 09:00", account="acme")
    rules.did("Join", "bob", "2025-05-02 09:00", "2025-05-03 09:00", account="acme")
    assert rules.moments() == {}
    rules.did("Join", "cem", "2025-05-04 09:00", account="acme")
    assert rules.moments() == {"ann": "05-04 09:00", "acme": "05-04 09:00"}


def test_each_persona_has_its_rule_and_everybody_else_the_default(rules):
    rules.declare(by="role", rules=[
        {"name": "makers", "values": ["analyst", "engineer"], "all_of": [{"event": "Create"}]},
        {"name": "others", "all_of": [{"event": "Invite"}]},
    ])  # fmt: skip
    for user, role in (("ann", "analyst"), ("eve", "engineer"), ("max", "manager"), ("nil", None)):
        rules.user(user, role=role)
        rules.did("Create", user, "2025-05-02 09:00")
        rules.did("Invite", user, "2025-05-03 09:00")
    assert rules.moments() == {"ann": "05-02 09:00", "eve": "05-02 09:00", "max": "05-03 09:00", "nil": "05-03 09:00"}


def test_a_late_event_moves_tomorrows_moment_not_yesterdays(rules):
    rules.declare(all_of=[{"event": "Create", "count": 2}])
    rules.user("ann")
    rules.did("Create", "ann", "2025-05-01 09:00", "2025-05-10 09:00")
    rules.did("Create", "ann", "2025-05-02 09:00", received="2025-05-12")
    # The row of 1 May knows one occurrence, which is not enough.
    assert rules.known() == [("2025-05-10", "ann", "05-10 09:00"), ("2025-05-12", "ann", "05-02 09:00")]
    assert rules.known(last=AsOf(D(2025, 5, 11))) == [("2025-05-10", "ann", "05-10 09:00")]


def test_a_signup_that_becomes_known_later_counts_from_then(rules):
    rules.declare(all_of=[{"event": "Create", "within_days": 1}])
    rules.user("ann", "2025-05-01 00:00", known="2025-05-05")
    rules.user("ann", "2025-05-04 00:00", known="2025-05-08", line=2)
    rules.did("Create", "ann", "2025-05-04 09:00", received="2025-05-05")
    assert rules.known() == [("2025-05-08", "ann", "05-04 09:00")]


def test_what_happens_after_the_known_moment_is_not_looked_at_again(rules):
    rules.declare(all_of=[{"event": "Create"}])
    rules.user("ann", known="2025-05-01")
    rules.did("Create", "ann", "2025-05-01 09:00", "2025-05-02 09:00")
    rules.world.insert("behavior.milestones", received_date=D(2025, 5, 1), unit="user", unit_id="ann", role="activation", item="",
                       first_at=MAY + dt.timedelta(hours=9))  # fmt: skip
    assert rules.known(first=D(2025, 5, 2)) == []
    rules.did("Create", "ann", "2025-05-01 08:00", received="2025-05-02")
    assert rules.known(first=D(2025, 5, 2)) == [("2025-05-02", "ann", "05-01 08:00")]


def test_without_a_rule_or_without_events_nobody_has_met_it(rules):
    rules.declare(all_of=[{"event": "Create"}])
    rules.user("ann")
    assert rules.known() == []
    rules.did("Create", "ann", "2025-05-02 09:00")
    assert len(rules.known()) == 1
    rules.world.warehouse.connection.execute("delete from config.activation_conditions; delete from config.activation_rules")
    assert rules.known() == []


def by_hand(events):
    """Two creations less than three days apart in the first week, and a chart after a creation; events as (name, time)."""
    creates = sorted(at for name, at in events if name == "Create")
    charts = [at for name, at in events if name == "Chart" and creates and at > creates[0]]
    early = [at for at in creates if at < MAY + dt.timedelta(days=7)]
    together = [b for a, b in pairwise(early) if b - a < dt.timedelta(days=3)]
    return max(together[0], min(charts)) if together and charts else None


def test_every_day_knows_what_its_received_events_say_of_two_hundred_users(rules):
    draw = random.Random(5)
    together = {"event": "Create", "count": 2, "window_days": 3, "within_days": 7}
    rules.declare(all_of=[together, {"sequence": [{"event": "Create"}, {"event": "Chart"}]}])
    happened = {}
    for number in range(200):
        times = [MAY + dt.timedelta(minutes=draw.randrange(10 * 24 * 60)) for _ in range(draw.randrange(9))]
        happened[f"u{number}"] = [
            (draw.choice(["Create", "Chart"]), at, at.date() + dt.timedelta(days=draw.randrange(4))) for at in times
        ]
    rules.many("ingest.users", [
        {"user_id": user, "signup_at": MAY, "known_at": MAY, "known_date": MAY.date(), "origin": "source"} for user in happened
    ])  # fmt: skip
    rules.many("behavior.step_events", [
        {"received_date": known, "event_date": at.date(), "user_id": user, "event": name, "event_at": at, "events": 1}
        for user, events in happened.items() for name, at, known in events
    ])  # fmt: skip
    found = {(user, day): moment for day, user, moment in rules.known()}
    reached = 0
    for user, events in happened.items():
        best = None
        for offset in range(15):
            day = D(2025, 5, 1) + dt.timedelta(days=offset)
            moment = by_hand([(name, at) for name, at, known in events if known <= day])
            best = found.get((user, day.isoformat()), best)
            assert best == (moment and f"{moment:%m-%d %H:%M}")
        reached += best is not None
    assert reached > 40


def test_the_rule_stands_for_the_role_in_milestones_and_only_news_is_kept(rules):
    world = rules.world
    world.roles(("Create", "activation", None))
    rules.declare(all_of=[{"event": "Create", "count": 2}])
    rules.user("ann", account="acme")
    for at, known in (
        ("2025-05-01 09:00", "01"),
        ("2025-05-04 09:00", "04"),
        ("2025-05-02 09:00", "05"),
        ("2025-05-06 09:00", "06"),
    ):
        world.event(at, "Create", "ann", account="acme", received=f"2025-05-{known}")
    days = [D(2025, 5, day) for day in range(1, 7)]
    world.build("step_events", *days)
    world.build("milestones", *days)
    text = (
        "select unit, received_date::varchar, first_at::varchar from behavior.milestones where role = 'activation' order by all"
    )
    night_by_night = world.warehouse.connection.execute(text).fetchall()
    assert night_by_night == [
        ("account", "2025-05-04", "2025-05-04 09:00:00"), ("account", "2025-05-05", "2025-05-02 09:00:00"),
        ("user", "2025-05-04", "2025-05-04 09:00:00"), ("user", "2025-05-05", "2025-05-02 09:00:00"),
    ]  # fmt: skip
    world.warehouse.connection.execute("delete from behavior.milestones")
    at_once = behavior.milestones(as_of=AsOf(days[-1]), first=days[0])
    found = [row for row in world.records(at_once) if row["role"] == "activation"]
    assert sorted((row["unit"], str(row["received_date"]), str(row["first_at"])) for row in found) == night_by_night


def test_a_user_changes_no_other_row(rules):
    rules.declare(all_of=[{"event": "Create"}])
    rules.user("ann", account="acme")
    rules.did("Create", "ann", "2025-05-02 09:00")
    alone = rules.known()
    rules.user("zed", account="other")
    rules.did("Create", "zed", "2025-05-01 09:00")
    assert [row for row in rules.known() if row[1] in ("ann", "acme")] == alone


def test_what_a_rule_is_evaluated_on(rules):
    """rule_people says who and by which facts, rule_occurrences what counts, rule_sequences when a sequence was complete."""
    rules.declare(all_of=[{"event": "Invite"}, {"sequence": [{"event": "Create"}, {"role": "core_feature"}]}])
    rules.user("ann", "2025-05-01 08:00", account="acme")
    rules.did("Create", "ann", "2025-05-01 09:00", received="2025-05-02")
    rules.did("Table", "ann", "2025-05-02 09:00")
    rules.did("Other", "ann", "2025-05-02 10:00")
    people, occurrences, sequences = rule_activations(as_of=AsOf(D(2025, 5, 2))).requires
    signup = dt.datetime(2025, 5, 1, 8)
    assert rules.world.records(people) == [
        {"received_date": D(2025, 5, 2), "user_id": "ann", "account_id": "acme", "signup_at": signup, "rule": "activation"}
    ]
    assert (people.name, occurrences.name, sequences.name) == ("rule_people", "rule_occurrences", "rule_sequences")
    counted = [(row["group"], row["position"], str(row["event_at"])) for row in rules.world.records(occurrences)]
    assert counted == [(2, 1, "2025-05-01 09:00:00"), (2, 2, "2025-05-02 09:00:00")]
    assert [(row["group"], str(row["met_at"])) for row in rules.world.records(sequences)] == [(2, "2025-05-02 09:00:00")]


def test_the_rule_looks_at_people_as_known_users_describes_them(rules):
    rules.declare(
        by="role",
        rules=[
            {"name": "admins", "values": ["admin"], "all_of": [{"role": "item_created"}]},
            {"name": "others", "all_of": [{"role": "item_created"}]},
        ],
    )
    chance = random.Random(5)
    for number in range(40):
        for line in range(1, chance.randint(2, 6)):
            day = chance.randint(1, 9)
            rules.user(
                f"u{number}", f"2025-05-0{day} 0{chance.randint(0, 9)}:00", known=f"2025-05-{chance.randint(10, 20)} 12:00",
                account=chance.choice([None, "a", "b"]), role=chance.choice([None, "admin", "analyst"]), line=line,
                origin=chance.choice(["source", "identify", "group", "signup", "seen"]),
            )  # fmt: skip
        rules.did("Create", f"u{number}", "2025-05-31 08:00")
    (people,) = [query for query in rule_activations(as_of=LAST, first=LAST.date).requires if query.name == "rule_people"]
    looked_at = rules.world.warehouse.frame(people).set_index("user_id").sort_index()
    described = rules.world.warehouse.frame(known_users(LAST)).set_index("user_id").sort_index()
    pd.testing.assert_frame_equal(looked_at[["account_id", "signup_at"]], described[["account_id", "signup_at"]])
    assert looked_at["rule"].tolist() == ["admins" if role == "admin" else "others" for role in described["role"]]
    assert set(looked_at["rule"]) == {"admins", "others"}
