"""Cohort questions on plain tables, without a workspace: pandas or Arrow in, pandas out, keyword-only options.

The published tables of a workspace are in `queries.py`; both use the same SQL for what they have in common.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.queries import Span, frame_parameters
from plg_orchestration.warehouse import Query, sql_file
from plg_orchestration.warehouse.scratch import scratch

Frame = pd.DataFrame | pa.Table
EVERY_COHORT = 1_000_000
CHOICES = {"period": ("day", "week", "month"), "entry": ("first_time", "recurring"), "mode": ("bounded", "unbounded")}


def retention(
    events: Frame,
    *,
    target: str | Sequence[str] | None = None,
    returning: str | Sequence[str] | None = None,
    period: str = "day",
    periods: int = 30,
    entry: str = "first_time",
    mode: str = "bounded",
    timezone: str = "UTC",
    as_of: dt.date,
) -> pd.DataFrame:
    """Of the users who did `target` in a period, how many did `returning` in the index-th period after it.

    `events` has user_id, event, event_at and optionally received_at (timestamps, naive ones in UTC); a row counts when it was
    received (without received_at: happened) before the end of `as_of` in `timezone`. `target` and `returning` name events;
    None means any. `entry` first_time takes a user's first target event alone, recurring every period with one. `mode` bounded
    asks for activity in that period, unbounded in that one or later.

    Gives cohort (date: the period's first day), size, index (0 to `periods`), retained, rate (a share; missing while the
    period is running) and mature. Periods that have not begun have no row. ValueError names the argument that is wrong.
    """
    for name, value in (("period", period), ("entry", entry), ("mode", mode)):
        if value not in CHOICES[name]:
            raise ValueError(f"{name}: {value!r} is none of {', '.join(CHOICES[name])}")
    if periods < 0:
        raise ValueError(f"periods: {periods} is negative; give the last interval's index")
    clock = AsOf(as_of, checked_timezone(timezone))
    table = event_table(events)
    parameters = clock.parameters() | frame_parameters(as_of, dict.fromkeys(CHOICES["period"], Span(EVERY_COHORT, periods)))
    parameters |= {"target": names("target", target), "returning": names("returning", returning)}
    parameters |= {"period": period, "entry": entry}
    active = renamed(sql_file("cohorts/plain_active_periods.sql", requires=(), **parameters))
    entered = renamed(sql_file("cohorts/plain_entry_periods.sql", requires=(), **parameters))
    with scratch(plain_events=table) as warehouse:
        rows = warehouse.frame(sql_file("cohorts/retention.sql", requires=(active, entered), **parameters))
    kept = rows[rows["mode"] == mode].sort_values(["cohort", "index"], ignore_index=True)
    return kept.loc[:, ["cohort", "size", "index", "retained", "rate", "mature"]]


def viral_coefficient(
    invites: Frame, activated: Frame, *, users: Frame | None = None, referred: Frame | None = None
) -> pd.DataFrame:
    """The viral coefficient k in three forms, each with its factors and a 95 % interval.

    `invites` has inviter_id and invitee_user_id (missing while nobody accepted), `activated` has user_id: who activated.
    Playbook: invites per inviter × share of invitees who activate. Basic (i × c): invites per user × that share, over the
    inviters and `users` (user_id); missing when `users` is not given. Adjusted (i × c × r): basic × share of `referred` users
    (user_id, retained) still active on day 30; missing without `referred`. An invitee counts for the first of several invites.

    Gives form, users, inviters, invites, invitees_activated, invites_each, conversion, kept, k, ci_low, ci_high. ValueError
    names the argument that is wrong.
    """
    sent = arrow("invites", invites, ("inviter_id", "invitee_user_id"))
    sent = sent.append_column("position", pa.array(range(sent.num_rows), pa.int64()))
    given = {
        "plain_invites": text_columns(sent, ("inviter_id", "invitee_user_id")),
        "plain_activated": text_columns(arrow("activated", activated, ("user_id",)), ("user_id",)),
        "plain_users": text_columns(arrow("users", optional(users), ("user_id",)), ("user_id",)),
        "plain_referred": text_columns(arrow("referred", optional(referred), ("user_id", "retained")), ("user_id",)),
    }
    parameters: dict[str, object] = {"as_of": None, "window_days": None}
    members = renamed(sql_file("cohorts/plain_viral_members.sql"))
    with scratch(**given) as warehouse:
        rows = warehouse.frame(sql_file("cohorts/viral.sql", requires=(members,), **parameters))
    if users is None:
        unknown = rows["form"] != "playbook"
        rows.loc[unknown, ["users", "invites_each", "k", "ci_low", "ci_high"]] = None
    kept = ["form", "users", "inviters", "invites", "invitees_activated", "invites_each", "conversion", "kept", "k"]
    return rows.loc[:, [*kept, "ci_low", "ci_high"]]


def project_viral_growth(k: float, start: int, months: int, revenue_per_user: float = 0.0) -> pd.DataFrame:
    """Users that a viral coefficient brings month by month, in the published form and with one round of invitations.

    Published form: new users of a month = k × all users before it, rounded half up, so everybody invites again each month.
    One round: k × the last month's new users alone. `start` users stand in month 1; `revenue_per_user` is per user and month.

    Gives month, new_users, cumulative_users, revenue (of that month, by the published form), one_round_new_users and
    one_round_cumulative_users. ValueError names the argument that is wrong.

    >>> project_viral_growth(0.84, 100, 5).new_users.tolist()
    [100, 84, 155, 285, 524]
    """
    for name, value in (("k", k), ("start", start), ("months", months), ("revenue_per_user", revenue_per_user)):
        if not value >= 0:
            raise ValueError(f"{name}: {value} is not a number from 0 up")
    rows: list[tuple[int, int, int, float, int, int]] = []
    new = total = once = once_total = start
    for month in range(1, months + 1):
        if month > 1:
            new, once = multiplied(k, total), multiplied(k, once)
            total, once_total = total + new, once_total + once
        rows.append((month, new, total, total * revenue_per_user, once, once_total))
    names = ["month", "new_users", "cumulative_users", "revenue", "one_round_new_users", "one_round_cumulative_users"]
    return pd.DataFrame(rows, columns=names)


def multiplied(k: float, users: int) -> int:
    """k × users in exact decimals, rounded half up to whole users."""
    return int((Decimal(str(k)) * users).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def arrow(argument: str, frame: Frame, required: Sequence[str]) -> pa.Table:
    """The frame as an Arrow table; ValueError naming the argument when a required column is missing."""
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    missing = [name for name in required if name not in table.column_names]
    if missing:
        raise ValueError(f"{argument}: no column {', '.join(missing)}; it has {', '.join(table.column_names) or 'none'}")
    return table


def text_columns(table: pa.Table, named: Sequence[str]) -> pa.Table:
    """The table with the named columns as text, so that ids of any type compare alike."""
    for name in named:
        place = table.column_names.index(name)
        table = table.set_column(place, name, table.column(name).cast(pa.string()))
    return table


def event_table(events: Frame) -> pa.Table:
    """Plain events with naive UTC times and `who`, a number per user; ValueError names what is missing or no timestamp."""
    table = arrow("events", events, ("user_id", "event", "event_at"))
    if "received_at" not in table.column_names:
        table = table.append_column("received_at", table.column("event_at"))
    table = text_columns(table.select(["user_id", "event", "event_at", "received_at"]), ("user_id", "event"))
    for name in table.column_names:
        column = table.column(name)
        if name.endswith("_at") and not (pa.types.is_timestamp(column.type) or table.num_rows == 0):
            raise ValueError(f"events: {name} has the type {column.type}; give timestamps (naive ones are read as UTC)")
        if column.null_count:
            raise ValueError(f"events: {name} is missing in {column.null_count} of {table.num_rows} rows; leave them out first")
    people = table.column("user_id").combine_chunks().dictionary_encode().indices
    table = table.append_column("who", people.cast(pa.int32()))
    for name in ("event_at", "received_at"):
        instants = table.column(name).cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.timestamp("us"))
        table = table.set_column(table.column_names.index(name), name, instants)
    return table


def names(argument: str, value: str | Sequence[str] | None) -> list[str] | None:
    """Event names as a list, None for any event; ValueError when the list is empty."""
    if value is None:
        return None
    listed = [value] if isinstance(value, str) else list(value)
    if not listed:
        raise ValueError(f"{argument}: names no event; give one, or None for any")
    return listed


def checked_timezone(timezone: str) -> str:
    """The zone's name; ValueError when it is not an IANA time zone."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"timezone: {timezone!r} is not an IANA time zone such as Europe/Berlin") from error
    return timezone


def optional(frame: Frame | None) -> Frame:
    """The frame, or an empty one with the columns that a viral coefficient may be given."""
    if frame is not None:
        return frame
    return pa.table({"user_id": pa.array([], pa.string()), "retained": pa.array([], pa.bool_())})


def renamed(query: Query) -> Query:
    """The query under the name that the shared SQL reads: `plain_active_periods` stands in for `active_periods`."""
    return Query(query.name.removeprefix("plain_"), query.text, query.parameters, query.requires)
