"""From staged events to accepted ones: two clocks, identity, duplicates and conflicts, and the rows of the lake's parts.

What a line is worth as JSON or CSV is decided before (`reading.py`); committing belongs to `run.py`.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from plg_orchestration.ingest.batch import STAGED
from plg_orchestration.ingest.forgetting import Retention, compared
from plg_orchestration.ingest.parts import RECENT, RecentIds
from plg_orchestration.ingest.reasons import FUTURE_SKEW
from plg_orchestration.ingest.staging import Finish
from plg_orchestration.ingest.tables import EVENT_COLUMNS
from plg_orchestration.warehouse import Query, Warehouse

WINDOW = dt.timedelta(days=14)
"""An event id names one event within so many received days before and after (in one file always); part of what identity means."""

CONTENT = (
    "kind", "event", "user_id", "anonymous_id", "account_id", "session_id", "device", "locale", "country", "region",
    "app_version", "properties",
)  # fmt: skip
"""The columns whose equality, with `event_at`, makes two events of one id the same content."""


def id_hash(text: str) -> str:
    """SQL of the 63-bit number by which ids are looked up: the same in every version of the engine."""
    return f"cast(md5_number({text}) & 9223372036854775807 as bigint)"


def local_date(column: str, timezone: str) -> str:
    """SQL of the local calendar date of a naive UTC timestamp."""
    if timezone == "UTC":
        return f"cast({column} as date)"
    return f"cast(({column} at time zone 'UTC') at time zone $timezone as date)"


def finish(columns: frozenset[str], timezone: str) -> Finish:
    """How staged events are completed, given the canonical columns that the dialect yields.

    `received_at` is the line's own, but never before a dated file's day begins (nothing can be learnt before its file is there);
    without one it is the event's time moved into the file's day (for an undated file: the day of ingestion).
    """
    moved = "least(greatest(event_at, day_start), day_last)"
    own = f"case when received_at is not null then greatest(received_at, floor) else {moved} end"
    given = {column.name: column.name if column.name in columns else "cast(null as varchar)" for column in EVENT_COLUMNS}
    values = {
        "received": own if "received_at" in columns else moved,
        **{f"final_{name}": given[name] for name in CONTENT if name != "properties"},
        "final_properties": "coalesce(properties, '{}')" if "properties" in columns else "'{}'",
    }
    parts = ", ".join(f"coalesce(final_{name}, '')" for name in CONTENT)
    keys = {
        "hashed": f"case when fault is null then md5(concat_ws(chr(31), epoch_us(event_at), {parts})) end",
        "event_key": f"coalesce({given['event_id']}, sha256(trim(raw, e' \\t\\r\\n')))",
    }
    final = {
        "received_date": local_date("received", timezone),
        "event_id": "event_key",
        **{name: f"final_{name}" for name in CONTENT},
        "event_at": "event_at",
        "received_at": "received",
        "content_hash": "hashed",
        "derived": f"{given['event_id']} is null",
        "previous_id": "previous_id",
        "signup_at": "signup_at" if "signup_at" in columns else "cast(null as timestamp)",
        "id_hash": id_hash("event_key"),
    }
    return Finish(layers=(values, keys), columns=final, problem=_problem())


def _problem() -> str:
    skew = int(FUTURE_SKEW.total_seconds())
    return (
        "case when nullif(final_event, '') is null then 'missing|event' "
        "when coalesce(final_user_id, final_anonymous_id, final_account_id) is null "
        "then 'missing|user_id, anonymous_id or account_id' "
        "when event_at < $epoch then 'time|event_at ' || cast(event_at as varchar) || ' lies before the start of the workspace' "
        f"when event_at > received + interval {skew} second then 'time|event_at ' || cast(event_at as varchar) || "
        "' lies after its reception at ' || cast(received as varchar) "
        "when received > received_limit "
        "then 'time|received_at ' || cast(received as varchar) || ' lies after the file''s day' end"
    )


def number_derived_ids(warehouse: Warehouse) -> None:
    """Complete the ids of rows that came without one: the hash of the line and its ordinal among identical lines of the file."""
    if not warehouse.scalar(f"select count(*) from {STAGED} where derived and problem is null"):
        return
    warehouse.connection.execute(f"""
        create or replace temp table numbered_ids as
        select place, event_id || '-' || row_number() over (partition by file, event_id order by place) as event_id
        from {STAGED} where derived and problem is null""")
    warehouse.connection.execute(f"""
        update {STAGED} as s set event_id = n.event_id, id_hash = {id_hash("n.event_id")}
        from numbered_ids as n where n.place = s.place""")


@dataclass(frozen=True)
class Repeat:
    """A line whose event id was known: its place, and the first line of that id, by file and line.

    `content` says whether the hashes of both contents are equal.
    """

    place: int
    event_id: str
    file_id: str
    line: int
    equal: bool


def repeats(warehouse: Warehouse, recent: RecentIds) -> list[Repeat]:
    """Staged lines whose id was used before: in their file, or within the window in the batch or in committed parts.

    The first line of an id counts; `known_events` is left behind for those that committed parts hold.
    """
    connection = warehouse.connection
    days = connection.execute(f"select min(received_date), max(received_date) from {STAGED} where problem is null").fetchone()
    if days is None or days[0] is None:
        return []
    recent.load(warehouse, days[0] - WINDOW, days[1] + WINDOW)
    connection.execute(f"""
        create or replace temp table repeated_ids as
        select id_hash from {STAGED} where problem is null group by id_hash having count(*) > 1
        union
        select s.id_hash from {STAGED} as s semi join {RECENT} as r on r.id_hash = s.id_hash where s.problem is null""")
    if not warehouse.scalar("select count(*) from repeated_ids"):
        return []
    recent.fetch_known(warehouse)
    rows = connection.execute(f"""
        select event_id, cast(null as bigint) as place, file_id, line, received_date, content_hash from known_events
        union all
        select s.event_id, s.place, s.file_id, s.line, s.received_date, s.content_hash
        from {STAGED} as s semi join repeated_ids as r on r.id_hash = s.id_hash where s.problem is null
        order by event_id, place nulls first, received_date, file_id, line""").fetchall()
    return list(_sequence(rows))


def _sequence(rows: Sequence[tuple[str, int | None, str, int, dt.date, str]]) -> Iterator[Repeat]:
    """Go through the lines of each id in order and tell those that repeat an earlier one."""
    current, firsts = None, list[tuple[str, int, dt.date, str]]()
    for event_id, place, file_id, line, day, content in rows:
        if event_id != current:
            current, firsts = event_id, []
        before = [first for first in firsts if first[0] == file_id or abs(first[2] - day) <= WINDOW]
        if place is None or not before:
            firsts.append((file_id, line, day, content))
        else:
            yield Repeat(place, event_id, before[0][0], before[0][1], before[0][3] == content)


def conflicts(warehouse: Warehouse, found: Sequence[Repeat], retention: Retention | None = None) -> set[int]:
    """The places among the repeats whose content differs from the first line's; key order and spacing do not matter.

    What identifies an invited person for too long is not compared: one of the lines may have lost it.
    """
    unequal = [repeat for repeat in found if not repeat.equal]
    if not unequal:
        return set()
    pairs = pa.table({
        "place": [repeat.place for repeat in unequal], "file_id": [repeat.file_id for repeat in unequal],
        "line": [repeat.line for repeat in unequal],
    })  # fmt: skip
    warehouse.connection.register("pairs", pairs)
    rows = warehouse.connection.execute(f"""
        with firsts as (
            select f.file_id, f.line, {_sides("f")} from {STAGED} as f where f.problem is null
            union all
            select k.file_id, k.line, {_sides("k")} from known_events as k
        )
        select p.place, {_sides("s")}, {_sides("f")}
        from pairs as p
        inner join {STAGED} as s on s.place = p.place
        inner join firsts as f on f.file_id = p.file_id and f.line = p.line""").fetchall()
    warehouse.connection.unregister("pairs")
    width = len(CONTENT) + 1

    def canonical(values: Sequence[object]) -> tuple[object, ...]:
        return _canonical(compared(values, retention, CONTENT))

    return {place for place, *both in rows if canonical(both[:width]) != canonical(both[width:])}


def _sides(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in (*CONTENT, "event_at"))


def _canonical(values: Sequence[object]) -> tuple[object, ...]:
    place = CONTENT.index("properties")
    return (*values[:place], json.dumps(json.loads(str(values[place])), sort_keys=True), *values[place + 1 :])


def accepted(warehouse: Warehouse) -> Iterator[tuple[int, dt.date, pa.Table]]:
    """The accepted rows of each file and received date, sorted by user, time and id: columns of `ingest.events` and `id_hash`."""
    names = [c.name for c in EVENT_COLUMNS if c.name not in ("received_date", "file_id")]
    groups = warehouse.connection.execute(f"""
        select file, received_date, file_id, count(*) from {STAGED} where problem is null group by all order by all""").fetchall()
    outer = "" if len(groups) == 1 else "file, received_date, "
    text = f"select {', '.join(names)}, id_hash from {STAGED} where problem is null order by {outer}user_id, event_at, event_id"
    rows = warehouse.arrow(Query("accepted_events", text))
    start = 0
    for file, day, file_id, count in groups:
        only = pa.DictionaryArray.from_arrays(np.zeros(count, dtype=np.int32), [file_id])
        yield file, day, rows.slice(start, count).add_column(len(names) - 1, "file_id", only)
        start += count
