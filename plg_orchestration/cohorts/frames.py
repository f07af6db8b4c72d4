"""What calls on plain tables share: reading pandas or Arrow frames, checking arguments, and naming the one that is wrong.

The calls themselves stand beside the queries of their subject.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import pyarrow as pa

from plg_orchestration.warehouse import Query

Frame = pd.DataFrame | pa.Table
"""A plain table: pandas or Arrow."""


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


def renamed(query: Query) -> Query:
    """The query under the name that the shared SQL reads: `plain_active_periods` stands in for `active_periods`."""
    return Query(query.name.removeprefix("plain_"), query.text, query.parameters, query.requires)
