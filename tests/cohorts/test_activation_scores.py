"""The activation score by hand: its inputs, when it reached the threshold, whom the trigger names, and by age."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.activation import published, queries
from plg_orchestration.cohorts.activation.policy import ActivationPolicy
from plg_orchestration.cohorts.activation.tables import (
    ACTIVATION_BY_AGE,
    ACTIVATION_SCORES,
    ACTIVATION_SHIFTS,
    ACTIVATION_VELOCITY,
    ACTIVATION_WEIGHTS,
)
from plg_orchestration.config.section import default_document
from plg_orchestration.warehouse import table

D = dt.date
JUNE_30 = AsOf(D(2025, 6, 30))
ROLES = (
    ("Profile", "onboarding_step"), ("Import", "onboarding_step"), ("Use", "core_feature"), ("Invite", "invite_sent"),
    ("Share", "collaboration"), ("Goal", "activation"),
)  # fmt: skip


def policy(**changes):
    """The packaged policy with changes; keys that hold a mapping are merged."""
    data = dict(default_document("activation").data)
    for name, value in changes.items():
        data[name] = {**data[name], **value} if isinstance(value, dict) else value
    return ActivationPolicy.model_validate(data)


def inner_query(query, name):
    """The first query of that name that the query requires, directly or not."""
    below = [each if each.name == name else inner_query(each, name) for each in query.requires]
    return next((each for each in below if each), None)


class Scored:
    """Users and what they did, by hand; times are naive UTC."""

    def __init__(self, world):
        self.world, self.policy = world, policy(step_weights={"Import": 3})
        connection = world.warehouse.connection
        connection.execute("set threads = 1")
        connection.execute("create or replace table config.fit (kind varchar, value varchar)")
        world.warehouse.ensure(ACTIVATION_WEIGHTS)
        for event, role in ROLES:
            world.role(event, role)
        self.configure(self.policy)

    def configure(self, made):
        self.policy = made
        for name in ("activation_steps", "activation_segments"):
            rows = made.config_tables()[name]
            self.world.warehouse.connection.register("given", rows)
            self.world.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")

    def roles(self, *kept):
        text = "delete from config.event_roles where not list_contains(?, role)"
        self.world.warehouse.connection.execute(text, [list(kept)])

    def did(self, user, role, at, item="", *, received=None):
        first = dt.datetime.fromisoformat(at)
        known = dt.date.fromisoformat(received) if received else first.date()
        self.world.insert("behavior.milestones", received_date=known, unit="user", unit_id=user, role=role, item=item,
                          first_at=first)  # fmt: skip

    def used(self, user, at, core=1, *, account=None, received=None, date=None):
        """A day of `core` core events whose only activity was at that time."""
        when = dt.datetime.fromisoformat(at)
        day = dt.date.fromisoformat(date) if date else when.date()
        known = dt.date.fromisoformat(received) if received else when.date()
        self.world.insert(
            "behavior.user_days", received_date=known, event_date=day, user_id=user, account_id=account, events=1,
            qualifying_events=1, core_events=core, first_at=when, last_at=when, first_active_at=when, last_active_at=when,
        )  # fmt: skip

    def scores(self, as_of=JUNE_30):
        rows = self.world.records(queries.activation_scores(as_of=as_of, policy=self.policy))
        return {row["user_id"]: row for row in rows}

    def by_age(self, as_of=JUNE_30):
        rows = self.world.records(queries.activation_by_age(as_of=as_of, policy=self.policy))
        return {(row["cohort_week"], row["age_days"]): row for row in rows}

    def velocity(self, as_of=JUNE_30):
        return self.world.records(queries.activation_velocity(as_of=as_of, policy=self.policy))


@pytest.fixture
def scored(world):
    return Scored(world)


def ann_and_bob(scored):
    """ann signed up on Wednesday 25 June at ten; the declared level is half a core event a day, at least 1."""
    world = scored.world
    world.user("ann", "2025-06-25 10:00", account_id="acme", role="analyst")
    world.user("bob", "2025-01-02 10:00", account_id="acme")
    world.account("acme", segment="smb")
    scored.did("ann", "onboarding_step", "2025-06-25 11:00", "Profile")
    scored.used("ann", "2025-06-26 12:00", core=2, account="acme")
    scored.did("ann", "invite_sent", "2025-06-27 09:00")
    scored.used("bob", "2025-06-28 09:00", core=0, account="acme")


def test_each_input_is_worth_its_share_and_the_score_its_weights(scored):
    ann_and_bob(scored)
    row = scored.scores()["ann"]
    # Profile weighs 1 of 4. Day 5: the declared level is 0.5 × 6 days = 3 core events. 40 for the invite, 30 for bob.
    assert (row["progress"], row["workflow"], row["collaboration"]) == (25, pytest.approx(200 / 3), 70)
    assert (row["core_events"], row["core_level"], row["level_source"], row["level_users"]) == (2, 3.0, "declared", 0)
    assert row["score"] == pytest.approx(0.4 * 25 + 0.4 * 200 / 3 + 0.2 * 70, abs=1e-6)
    assert (row["age_hours"], row["age_days"], row["persona"], row["segment"]) == (134.0, 5, "analyst", "smb")
    assert row["learned_score"] is None


def test_the_threshold_is_reached_at_the_instant_of_what_brought_the_score_there(scored):
    ann_and_bob(scored)
    row = scored.scores()["ann"]
    # 26 June: 10 + 40; 27 June: + 8; 28 June, day 3, level 2: bob makes it 10 + 40 + 14. Later the level has outgrown it.
    assert row["reached_at"] == dt.datetime(2025, 6, 28, 9)
    assert row["hours_to_threshold"] == 71.0
    assert row["score"] < 60
    assert not row["triggered"]
    assert row["reason"] == "the score has reached the threshold"


def test_who_stays_under_the_threshold_triggers_from_the_48th_hour_until_the_cooldown_is_over(scored):
    for user, signup in (("due", "2025-06-29 00:00"), ("young", "2025-06-29 00:01"), ("old", "2025-06-15 00:00"),
                         ("last", "2025-06-15 00:01")):  # fmt: skip
        scored.world.user(user, signup)
    scored.did("last", "activation", "2025-06-16 10:00")
    rows = scored.scores()
    assert {user: row["triggered"] for user, row in rows.items()} == {"due": True, "young": False, "old": False, "last": True}
    assert rows["due"]["reason"] == "score 0 of 60, 48 hours after signup; most is missing in progress"
    assert rows["young"]["reason"] == "the first 48 hours are not over"
    assert rows["old"]["reason"] == "still under the threshold, but the 14 days of the trigger are over"
    assert rows["last"]["activated_at"] == dt.datetime(2025, 6, 16, 10)


def test_accounts_of_high_potential_are_marked(scored):
    world = scored.world
    world.account("big", segment="enterprise")
    world.account("crowd", segment="smb")
    world.account("ideal", segment="smb", industry="Finance")
    world.account("plain", segment="smb", industry="Retail")
    for account in ("big", "crowd", "ideal", "plain"):
        world.user(f"{account}-1", "2025-06-20 10:00", account_id=account)
    for number in range(2, 6):
        world.user(f"crowd-{number}", "2025-01-20 10:00", account_id="crowd")
    world.user("alone", "2025-06-20 10:00")
    world.warehouse.connection.execute("insert into config.fit values ('industry', 'finance')")
    found = {user: row["high_potential"] for user, row in scored.scores().items()}
    assert found == {"big-1": True, "crowd-1": True, "ideal-1": True, "plain-1": False, "alone": False}


def test_the_level_is_what_retained_users_had_by_the_same_day(scored):
    scored.configure(policy(reference={"minimum": 3}))
    # Signed up on 20 May: day 30 is 19 June, and its seven days end on 25 June.
    for user, core in (("a", 2), ("b", 4), ("c", 9), ("gone", 50)):
        scored.world.user(user, "2025-05-20 10:00")
        scored.used(user, "2025-05-20 11:00", core=core)
        scored.used(user, "2025-05-22 11:00", core=1)
        if user != "gone":
            scored.used(user, "2025-06-25 23:00", core=0)
    scored.world.user("new", "2025-06-29 10:00")
    scored.used("new", "2025-06-29 11:00", core=2)
    row = scored.scores()["new"]
    assert (row["core_level"], row["level_users"], row["level_source"]) == (4.0, 3, "retained users")
    assert row["workflow"] == 50.0
    levels = inner_query(queries.activation_scores(as_of=JUNE_30, policy=scored.policy), "core_levels")
    assert [row["core_level"] for row in scored.world.records(levels)][:4] == [4.0, 4.0, 5.0, 5.0]


def test_too_few_retained_users_leave_the_declared_level_and_say_so(scored):
    scored.world.user("a", "2025-05-20 10:00")
    scored.used("a", "2025-05-20 11:00", core=9)
    scored.used("a", "2025-06-20 11:00")
    scored.world.user("new", "2025-06-30 10:00")
    row = scored.scores()["new"]
    assert (row["core_level"], row["level_users"], row["level_source"]) == (1.0, 1, "declared")


def test_an_input_that_cannot_be_shown_leaves_its_weight_to_the_others(scored):
    scored.world.user("ann", "2025-06-29 10:00")
    scored.did("ann", "onboarding_step", "2025-06-29 11:00", "Profile")
    scored.did("ann", "onboarding_step", "2025-06-29 11:00", "Import")
    scored.roles("onboarding_step", "core_feature")
    row = scored.scores()["ann"]
    assert (row["progress"], row["workflow"], row["collaboration"], row["score"]) == (100, 0, None, 50)
    scored.roles("onboarding_step")
    assert scored.scores()["ann"]["score"] == 100
    scored.roles()
    row = scored.scores()["ann"]
    assert (row["score"], row["triggered"]) == (None, False)
    assert row["reason"].startswith("no input can be shown")


def test_without_steps_finishing_the_onboarding_is_the_only_one(scored):
    scored.roles("core_feature")
    scored.world.role("Done", "onboarding_complete")
    scored.world.user("ann", "2025-06-29 10:00")
    scored.did("ann", "onboarding_complete", "2025-06-29 11:00")
    row = scored.scores()["ann"]
    assert (row["progress"], row["score"]) == (100, 50)


def test_points_of_collaboration_that_cannot_be_earned_go_to_the_others(scored):
    """Nobody has an account, so a second active user cannot be: 40 of 70 for the invite, 30 of 70 for the share."""
    scored.world.user("ann", "2025-06-29 10:00")
    scored.did("ann", "collaboration", "2025-06-29 11:00")
    assert scored.scores()["ann"]["collaboration"] == pytest.approx(100 * 30 / 70)
    scored.world.invite("ann", "2025-06-29 12:00")
    assert scored.scores()["ann"]["collaboration"] == pytest.approx(100)


def test_a_teammate_counts_who_was_active_in_the_30_days_before_the_signup(scored):
    scored.world.user("ann", "2025-06-29 10:00", account_id="acme")
    scored.world.user("ben", "2025-06-29 10:00", account_id="other")
    scored.used("old", "2025-05-29 10:00", account="acme")
    scored.used("old", "2025-05-30 10:00", account="other")
    scored.used("ann", "2025-06-29 11:00", account="acme")
    rows = scored.scores()
    assert (rows["ann"]["collaboration"], rows["ben"]["collaboration"]) == (0, 30)


def test_learned_weights_of_the_day_give_a_second_score(scored):
    ann_and_bob(scored)
    for name, learned in (("progress", 0.5), ("workflow", 0.0), ("collaboration", 0.5)):
        scored.world.insert("cohorts.activation_weights", as_of=JUNE_30.date, input=name, declared=0.3, learned=learned)
        scored.world.insert("cohorts.activation_weights", as_of=D(2025, 6, 29), input=name, declared=0.3, learned=0.9)
    assert scored.scores()["ann"]["learned_score"] == pytest.approx(0.5 * 25 + 0.5 * 70)


def test_users_older_than_the_window_are_left_out_and_nobody_gives_no_rows(scored):
    assert scored.scores() == {}
    scored.world.user("in", "2025-05-31 00:00")
    scored.world.user("out", "2025-05-30 23:59")
    assert set(scored.scores()) == {"in"}


# -- by age -----------------------------------------------------------------------------------------------------------


def test_by_age_counts_users_whose_day_is_over(scored):
    ann_and_bob(scored)
    scored.world.user("zed", "2025-06-29 10:00")
    found = scored.by_age()
    monday = D(2025, 6, 23)
    # Day 1: ann 10 + 40 = 50, zed 0. Day 2, ann alone: 58. Day 3: 64. Day 7 is to come.
    columns = ("users", "mature", "median_score", "over_threshold", "share_over_threshold")
    by_day = {age: tuple(found[monday, age][name] for name in columns) for age in (1, 2, 3, 7)}
    assert by_day == {1: (2, 2, 25.0, 0, 0.0), 2: (2, 1, 58.0, 0, 0.0), 3: (2, 1, 64.0, 1, 1.0), 7: (2, 0, None, None, None)}
    assert (found[monday, 3]["ci_low"], found[monday, 3]["ci_high"]) == pytest.approx((1 / (1 + 3.841459), 1.0), abs=1e-6)
    assert found[monday, 7]["ci_low"] is None


def test_a_day_is_the_workspaces_own(scored):
    """23:45 and 00:01 at UTC+14 are 09:45 and 10:01 UTC of one day; the signup's day ends between them."""
    zone = AsOf(D(2025, 6, 30), "Pacific/Kiritimati")
    for user in ("early", "late"):
        scored.world.user(user, "2025-06-28 00:00")
    scored.did("early", "onboarding_step", "2025-06-29 09:45", "Import")
    scored.did("late", "onboarding_step", "2025-06-29 10:01", "Import")
    assert [scored.by_age(zone)[D(2025, 6, 23), age]["median_score"] for age in (1, 2)] == [15.0, 30.0]
    # At UTC-12 both are on 28 June, the day after the signup's.
    assert scored.by_age(AsOf(D(2025, 6, 30), "Etc/GMT+12"))[D(2025, 6, 23), 1]["median_score"] == 30.0


