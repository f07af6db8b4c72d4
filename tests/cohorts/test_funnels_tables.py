"""The published funnels, onboarding steps and drop-off, counted by hand."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration import cohorts
from plg_orchestration.charts.growth import wilson
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.funnels import queries
from plg_orchestration.cohorts.funnels.policy import FunnelPolicy
from plg_orchestration.cohorts.funnels.tables import DROPOFF, FUNNEL, ONBOARDING
from plg_orchestration.config.section import default_document
from plg_orchestration.warehouse import table

ROLES = (
    ("Signed Up", "signup", None, None), ("Named", "onboarding_step", 2, None), ("Made", "onboarding_step", 1, "made it"),
    ("Shared", "activation", None, None), ("Upgraded", "plan_upgraded", None, None),
)  # fmt: skip
TEAM = {
    "question": "How far?",
    "window": "7d",
    "weeks": 4,
    "breakdowns": ["region"],
    "steps": [{"role": "signup"}, {"event": "Use"}],
}


def declared(**funnels):
    return FunnelPolicy.model_validate({"declared": funnels})


@pytest.fixture
def place(world):
    """The world with the tables that funnels read, roles, and no policy yet."""
    for name in ("behavior.step_events", "ingest.events", "ingest.identities"):
        world.warehouse.ensure(table(name))
    world.warehouse.connection.executemany("insert into config.event_roles values (?, ?, ?, ?)", ROLES)
    world.warehouse.connection.execute(
        "create or replace table config.activation_rules (rule varchar, attribute varchar, value varchar, words varchar)"
    )
    return world


def configure(place, policy):
    for name, rows in policy.config_tables().items():
        place.warehouse.connection.register("given", rows)
        place.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")


def did(place, user, event, at, *, account=None, received=None, events=1, zone="UTC"):
    instant = pd.Timestamp(at)
    date = instant.tz_localize("UTC").tz_convert(zone).date()
    known = dt.date.fromisoformat(received) if received else date
    place.insert(
        "behavior.step_events", received_date=known, event_date=date, user_id=user, account_id=account, event=event,
        event_at=instant, events=events,
    )  # fmt: skip


def rows(place, policy, as_of, *, zone="UTC", **wanted):
    return only(every_row(place, policy, as_of, zone=zone), **wanted)


def every_row(place, policy, as_of, *, zone="UTC"):
    configure(place, policy)
    found = place.warehouse.frame(queries.funnel(as_of=AsOf(dt.date.fromisoformat(as_of), zone), policy=policy))
    assert tuple(found.columns) == FUNNEL.column_names
    assert not found.duplicated(list(FUNNEL.key)).any()
    return found


def only(found, **wanted):
    wanted = {"unit": "user", "dimension": "all"} | wanted
    for name, value in wanted.items():
        found = found[found[name].isna() if value is None else found[name] == value]
    return found


def steps_of(found, *names):
    return list(found.sort_values("step")[["name", *(names or ("entrants",))]].itertuples(index=False, name=None))


# -- funnels -----------------------------------------------------------------------------------------------------------


def test_packaged_funnels_expand_onboarding_and_leave_out_what_is_not_mapped_with_the_reason(place):
    policy = FunnelPolicy.model_validate(default_document("funnels").data)
    place.account("acme", "2025-03-03 09:00")
    place.user("ann", "2025-03-03 09:00", account_id="acme")
    for event, at in (("Named", "10:00"), ("Made", "09:30"), ("Shared", "11:00")):
        did(place, "ann", event, f"2025-03-03 {at}", account="acme")
    place.subscription("acme", "2025-03-05 09:00", 50)
    whole = every_row(place, policy, "2025-03-10")
    found = only(whole, funnel="signup_to_paid", cohort_week=None)
    assert steps_of(found[found["reason"].isna()], "step", "entrants") == [
        ("signed up", 1, 1), ("made it", 2, 1), ("Named", 3, 1), ("activated", 4, 1), ("paid", 6, 1),
    ]  # fmt: skip
    assert found[found["step"] == 5]["entrants"].isna().all()
    assert found[found["step"] == 5]["reason"].tolist() == ["no event plays the role invite_sent"]
    limits = only(whole, funnel="limit_to_upgrade", cohort_week=None)
    assert limits["entrants"].isna().all()
    assert limits["reason"].tolist()[::2] == [
        "no event plays the role limit_hit", "the funnel cannot begin: no event plays the role limit_hit",
    ]  # fmt: skip


def test_a_funnel_whose_other_steps_cannot_be_seen_says_so(place):
    policy = declared(team=TEAM | {"steps": [{"role": "signup"}, {"role": "limit_hit", "item": "seats"}]})
    found = rows(place, policy, "2025-03-10")
    assert found["reason"].tolist() == [
        "no other step of the funnel can be seen", "no event plays the role limit_hit with the item seats",
    ]  # fmt: skip


def test_payment_comes_from_the_first_upgrade_where_no_subscription_is_known(place):
    policy = declared(team=TEAM | {"steps": [{"role": "signup"}, {"role": "paid"}]})
    place.account("acme", "2025-03-03 09:00")
    for user in ("ann", "bob"):
        place.user(user, "2025-03-03 09:00", account_id="acme")
    place.reached("account", "acme", "plan_upgraded", "2025-03-04 09:00")
    assert steps_of(rows(place, policy, "2025-03-20", cohort_week=None)) == [("signup", 2), ("paid", 2)]
    place.subscription("acme", "2025-03-04 09:00", 50, trial=True)
    assert steps_of(rows(place, policy, "2025-03-20", cohort_week=None)) == [("signup", 2), ("paid", 0)]


def test_users_and_accounts_weeks_and_dimensions_in_one_pass(place):
    policy = declared(team=TEAM)
    place.account("acme", "2025-03-03 09:00", region="EU")
    place.user("ann", "2025-03-03 09:00", account_id="acme")
    place.user("bob", "2025-03-11 09:00", account_id="acme", region="US")
    place.user("cem", "2025-03-12 09:00")
    did(place, "bob", "Use", "2025-03-12 09:00", account="acme")
    did(place, "ann", "Use", "2025-03-08 09:00", account="acme")
    found = every_row(place, policy, "2025-03-25")
    assert steps_of(only(found, cohort_week=None)) == [("signup", 3), ("Use", 2)]
    assert steps_of(only(found, cohort_week=None, unit="account")) == [("signup", 1), ("Use", 1)]
    second = only(found, cohort_week=pd.Timestamp("2025-03-10"))
    assert steps_of(second, "entrants", "rate_from_first") == [("signup", 2, 1), ("Use", 1, 0.5)]
    for region, used in (("EU", 1), ("US", 1), ("unknown", 0)):
        part = only(found, cohort_week=None, dimension="region", dimension_value=region)
        assert steps_of(part) == [("signup", 1), ("Use", used)]


def test_only_the_newest_weeks_of_attempts_are_kept(place):
    place.user("old", "2025-02-16 23:00")
    place.user("new", "2025-02-17 00:30")
    assert steps_of(rows(place, declared(team=TEAM), "2025-03-10", cohort_week=None))[0] == ("signup", 1)
    assert steps_of(rows(place, declared(team=TEAM | {"weeks": 5}), "2025-03-10", cohort_week=None))[0] == ("signup", 2)


def test_the_year_of_53_weeks_has_its_own_cohort(place):
    for user, day in (("ann", "2020-12-31"), ("bob", "2021-01-03"), ("cem", "2021-01-04")):
        place.user(user, f"{day} 12:00")
    found = rows(place, declared(team=TEAM), "2021-01-20", step=1)
    weeks = {None if pd.isna(week) else str(week.date()): n for week, n in zip(found.cohort_week, found.entrants, strict=True)}
    assert weeks == {None: 3, "2020-12-28": 2, "2021-01-04": 1}


@pytest.mark.parametrize(
    ("zone", "weeks"),
    [
        ("Etc/GMT+12", ["2025-03-24"] * 2),
        ("Europe/Berlin", ["2025-03-24", "2025-03-31"]),
        ("Pacific/Kiritimati", ["2025-03-31"] * 2),
    ],
)
def test_the_week_of_an_attempt_is_the_local_one(place, zone, weeks):
    place.user("ann", "2025-03-30 21:45")
    place.user("bob", "2025-03-30 22:01")
    found = rows(place, declared(team=TEAM), "2025-04-12", zone=zone, step=1)
    told = [
        str(week.date()) for week, n in zip(found.cohort_week, found.entrants, strict=True) for _ in range(n) if pd.notna(week)
    ]
    assert told == weeks


def test_a_late_event_changes_tomorrows_snapshot_and_not_yesterdays(place):
    policy = declared(team=TEAM)
    place.user("ann", "2025-03-03 09:00")
    before = rows(place, policy, "2025-03-12")
    did(place, "ann", "Use", "2025-03-04 09:00", received="2025-03-13")
    pd.testing.assert_frame_equal(rows(place, policy, "2025-03-12"), before)
    assert steps_of(rows(place, policy, "2025-03-13", cohort_week=None)) == [("signup", 1), ("Use", 1)]


def test_nobody_gives_zeros_and_no_rates(place):
    found = rows(place, declared(team=TEAM), "2025-03-10")
    assert steps_of(found) == [("signup", 0), ("Use", 0)]
    assert found[["rate_from_first", "rate_from_previous", "ci_low", "immature_share"]].isna().all(axis=None)


def test_a_workspace_without_funnels_has_no_rows(place):
    place.user("ann", "2025-03-03 09:00")
    assert every_row(place, FunnelPolicy(), "2025-03-10").empty


def test_an_unrelated_user_changes_no_other_row(place):
    policy = declared(team=TEAM)
    place.user("ann", "2025-03-03 09:00", region="EU")
    did(place, "ann", "Use", "2025-03-04 09:00")
    before = rows(place, policy, "2025-03-12", dimension="region")
    place.user("stranger", "2025-03-03 09:00", region="US")
    did(place, "stranger", "Use", "2025-03-04 09:00")
    after = rows(place, policy, "2025-03-12", dimension="region", dimension_value="EU")
    pd.testing.assert_frame_equal(after.reset_index(drop=True), before.reset_index(drop=True))


def test_strict_funnels_read_every_event_and_count_a_signup_once(place):
    policy = declared(team=TEAM | {"order": "strict", "units": ["user"]})
    for user in ("ann", "bob"):
        place.user(user, "2025-03-03 09:00")
        told = [("Signed Up", "09:00"), ("Use", "09:30")] if user == "ann" else [("Page", "09:10"), ("Use", "09:30")]
        for event, at in told:
            place.insert(
                "ingest.events", received_date=dt.date(2025, 3, 3), event_id=f"{user}{event}", kind="track", event=event,
                user_id=user, event_at=pd.Timestamp(f"2025-03-03 {at}"),
            )  # fmt: skip
    assert steps_of(rows(place, policy, "2025-03-12", cohort_week=None)) == [("signup", 2), ("Use", 1)]


def test_the_table_and_the_call_agree_and_repeats_of_an_instant_are_several_occurrences(place):
    policy = declared(pair=TEAM | {"steps": [{"event": "A"}, {"event": ["A", "B"]}, {"event": "C"}], "window": "2h"})
    told = [
        ("ann", "A", 0, 2),
        ("ann", "C", 1, 1),
        ("bob", "A", 0, 1),
        ("bob", "B", 1, 1),
        ("bob", "C", 2, 1),
        ("cem", "A", 1, 9),
    ]
    plain = []
    for user, event, hour, events in told:
        did(place, user, event, f"2025-03-03 0{hour}:00", events=events)
        plain += [(user, event, pd.Timestamp(f"2025-03-03 0{hour}:00"))] * events
    frame = pd.DataFrame(plain, columns=["user_id", "event", "event_at"])
    call = cohorts.funnel(frame, steps=["A", ["A", "B"], "C"], window="2h", as_of=dt.date(2025, 3, 9))
    found = rows(place, policy, "2025-03-09", cohort_week=None)
    pd.testing.assert_frame_equal(found[list(call.columns)].reset_index(drop=True), call)
    assert call["entrants"].tolist() == [3, 3, 1]


def test_each_relation_on_the_way_by_hand(place):
    """funnel_plan, funnel_events, funnel_entrants, funnel_groups, funnel_occurrences, funnel_attempts and funnel_members; their
    plain_funnel_events and plain_funnel_groups are compared with them above."""
    policy = declared(team=TEAM | {"units": ["user"]})
    place.user("ann", "2025-03-03 09:00")
    for hour in (10, 11):
        did(place, "ann", "Use", f"2025-03-03 {hour}:00")
    assert len(rows(place, policy, "2025-03-12")) == 4

    def told(name, names):
        found = place.warehouse.connection.execute(f"select {names} from {name} order by all").fetchall()
        return [tuple(f"{value:%H}" if isinstance(value, dt.datetime) else value for value in row) for row in found]

    assert told("funnel_plan", "line, step, name, source, event, place, class") == [
        (1, 1, "signup", "signup", "", 1, 1), (1, 2, "Use", "event", "Use", 2, 2),
    ]  # fmt: skip
    assert told("funnel_events", "source, event, happened_at") == [
        ("event", "Use", "10"), ("event", "Use", "11"), ("signup", "", "09"),
    ]  # fmt: skip
    assert told("funnel_entrants", "who, unit_id, first_at, until_at") == [(1, "ann", "09", "09")]
    assert told("funnel_groups", "who, dimension, dimension_value") == [(1, "all", "all"), (1, "region", "unknown")]
    assert told("funnel_occurrences", "position, place") == [(1, 1), (2, 2), (3, 2)]
    assert told("funnel_attempts", "attempt, step, happened_at, previous_at") == [(1, 1, "09", None), (1, 2, "10", "09")]
    assert told("funnel_members", "depth, best_attempt") == [(2, 1), (2, 1)]


# -- onboarding --------------------------------------------------------------------------------------------------------


def onboarding_rows(place, as_of, policy=None, **wanted):
    found = place.warehouse.frame(queries.onboarding(as_of=AsOf(dt.date.fromisoformat(as_of)), policy=policy or FunnelPolicy()))
    assert tuple(found.columns) == ONBOARDING.column_names
    found = found[(found["unit"] == "user") & found["cohort_week"].isna()] if not wanted else found
    for name, value in wanted.items():
        found = found[found[name] == value]
    return found.set_index("step")


def step_done(place, user, item, at, received=None):
    first = dt.datetime.fromisoformat(at)
    known = dt.date.fromisoformat(received) if received else first.date()
    given = {"received_date": known, "unit": "user", "unit_id": user, "role": "onboarding_step", "item": item, "first_at": first}
    place.insert("behavior.milestones", **given)


def test_onboarding_by_hand(place):
    for user in ("ann", "bob", "cem", "dan"):
        place.user(user, "2025-03-03 09:00")
    place.user("new", "2025-03-10 09:00")
    for user, item, at in (
        ("ann", "made it", "2025-03-03 10:00"), ("ann", "Named", "2025-03-03 12:00"), ("bob", "made it", "2025-03-04 09:00"),
        ("bob", "Named", "2025-03-03 11:00"), ("cem", "made it", "2025-03-10 08:59"), ("dan", "made it", "2025-03-10 09:00"),
        ("dan", "Named", "2025-03-05 09:00"), ("new", "made it", "2025-03-10 09:01"),
    ):  # fmt: skip
        step_done(place, user, item, at)
    found = onboarding_rows(place, "2025-03-12")
    assert found["name"].tolist() == ["made it", "Named"]
    assert found["signups"].tolist() == [5, 5]
    assert found["mature_signups"].tolist() == [4, 4]
    assert found["completed"].tolist() == [3, 3]
    assert found["rate"].tolist() == [0.75, 0.75]
    assert (found.ci_low[1], found.ci_high[1]) == pytest.approx(wilson(3, 4))
    assert found["completed_through"].tolist() == [3, 2]
    assert found.loc[2, ["drop_from_previous", "in_order_share"]].tolist() == [pytest.approx(1 / 3), 0.5]
    assert found["from_signup_p50"].tolist() == [24 * 3600, 3 * 3600]
    assert found["immature_share"].tolist() == [0.2, 0.2]
    week = onboarding_rows(place, "2025-03-12", unit="user", cohort_week=pd.Timestamp("2025-03-10"))
    assert week["mature_signups"].tolist() == [0, 0]
    assert week[["rate", "ci_low", "drop_from_previous"]].isna().all(axis=None)


def test_an_onboarding_step_learnt_late_changes_tomorrow_only(place):
    place.user("ann", "2025-03-03 09:00")
    step_done(place, "ann", "made it", "2025-03-04 09:00", received="2025-03-20")
    assert onboarding_rows(place, "2025-03-19")["completed"].tolist() == [0, 0]
    assert onboarding_rows(place, "2025-03-20")["completed"].tolist() == [1, 0]


def test_onboarding_of_nobody_has_no_rows(place):
    assert onboarding_rows(place, "2025-03-12").empty


# -- drop-off ----------------------------------------------------------------------------------------------------------

LOST = {"dropoff": {"published": {1: {"dropoff": 0.5, "cause": "overload"}, 3: {"dropoff": 0.01, "cause": "no value"}}}}


def dropoff_rows(place, as_of, *, zone="UTC"):
    policy = FunnelPolicy.model_validate(LOST)
    configure(place, policy)
    found = place.warehouse.frame(queries.dropoff(as_of=AsOf(dt.date.fromisoformat(as_of), zone), policy=policy))
    assert tuple(found.columns) == DROPOFF.column_names
    return found[found["unit"] == "user"].set_index("day")


def test_dropoff_by_hand(place):
    for user in ("back", "early", "gone", "late", "value"):
        place.user(user, "2025-03-03 09:00")
    place.active("back", "2025-03-18")
    place.active("early", "2025-03-03", "2025-03-04")
    place.active("late", "2025-03-19")
    place.active("gone", "2025-03-10", qualifying=0)
    place.reached("user", "value", "activation", "2025-03-05 09:00")
    place.active("value", "2025-03-05")
    found = dropoff_rows(place, "2025-03-18")
    assert found.loc[1, ["signups", "mature_signups", "waiting", "lost"]].tolist() == [5, 5, 5, 3]
    assert found.loc[1, "dropoff"] == 0.6
    assert (found.ci_low[1], found.ci_high[1]) == pytest.approx(wilson(3, 5))
    assert found.verdict[1] == "within"
    assert (found.mature_signups[3], found.immature_share[3]) == (0, 1)
    assert found.reason[3] == "the quiet days after day 3 are over for nobody"
    later = dropoff_rows(place, "2025-03-20")
    assert later.loc[3, ["waiting", "lost", "verdict"]].tolist() == [4, 2, "above"]
    assert (later.published[3], later.cause[3]) == (0.01, "no value")


def test_the_day_of_the_signup_is_the_local_one(place):
    place.user("ann", "2025-03-03 23:30")
    assert dropoff_rows(place, "2025-03-18", zone="UTC").mature_signups[1] == 1
    assert dropoff_rows(place, "2025-03-18", zone="Europe/Berlin").mature_signups[1] == 0


def test_without_an_activation_role_there_is_no_dropoff(place):
    place.user("ann", "2025-03-03 09:00")
    place.warehouse.connection.execute("delete from config.event_roles where role = 'activation'")
    found = dropoff_rows(place, "2025-04-18")
    assert found["dropoff"].isna().all()
    assert found["reason"].tolist() == ["no event plays the role activation"] * 2


def test_everybody_activated_leaves_nobody_to_lose(place):
    place.user("ann", "2025-03-03 09:00")
    place.reached("user", "ann", "activation", "2025-03-03 09:05")
    found = dropoff_rows(place, "2025-04-18")
    assert found["reason"].tolist() == ["everybody had activated by day 1", "everybody had activated by day 3"]
    assert found["verdict"].isna().all()


def test_where_a_rule_says_what_activation_is_its_moment_is_the_step(place):
    policy = declared(team=TEAM | {"steps": [{"role": "signup"}, {"role": "activation"}, {"event": "Use"}]})
    for user in ("a", "b"):
        place.user(user, "2025-03-03T09:00")
        did(place, user, "Shared", "2025-03-03T10:00")
        did(place, user, "Use", "2025-03-05T10:00")
    assert steps_of(rows(place, policy, "2025-03-20", cohort_week=None)) == [("signup", 2), ("activation", 2), ("Use", 2)]
    place.warehouse.connection.execute("insert into config.activation_rules values ('default', null, null, 'shared twice')")
    place.reached("user", "b", "activation", "2025-03-04T10:00")
    assert steps_of(rows(place, policy, "2025-03-20", cohort_week=None)) == [("signup", 2), ("activation", 1), ("Use", 1)]
