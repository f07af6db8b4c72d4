"""The detector of fake accounts: each rule on people made by hand, just under its limit and just over it."""

import datetime as dt
from collections.abc import Callable

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.policy import Limits
from plg_orchestration.governance.queries import fingerprints, limit_parameters
from plg_orchestration.warehouse import Warehouse, sql_file

Make = Callable[..., None]


def found(warehouse: Warehouse, day: AsOf) -> list[tuple[object, ...]]:
    query = sql_file("governance/abuse/suspects.sql", **day.parameters(), **limit_parameters(Limits(), day))
    return sorted(row[1:] for row in warehouse.rows(query))


def people(make: Make, *rows: str, devices: tuple[str, ...] = (), invites: tuple[str, ...] = ()) -> None:
    make("known_users", *rows)
    make("governance.fingerprints", *devices)
    make("known_invites", *invites)
    make("config.disposable_domains", "'mailinator.com'")


def on_device(user: str, device: str = "d1", day: str = "2025-06-10") -> str:
    return f"'{day}', '{user}', '{device}', '{day}'"


def invited(inviter: str, invitee: str) -> str:
    return f"'{inviter}', '{invitee}', '2025-06-11', null, null"


def test_a_throw_away_domain_is_named_whatever_its_case(make: Make, warehouse: Warehouse, day: AsOf) -> None:
    people(make, "'a', 'Mailinator.com', '2025-06-10'", "'b', 'acme.com', '2025-06-10'", "'old', 'mailinator.com', '2024-12-31'")
    assert found(warehouse, day) == [("a", "disposable_domain", "signed up with the throw-away mail domain mailinator.com")]


def test_the_fourth_signup_on_a_device_within_a_day_flags_all_four(make: Make, warehouse: Warehouse, day: AsOf) -> None:
    rows = [f"'u{i}', 'acme.com', '2025-06-10 0{i}:00'" for i in range(4)]
    devices = tuple(on_device(f"u{i}") for i in range(4))
    people(make, *rows, devices=devices)
    assert [(unit, rule) for unit, rule, _ in found(warehouse, day)] == [(f"u{i}", "signup_velocity") for i in range(4)]
    people(make, *rows[:3], "'u3', 'acme.com', '2025-06-11 00:30'", devices=devices)
    assert found(warehouse, day) == []


def test_a_ring_is_three_people_on_one_device_who_invited_each_other_twice(make: Make, warehouse: Warehouse, day: AsOf) -> None:
    rows = [f"'u{i}', 'acme.com', '2025-06-{10 + 2 * i}'" for i in range(3)]
    devices = tuple(on_device(f"u{i}") for i in range(3))
    people(make, *rows, devices=devices, invites=(invited("u0", "u1"), invited("u1", "u2")))
    evidence = "3 people on one device sent each other 2 invitations"
    assert found(warehouse, day) == [(f"u{i}", "invite_ring", evidence) for i in range(3)]
    people(make, *rows, devices=(*devices[:2], on_device("u2", "d2")), invites=(invited("u0", "u1"), invited("u1", "u2")))
    assert found(warehouse, day) == []


def test_fingerprints_are_read_from_the_events_that_tell_of_signing_up_or_inviting(
    make: Make, warehouse: Warehouse, day: AsOf
) -> None:
    make(
        "config.event_roles",
        "'Signed Up', 'signup', null, null",
        "'Signed Up', 'onboarding_step', 1, null",
        "'Report', 'core_feature', null, null",
    )
    make("ingest.events",
         """'2025-06-30', 'track', 'Signed Up', 'a', '{"fingerprint":"f1"}', '2025-06-30 08:00'""",
         """'2025-06-30', 'track', 'Signed Up', 'a', '{"fingerprint":"f1"}', '2025-06-30 07:00'""",
         """'2025-06-30', 'track', 'Signed Up', 'b', '{"device_id":"f2"}', '2025-06-29 08:00'""",
         """'2025-06-30', 'track', 'Signed Up', 'c', '{"fingerprint":""}', '2025-06-30 08:00'""",
         """'2025-06-30', 'track', 'Report', 'd', '{"fingerprint":"f4"}', '2025-06-30 08:00'""",
         """'2025-06-29', 'track', 'Signed Up', 'e', '{"fingerprint":"f5"}', '2025-06-30 08:00'""")  # fmt: skip
    today = [(day.date, "a", "f1", dt.datetime(2025, 6, 30, 7)), (day.date, "b", "f2", dt.datetime(2025, 6, 29, 8))]
    assert sorted(warehouse.rows(fingerprints(as_of=day))) == today
    yesterday = dt.date(2025, 6, 29)
    both = warehouse.rows(fingerprints(as_of=day, first=yesterday))
    assert sorted(both) == [(yesterday, "e", "f5", dt.datetime(2025, 6, 30, 8)), *today]
