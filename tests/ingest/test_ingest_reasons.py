"""Every bad line has its reason and keeps its bytes; every odd but good line is accepted."""

import json
from pathlib import Path

import pytest

from plg_orchestration.ingest import reading
from plg_orchestration.ingest.jsonlines import object_paths
from plg_orchestration.ingest.reasons import MAX_LINE_BYTES
from plg_orchestration.ingest.strict import reason_of
from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import DAY, Place, as_bytes, segment, track


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in track("bad").items() if name != key}


def spoilt(old: str, new: str) -> str:
    """A good call with a piece of its text replaced."""
    text = json.dumps(track("bad"))
    assert old in text
    return text.replace(old, new, 1)


BAD: list[tuple[str, str, str | bytes | dict[str, object]]] = [
    ("json_syntax", "truncated tail", json.dumps(track("bad"))[:-3]),
    ("json_syntax", "truncated middle", spoilt('"timestamp": ', "")),
    ("json_syntax", "plain text", "hello"),
    ("json_syntax", "single quotes", "{'type': 'track'}"),
    ("json_syntax", "comment", json.dumps(track("bad")) + " // done"),
    ("json_syntax", "trailing comma in an object", spoilt("}, ", ",}, ")),
    ("json_syntax", "trailing comma in an array", spoilt('{"n": 1}', '{"n": [1, ]}')),
    ("json_syntax", "two objects", json.dumps(track("bad")) * 2),
    ("json_syntax", "first half of a line broken in two", '{"type": "track", "event": "Report'),
    ("json_syntax", "second half", 'Created", "userId": "u1"}'),
    ("json_syntax", "number with a leading zero", spoilt('"n": 1', '"n": 01')),
    ("not_an_object", "null", "null"),
    ("not_an_object", "number", "17"),
    ("not_an_object", "string", '"text"'),
    ("not_an_object", "array", '[{"type": "track"}]'),
    ("missing", "empty object", "{}"),
    ("missing", "type", without("type")),
    ("missing", "event", without("event")),
    ("missing", "event null", track("bad", event=None)),
    ("missing", "event empty", track("bad", event="")),
    ("missing", "timestamp", without("timestamp")),
    ("missing", "anybody", without("userId")),
    ("missing", "anybody, all empty", track("bad", userId="", anonymousId=None)),
    ("missing", "groupId of a group call", track("bad", type="group")),
    ("missing", "previousId of an alias", track("bad", type="alias")),
    ("type", "properties as text", track("bad", properties="{}")),
    ("type", "properties as a list", track("bad", properties=[1])),
    ("type", "number as id", track("bad", userId=12)),
    ("type", "boolean as id", track("bad", anonymousId=True)),
    ("type", "object as id", track("bad", userId={"id": "u1"})),
    ("type", "number as time", track("bad", at=1741593600)),  # type: ignore[arg-type]
    ("type", "message id as number", track("bad", messageId=5)),
    ("type", "traits as text", track("bad", type="identify", traits="x")),
    ("number", "NaN", spoilt('"n": 1', '"n": NaN')),
    ("number", "Infinity", spoilt('"n": 1', '"n": Infinity')),
    ("number", "minus infinity", spoilt('"n": 1', '"n": -Infinity')),
    ("json_syntax", "nan in lower case", spoilt('"n": 1', '"n": nan')),
    ("number", "1e999", spoilt('"n": 1', '"n": 1e999')),
    ("number", "an amount beyond 2^53", spoilt('"n": 1', '"amount": 9007199254740993')),
    ("number", "an id beyond 2^53", spoilt('"n": 1', '"order_id": 9007199254740993')),
    ("number", "thousands of digits", spoilt('"n": 1', '"n": ' + "9" * 3000)),
    ("encoding", "raw NUL", spoilt("Created", "Crea\x00ted")),
    ("encoding", "escaped NUL", spoilt("Created", "Crea\\u0000ted")),
    ("encoding", "control byte", spoilt("Created", "Crea\x07ted")),
    ("encoding", "invalid UTF-8", as_bytes(track("bad")).replace(b"Created", b"Crea\xffted")),
    ("encoding", "Latin-1", as_bytes(track("bad")).replace(b"Created", b"Caf\xe9")),
    ("encoding", "overlong form", as_bytes(track("bad")).replace(b"Created", b"Crea\xc0\xafted")),
    ("encoding", "lone surrogate", spoilt("Created", "Crea\\ud800ted")),
    ("encoding", "byte order mark in the middle of the file", b"\xef\xbb\xbf" + as_bytes(track("bad"))),
    ("keys", "duplicate key", spoilt('"type"', '"type": "track", "type"')),
    ("keys", "duplicate key in properties", spoilt('"n": 1', '"n": 1, "n": 2')),
    ("keys", "duplicate key inside a list", spoilt('"n": 1', '"n": [{"a": 1, "a": 2}]')),
    ("keys", "keys that differ only in case", spoilt('"n": 1', '"n": 1, "N": 2')),
    ("depth", "129 lists", spoilt('"n": 1', '"n": ' + "[" * 129 + "]" * 129)),
    ("depth", "129 objects", spoilt('"n": 1', '"n": ' + '{"a": ' * 129 + "1" + "}" * 129)),
    ("size", "more than 16 MiB", spoilt('"n": 1', f'"n": "{"x" * MAX_LINE_BYTES}"')),
    ("time", "no zone", track("bad", at="2025-03-10T08:00:00")),
    ("time", "a date only", track("bad", at="2025-03-10")),
    ("time", "infinity", track("bad", at="infinity")),
    ("time", "year 300000", track("bad", at="300000-01-01T00:00:00Z")),
    ("time", "30 February", track("bad", at="2025-02-30T00:00:00Z")),
    ("time", "ambiguous day and month", track("bad", at="03/04/2025 08:00")),
    ("time", "leap second", track("bad", at="2025-03-10T23:59:60Z")),
    ("time", "named zone", track("bad", at="2025-03-10T08:00:00 Europe/Berlin")),
    ("time", "two days in the future", track("bad", at="2025-03-12T08:00:00Z")),
    ("time", "before the workspace's start", track("bad", at="2024-12-31T23:59:59Z")),
    ("time", "received in a way that is no time", track("bad", receivedAt="yesterday")),
    ("time", "received two days after the file's day", track("bad", receivedAt="2025-03-12T08:00:00Z")),
    ("value", "a call that the spec does not know", track("bad", type="delete")),
]

