"""What holds for any day's events: order, zones, bystanders and the way in which days are built."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import behavior
from plg_orchestration.clock import AsOf

DAY = dt.date(2025, 3, 4)
FEW = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]), st.sampled_from(["Report", "Chart", "Mail"]), st.integers(0, 1439),
        st.sampled_from([None, "s1", "s2"]), st.integers(0, 1),
    ),
    min_size=1, max_size=8,
)  # fmt: skip
CHANGES = {"Europe/Berlin": ("2025-03-30", "2025-10-26"), "America/New_York": ("2025-03-09", "2025-11-02")}
ROLLUPS = ("user_days", "user_features", "milestones", "sessions", "step_events")


def fill(world, events):
    world.clear()
    for user, name, minute, session, late in events:
        at = dt.datetime.combine(DAY, dt.time()) + dt.timedelta(minutes=minute)
        world.event(at.isoformat(), name, user, session=session, received=str(DAY + dt.timedelta(days=late)))


@pytest.fixture
def product(world):
    world.roles(("Report", "core_feature", "reports"), ("Report", "activation", None), ("Chart", "core_feature", None))
    world.roles(("Upgrade", "plan_upgraded", None))
    world.passive("Mail")
    world.declares("funnel_steps", ("core_feature", None, None), (None, None, "Report"))
    return world


@FEW
@given(events=EVENTS, data=st.data())
def test_order_of_arrival_within_a_day_is_irrelevant(product, events, data):
    fill(product, events)
    before = [product.records(getattr(behavior, name)(as_of=AsOf(DAY))) for name in ROLLUPS]
    fill(product, data.draw(st.permutations(events)))
    assert [product.records(getattr(behavior, name)(as_of=AsOf(DAY))) for name in ROLLUPS] == before


@FEW
@given(events=EVENTS)
def test_an_unrelated_user_changes_no_others_row(product, events):
    fill(product, events)
    before = product.records(behavior.user_days(as_of=AsOf(DAY)))
    product.event(f"{DAY} 10:00", "Report", "stranger", session="s1")
    after = product.records(behavior.user_days(as_of=AsOf(DAY)))
    assert [row for row in after if row["user_id"] != "stranger"] == before


@settings(FEW, max_examples=3)
@given(
    events=st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cem", "dan"]), st.sampled_from(["Report", "Chart", "Mail", "Upgrade"]),
            st.integers(-40, 120), st.sampled_from([None, None, "s1"]), st.integers(0, 2),
        ),
        min_size=12, max_size=24,
    )
)  # fmt: skip
def test_days_built_at_once_are_the_days_built_one_by_one(product, events):
    fill(product, events)
    days = [DAY + dt.timedelta(days=offset) for offset in range(3)]
    for name in (*ROLLUPS, "account_days"):
        product.build(name, *days)
        single = product.rows_of(name)
        product.build_range(name, days[0], days[-1])
        assert product.rows_of(name) == single


def test_days_built_at_once_know_only_what_each_day_knew(world):
    world.identity("cookie", "ann", "2025-03-05 09:00")
    world.user("bob", "acme", "2025-03-05 09:00")
    for day in ("2025-03-04", "2025-03-05"):
        world.event(f"{day} 10:00", "Open", anonymous="cookie")
        world.event(f"{day} 10:00", "Open", "bob")
    rows = world.records(behavior.user_days(as_of=AsOf(dt.date(2025, 3, 5)), first=DAY))
    assert [(row["received_date"].day, row["user_id"], row["account_id"]) for row in rows] == [
        (4, "bob", None), (5, "ann", None), (5, "bob", "acme"),
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Asia/Kathmandu", "UTC", "Pacific/Kiritimati"])
@pytest.mark.parametrize("night", [dt.date(2025, 3, 3), dt.date(2024, 12, 31), dt.date(2021, 1, 3)])
def test_a_quarter_to_midnight_and_a_minute_past_are_two_local_days(world, zone, night):
    two_days(world, zone, night)


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        (zone, dt.date.fromisoformat(change) + dt.timedelta(days=offset))
        for zone, changes in CHANGES.items()
        for change in changes
        for offset in (-1, 0)
    ],
)  # fmt: skip
def test_daylight_saving_neither_skips_nor_repeats_a_day(world, zone, night):
    two_days(world, zone, night)


def two_days(world, zone, night):
    """A user active at 23:45 and at 00:01 local time has one active day on each side of midnight."""
    morning = night + dt.timedelta(days=1)
    for local in (dt.datetime.combine(night, dt.time(23, 45)), dt.datetime.combine(morning, dt.time(0, 1))):
        at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC).replace(tzinfo=None)
        world.event(at.isoformat(), "Open", "ann", received=str(morning))
    rows = world.records(behavior.user_days(as_of=AsOf(morning, zone)))
    assert [(row["event_date"], row["events"]) for row in rows] == [(night, 1), (morning, 1)]
