"""The days of anonymous visitors (visitor_days, made of received_activity), counted by hand."""

import datetime as dt

from plg_orchestration import behavior
from plg_orchestration.clock import AsOf

MARCH_4 = AsOf(dt.date(2025, 3, 4))
MARCH_5 = AsOf(dt.date(2025, 3, 5))


def found(world, as_of=MARCH_4, first=None):
    names = ("received_date", "event_date", "anonymous_id", "events")
    rows = world.records(behavior.visitor_days(as_of=as_of, first=first))
    return [tuple(str(row[name]) for name in names) for row in rows]


def test_a_visitors_day_has_its_events_and_its_first_and_last_time(world):
    for at in ("10:05", "10:00", "17:30"):
        world.event(f"2025-03-04 {at}", "Home", anonymous="cookie", kind="page")
    assert world.records(behavior.visitor_days(as_of=MARCH_4)) == [{
        "received_date": MARCH_4.date, "event_date": MARCH_4.date, "anonymous_id": "cookie", "events": 3,
        "first_at": dt.datetime(2025, 3, 4, 10), "last_at": dt.datetime(2025, 3, 4, 17, 30),
    }]  # fmt: skip


def test_what_names_a_user_is_no_visit_and_nor_is_a_call_that_says_who_somebody_is(world):
    world.event("2025-03-04 10:00", "Home", "ann", anonymous="cookie")
    world.event("2025-03-04 10:00", "identify", "ann", anonymous="cookie", kind="identify")
    world.event("2025-03-04 10:00", "group", anonymous="cookie", kind="group")
    world.event("2025-03-04 10:00", "Report Created", account="acme")
    assert found(world) == []


def test_a_link_changes_no_row_whenever_it_is_learnt(world):
    world.event("2025-03-04 10:00", "Home", anonymous="cookie", account="acme")
    before = found(world)
    world.identity("cookie", "ann", "2025-03-03 09:00")
    assert found(world) == before == [("2025-03-04", "2025-03-04", "cookie", "1")]
    (row,) = world.records(behavior.user_days(as_of=MARCH_4))
    assert row["user_id"] == "ann", "what was known counts for the user too"


def test_a_late_event_stands_on_its_received_day_with_its_own_date(world):
    world.event("2025-03-04 10:00", "Home", anonymous="cookie")
    world.event("2025-03-03 10:00", "Home", anonymous="cookie", received="2025-03-05")
    assert found(world, MARCH_5) == [("2025-03-05", "2025-03-03", "cookie", "1")]


def test_the_day_is_the_local_one(world):
    world.event("2025-03-03 23:30", "Home", anonymous="cookie", received="2025-03-04")
    world.event("2025-03-04 23:30", "Home", anonymous="cookie")
    berlin = AsOf(dt.date(2025, 3, 4), "Europe/Berlin")
    assert [row[1] for row in found(world, berlin)] == ["2025-03-04", "2025-03-05"]


def test_a_range_gives_what_its_days_give_one_by_one(world):
    for day, received in ((3, 3), (3, 4), (4, 4), (3, 5), (5, 5)):
        for name in ("cookie", f"cookie {day}"):
            world.event(f"2025-03-0{day} 10:00", "Home", anonymous=name, received=f"2025-03-0{received}")
    days = [dt.date(2025, 3, day) for day in (3, 4, 5)]
    world.build("visitor_days", *days)
    one_by_one = world.rows_of("visitor_days")
    world.build_range("visitor_days", days[0], days[-1])
    assert world.rows_of("visitor_days") == one_by_one and len(one_by_one) == 10


def test_all_roll_ups_of_a_night_read_the_lake_once(world):
    made = [build(as_of=MARCH_4) for build in (behavior.user_days, behavior.sessions, behavior.visitor_days)]
    texts: dict[str, str] = {}

    def collect(query):
        assert texts.setdefault(query.name, query.text) == query.text
        for required in query.requires:
            collect(required)

    for query in made:
        collect(query)
    assert [name for name, text in texts.items() if "ingest.events" in text] == ["received_activity"]
    assert behavior.received_activity(as_of=MARCH_4).lasting
