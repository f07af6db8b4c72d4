"""From staged events to accepted ones: two clocks, identity, duplicates and conflicts, and the rows of the lake's parts.

What a line is worth as JSON or CSV is decided before (`reading.py`); committing belongs to `run.py`.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pyarrow as pa

from plg_orchestration.ingest.parts import RECENT, RecentIds
from plg_orchestration.ingest.reading import STAGED, Finish
from plg_orchestration.ingest.reasons import FUTURE_SKEW, Reason
from plg_orchestration.ingest.tables import EVENT_COLUMNS
from plg_orchestration.warehouse import Query, Warehouse

WINDOW = dt.timedelta(days=14)
"""An event id names one event within so many received days before and after; part of the definition of identity."""

CONTENT = (
    "kind", "event", "user_id", "anonymous_id", "account_id", "session_id", "device", "locale", "country", "region", "app_version",
    "properties",
)  # fmt: skip
"""The columns whose equality, with `event_at`, makes two events of one id the same content."""


def id_hash(text: str) -> str:
    """SQL of the 63-bit number by which ids are looked up: stable between versions of the engine."""
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
    moved = "least(greatest(event_at, $day_start), $day_last)"
    own = f"case when received_at is not null then greatest(received_at, $floor) else {moved} end"
    names = [c.name for c in EVENT_COLUMNS]
    given = {name: name if name in columns else "cast(null as varchar)" for name in names}
    clock = {"received": own if "received_at" in columns else moved}
    values = {
        **{f"final_{name}": given[name] for name in CONTENT if name != "properties"},
        "final_properties": "coalesce(properties, '{}')" if "properties" in columns else "'{}'",
    }
    parts = ", ".join(f"coalesce(final_{name}, '')" for name in CONTENT)
    hashed = {"hashed": f"case when fault is null then md5(concat_ws(chr(31), epoch_us(event_at), {parts})) end"}
    identity = {"event_key": f"coalesce({given['event_id']}, sha256(trim(raw, e' \\t\\r\\n')))"}
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
    return Finish(layers=(clock, values, hashed, identity), columns=final, problem=_problem())


def _problem() -> str:
    skew = int(FUTURE_SKEW.total_seconds())
    return (
        "case when nullif(final_event, '') is null then 'missing|event' "
        "when coalesce(final_user_id, final_anonymous_id, final_account_id) is null then 'missing|user_id, anonymous_id or account_id' "
        "when event_at < $epoch then 'time|event_at ' || cast(event_at as varchar) || ' lies before the start of the workspace' "
        f"when event_at > received + interval {skew} second then 'time|event_at ' || cast(event_at as varchar) || "
        "' lies after its reception at ' || cast(received as varchar) "
        "when received > $received_limit then 'time|received_at ' || cast(received as varchar) || ' lies after the file''s day' end"
    )


def number_derived_ids(warehouse: Warehouse) -> None:
    """Complete the ids of rows that came without one: the hash of the line and its ordinal among identical lines of the file."""
    if not warehouse.scalar(f"select count(*) from {STAGED} where derived and problem is null"):
        return
    warehouse.connection.execute(f"""
        create or replace temp table {STAGED} as
        select * replace (
            case when derived then event_id || '-' || ordinal else event_id end as event_id,
            case when derived then {id_hash("event_id || '-' || ordinal")} else id_hash end as id_hash)
        from (
            select *, case when derived then row_number() over (partition by derived, event_id order by line) end as ordinal
            from {STAGED}
        )""")
    warehouse.connection.execute(f"alter table {STAGED} drop column ordinal")


@dataclass(frozen=True)
class Resolved:
    """What identity made of a file's events: lines that repeat a known event, and lines whose id was used for other content."""

    duplicates: int
    conflicts: tuple[tuple[int, Reason, str], ...]


def resolve_identity(warehouse: Warehouse, recent: RecentIds) -> Resolved:
    """Find duplicates and conflicts inside the file and against committed parts; leaves `dropped_lines(line)` behind.

    The first line of an id counts; a later one with equal content is a duplicate, with other content a conflict.
    """
    connection = warehouse.connection
    connection.execute("create or replace temp table dropped_lines (line bigint, first_content varchar, first_file varchar, first_line bigint)")
    days = connection.execute(f"select min(received_date), max(received_date) from {STAGED} where problem is null").fetchone()
    if days is None or days[0] is None:
        return Resolved(0, ())
    recent.load(warehouse, days[0] - WINDOW, days[1] + WINDOW)
    repeated = f"""
        select id_hash from (select id_hash, count(*) as n from {STAGED} where problem is null group by id_hash) where n > 1
        union select s.id_hash from {STAGED} as s semi join {RECENT} as r on r.id_hash = s.id_hash where s.problem is null"""
    connection.execute(f"create or replace temp table repeated_ids as {repeated}")
    if not warehouse.scalar("select count(*) from repeated_ids"):
        return Resolved(0, ())
    recent.fetch_known(warehouse)
    connection.execute(f"insert into dropped_lines {REPEATS}", {"window": WINDOW.days})
    return _judge(warehouse)


