"""The rules, each just under its limit and just over it, and the innocents whom none of them may touch."""

import numpy as np
import pytest

from plg_orchestration.governance.abuse.rings import circles
from plg_orchestration.governance.abuse.rules import most_within
from tests.governance.abuse.scenes import evidence, found, judged, person


def strangers(count: int, *, hours: float = 0.5, **more: object) -> list[dict[str, object]]:
    start = np.datetime64("2025-06-10T00:00")
    at = [str(start + np.timedelta64(int(n * hours * 60), "m")) for n in range(count)]
    return [person(f"u{n:02}", f"a{n}", f"firm{n}.com", at[n], **more) for n in range(count)]  # type: ignore[arg-type]


def names(count: int) -> list[str]:
    return [f"u{n:02}" for n in range(count)]


def test_a_throw_away_domain_is_named_and_so_is_one_below_it() -> None:
    people = [person("a", domain="mailinator.com"), person("b", domain="eu.mailinator.com"), person("c", domain="acme.com")]
    rows = judged(evidence(people)).suspects
    assert rows[["unit_id", "rule"]].to_numpy().tolist() == [["a", "disposable_domain"], ["b", "disposable_domain"]]
    assert rows["evidence"][1] == "signed up with the throw-away mail domain eu.mailinator.com"


def test_the_fourth_stranger_on_a_device_within_a_day_makes_suspects_of_all_four() -> None:
    people = strangers(4)
    rows = judged(evidence(people, devices={"d": names(4)})).suspects
    assert list(rows["unit_id"]) == names(4) and set(rows["rule"]) == {"signup_velocity"}
    assert rows["evidence"][0] == "4 people who do not belong together signed up on one device within 24 hours"
    assert found(evidence(people[:3], devices={"d": names(3)})) == {}
    assert found(evidence(strangers(4, hours=9), devices={"d": names(4)})) == {}


def test_only_those_of_the_burst_are_suspected_not_who_used_the_device_on_another_day() -> None:
    people = [*strangers(4), person("early", "x", "x.com", "2025-05-01")]
    assert found(evidence(people, devices={"d": [*names(4), "early"]})) == {"signup_velocity": names(4)}


def test_addresses_have_their_own_larger_limit() -> None:
    people = strangers(21)
    assert found(evidence(people, addresses={"n": names(20)})) == {}
    assert found(evidence(people, addresses={"n": names(21)})) == {"signup_velocity": names(21)}


def test_a_device_of_six_strangers_over_months_is_shared_and_one_of_five_is_not() -> None:
    people = strangers(6, hours=200)
    assert found(evidence(people, devices={"d": names(6)})) == {"shared_device": names(6)}
    assert found(evidence(people, devices={"d": names(5)})) == {}


def test_a_shared_address_is_suspicious_only_when_hardly_anybody_did_anything() -> None:
    busy, idle = strangers(51, hours=6), strangers(51, hours=6, idle=True)
    assert found(evidence(busy, addresses={"n": names(51)})) == {}
    assert found(evidence(idle, addresses={"n": names(51)}))["shared_address"] == names(51)


def test_a_ring_is_three_strangers_whose_invitations_lead_back() -> None:
    people = strangers(3, hours=100)
    around = [("u00", "u01"), ("u01", "u02"), ("u02", "u00")]
    rows = judged(evidence(people, invites=around)).suspects
    assert list(rows["unit_id"]) == names(3) and set(rows["rule"]) == {"invite_ring"}
    assert rows["evidence"][0] == "3 people sent each other 3 invitations that lead back to where they began"
    assert found(evidence(people, invites=around[:2])) == {}
    assert found(evidence(people[:2], invites=[("u00", "u01"), ("u01", "u00")])) == {}


def test_a_shared_device_leads_back_too() -> None:
    people = strangers(3, hours=100)
    sent = [("u00", "u01"), ("u00", "u02")]
    rows = judged(evidence(people, devices={"d": names(3)}, invites=sent)).suspects
    assert rows["evidence"][0].startswith("3 people on 1 shared device sent each other 2 invitations")
    assert found(evidence(people, devices={"d": names(2), "e": ["u02"]}, invites=sent)) == {}


def test_bulk_that_never_did_anything_is_suspected_and_who_did_something_is_not() -> None:
    others = [person(f"o{n:02}", f"b{n}", f"o{n}.com", idle=n % 3 == 0) for n in range(60)]
    bulk = strangers(12, hours=24, idle=True)
    bulk[11]["idle"] = False
    sent = [("inviter", name) for name in names(12)]
    rows = judged(evidence([*others, *bulk], invites=sent)).suspects
    assert list(rows["unit_id"]) == names(11) and set(rows["rule"]) == {"dormant_bulk"}
    assert rows["evidence"][0] == "11 of 12 signups invited by one person never did anything, of all others 33%"
    assert found(evidence([*others, *bulk[:9]], invites=sent[:9])) == {}


