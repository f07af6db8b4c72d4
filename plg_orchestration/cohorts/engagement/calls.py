"""Who came back, how often, and who is new or lost, asked of plain tables without a workspace.

Pandas or Arrow in, pandas out, keyword-only options. The published tables of a workspace are in `queries.py`; both use the same
SQL for what they have in common. Every result names its clock and time zone in `attrs`.
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement.queries import (
    HOURS,
    SPANS,
    Span,
    frame_parameters,
    period_number,
    status_parameters,
    step_parameters,
)
from plg_orchestration.cohorts.frames import Frame, arrow, checked_timezone, event_table, names, renamed
from plg_orchestration.warehouse import Query, sql_file
from plg_orchestration.warehouse.scratch import scratch

EVERY_COHORT = 1_000_000
EVER = dt.date(2200, 1, 1)
"""The as-of day of a call that takes everything it is given as known."""
PERIODS = ("day", "week", "month")
UNITS = ("user", "account")
RETENTION_COLUMNS = ["cohort", "size", "index", "retained", "rate", "mature", "mature_size", "immature_share"]


def retention(
    events: Frame,
    *,
    target: str | Sequence[str] | None = None,
    returning: str | Sequence[str] | None = None,
    period: str = "day",
    periods: int = 30,
    entry: str = "first_time",
    mode: str = "bounded",
    clock: str = "calendar",
    timezone: str = "UTC",
    as_of: dt.date,
    unit: str = "user",
) -> pd.DataFrame:
    """Of the units who did `target` in a period, how many did `returning` in the index-th interval after it.

    `events` has user_id (with `unit` account: account_id), event, event_at and optionally received_at (timestamps, naive ones
    in UTC); a row counts when it was received (without received_at: happened) before the end of `as_of` in `timezone`. `target`
    and `returning` name events; None means any. `entry` first_time takes a unit's first target event alone, recurring every
    period with one. `mode` bounded asks for activity in that interval, unbounded in that one or later.

    `clock` calendar: the intervals are the periods of the calendar in `timezone`. rolling_24h: interval n of a member is
    [entry + n × 24 h, entry + (n + 1) × 24 h), with `period` week 168 hours, from its first target event in the period of
    entry; cohorts are still those of the calendar.

    Gives cohort (date: the first day of the period of entry), size, index (0 to `periods`), retained, rate (of the members whose
    interval is over; missing while it is nobody's), mature (it is everybody's), mature_size (how many that are) and
    immature_share. By the calendar an interval is over for all at once, and `retained` of a running one counts those active
    so far; by rolling_24h it counts mature members only. Intervals that have begun for nobody have no row. ValueError
    names the argument that is wrong.
    """
    choice("period", period, PERIODS)
    choice("entry", entry, ("first_time", "recurring"))
    choice("mode", mode, ("bounded", "unbounded"))
    choice("clock", clock, ("calendar", "rolling_24h"))
    if periods < 0:
        raise ValueError(f"periods: {periods} is negative; give the last interval's index")
    if clock == "rolling_24h" and period not in HOURS:
        raise ValueError(f"period: a {period} has no fixed number of hours; rolling_24h takes {' or '.join(HOURS)}")
    moment = AsOf(as_of, checked_timezone(timezone))
    parameters = moment.parameters() | {"target": names("target", target), "returning": names("returning", returning)}
    parameters |= {"period": period, "entry": entry, "unit": unit}
    if clock == "calendar":
        parameters |= frame_parameters(as_of, dict.fromkeys(SPANS, Span(EVERY_COHORT, periods)))
        counts = from_plain("plain_retention_counts", ("plain_active_periods", "plain_entry_periods"), parameters, rename=False)
        query = sql_file("cohorts/engagement/calendar_retention.sql", requires=(renamed(counts),), **parameters)
    else:
        parameters |= step_parameters(period, periods)
        query = from_plain("rolling_retention", ("plain_rolling_members", "plain_rolling_activity"), parameters)
    rows = answer(query, unit_events(events, unit, "event"))
    kept = rows[rows["mode"] == mode].sort_values(["cohort", "index"], ignore_index=True)
    return named(kept.loc[:, RETENTION_COLUMNS], clock, timezone)


def lifecycle(
    events: Frame,
    *,
    period: str = "day",
    timezone: str = "UTC",
    as_of: dt.date,
    start: dt.date | None = None,
    end: dt.date | None = None,
    unit: str = "user",
) -> pd.DataFrame:
    """How many units are new, returning, resurrected or dormant in each calendar period of `timezone`.

    `events` has user_id (with `unit` account: account_id), event_at and optionally received_at; a row counts when it was
    received before the end of `as_of`. A unit is new in the period of its first event ever, as in PostHog the first time that
    it is seen; returning when it is active in this period and the one before; resurrected when active in this one, not in the
    one before, but earlier; dormant when active in the period before and not in this one. New, returning and resurrected add
    up to the active units.

    The periods reported are those that meet the days from `start` (by default that of the first event) up to and without
    `end` (by default the day after `as_of`); events before `start` still tell who is new. Periods that have not begun have
    no row.

    Gives period_start (date), status, users (units; also 0, so every period has four rows) and complete (false while the
    period is running: its dormant may still come). ValueError names the argument that is wrong.
    """
    choice("period", period, PERIODS)
    moment = AsOf(as_of, checked_timezone(timezone))
    checked_window(start, end)
    if start is not None and start > as_of:
        raise ValueError(f"start: {start} is after as_of {as_of}; begin with a day that has come")
    last = period_number(period, as_of)
    first = None if start is None else period_number(period, start)
    table = unit_events(events, unit)
    parameters = moment.parameters() | {"period": period, "unit": unit}
    back = last - (first_number(table, period, moment) if first is None else first) + 1
    parameters |= status_parameters(as_of, {period: max(back, 1)}, units=[unit], first=first)
    rows = answer(from_plain("lifecycle", ("plain_period_changes",), parameters), table)
    kept = rows[rows["period"] == period]
    if end is not None:
        kept = kept[kept["period_start"] < pd.Timestamp(end)]
    order = pd.Categorical(kept["status"], ["new", "returning", "resurrected", "dormant"], ordered=True)
    kept = kept.assign(place=order).sort_values(["period_start", "place"], ignore_index=True)
    return named(kept.loc[:, ["period_start", "status", "users", "complete"]], "calendar", timezone)


def stickiness(
    events: Frame,
    *,
    interval: str = "day",
    start: dt.date,
    end: dt.date,
    timezone: str = "UTC",
    as_of: dt.date | None = None,
    unit: str = "user",
    period: str | None = None,
) -> pd.DataFrame:
    """Of the units active from `start` up to and without `end`, how many were active in exactly n of its intervals.

    `events` has user_id (with `unit` account: account_id), event_at and optionally received_at; with `as_of` a row counts only
    when it was received before that day's end. `interval` is what is counted: the days, ISO weeks or months of `timezone` that
    meet the stretch, of which only the part within it counts. The stretch is everything from `start` to `end`, or with `period`
    (week or month) each calendar period in it, cut where it is only partly in it.

    Gives period_start (date: the stretch's first day), active_intervals (n, from 1), intervals (how many the stretch has),
    units (also 0) and share (of all units active in the stretch); a stretch in which nobody was active has no rows. ValueError
    names the argument that is wrong.
    """
    choice("interval", interval, PERIODS)
    if period is not None:
        choice("period", period, ("week", "month"))
    checked_window(start, end)
    moment = AsOf(EVER if as_of is None else as_of, checked_timezone(timezone))
    spread = stretches(interval, start, end, period)
    longest = max(spread.column("intervals").to_pylist())
    parameters = moment.parameters() | {"unit": unit, "longest": longest}
    table = unit_events(events, unit)
    rows = answer(from_plain("stickiness", ("plain_active_counts",), parameters), table, stretches=spread)
    kept = rows.sort_values(["period_start", "active_intervals"], ignore_index=True)
    return named(kept.loc[:, ["period_start", "active_intervals", "intervals", "units", "share"]], "calendar", timezone)


def stretches(interval: str, start: dt.date, end: dt.date, period: str | None) -> pa.Table:
    """The half-open stretches of days from `start` to `end`: one, or one a period, with the number of intervals of each."""
    edges = [start]
    while period is not None and (following := next_start(period, edges[-1])) < end:
        edges.append(following)
    ends = [*edges[1:], end]
    counts = [
        period_number(interval, last - dt.timedelta(days=1)) - period_number(interval, first) + 1
        for first, last in zip(edges, ends, strict=True)
    ]
    return pa.table({
        "period": [period or "all"] * len(edges), "period_start": pa.array(edges, pa.date32()),
        "period_end": pa.array(ends, pa.date32()), "interval": [interval] * len(edges), "intervals": pa.array(counts, pa.int32()),
    })  # fmt: skip


def next_start(period: str, date: dt.date) -> dt.date:
    """The first day of the week or month after the one of `date`."""
    if period == "week":
        return date + dt.timedelta(days=7 - date.weekday())
    return dt.date(date.year + date.month // 12, date.month % 12 + 1, 1)


def first_number(events: pa.Table, period: str, moment: AsOf) -> int:
    """A period's number at or just before the first event; that of the as-of day when there is no event."""
    if not events.num_rows:
        return period_number(period, moment.date)
    earliest = events.column("event_at").to_pandas().min()
    return period_number(period, earliest.date() - dt.timedelta(days=1))


def unit_events(events: Frame, unit: str, *more: str) -> pa.Table:
    """The events with `who`, a number per unit, and naive UTC times; ValueError names what is wrong with `unit` or `events`.

    `more` names columns that must be there besides the unit's id and event_at.
    """
    choice("unit", unit, UNITS)
    table = arrow("events", events, (f"{unit}_id", *more, "event_at"))
    if missing := table.column(f"{unit}_id").null_count:
        raise ValueError(f"events: {unit}_id is missing in {missing} of {table.num_rows} rows; leave them out first")
    ids = table.column(f"{unit}_id")
    kept = [name for name in ("event", "event_at", "received_at") if name in table.column_names]
    table = table.select(kept).append_column("user_id", ids)
    if "event" not in kept:
        table = table.append_column("event", pa.array([""] * table.num_rows, pa.string()))
    return event_table(table)


def from_plain(name: str, given: Sequence[str], parameters: dict[str, object], *, rename: bool = True) -> Query:
    """The query `name` over the files `given`, which with `rename` stand in for the relations of a workspace that it reads."""
    requires = tuple(sql_file(f"cohorts/engagement/{one}.sql", requires=(), **parameters) for one in given)
    stand_ins = tuple(renamed(one) for one in requires) if rename else requires
    return sql_file(f"cohorts/engagement/{name}.sql", requires=stand_ins, **parameters)


def answer(query: Query, events: pa.Table, **more: pa.Table) -> pd.DataFrame:
    """The query's rows over the events in a warehouse in memory."""
    with scratch(plain_events=events, **more) as warehouse:
        return warehouse.frame(query)


def named(rows: pd.DataFrame, clock: str, timezone: str) -> pd.DataFrame:
    """The rows with the clock and the time zone by which they were counted in `attrs`."""
    rows.attrs = {"clock": clock, "timezone": timezone}
    return rows


def choice(argument: str, value: str, among: Sequence[str]) -> None:
    """ValueError that names the argument when its value is none of `among`."""
    if value not in among:
        raise ValueError(f"{argument}: {value!r} is none of {', '.join(among)}")


def checked_window(start: dt.date | None, end: dt.date | None) -> None:
    """ValueError when nothing lies from `start` up to and without `end`."""
    if start is not None and end is not None and end <= start:
        raise ValueError(f"end: {end} is not after start {start}; it is the first day that no longer counts")