REPEATS = f"""
with mine as (
    select s.line, s.event_id, s.content_hash, s.received_date
    from {STAGED} as s semi join repeated_ids as r on r.id_hash = s.id_hash
    where s.problem is null
),
before as (
    select m.line, k.content_hash, k.file_id, k.line as first_line,
        row_number() over (partition by m.line order by k.received_date, k.file_id, k.line) as choice
    from mine as m inner join known_events as k on k.event_id = m.event_id
    where abs(date_diff('day', k.received_date, m.received_date)) <= $window
),
firsts as (
    select m.event_id, min(m.line) as line from mine as m
    where not exists (select 1 from before as b where b.line = m.line) group by m.event_id
)
select b.line, b.content_hash, b.file_id, b.first_line from before as b where b.choice = 1
union all
select m.line, f.content_hash, null, f.line
from mine as m
inner join firsts as g on g.event_id = m.event_id and m.line != g.line
inner join mine as f on f.line = g.line
where not exists (select 1 from before as b where b.line = m.line)
"""


def _sides(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in (*CONTENT, "event_at"))


DIFFERING = f"""
with differing as (
    select d.line, d.first_file, d.first_line, s.event_id
    from dropped_lines as d inner join {STAGED} as s on s.line = d.line
    where s.problem is null and s.content_hash != d.first_content
),
firsts as (
    select cast(null as varchar) as file_id, f.line, {_sides("f")}
    from {STAGED} as f semi join (select first_line from differing where first_file is null) as d on d.first_line = f.line
    where f.problem is null
    union all
    select k.file_id, k.line, {_sides("k")} from known_events as k
)
select d.line, d.event_id, d.first_file, d.first_line, {_sides("s")}, {_sides("f")}
from differing as d
inner join {STAGED} as s on s.line = d.line and s.problem is null
inner join firsts as f on f.line = d.first_line and f.file_id is not distinct from d.first_file
order by d.line
"""


def _judge(warehouse: Warehouse) -> Resolved:
    """Tell duplicates from conflicts: equal hashes are duplicates; unequal ones are compared as values, whatever the key order."""
    total = cast("int", warehouse.scalar("select count(*) from dropped_lines"))
    rows = warehouse.connection.execute(DIFFERING).fetchall()
    width = len(CONTENT) + 1
    conflicts = [
        (line, Reason.CONFLICT, f"id {event_id!r} was used for other content in {_where(file_id)}line {first_line}")
        for line, event_id, file_id, first_line, *both in rows
        if _canonical(both[:width]) != _canonical(both[width:])
    ]
    return Resolved(total - len(conflicts), tuple(conflicts))


def _where(file_id: str | None) -> str:
    return f"file {file_id[:16]} " if file_id else ""


def _canonical(values: Sequence[object]) -> tuple[object, ...]:
    place = CONTENT.index("properties")
    return (*values[:place], json.dumps(json.loads(str(values[place])), sort_keys=True), *values[place + 1 :])


def accepted(warehouse: Warehouse, file_id: str) -> dict[dt.date, pa.Table]:
    """The accepted rows by received date, sorted by user, time and id, with the columns of `ingest.events` and `id_hash`."""
    names = ", ".join(c.name for c in EVENT_COLUMNS if c.name not in ("received_date", "file_id"))
    days = warehouse.connection.execute(f"select distinct received_date from {STAGED} where problem is null order by all").fetchall()
    made: dict[dt.date, pa.Table] = {}
    text = f"""
        select {names}, $file_id as file_id, id_hash from {STAGED} as s
        where problem is null and received_date = $day and not exists (select 1 from dropped_lines as d where d.line = s.line)
        order by user_id, event_at, event_id"""
    for (day,) in days:
        rows = warehouse.arrow(Query("accepted_events", text, {"file_id": file_id, "day": day}))
        if rows.num_rows:
            made[day] = rows
    return made
