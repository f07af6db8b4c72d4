"""Two clocks: when it happened and when it was learnt; and what one event id means within the window."""

import datetime as dt
import json

import pytest

from plg_orchestration.config.sources import Source
from tests.ingest.places import DAY, Place, as_bytes, track

NEXT = DAY + dt.timedelta(days=1)


def received(place: Place) -> dict[str, tuple[str, str]]:
    """`(received_date, received_at)` by event id."""
    rows = place.rows("select event_id, received_date, received_at from ingest.events")
    return {event: (str(day), str(at)) for event, day, at in rows}


def test_a_late_event_lands_in_the_day_it_was_received_and_rewrites_no_earlier_part(place: Place):
    place.say("2025-03-10.jsonl", track(1))
    place.take(DAY)
    before = place.rows("select * from ingest.parts")
    place.say("2025-03-11.jsonl", track(2, at="2025-03-09T08:00:00Z"))
    place.take(NEXT)
    assert received(place)["m2"] == ("2025-03-11", "2025-03-11 00:00:00")
    assert place.rows("select * from ingest.parts where received_date = '2025-03-10'") == before


RECEPTION = [
    ("2025-03-10T08:00:00Z", None, "2025-03-10 08:00:00"),
    ("2025-03-09T08:00:00Z", None, "2025-03-10 00:00:00"),
    ("2025-03-11T08:00:00Z", None, "2025-03-10 23:59:59.999999"),
    ("2025-03-10T08:00:00Z", "2025-03-10T08:00:05Z", "2025-03-10 08:00:05"),
    ("2025-03-08T08:00:00Z", "2025-03-08T08:00:05Z", "2025-03-10 00:00:00"),
]


def test_received_at_is_the_lines_own_but_not_before_the_files_day(place: Place):
    lines = [track(number, at=at) | ({"receivedAt": own} if own else {}) for number, (at, own, _) in enumerate(RECEPTION)]
    place.say("2025-03-10.jsonl", *lines)
    place.take(DAY)
    assert [received(place)[f"m{number}"][1] for number in range(len(RECEPTION))] == [expected for *_, expected in RECEPTION]


def test_an_undated_file_is_received_on_the_day_of_ingestion(place: Place):
    place.say("export.jsonl", track(1, at="2025-02-01T08:00:00Z"))
    place.take(DAY)
    assert received(place) == {"m1": ("2025-03-10", "2025-03-10 00:00:00")}


def test_days_are_those_of_the_workspace(place: Place):
    place.timezone = "America/Los_Angeles"
    place.say("2025-03-10.jsonl", track(1, at="2025-03-11T06:59:00Z"), track(2, at="2025-03-10T06:59:00Z"))
    place.take(DAY)
    assert received(place) == {"m1": ("2025-03-10", "2025-03-11 06:59:00"), "m2": ("2025-03-10", "2025-03-10 07:00:00")}


def test_a_redelivery_is_a_duplicate_whatever_its_transport_and_key_order(place: Place):
    call = track(1, properties={"a": 1, "b": [1, 2]})
    again = json.dumps(dict(reversed(call.items())) | {"properties": {"b": [1, 2], "a": 1}, "sentAt": "2025-03-11T00:00:00Z"})
    place.say("2025-03-10.jsonl", call)
    place.say("2025-03-11.jsonl", again, as_bytes(call) + b"\r")
    summary = place.take(NEXT)
    assert (summary.accepted, summary.duplicates, summary.quarantined) == (1, 2, 0)


def test_the_same_id_with_other_content_is_a_conflict_that_names_the_first(place: Place):
    place.say("2025-03-10.jsonl", track(1))
    place.take(DAY)
    place.say("2025-03-11.jsonl", track(1, user="someone else"), track(2), track(2, event="Other"))
    place.take(NEXT)
    (first, second) = place.rows("select line, reason, detail, raw from ingest.quarantine order by line")
    assert (first[0], first[1], first[3]) == (1, "conflict", as_bytes(track(1, user="someone else")))
    file_id = place.rows("select file_id from ingest.files where file_date = '2025-03-10'")[0][0]
    assert first[2] == f"id 'm1' was used for other content in line 1 of file {file_id[:16]}"
    assert (second[0], second[2]) == (3, "id 'm2' was used for other content in line 2")


@pytest.mark.parametrize("together", [True, False])
def test_an_id_is_known_for_fourteen_received_days(place: Place, together: bool):
    files = {0: [1, 2], 14: [1], 15: [2], 28: [1], 29: [2]}
    for days, numbers in files.items():
        place.say(f"{DAY + dt.timedelta(days=days)}.jsonl", *(track(number) for number in numbers), *[""] * days)
        if not together:
            place.take(DAY + dt.timedelta(days=days))
    place.take(DAY + dt.timedelta(days=29))
    counts = place.rows("select accepted, duplicates from ingest.files order by file_date")
    assert counts == [(2, 0), (0, 1), (1, 0), (1, 0), (0, 1)]


def test_lines_without_ids_are_told_apart_by_their_ordinal(place: Place):
    place.say("2025-03-10.jsonl", track(None), track(None), track(None, user="u2"))
    place.take(DAY)
    ids = [event for (event,) in place.rows("select event_id from ingest.events order by line")]
    assert [event[-2:] for event in ids] == ["-1", "-2", "-1"]
    assert ids[0][:64] == ids[1][:64] != ids[2][:64]


def test_calls_become_events_of_their_kind(place: Place):
    place.say(
        "2025-03-10.jsonl",
        track(1, context={"groupId": "acct", "locale": "de-DE", "device": {"type": "ios"}, "app": {"version": "7"},
                          "sessionId": 12, "location": {"country": "DE", "region": "BE"}}),
        track(2, type="page", event=None, name="Home"),
        track(3, type="screen", event=None),
        track(4, type="identify", event=None, traits={"role": "admin"}),
        track(5, type="group", event=None, groupId="acct"),
        track(6, type="alias", event=None, previousId="a1"),
    )  # fmt: skip
    place.take(DAY)
    assert place.rows("select kind, event, account_id, properties from ingest.events order by line") == [
        ("track", "Report Created", "acct", '{"n":1}'), ("page", "Home", None, '{"n":1}'), ("screen", "screen", None, '{"n":1}'),
        ("identify", "identify", None, '{"role":"admin"}'), ("group", "group", "acct", "{}"), ("alias", "alias", None, '{"n":1}'),
    ]  # fmt: skip
    context = "session_id, device, locale, country, region, app_version"
    assert place.rows(f"select {context} from ingest.events where line = 1") == [("12", "ios", "de-DE", "DE", "BE", "7")]


def test_a_zone_of_the_source_reads_times_without_one(place: Place):
    place.sources["events"] = Source(name="events", path="*.jsonl", format="jsonl", timezone="Europe/Berlin")
    place.say("2025-03-10.jsonl", *({"event": "E", "user_id": "u", "event_at": at} for at in ("2025-03-10 9:30", "2025-03-10")))
    place.take(DAY)
    times = [str(at) for (at,) in place.rows("select event_at from ingest.events order by line")]
    assert times == ["2025-03-10 08:30:00", "2025-03-09 23:00:00"]
