"""The KPIs of anonymous visitors, every number computed by hand.

As of Sunday 2025-03-16 the newest complete week is 10 to 16 March, the newest month February.
"""

import pandas as pd
import pytest

from plg_orchestration.kpis.registry import kpi

SUNDAY = "2025-03-16"
NAMES = ("signup_conversion_rate", "time_to_first_signup")


def visits(world, visitor: str, *at: str, received: str | None = None) -> None:
    """One event of the anonymous id at each time, known on that day unless said otherwise."""
    for time in at:
        world.put(
            "behavior.visitor_days", received_date=received or time[:10], event_date=time[:10], anonymous_id=visitor, events=1,
            first_at=time, last_at=time,
        )  # fmt: skip


def links(world, visitor: str, user: str, known: str) -> None:
    world.put("ingest.identities", anonymous_id=visitor, user_id=user, known_at=known, known_date=known[:10])


def rate(world, as_of: str = SUNDAY, **where: str) -> tuple[float, float]:
    """Signups and unique visitors."""
    row = world.row("signup_conversion_rate", as_of, **where)
    assert row["value"] == pytest.approx(100 * row["numerator"] / row["denominator"])
    assert row["n"] == row["denominator"]
    return row["numerator"], row["denominator"]


def seconds(world, as_of: str = SUNDAY, **where: str) -> tuple[float, int]:
    row = world.row("time_to_first_signup", as_of, **where)
    return row["value"], row["n"]


def test_visitors_alone_are_a_rate_of_none_and_no_time(world) -> None:
    visits(world, "c1", "2025-03-10 09:00", "2025-03-12 09:00")
    visits(world, "c2", "2025-03-16 23:59")
    visits(world, "c3", "2025-03-09 23:59")
    assert rate(world) == (0, 2)
    row = world.row("time_to_first_signup", SUNDAY)
    assert pd.isna(row["value"]) and row["reason"] == "nobody signed up in the period whose visits before are linked to them"


def test_a_visitor_who_is_identified_later_is_one_visitor_and_one_signup(world) -> None:
    visits(world, "c1", "2025-03-10 09:00:00", "2025-03-12 09:00:00")
    visits(world, "c2", "2025-03-11 09:00:00")
    world.user("ann", "2025-03-12 09:01:40")
    links(world, "c1", "ann", "2025-03-12 09:01:41")
    assert rate(world) == (1, 2)
    assert seconds(world) == (2 * 86_400 + 100, 1)


def test_who_was_known_before_the_periods_first_visit_is_no_visitor_of_it(world) -> None:
    world.user("ann", "2025-03-03 09:00")
    links(world, "c1", "ann", "2025-03-03 09:00")
    visits(world, "c1", "2025-03-03 08:00", "2025-03-11 09:00")
    visits(world, "c2", "2025-03-11 09:00")
    assert rate(world) == (0, 1)
    assert rate(world, start="2025-03-10") == (0, 1)
    assert rate(world, "2025-03-09") == (1, 1), "in the week before she came as a visitor"


def test_two_devices_of_one_person_are_two_visitors_and_the_time_runs_from_the_first(world) -> None:
    visits(world, "phone", "2025-03-10 09:00:00")
    visits(world, "laptop", "2025-03-12 09:00:00")
    world.user("ann", "2025-03-12 09:00:30")
    for device in ("phone", "laptop"):
        links(world, device, "ann", "2025-03-12 09:00:30")
    assert rate(world) == (1, 2)
    assert seconds(world) == (2 * 86_400 + 30, 1)


def test_on_a_shared_device_the_second_persons_time_runs_from_after_the_link_to_the_first(world) -> None:
    visits(world, "kiosk", "2025-03-10 09:00:00", "2025-03-12 09:00:00")
    world.user("ann", "2025-03-10 09:00:10")
    world.user("bob", "2025-03-12 09:00:50")
    links(world, "kiosk", "ann", "2025-03-10 09:00:10")
    links(world, "kiosk", "bob", "2025-03-12 09:00:50")
    assert rate(world) == (2, 1), "a ratio: two people signed up on one device"
    assert seconds(world) == (30, 2), "the median of 10 and 50 seconds"


def test_signups_without_a_visit_count_in_the_rate_and_have_no_time(world) -> None:
    for name in ("by import", "by api"):
        world.user(name, "2025-03-11")
    visits(world, "c1", "2025-03-11")
    row = world.row("signup_conversion_rate", SUNDAY)
    assert (row["value"], row["numerator"], row["denominator"]) == (200, 2, 1)
    assert pd.isna(world.row("time_to_first_signup", SUNDAY)["value"])