GOOD: list[tuple[str, str | bytes | dict[str, object]]] = [
    ("plain", track(1)),
    ("carriage return before the line feed", as_bytes(track(2)) + b"\r"),
    ("spaces around", "  " + json.dumps(track(3)) + "\t"),
    ("U+2028 inside a string", track(4, event="Report\u2028Created")),
    ("unescaped U+2028", as_bytes(json.dumps(track(5, event="Report\u2028Created"), ensure_ascii=False))),
    ("unknown keys", track(6, colour="green")),
    ("an offset", track(7, at="2025-03-10T09:30:00+01:30")),
    ("fractions of a second", track(8, at="2025-03-10T08:00:00.123456Z")),
    ("NaN inside a string", track(9, properties={"note": "x: NaN, [Infinity], 1e999"})),
    ("quotes and colons inside a string", track(10, properties={"note": '"a":{"b":1},}'})),
    ("list of objects", track(11, properties={"products": [{"id": "a"}, {"id": "b"}]})),
    ("128 deep", track(12, properties={"deep": json.loads("[" * 126 + "]" * 126)})),
    ("a pair of surrogates", as_bytes(json.dumps(track(13, event="\U0001f600")))),
    ("a long integer that is no id", track(14, properties={"nanos": 9007199254740993})),
    ("a long integer as text", track(15, properties={"order_id": "9007199254740993"})),
    ("escapes in an id", spoilt('"u1"', '"\\u0075\\"2"').replace("mbad", "m16")),
    ("anonymous", track(17, user=None, anonymousId="a1")),
    ("an account only", track(18, user=None, context={"groupId": "acct"})),
    ("clock half a day ahead", track(19, at="2025-03-11T12:00:00Z")),
    ("minified", json.dumps(track(20), separators=(",", ":"))),
    ("empty objects", track(21, integrations={}, context={}, properties={})),
    ("null properties", track(22, properties=None)),
]
BLANK: list[str | bytes] = ["", "   ", "\t\r"]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory):
    """One file with all bad, good and blank lines, taken in."""
    folder: Path = tmp_path_factory.mktemp("reasons")
    place = Place(folder / "data", segment())
    place.say("2025-03-10.jsonl", *(line for *_, line in BAD), *(line for _, line in GOOD), *BLANK)
    with Warehouse.open(folder / "state") as warehouse:
        place.warehouse = warehouse
        place.take(DAY)
        yield place


