"""Plain tables by a column map: every expression, CSV's own ways to break, Parquet, and reference versions."""

import datetime as dt
import decimal
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plg_orchestration.config.sources import Source
from tests.ingest.places import DAY, Place

NEXT = DAY + dt.timedelta(days=1)


def csv(place: Place, name: str, *, columns: dict[str, Any] | None = None, **more: Any) -> None:
    """Add a CSV source `name` whose files are `<name>*.csv`."""
    place.sources[name] = Source(name=name, path=f"{name}*.csv", format="csv", columns=columns, **more)


def quarantine(place: Place) -> list[tuple[Any, ...]]:
    return place.rows("select line, reason, raw from ingest.quarantine order by path, line")


EXPRESSIONS: dict[str, Any] = {
    "event": {"map": {"column": "what", "values": {"a": "Alpha"}}},
    "event_at": {"epoch_ms": "ms"},
    "received_at": {"epoch_s": "s"},
    "user_id": "who",
    "anonymous_id": {"template": "session-{sid}-{who}"},
    "account_id": {"lookup": {"path": "lookup.csv", "format": "csv", "key": "k", "value": "v", "on": "what"}},
    "country": {"constant": "DE"},
    "region": {"domain_of": "mail"},
    "properties": {"properties": ["what", "n"]},
}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_expression_gives_the_same_from_every_format(place: Place, form: str):
    place.sources = {"events": Source(name="events", path=f"*.{form}", format=form, columns=EXPRESSIONS)}  # pyright: ignore
    rows: list[dict[str, Any]] = [
        {"what": "a", "ms": 1741593600000, "s": 1741593605, "who": "u1", "sid": 7, "mail": "A@Example.COM", "n": 3},
        {"what": "b", "ms": 1741593600500, "s": 1741593605, "who": None, "sid": 8, "mail": None, "n": None},
        {"what": "c", "ms": 1741593600000, "s": 1741593605, "who": "u3", "sid": 9, "mail": "x", "n": 3},
    ]
    place.say("lookup.csv", "k,v", "a,acct-a", "a,later", "b,acct-b")
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), place.root / "2025-03-10.parquet")
    elif form == "jsonl":
        place.say("2025-03-10.jsonl", *rows)
    else:
        place.sources["events"] = place.sources["events"].model_copy(update={"path": "2025*.csv"})
        text = [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
        place.say("2025-03-10.csv", ",".join(rows[0]), *text)
    summary = place.take(DAY)
    assert (summary.accepted, summary.quarantined) == (3, 0)
    found = place.rows(
        "select event, event_at, received_at, user_id, anonymous_id, account_id, country, region "
        "from ingest.events order by event_at, event"
    )
    assert [(e, str(at)[11:], str(received)[11:], *rest) for e, at, received, *rest in found] == [
        ("Alpha", "08:00:00", "08:00:05", "u1", "session-7-u1", "acct-a", "DE", "example.com"),
        ("c", "08:00:00", "08:00:05", "u3", "session-9-u3", None, "DE", None),
        ("b", "08:00:00.500000", "08:00:05", None, None, "acct-b", "DE", None),
    ]
    properties = [json.loads(text) for (text,) in place.rows("select properties from ingest.events order by event_at, event")]
    assert [{key: value if value is None else str(value) for key, value in found.items()} for found in properties] == [
        {"what": "a", "n": "3"}, {"what": "c", "n": "3"}, {"what": "b", "n": None},
    ]  # fmt: skip


def test_json_tables_without_a_map_bear_the_canonical_names_and_keep_the_rest(place: Place):
    place.sources = {"events": Source(name="events", path="*.jsonl", format="jsonl")}
    good = {"event": "E", "event_at": "2025-03-10T08:00:00Z", "user_id": 17, "properties": {"a": 1}, "extra": {"b": [2]}}
    place.say("2025-03-10.jsonl", good, good | {"user_id": {"id": 1}}, good | {"user_id": True}, good | {"properties": [1]},
              good | {"event_at": "10.03.2025"}, good | {"event": None}, good | {"user_id": None},
              good | {"user_id": 2**53 + 1})  # fmt: skip
    place.take(DAY)
    assert [row[:2] for row in quarantine(place)] == [
        (2, "type"), (3, "type"), (4, "type"), (5, "time"), (6, "missing"), (7, "missing"), (8, "number"),
    ]  # fmt: skip
    (found,) = place.rows("select user_id, properties from ingest.events")
    assert (found[0], json.loads(found[1])) == ("17", {"a": 1, "extra": {"b": [2]}})


def test_broken_records_cost_no_good_one(place: Place):
    csv(place, "tickets")
    opened = "2025-03-01T00:00:00Z"
    place.say(
        "tickets.csv",
        "ticket_id,opened_at,topic",
        f"t1,{opened},plain",
        f't2,{opened},"two\nlines, and a ""quote"""',
        f't3,{opened},"never closed',
        f"t4,{opened},good again",
        f't5,{opened},"quoted"tail',
        f"t6,{opened}",
        f"t7,{opened},too,many",
        b"t8," + opened.encode() + b",caf\xe9",
        f"t9,{opened},nul\x00",
        "",
        f't10,{opened},5" pipe',
        f"t11,{opened},last",
        end=b"\r\n",
    )
    summary = place.take(DAY)
    assert (summary.lines, summary.accepted, summary.quarantined, summary.blank) == (12, 5, 6, 1)
    assert [row[:2] for row in quarantine(place)] == [
        (5, "csv_syntax"), (7, "csv_syntax"), (8, "columns"), (9, "columns"), (10, "encoding"), (11, "encoding"),
    ]  # fmt: skip
    assert quarantine(place)[0][2] == f't3,{opened},"never closed\r'.encode()
    topics = dict(place.rows("select ticket_id, topic from ingest.tickets"))
    assert topics == {"t1": "plain", "t2": 'two\nlines, and a "quote"', "t4": "good again", "t10": '5" pipe', "t11": "last"}


def test_values_that_do_not_fit_their_column_are_refused(place: Place):
    csv(place, "subscriptions", timezone="Europe/Berlin")
    head = "subscription_id,account_id,mrr,seats,trial,started_at"
    lines = ["s1,a,19.90,3,yes,2025-01-02", "s2,a,1.999,3,no,2025-01-02", "s3,a,1e3,3,no,2025-01-02", "s4,a,1,3.5,no,2025-01-02",
             "s5,a,1,3,maybe,2025-01-02", "s6,a,1,3,no,2025-02-30", "s7,a,,3,no,2025-01-02", ",a,1,3,no,2025-01-02",
             "s9,a,7,,,2025-01-02"]  # fmt: skip
    place.say("subscriptions.csv", head, *lines)
    place.take(DAY)
    assert quarantine(place) == [
        (place_, reason, lines[place_ - 2].encode())
        for place_, reason in [
            (3, "number"),
            (4, "number"),
            (5, "number"),
            (6, "type"),
            (7, "time"),
            (8, "missing"),
            (9, "missing"),
        ]
    ]
    rows = place.rows("select subscription_id, mrr, seats, trial, started_at from ingest.subscriptions order by line")
    start = dt.datetime(2025, 1, 1, 23)
    assert rows == [("s1", decimal.Decimal("19.90"), 3, True, start), ("s9", decimal.Decimal("7.00"), None, None, start)]


def test_a_header_that_cannot_serve_refuses_the_file(place: Place):
    csv(place, "accounts")
    heads = {"account_id,name,name": "'name' twice", "id,name": "no column 'account_id'", '"account_id': "header cannot be read"}
    for number, head in enumerate(heads):
        place.say(f"accounts-{number}.csv", head, "a,b,c")
    place.take(DAY)
    notes = [note for (note,) in place.rows("select note from ingest.files order by path")]
    assert all(why in note for why, note in zip(heads.values(), notes, strict=True))


def test_broken_parquet_is_refused(place: Place):
    place.sources = {"events": Source(name="events", path="*.parquet", format="parquet")}
    good = pa.table({"event": ["E"], "event_at": [dt.datetime(2025, 3, 10, 8)], "user_id": ["u"]})
    pq.write_table(good, place.root / "good-2025-03-10.parquet")
    (place.root / "bad-2025-03-10.parquet").write_bytes((place.root / "good-2025-03-10.parquet").read_bytes()[:-20])
    summary = place.take(DAY)
    assert (summary.accepted, summary.reasons) == (1, {"file": 1})
    assert place.rows("select event_at from ingest.events") == [(dt.datetime(2025, 3, 10, 8),)]


def test_a_daily_dump_brings_new_versions_only(place: Place):
    csv(place, "accounts")
    place.say("accounts-2025-03-08.csv", "account_id,name,employees", "a,Alpha,10", "b,Beta,20")
    place.say("accounts-2025-03-09.csv", "account_id,name,employees", "a,Alpha,10", "b,Beta,21")
    place.say("accounts-2025-03-10.csv", "account_id,name,employees", "a,Alpha,10", "b,Beta,20", "b,Beta,20")
    summary = place.take(DAY)
    assert [(file.accepted, file.duplicates) for file in summary.files] == [(2, 0), (1, 1), (1, 2)]
    versions = place.rows("select account_id, employees, known_at from ingest.accounts order by known_at, account_id")
    assert [(name, staff, str(at)) for name, staff, at in versions] == [
        ("a", 10, "2025-03-08 23:59:59.999999"), ("b", 20, "2025-03-08 23:59:59.999999"),
        ("b", 21, "2025-03-09 23:59:59.999999"), ("b", 20, "2025-03-10 23:59:59.999999"),
    ]  # fmt: skip


def test_versions_do_not_depend_on_which_files_came_in_together(tmp_path: Path, place: Place):
    csv(place, "accounts")
    place.say("accounts-1.csv", "account_id,name,known_at", "a,New,2025-03-05T00:00:00Z")
    place.say("accounts-2.csv", "account_id,name,known_at", "a,New,2025-03-03T00:00:00Z", "a,Old,2025-03-04T00:00:00Z")
    place.say("accounts-3.csv", "account_id,name,known_at", "a,Old,2025-03-04T12:00:00Z", "a,New,2025-03-06T00:00:00Z")
    summary = place.take(DAY)
    assert [(file.accepted, file.duplicates) for file in summary.files] == [(1, 0), (2, 0), (0, 2)]


def parquet(place: Place, name: str, **columns: Any) -> None:
    """Write an events file of these columns."""
    place.sources = {"events": Source(name="events", path="*.parquet", format="parquet")}
    pq.write_table(pa.table(columns), place.root / name)


def test_parquet_timestamps_of_any_unit_and_zone_are_the_instants_that_their_text_names(place: Place):
    at = dt.datetime(2025, 3, 10, 8, 0, 1, 250_000)
    kinds = {"ns": pa.timestamp("ns"), "ms": pa.timestamp("ms", "Europe/Berlin"), "text": pa.string()}
    for name, kind in kinds.items():
        values = pa.array(["2025-03-10T08:00:01.25Z"]) if name == "text" else pa.array([at]).cast(kind)
        parquet(place, f"{name}-2025-03-10.parquet", event_id=[name], event=[" E "], event_at=values, user_id=["u"])
    assert place.take(DAY).accepted == 3
    assert place.rows("select distinct event, event_at from ingest.events") == [("E", at)]


def test_a_parquet_time_beyond_the_calendar_is_refused_and_the_others_are_kept(place: Place):
    microseconds = [1_741_593_600_000_000, 253_402_300_800_000_000, None]
    at = pa.array(microseconds, pa.timestamp("us"))
    parquet(place, "2025-03-10.parquet", event_id=["a", "b", "c"], event=["E"] * 3, event_at=at, user_id=["u"] * 3)
    summary = place.take(DAY)
    assert (summary.accepted, summary.reasons) == (1, {"missing": 1, "time": 1})
    assert quarantine(place) == [(2, "time", b"b\x1fu\x1fE\x1f10000-01-01T00:00:00.000000Z"), (3, "missing", b"c\x1fu\x1fE\x1f")]


def test_parquet_files_of_other_column_types_go_in_together_and_a_conflict_keeps_its_row(place: Place):
    day = [dt.datetime(2025, 3, 10, 8)] * 3
    words = pa.array(["E", " ", "E"])
    parquet(place, "a-2025-03-10.parquet", event_id=["1", "2", None], event=words, event_at=day, user_id=["u", "u", "u"])
    parquet(place, "b-2025-03-10.parquet", event_id=["1", "4", ""], event=words.dictionary_encode(), event_at=day,
            user_id=["v", "v", "v"])  # fmt: skip
    summary = place.take(DAY)
    assert (summary.accepted, summary.reasons) == (3, {"conflict": 1, "missing": 2})
    assert [raw for _, reason, raw in quarantine(place) if reason == "conflict"] == [
        b"1\x1fv\x1fE\x1f2025-03-10T08:00:00.000000Z"
    ]
    assert place.rows("select count(distinct event_id) from ingest.events where length(event_id) > 60") == [(2,)]
