"""How far units get through given steps, asked of plain tables without a workspace: pandas or Arrow in, pandas out.

The published tables of a workspace are in `queries.py`; both use the same SQL from the numbered events on.
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.frames import Frame, arrow, checked_timezone, event_table, names, renamed
from plg_orchestration.cohorts.funnels.queries import FOLDER, figures
from plg_orchestration.warehouse import Query, sql_file
from plg_orchestration.warehouse.scratch import scratch

ORDERS = ("ordered", "strict", "unordered")
UNITS = ("user", "account")
PLAN = pa.schema([
    ("line", pa.int32()), ("funnel", pa.string()), ("unit", pa.string()), ("ordering", pa.string()),
    ("window_seconds", pa.int64()), ("first_date", pa.date32()), ("step", pa.int32()), ("name", pa.string()),
    ("source", pa.string()), ("event", pa.string()), ("place", pa.int32()), ("class", pa.int32()), ("reason", pa.string()),
])  # fmt: skip
LEFT_OUT = ["as_of", "funnel", "unit", "dimension", "cohort_week", "ordering", "window_days", "reason"]


def funnel(
    events: Frame,
    *,
    steps: Sequence[str | Sequence[str]],
    window: dt.timedelta | str | float,
    order: str = "ordered",
    as_of: dt.date,
    timezone: str = "UTC",
    unit: str = "user",
    breakdown: str | None = None,
) -> pd.DataFrame:
    """How many units go through the steps within a window from the first, how far, and how long it takes.

    `events` has user_id (account_id when `unit` is account), event, event_at and optionally received_at (timestamps, naive ones
    in UTC); a row counts when it was received (without received_at: happened) before the end of `as_of` in `timezone`. A step is
    an event's name or a list of alternatives. `window` is a timedelta, a text such as "14 days", or a number of days of 24 hours;
    a step counts when it happens less than that after the attempt's first one.

    An attempt begins with every first step. `ordered` takes the earliest next step at the same time or later, whatever lies
    between; `strict` allows no other event of the unit between two steps; `unordered` begins with any of the steps and counts how
    many were done. An occurrence serves one step; in any order, steps with different alternatives are independent of each other.
    Events at one instant stand in the order of the steps that they serve, others after them. Each unit counts once, with its
    furthest attempt, of equally far ones the earliest. `breakdown` names a column of `events`: each unit belongs to the value
    (the smallest of several, unknown without) at its earliest first step.

    Gives one row per step, by the breakdown's value when asked: step, name, entrants (all who reached it), mature_entrants (in
    an attempt whose window is over), rate_from_first and rate_from_previous of these, with Wilson intervals (ci_low, ci_high,
    previous_ci_low, previous_ci_high), from_first_ and from_previous_ p25, p50, p75 (seconds), immature (entrants whose every
    window is open, outside the rates), waiting (those of them who have not converted), immature_share. ValueError names the
    argument that is wrong.
    """
    for name, value, choices in (("order", order, ORDERS), ("unit", unit, UNITS)):
        if value not in choices:
            raise ValueError(f"{name}: {value!r} is none of {', '.join(choices)}")
    clock = AsOf(as_of, checked_timezone(timezone))
    total = breakdown is None
    parameters = clock.parameters() | {"by_week": False, "with_total": total}
    given = {"plain_events": unit_events(events, unit, breakdown), "funnel_plan": plan_of(steps, window, order)}
    with scratch(**given) as warehouse:
        rows = warehouse.frame(plain_funnel(parameters))
    rows = rows.drop(columns=LEFT_OUT).rename(columns={"dimension_value": breakdown or "all"})
    return rows.drop(columns="all") if total else rows


def plain_funnel(parameters: dict[str, object]) -> Query:
    """The funnel's rows from the relations `plain_events` and `funnel_plan`."""
    told = renamed(sql_file(f"{FOLDER}/plain_funnel_events.sql", requires=(), **parameters))
    entrants = sql_file(f"{FOLDER}/funnel_entrants.sql", requires=(told,), **parameters)
    groups = renamed(sql_file(f"{FOLDER}/plain_funnel_groups.sql", requires=(entrants,), **parameters))
    return figures(entrants, groups, parameters)


def unit_events(events: Frame, unit: str, breakdown: str | None) -> pa.Table:
    """The events with the unit's id as user_id, and the breakdown's value as text; ValueError names what is missing."""
    column = f"{unit}_id"
    table = arrow("events", events, (column, "event", "event_at"))
    if breakdown is not None and breakdown not in table.column_names:
        raise ValueError(f"breakdown: {breakdown!r} is no column of events; it has {', '.join(table.column_names)}")
    if unit != "user":
        kept = [name for name in table.column_names if name != "user_id"]
        table = table.select(kept).rename_columns(["user_id" if name == column else name for name in kept])
        breakdown = "user_id" if breakdown == column else breakdown
    values = pa.nulls(table.num_rows, pa.string()) if breakdown is None else table.column(breakdown).cast(pa.string())
    return event_table(table).append_column("breakdown", values)


def plan_of(steps: Sequence[str | Sequence[str]], window: dt.timedelta | str | float, order: str) -> pa.Table:
    """One funnel as the SQL reads it: a row per step and event; ValueError when steps or window cannot be."""
    if isinstance(steps, str) or len(steps) < 2:
        raise ValueError(f"steps: {steps!r} is no funnel; give two steps or more")
    listed = [names("steps", step) for step in steps]
    if any(found is None for found in listed):
        raise ValueError("steps: None is no step; give an event's name or a list of names")
    alike = [frozenset(found or ()) for found in listed]
    rows = [
        {
            "line": 1, "funnel": "", "unit": "", "ordering": order, "window_seconds": whole_seconds(window), "first_date": None,
            "step": place, "name": " or ".join(found or ()), "source": "event", "event": event, "place": place,
            "class": alike.index(frozenset(found or ())) + 1, "reason": None,
        }
        for place, found in enumerate(listed, start=1) for event in dict.fromkeys(found or ())
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=PLAN)


def whole_seconds(window: dt.timedelta | str | float) -> int:
    """The window in seconds; ValueError when it is no duration of whole seconds above zero."""
    try:
        length = pd.Timedelta(days=window) if isinstance(window, int | float) else pd.Timedelta(window)
        seconds = length.total_seconds()
    except (ValueError, TypeError) as error:
        raise ValueError(f"window: {window!r} is no duration; give a timedelta, '14 days', or a number of days") from error
    if not seconds >= 1 or seconds != int(seconds):
        raise ValueError(f"window: {window!r} is not a number of whole seconds above zero")
    return int(seconds)