@pytest.mark.parametrize(
    ("as_of", "signup", "hours"),
    [
        (D(2025, 3, 30), "2025-03-28 23:00", 47.0),  # that Sunday has 23 hours
        (D(2025, 10, 26), "2025-10-24 22:00", 49.0),  # and that one 25
    ],
)
def test_hours_are_exact_on_days_of_23_and_25_hours(scored, as_of, signup, hours):
    scored.world.user("ann", signup)
    row = scored.scores(AsOf(as_of, "Europe/Berlin"))["ann"]
    assert (row["age_days"], row["age_hours"], row["triggered"]) == (1, hours, hours >= 48)


def test_the_53rd_week_is_one_cohort(scored):
    scored.world.user("ann", "2020-12-31 10:00")
    scored.world.user("bob", "2021-01-01 10:00")
    found = scored.by_age(AsOf(D(2021, 1, 10)))
    assert {week for week, _ in found} == {D(2020, 12, 28)}
    assert found[D(2020, 12, 28), 7]["mature"] == 2


def test_a_late_event_changes_tomorrows_score_and_not_yesterdays(scored):
    ann_and_bob(scored)
    before = scored.scores(AsOf(D(2025, 6, 29)))
    scored.did("ann", "onboarding_step", "2025-06-25 12:00", "Import", received="2025-06-30")
    scored.used("ann", "2025-06-25 12:00", core=3, account="acme", received="2025-06-30")
    assert scored.scores(AsOf(D(2025, 6, 29))) == before
    now = scored.scores()["ann"]
    assert (now["progress"], now["core_events"], now["reached_at"]) == (100, 5, dt.datetime(2025, 6, 25, 12))


