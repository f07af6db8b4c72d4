"""Who came back, asked of plain tables without a workspace: pandas or Arrow in, pandas out, keyword-only options.

The published tables of a workspace are in `queries.py`; both use the same SQL for what they have in common.
"""

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement.queries import Span, frame_parameters
from plg_orchestration.cohorts.frames import Frame, checked_timezone, event_table, names, renamed
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch

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
    active = renamed(sql_file("cohorts/engagement/plain_active_periods.sql", requires=(), **parameters))
    entered = renamed(sql_file("cohorts/engagement/plain_entry_periods.sql", requires=(), **parameters))
    with scratch(plain_events=table) as warehouse:
        rows = warehouse.frame(sql_file("cohorts/engagement/retention.sql", requires=(active, entered), **parameters))
    kept = rows[rows["mode"] == mode].sort_values(["cohort", "index"], ignore_index=True)
    return kept.loc[:, ["cohort", "size", "index", "retained", "rate", "mature"]]
