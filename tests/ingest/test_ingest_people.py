"""What events say about people and accounts, and what is known of them at the end of a day.

Exercised here with hand-computed rows: derived_identities, derived_traits, derived_companies, derived_memberships,
derived_signups, derived_seen_users, derived_seen_accounts, derived_told_signups, derived_subscription_uses.
"""

import datetime as dt
from typing import Any

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.sources import Source
from plg_orchestration.config.taxonomy import RoleEvent
from plg_orchestration.ingest import known
from tests.ingest.places import DAY, Place, track

NEXT = DAY + dt.timedelta(days=1)
SIGNUP = {"signup": (RoleEvent(event="Signed Up"),)}


def people(place: Place, day: dt.date, *columns: str) -> dict[str, tuple[Any, ...]]:
    """The given columns of `known_users` by user."""
    frame = place.frame(known.known_users(AsOf(day, place.timezone))).astype(object)
    frame = frame.where(frame.notna(), None)
    return {row["user_id"]: tuple(row[name] for name in columns) for row in frame.to_dict("records")}


def test_identify_and_alias_link_an_anonymous_id_from_when_it_is_known(place: Place):
    place.say("2025-03-10.jsonl", track(1, user=None, anonymousId="a1"), track(2, user="u9", anonymousId="a9"))
    place.say(
        "2025-03-11.jsonl",
        track(3, type="identify", at="2025-03-11T09:00:00Z", anonymousId="a1"),
        track(4, type="identify", at="2025-03-11T08:00:00Z", anonymousId="a1"),
        track(5, type="alias", at="2025-03-11T10:00:00Z", user="u2", previousId="a2", anonymousId="ignored"),
    )
    place.take(NEXT)
    links = place.rows(
        "select anonymous_id, user_id, cast(known_at as varchar), cast(known_date as varchar) from ingest.identities"
    )
    assert sorted(links) == [
        ("a1", "u1", "2025-03-11 08:00:00", "2025-03-11"), ("a2", "u2", "2025-03-11 10:00:00", "2025-03-11"),
    ]  # fmt: skip


def test_events_alone_make_users_with_a_signup(place: Place):
    place.say(
        "2025-03-10.jsonl",
        track(1, at="2025-03-10T08:00:00Z", context={"groupId": "acct", "locale": "de-DE", "device": {"type": "ios"}}),
    )
    place.say(
        "2025-03-11.jsonl",
        track(2, at="2025-03-09T07:00:00Z"),
        track(3, at="2025-03-11T07:00:00Z", context={"device": {"type": "web"}}),
    )
    place.take(NEXT)
    assert people(place, DAY, "signup_at", "account_id", "language", "device") == {
        "u1": (dt.datetime(2025, 3, 10, 8), "acct", "de-DE", "ios")
    }
    assert people(place, NEXT, "signup_at", "account_id", "device") == {"u1": (dt.datetime(2025, 3, 9, 7), "acct", "ios")}
    assert people(place, DAY - dt.timedelta(days=1), "signup_at") == {}


def test_signup_is_the_role_event_then_the_source_then_the_first_event(place: Place):
    place.roles = SIGNUP
    place.sources["users"] = Source(name="users", path="users*.csv", format="csv")
    place.say(
        "users-2025-03-10.csv",
        "user_id,signup_at,role",
        "u1,2025-02-01T00:00:00Z,admin",
        "u2,2025-02-02T00:00:00Z,",
        "u3,,viewer",
        "u5,,",
    )
    place.say(
        "2025-03-10.jsonl",
        track(1),
        track(2, at="2025-03-10T07:00:00Z", event="Signed Up"),
        track(3, user="u2"),
        track(4, user="u3"),
    )
    place.take(DAY)
    assert people(place, DAY, "signup_at", "role") == {
        "u1": (dt.datetime(2025, 3, 10, 7), "admin"),
        "u2": (dt.datetime(2025, 2, 2), None),
        "u3": (dt.datetime(2025, 3, 10, 8), "viewer"),
        "u5": (dt.datetime(2025, 3, 10, 23, 59, 59, 999999), None),
    }


def test_changing_the_signup_role_derives_the_signups_again(place: Place):
    place.say("2025-03-10.jsonl", track(1), track(2, at="2025-03-10T09:00:00Z", event="Joined"))
    place.take(DAY)
    assert people(place, DAY, "signup_at") == {"u1": (dt.datetime(2025, 3, 10, 8),)}
    place.roles = {"signup": (RoleEvent(event="Joined"),)}
    place.take(DAY)
    assert people(place, DAY, "signup_at") == {"u1": (dt.datetime(2025, 3, 10, 9),)}
    place.roles = {}
    place.take(DAY)
    assert people(place, DAY, "signup_at") == {"u1": (dt.datetime(2025, 3, 10, 8),)}