def test_an_unrelated_user_changes_nobody_elses_row_and_order_is_irrelevant(scored):
    ann_and_bob(scored)
    alone = scored.scores()["ann"]
    scored.world.user("zed", "2025-06-20 10:00", account_id="other")
    scored.used("zed", "2025-06-21 10:00", core=9, account="other")
    assert scored.scores()["ann"] == alone
    scored.world.clear()
    scored.used("bob", "2025-06-28 09:00", core=0, account="acme")
    scored.did("ann", "invite_sent", "2025-06-27 09:00")
    scored.used("ann", "2025-06-26 12:00", core=2, account="acme")
    scored.did("ann", "onboarding_step", "2025-06-25 11:00", "Profile")
    scored.world.user("ann", "2025-06-25 10:00", account_id="acme", role="analyst")
    scored.world.account("acme", segment="smb")
    assert scored.scores()["ann"] == alone


# -- velocity ---------------------------------------------------------------------------------------------------------


def test_the_median_counts_those_who_are_still_waiting(scored):
    scored.roles("onboarding_step")
    for user, hours in (("a", 10), ("b", 20), ("c", 30), ("d", None), ("e", None)):
        scored.world.user(user, "2025-06-23 00:00")
        if hours is not None:
            scored.did(user, "onboarding_step", str(dt.datetime(2025, 6, 23) + dt.timedelta(hours=hours)), "Import")
    # f is watched for 14 hours only, and leaves the curve there: after 10 hours 5/6 wait, after 20 5/6 × 3/4, after 30 × 2/3.
    scored.world.user("f", "2025-06-29 10:00")
    (row,) = scored.velocity(AsOf(D(2025, 6, 29)))
    assert (row["users"], row["reached"], row["median_hours"], row["median_hours_of_reached"]) == (6, 3, 30.0, 20.0)
    assert (row["mature"], row["share_reached"]) == (0, None)


