"""The equation of the ledger, and the identity of events, hold for any mix of lines."""

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import DAY, Place, as_bytes, segment, track

FIRST = dt.date(2025, 3, 1)
LINE = st.one_of(
    st.tuples(st.just("event"), st.integers(0, 6), st.integers(0, 1)),
    st.tuples(st.just("reordered"), st.integers(0, 6), st.integers(0, 1)),
    st.tuples(st.just("anonymous"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("bad"), st.integers(0, 4), st.just(0)),
    st.tuples(st.just("blank"), st.integers(0, 2), st.just(0)),
)
BAD = [b"{", b"[1]", b'{"type":"track"}', b"\xfd\xff", b'{"a":1,"a":2}']
BLANK = [b"", b"  ", b"\t\r"]


def written(kind: str, number: int, content: int) -> bytes:
    call: dict[str, Any] = track(number, at="2025-03-01T08:00:00Z", properties={"content": content, "other": 1})
    if kind == "reordered":
        return json.dumps(dict(reversed(call.items())) | {"properties": {"other": 1, "content": content}}).encode()
    if kind == "anonymous":
        return as_bytes(track(None, user=None, at="2025-03-01T08:00:00Z", anonymousId=f"a{number}"))
    return {"event": as_bytes(call), "bad": BAD[number % 5], "blank": BLANK[number % 3]}[kind]


def expected(files: list[list[tuple[str, int, int]]]) -> list[tuple[int, int, int, int, int]]:
    """What becomes of the lines, by the definition: the first line of an id counts, within the file or 14 days."""
    seen: list[tuple[str, int, int]] = []
    counts: list[tuple[int, int, int, int, int]] = []
    for day, file in enumerate(files):
        accepted = duplicates = refused = blank = 0
        ordinals: dict[str, int] = {}
        for kind, number, content in file:
            if kind in ("bad", "blank"):
                refused, blank = refused + (kind == "bad"), blank + (kind == "blank")
                continue
            key = f"{number}"
            if kind == "anonymous":
                ordinals[key] = ordinals.get(key, 0) + 1
                key = f"a{number}-{ordinals[key]}"
            before = [had for name, when, had in seen if name == key and abs(day * 10 - when) <= 14]
            if not before:
                accepted += 1
                seen.append((key, day * 10, content))
            elif before[0] == content:
                duplicates += 1
            else:
                refused += 1
        counts.append((len(file), accepted, duplicates, refused, blank))
    return counts


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(files=st.lists(st.lists(LINE, min_size=1, max_size=14), min_size=1, max_size=3), one_by_one=st.booleans())
def test_every_file_adds_up_as_the_definition_says(
    tmp_path_factory: Any, files: list[list[tuple[str, int, int]]], one_by_one: bool
):
    folder: Path = tmp_path_factory.mktemp("mix")
    place = Place(folder / "data", segment())
    for number, file in enumerate(files):
        # files ten days apart: the first and the third are outside of each other's window
        tag = f'{{"type":"ping{number}"}}'
        place.say(f"{FIRST + dt.timedelta(days=10 * number)}.jsonl", *(written(*line) for line in file), tag)
    with Warehouse.open(folder / "state") as warehouse:
        place.warehouse = warehouse
        check(place, files, one_by_one)
    place.warehouse = None


def check(place: Place, files: list[list[tuple[str, int, int]]], one_by_one: bool) -> None:
    """Ingest the files, together or one after the other, and compare what became of every line with the definition."""
    for number in range(len(files)) if one_by_one else [len(files)]:
        place.take(FIRST + dt.timedelta(days=10 * number))
    found = place.rows("select lines - 1, accepted, duplicates, quarantined - 1, blank from ingest.files order by path")
    assert found == expected(files)
    for path, line, kept in place.rows("select path, line, raw from ingest.quarantine"):
        assert (place.root / path).read_bytes().split(b"\n")[line - 1] == kept
    assert place.rows("select count(*) from ingest.events") == [(sum(count[1] for count in found),)]


def test_ten_thousand_lines_with_three_percent_bad_add_up(place: Place):
    chance = random.Random(7)
    lines = [as_bytes(track(n)) if chance.random() > 0.03 else BAD[n % 5] for n in range(10_000)]
    bad = sum(line in BAD for line in lines)
    place.say("2025-03-10.jsonl", *lines)
    summary = place.take(DAY)
    assert (summary.lines, summary.accepted, summary.quarantined) == (10_000, 10_000 - bad, bad)
    kept = place.rows("select line, raw from ingest.quarantine order by line")
    assert kept == [(number, line) for number, line in enumerate(lines, start=1) if line in BAD]
