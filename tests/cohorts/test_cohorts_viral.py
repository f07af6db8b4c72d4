"""The viral coefficient of a workspace, counted by hand."""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.virality import queries
from plg_orchestration.cohorts.virality.tables import VIRAL

MAY_14 = AsOf(dt.date(2025, 5, 14))
# 30 days of invites that ended 14 days before the cut: from 1 April 00:00 to 1 May 00:00.


def network(world):
    for user in ("ann", "bob", "cem", "old"):
        world.user(user, "2025-03-01 09:00")
    for user, signup in (("dan", "2025-04-03 09:00"), ("eve", "2025-04-05 09:00")):
        world.user(user, signup, referred_by="ann")
    world.invite("ann", "2025-04-01 00:00", "dan", "2025-04-03 09:00")
    world.invite("ann", "2025-04-02 00:00", "eve", "2025-04-05 09:00")
    world.invite("bob", "2025-04-02 00:00", "dan", "2025-04-04 09:00")
    world.invite("bob", "2025-04-30 23:59")
    world.invite("cem", "2025-05-01 00:00", "late", "2025-05-02 00:00")
    world.invite("cem", "2025-03-31 23:59", "early", "2025-04-01 00:00")
    world.reached("user", "dan", "activation", "2025-04-10 09:00")
    world.reached("user", "eve", "activation", "2025-04-16 00:00")
    world.reached("user", "early", "activation", "2025-04-02 00:00")


def test_each_form_has_its_own_denominator(world):
    network(world)
    world.active("dan", "2025-05-03")
    world.active("eve", "2025-05-04")
    rows = {row["form"]: row for row in world.records(queries.viral(as_of=MAY_14))}
    first = rows["playbook"]
    counts = ("users", "inviters", "invites", "invitees_accepted", "invitees_activated", "referred", "referred_retained")
    # eve activated exactly 14 days after her invite, one instant too late; dan counts for ann, who was the first.
    assert tuple(first[name] for name in counts) == (6, 2, 4, 3, 1, 2, 1)
    assert {form: row["k"] for form, row in rows.items()} == {
        "playbook": 0.5, "basic": pytest.approx(1 / 6), "adjusted": pytest.approx(1 / 12),
    }  # fmt: skip
    assert {form: row["invites_each"] for form, row in rows.items()} == {
        "playbook": 2.0, "basic": pytest.approx(4 / 6), "adjusted": pytest.approx(4 / 6),
    }  # fmt: skip
    assert (first["conversion"], rows["adjusted"]["kept"]) == (0.25, 0.5)


def test_the_interval_comes_from_the_spread_between_inviters(world):
    network(world)
    (first,) = [row for row in world.records(queries.viral(as_of=MAY_14)) if row["form"] == "playbook"]
    # Activated per inviter: 1 and 0; sample deviation sqrt(0.5), error 0.5.
    assert (first["ci_low"], first["ci_high"]) == (0, pytest.approx(0.5 + 1.959964 * 0.5, abs=1e-6))


def test_viral_members_hold_what_each_user_sent_and_whether_a_referred_one_stayed(world):
    network(world)
    world.active("dan", "2025-05-03")
    (members,) = queries.viral(as_of=MAY_14).requires
    found = {row["user_id"]: tuple(row.values())[1:] for row in world.records(members)}
    assert members.name == "viral_members"
    assert found == {
        "ann": (2, 2, 1, None), "bob": (2, 1, 0, None), "cem": (0, 0, 0, None), "old": (0, 0, 0, None),
        "dan": (0, 0, 0, True), "eve": (0, 0, 0, False),
    }  # fmt: skip


def test_a_referred_user_whose_day_30_is_to_come_is_not_counted_as_lost(world):
    network(world)
    world.user("new", "2025-04-15 09:00", referred_by="ann")
    assert world.records(queries.viral(as_of=MAY_14))[0]["referred"] == 2


def test_without_invites_there_is_no_coefficient(world):
    world.user("ann", "2025-03-01 09:00")
    rows = world.warehouse.arrow(queries.viral(as_of=MAY_14))
    assert tuple(rows.column_names) == VIRAL.column_names
    assert {row["k"] for row in rows.to_pylist()} == {None}