def test_with_fewer_than_half_there_is_no_median_and_the_share_is_of_the_mature(scored):
    scored.roles("onboarding_step")
    for user in ("a", "b", "c"):
        scored.world.user(user, "2025-05-28 00:00")
    scored.did("a", "onboarding_step", "2025-05-28 05:00", "Import")
    (row,) = scored.velocity()
    assert (row["median_hours"], row["median_hours_of_reached"]) == (None, 5.0)
    assert (row["mature"], row["mature_reached"], row["share_reached"]) == (3, 1, pytest.approx(1 / 3))


def test_when_everybody_has_reached_it_the_curve_ends_at_zero(scored):
    scored.roles("onboarding_step")
    scored.world.user("a", "2025-06-28 00:00")
    scored.did("a", "onboarding_step", "2025-06-28 05:00", "Import")
    (row,) = scored.velocity()
    assert (row["median_hours"], row["reached"]) == (5.0, 1)
    names = {"score_steps", "score_terms", "score_users", "score_changes", "score_path", "score_crossings"}
    assert names <= set(required(queries.activation_velocity(as_of=JUNE_30, policy=scored.policy)))


def required(query):
    """The names of all that a query requires."""
    for inner in query.requires:
        yield inner.name
        yield from required(inner)


# -- what is published ------------------------------------------------------------------------------------------------


