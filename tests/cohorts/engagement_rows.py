"""Rows of the roll-up of user days, many at once, for the tests of engagement."""

import datetime as dt

import pandas as pd

from plg_orchestration.warehouse import table


def used(world, *rows, zone="UTC", received=None):
    """Roll-up rows for (user, account, instant in naive UTC): one per local day, with its first and its last instant."""
    frame = pd.DataFrame(rows, columns=["user_id", "account_id", "at"])
    frame["at"] = pd.to_datetime(frame["at"], format="ISO8601")
    frame["event_date"] = frame["at"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.date
    days = frame.groupby(["event_date", "user_id", "account_id"], as_index=False, dropna=False).agg(
        first_active_at=("at", "min"), last_active_at=("at", "max"), qualifying_events=("at", "size")
    )
    days["received_date"] = days["event_date"] if received is None else dt.date.fromisoformat(received)
    days["events"] = days["qualifying_events"]
    declared = table("behavior.user_days")
    world.warehouse.insert(declared, days.reindex(columns=list(declared.column_names)))