def test_traits_are_versions_and_keep_no_address(place: Place):
    traits: dict[str, Any] = {
        "email": "Ann@Example.com",
        "role": "viewer",
        "createdAt": "2025-01-05T00:00:00Z",
        "channel": "ads",
        "country": "DE",
    }
    place.say("2025-03-10.jsonl", track(1, type="identify", traits=traits, context={"device": {"type": "ios"}}))
    place.say("2025-03-11.jsonl", track(2, at="2025-03-11T08:00:00Z", type="identify", traits={"role": "admin"}))
    place.take(NEXT)
    columns = ("role", "email_domain", "signup_at", "acquisition_channel", "country", "device")
    assert people(place, DAY, *columns) == {"u1": ("viewer", "example.com", dt.datetime(2025, 1, 5), "ads", "DE", "ios")}
    assert people(place, NEXT, *columns) == {"u1": ("admin", "example.com", dt.datetime(2025, 1, 5), "ads", "DE", "ios")}
    assert "@" not in str(place.rows("select * from ingest.users"))


def test_group_calls_describe_accounts_and_membership(place: Place):
    place.say(
        "2025-03-10.jsonl",
        track(1, type="group", groupId="acct", traits={"name": "Initech", "industry": "Tech", "employees": 329}),
    )
    place.take(DAY)
    (row,) = place.frame(known.known_accounts(AsOf(DAY))).to_dict("records")
    assert (row["account_id"], row["name"], row["industry"], row["employees"], row["segment"]) == (
        "acct",
        "Initech",
        "Tech",
        329,
        "mid_market",
    )
    assert people(place, DAY, "account_id") == {"u1": ("acct",)}


def test_a_signup_time_that_travels_with_events_is_the_users(place: Place):
    columns: Any = {"event": "page", "event_at": {"epoch_ms": "ts"}, "user_id": "uid", "signup_at": {"epoch_ms": "reg"}}
    place.sources["events"] = Source(name="events", path="*.jsonl", format="jsonl", columns=columns)
    place.say(
        "2025-03-10.jsonl", *({"page": "P", "ts": 1741593600000 + n, "uid": "u1", "reg": 1738368000000.0} for n in range(3))
    )
    place.take(DAY)
    assert people(place, DAY, "signup_at") == {"u1": (dt.datetime(2025, 2, 1),)}
    assert place.rows("select origin, count(*) from ingest.users group by all order by all") == [("seen", 1), ("source", 1)]


def test_events_that_name_a_subscription_are_counted_by_day_of_use(place: Place):
    use = {"subscription_id": "s1", "n": 1}
    late = track(3, at="2025-03-09T08:00:00Z", properties=use)
    place.say(
        "2025-03-10.jsonl", track(1, properties=use), track(2, properties=use), late, track(4, properties={"subscription_id": 7})
    )
    place.take(DAY)
    found = place.rows("select received_date, subscription_id, used_on, uses from ingest.subscription_uses order by used_on")
    assert found == [(DAY, "s1", DAY - dt.timedelta(days=1), 1), (DAY, "s1", DAY, 2)]


@pytest.mark.parametrize("one_by_one", [True, False])
def test_versions_are_the_same_whether_files_come_one_by_one_or_together(place: Place, one_by_one: bool):
    place.roles = SIGNUP
    days = [DAY + dt.timedelta(days=n) for n in range(3)]
    for n, day in enumerate(days):
        at = f"{day}T08:00:00Z"
        place.say(
            f"{day}.jsonl", track(f"a{n}", at=at, context={"groupId": f"g{n % 2}"}),
            track(f"b{n}", at=f"{DAY - dt.timedelta(days=n)}T01:00:00Z"),
            track(f"c{n}", at=at, type="identify", anonymousId="a"), track(f"d{n}", at=at, event="Signed Up", user=f"v{n}"),
        )  # fmt: skip
        if one_by_one:
            place.take(day)
    place.take(days[-1])
    users = place.rows("select user_id, account_id, cast(signup_at as date), known_date, origin from ingest.users order by all")
    d = [str(DAY + dt.timedelta(days=n)) for n in (-2, -1, 0, 1, 2)]
    assert [(u, a, None if s is None else str(s), str(k), o) for u, a, s, k, o in users] == [
        ("u1", "g0", d[2], d[2], "seen"), ("u1", "g1", d[3], d[3], "seen"),
        ("u1", None, d[0], d[4], "seen"), ("u1", None, d[1], d[3], "seen"), ("u1", None, d[2], d[2], "seen"),
        ("u1", None, None, d[2], "identify"), ("u1", None, None, d[3], "identify"), ("u1", None, None, d[4], "identify"),
        ("v0", None, d[2], d[2], "seen"), ("v0", None, d[2], d[2], "signup"), ("v1", None, d[3], d[3], "seen"),
        ("v1", None, d[3], d[3], "signup"), ("v2", None, d[4], d[4], "seen"), ("v2", None, d[4], d[4], "signup"),
    ]  # fmt: skip
    assert place.rows("select count(*) from ingest.identities") == [(1,)]
    assert place.rows("select account_id, known_date from ingest.accounts order by all") == [("g0", days[0]), ("g1", days[1])]