def test_weight_rows_are_users_whose_retention_is_known_with_their_inputs_at_48_hours(scored):
    world = scored.world
    # On 30 June the newest mature signup day is 25 May: its day 36 is 30 June.
    world.user("kept", "2025-05-25 10:00", account_id="acme")
    world.user("lost", "2025-05-25 10:00")
    world.user("open", "2025-05-26 10:00")
    scored.used("kept", "2025-06-24 10:00", account="acme")
    scored.used("lost", "2025-06-23 10:00")
    scored.did("kept", "onboarding_step", "2025-05-27 23:00", "Import")
    scored.did("lost", "onboarding_step", "2025-05-28 00:00", "Import")
    found = world.records(queries.weight_rows(as_of=JUNE_30, policy=scored.policy))
    assert [(row["user_id"], row["cluster"], row["retained"], row["progress"]) for row in found] == [
        ("kept", "acme", True, 75), ("lost", "lost", False, 0),
    ]  # fmt: skip


def test_published_rows_have_the_declared_columns_also_when_there_is_nobody(scored):
    world = scored.world
    world.warehouse.ensure(table("cohorts.signup_cohorts"))
    made = {
        ACTIVATION_SCORES: world.warehouse.frame(queries.activation_scores(as_of=JUNE_30, policy=scored.policy)),
        ACTIVATION_BY_AGE: world.warehouse.frame(queries.activation_by_age(as_of=JUNE_30, policy=scored.policy)),
        ACTIVATION_VELOCITY: world.warehouse.frame(queries.activation_velocity(as_of=JUNE_30, policy=scored.policy)),
        ACTIVATION_SHIFTS: published.activation_shifts(world.warehouse, as_of=JUNE_30, policy=scored.policy),
        ACTIVATION_WEIGHTS: published.activation_weights(world.warehouse, as_of=JUNE_30, policy=scored.policy),
    }
    for declared, rows in made.items():
        assert set(rows.columns) == set(declared.column_names), declared.name
        world.warehouse.publish(declared, lambda _, rows=rows: rows, [JUNE_30.date])
    assert [len(rows) for rows in made.values()] == [0, 0, 0, 0, 3]
    assert set(made[ACTIVATION_WEIGHTS]["reason"]) == {"0 users whose retention is known; 300 are needed"}


