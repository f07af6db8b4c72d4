"""What plays did, asked of plain tables without a workspace: pandas or Arrow in, pandas out, keyword-only options.

The published tables of a workspace are in `queries.py`; both use the same SQL for what they have in common.
"""

import datetime as dt

import pandas as pd
import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.frames import Frame, arrow, renamed, text_columns
from plg_orchestration.cohorts.plays.queries import results_of
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch

STARTS = ("play", "unit_id", "started_on", "succeeded_on", "holdout")


def play_results(starts: Frame, *, as_of: dt.date, measured_days: int = 14, min_arm: int = 30) -> pd.DataFrame:
    """Each play against its holdout, by ISO week of entry and over all weeks: shares, their difference, and a verdict.

    `starts` has play, unit_id, started_on (date), succeeded_on (date, missing when it never was) and holdout (boolean). A unit
    counts once a play, at its first start, in that start's arm; a success counts from the day after the start through day
    `measured_days`, and an outcome counts when that day is over by `as_of`.

    Gives play, cohort (the Monday of the week, or `all`), arm (play, holdout), n, mature_n, succeeded, rate, ci_low, ci_high
    (95 %, Wilson), difference, difference_low, difference_high (95 %, Newcombe 1998, method 10: of the arm play less the
    holdout) and verdict: too_little_data with fewer than `min_arm` mature units in an arm, else better, no_difference or worse.
    ValueError names the argument that is wrong.
    """
    for name, value in (("measured_days", measured_days), ("min_arm", min_arm)):
        if value < 1:
            raise ValueError(f"{name}: {value} is too small; give 1 or more")
    table = text_columns(arrow("starts", starts, STARTS).select(list(STARTS)), ("play", "unit_id"))
    for name, kind in (("started_on", pa.date32()), ("succeeded_on", pa.date32()), ("holdout", pa.bool_())):
        place = table.column_names.index(name)
        try:
            table = table.set_column(place, name, table.column(name).cast(kind, safe=False))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise ValueError(f"starts: {name} has the type {table.column(name).type}; give a {kind}") from error
    for name in ("play", "unit_id", "started_on", "holdout"):
        if missing := table.column(name).null_count:
            raise ValueError(f"starts: {name} is missing in {missing} of {table.num_rows} rows; leave them out first")
    clock = AsOf(as_of)
    parameters = clock.parameters() | {"measured_days": measured_days}
    successes = renamed(sql_file("cohorts/plays/plain_play_successes.sql", requires=(), **parameters))
    entries = sql_file("cohorts/plays/play_entries.sql", requires=(successes,), **parameters)
    with scratch(plain_starts=table) as warehouse:
        rows = warehouse.frame(results_of(entries, as_of=clock, min_arm=min_arm))
    order = rows["arm"].map({"play": 0, "holdout": 1})
    rows = rows.assign(place=order).sort_values(["play", "cohort", "place"], ignore_index=True)
    return rows.drop(columns=["as_of", "place"])