def test_bulk_in_a_product_where_hardly_anybody_does_anything_is_chance() -> None:
    others = [person(f"o{n:03}", f"b{n}", f"o{n}.com", idle=n % 5 > 0) for n in range(200)]
    bulk = strangers(12, hours=24, idle=True)
    assert found(evidence([*others, *bulk], invites=[("inviter", name) for name in names(12)])) == {}


def test_too_new_to_have_done_anything_is_not_dormant() -> None:
    others = [person(f"o{n:02}", f"b{n}", f"o{n}.com") for n in range(60)]
    fresh = [person(f"u{n:02}", f"a{n}", f"f{n}.com", "2025-06-28", idle=True) for n in range(12)]
    assert found(evidence([*others, *fresh], invites=[("inviter", name) for name in names(12)])) == {}


# -- innocents --------------------------------------------------------------------------------------------------------


def test_thirty_colleagues_on_one_office_device_and_address_are_one_party() -> None:
    team = [person(f"u{n:02}", "acme", "acme.com", f"2025-06-10 09:{n:02}", idle=True) for n in range(30)]
    around = [(f"u{n:02}", f"u{(n + 1) % 30:02}") for n in range(30)]
    given = evidence(team, devices={"kiosk": names(30)}, addresses={"office": names(30)}, invites=around)
    assert found(given) == {}


def test_colleagues_of_two_firms_and_a_guest_on_one_device_are_three_parties() -> None:
    people = [person(f"u{n:02}", f"firm{n % 2}", f"firm{n % 2}.com", f"2025-06-10 09:{n:02}") for n in range(20)]
    people.append(person("u20", "guest", "guest.com", "2025-06-10 10:00"))
    assert found(evidence(people, devices={"meeting room": names(21)})) == {}


def test_free_mail_and_throw_away_domains_make_nobody_a_colleague() -> None:
    for domain in ("gmail.com", "mailinator.com"):
        team = [person(f"u{n}", "one account", domain, f"2025-06-10 09:0{n}") for n in range(4)]
        assert "signup_velocity" in found(evidence(team, devices={"d": [f"u{n}" for n in range(4)]})), domain


def test_a_big_honest_inviter_is_a_tree_and_no_ring() -> None:
    people = [person("inviter", "home", "home.com"), *strangers(60, hours=30)]
    tree = [("inviter", name) for name in names(30)] + [(f"u{n:02}", f"u{n + 30:02}") for n in range(30)]
    assert found(evidence(people, invites=tree)) == {}


def test_whoever_pays_is_spared_and_the_screening_says_so() -> None:
    people = [person("a", "x", "mailinator.com", paying=True), person("b", "y", "mailinator.com")]
    assert found(evidence(people)) == {"disposable_domain": ["b"]}
    assert judged(evidence(people)).left_out == "1 who pay are spared"
    assert found(evidence(people), spare_paying=False) == {"disposable_domain": ["a", "b"]}


def test_a_device_that_everybody_carries_is_a_placeholder() -> None:
    people = strangers(9)
    given = evidence(people, devices={"00000000": names(9)})
    assert set(found(given)) == {"signup_velocity", "shared_device"}
    assert found(given, placeholder_people=8) == {}
    assert judged(given, placeholder_people=8).left_out == "a device that 9 people carry was taken for a placeholder"


def test_people_without_mail_account_device_or_invitation_are_not_assessed_and_never_suspected() -> None:
    seen = judged(evidence([person("a"), person("b"), person("c", domain="c.com")]))
    assert (seen.signups, seen.assessed, len(seen.suspects)) == (3, 1, 0)


# -- parts ------------------------------------------------------------------------------------------------------------


def test_windows_hold_their_first_row_and_end_with_their_group() -> None:
    group, at = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 5, 10, 21, 21, 22])
    assert most_within(group, at, 10, over=1).tolist() == [3, 3, 3, 1, 2, 2]


@pytest.mark.parametrize("size", [5, 50_000])
def test_circles_are_found_in_time_that_grows_with_the_edges(size: int) -> None:
    people = np.arange(size)
    none = np.array([], dtype=np.int64)
    chain = circles(size, (people[:-1], people[1:]), (none, none))
    assert len(set(chain.tolist())) == size
    ring = circles(size, (people, np.roll(people, -1)), (none, none))
    assert len(set(ring.tolist())) == 1