def test_shift_rows_are_the_days_users(scored):
    world = scored.world
    world.warehouse.ensure(table("cohorts.signup_cohorts"))
    shared = {"channel": "ads", "segment": "smb", "region": "EU", "device": "pc", "signups": 9, "mature_7d": 9, "activated_7d": 3}
    for day, unit in ((30, "user"), (30, "account"), (29, "user")):
        week = {"as_of": D(2025, 6, day), "unit": unit, "cohort_week": D(2025, 6, 16)}
        world.insert("cohorts.signup_cohorts", **week, **shared)
    assert queries.shift_rows(as_of=JUNE_30).name == "shift_rows"
    found = published.activation_shifts(world.warehouse, as_of=JUNE_30, policy=scored.policy)
    assert found[["dimension", "mature", "activated"]].to_numpy().tolist() == [
        ["channel", 9, 3], ["device", 9, 3], ["region", 9, 3], ["segment", 9, 3],
    ]  # fmt: skip
    assert isinstance(found, pd.DataFrame)


def test_the_four_tables_share_one_path(scored):
    of = {"as_of": JUNE_30, "policy": scored.policy}
    asked = (queries.activation_scores, queries.activation_by_age, queries.activation_velocity, queries.weight_rows)
    for name in ("score_users", "score_days", "score_returned", "score_ends", "score_crossings"):
        found = [inner_query(query(**of), name) for query in asked]
        assert {each.signature() for each in found} == {found[0].signature()}
        assert all(each.lasting for each in found) == (name != "score_days")


def test_a_night_has_each_table_equal_with_and_without_what_the_others_left(scored):
    for place, user in enumerate("abcdef"):
        scored.world.user(user, f"2025-06-{10 + 3 * place} 10:00", account_id="acme" if place % 2 else None)
        scored.used(user, f"2025-06-{11 + 3 * place} 11:00", core=2 * place)
    asked = (queries.weight_rows, queries.activation_scores, queries.activation_by_age, queries.activation_velocity)
    alone = [scored.world.records(query(as_of=JUNE_30, policy=scored.policy)) for query in asked]
    scored.world.warehouse.reuse = True
    together = [scored.world.records(query(as_of=JUNE_30, policy=scored.policy)) for query in asked]
    assert repr(together) == repr(alone)
    assert len(alone[1]) == 6
    scored.used("a", "2025-06-12 11:00", core=50)
    later = scored.world.records(queries.activation_scores(as_of=JUNE_30, policy=scored.policy))
    assert {row["core_events"] for row in later if row["user_id"] == "a"} == {50}