@pytest.mark.parametrize("number", range(len(BAD)), ids=[f"{reason}: {what}" for reason, what, _ in BAD])
def test_a_bad_line_is_quarantined_with_its_reason_and_its_bytes(taken: Place, number: int):
    reason, _, line = BAD[number]
    found = taken.rows("select reason, raw, detail from ingest.quarantine where line = $n", n=number + 1)
    assert [(row[0], row[1]) for row in found] == [(reason, as_bytes(line))]
    assert found[0][2]


@pytest.mark.parametrize("number", range(len(GOOD)), ids=[what for what, _ in GOOD])
def test_an_odd_but_good_line_is_accepted(taken: Place, number: int):
    assert taken.rows("select count(*) from ingest.events where line = $n", n=len(BAD) + number + 1) == [(1,)]


def test_every_line_ends_in_exactly_one_place(taken: Place):
    ledger = taken.rows("select lines, accepted, duplicates, quarantined, blank from ingest.files")
    assert ledger == [(len(BAD) + len(GOOD) + len(BLANK), len(GOOD), 0, len(BAD), len(BLANK))]


def test_unknown_keys_are_kept_in_properties(taken: Place):
    text = taken.rows("select properties from ingest.events where event_id = 'm6'")[0][0]
    assert json.loads(text) == {"colour": "green", "n": 1}


def test_escapes_in_ids_are_read(taken: Place):
    assert taken.rows("select user_id from ingest.events where event_id = 'm16'") == [('u"2',)]


def test_times_with_an_offset_are_stored_in_utc(taken: Place):
    assert str(taken.rows("select event_at from ingest.events where event_id = 'm7'")[0][0]) == "2025-03-10 08:00:00"


def test_calls_of_other_kinds_far_down_a_file_are_not_read_one_by_one(
    tmp_path: Path, store: Warehouse, monkeypatch: pytest.MonkeyPatch
):
    """Objects that first appear deep in a chunk, or stand once where others have text, must not send good lines the slow way."""
    read: list[bytes] = []
    monkeypatch.setattr(reading, "reason_of", lambda raw: read.append(raw) or reason_of(raw))
    place = Place(tmp_path, segment(), warehouse=store)
    calls = [track(n) for n in range(300)] + [track(n, type="identify", traits={"role": "x"}) for n in range(300, 330)]
    place.say("calls.jsonl", *calls, track(400, event={"name": "Report Created"}), *[track(n) for n in range(500, 700)])
    assert place.take().accepted == 530
    assert [json.loads(raw)["messageId"] for raw in read] == ["m400"]


def test_a_path_counts_as_an_object_where_most_lines_have_one():
    lines = [json.dumps(x) for x in ({"a": {"b": {}}, "c": "x"}, {"a": None, "c": "y"}, {"a": {"b": 1}, "c": {}}, [1], "{")]
    assert object_paths(lines) == ["$", '$."a"']