def test_a_visit_after_the_signup_or_90_days_before_it_begins_no_time(world) -> None:
    world.user("ann", "2025-03-12 09:00:00")
    links(world, "c1", "ann", "2025-03-12 09:00:00")
    visits(world, "c1", "2024-12-12 08:59:59", "2025-03-12 09:00:01")
    assert pd.isna(seconds(world)[0])
    visits(world, "c1", "2024-12-12 09:00:00")
    assert pd.isna(seconds(world)[0]), "a day counts by its first event"
    visits(world, "c1", "2024-12-13 09:00:00")
    assert seconds(world) == (89 * 86_400, 1)


def test_a_late_visit_corrects_later_snapshots_and_no_earlier_one(world) -> None:
    world.user("ann", "2025-03-12 09:00:00")
    links(world, "c1", "ann", "2025-03-12 09:00:00")
    visits(world, "c1", "2025-03-12 08:00:00")
    visits(world, "c1", "2025-03-11 09:00:00", received="2025-03-18")
    visits(world, "c2", "2025-03-11 09:00:00", received="2025-03-18")
    before = (rate(world), seconds(world))
    assert before == ((1, 1), (3_600, 1))
    assert (rate(world, "2025-03-18", start="2025-03-10"), seconds(world, "2025-03-18", start="2025-03-10")) == (
        (1, 2), (86_400, 1),
    )  # fmt: skip
    assert (rate(world), seconds(world)) == before


def test_a_link_that_is_learnt_later_leaves_earlier_snapshots_as_they_were(world) -> None:
    world.user("ann", "2025-03-12 09:00:00")
    visits(world, "c1", "2025-03-12 08:00:00")
    before = world.snapshot(SUNDAY, kpis=tuple(map(kpi, NAMES)))
    links(world, "c1", "ann", "2025-03-17 09:00:00")
    pd.testing.assert_frame_equal(world.snapshot(SUNDAY, kpis=tuple(map(kpi, NAMES))), before)
    assert pd.isna(seconds(world)[0])
    assert seconds(world, "2025-03-17", start="2025-03-10") == (3_600, 1)
    assert rate(world, "2025-03-17", start="2025-03-10") == rate(world) == (1, 1)


def test_nobody_at_all_gives_reasons(world) -> None:
    world.user("ann", "2025-03-12")
    reasons = {name: world.row(name, SUNDAY)["reason"] for name in NAMES}
    assert reasons == {
        "signup_conversion_rate": "no visitor came in the period who was not known as a user before",
        "time_to_first_signup": "nobody signed up in the period whose visits before are linked to them",
    }


def test_a_workspace_whose_events_name_no_visitor_has_the_reason_and_segments_have_theirs(world) -> None:
    world.account("a", segment="smb")
    world.user("ann", "2025-03-12 09:00:00", "a", device="phone")
    links(world, "c1", "ann", "2025-03-12 09:00:00")
    visits(world, "c1", "2025-03-12 08:00:00")
    assert world.row("signup_conversion_rate", SUNDAY, segment="smb")["reason"] == "it is not known by segment"
    assert seconds(world, segment="smb") == seconds(world, where="device=phone") == (3_600, 1)
    world.setting.unmet["actor:visitor"] = "needs events that name a visitor"
    for name in NAMES:
        row = world.row(name, SUNDAY)
        assert pd.isna(row["value"]) and row["reason"] == "needs events that name a visitor"


def test_the_interval_is_that_of_a_share_when_visitors_and_signups_are_the_same_people(world) -> None:
    for number in range(100):
        visits(world, f"c{number}", "2025-03-11 08:00:00")
        if number < 20:
            world.user(f"u{number}", "2025-03-11 09:00:00")
            links(world, f"c{number}", f"u{number}", "2025-03-11 09:00:00")
    row = world.row("signup_conversion_rate", SUNDAY)
    half = 1.984217 * (0.2 * 0.8 / 99) ** 0.5
    assert (row["value"], row["ci_low"], row["ci_high"]) == (
        20, pytest.approx(20 * 2.718281828 ** (-half / 0.2), rel=1e-4), pytest.approx(20 * 2.718281828 ** (half / 0.2), rel=1e-4),
    )  # fmt: skip
