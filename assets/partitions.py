"""The days of the workspace as Dagster partitions, and which of them a run is about.

Partition keys are plain dates: daylight saving can neither skip nor repeat one.
"""

import datetime as dt

import dagster as dg

from plg_orchestration.clock import days_between
from plg_orchestration.config import Workspace

SINCE_TAG = "plg/since"
"""A run tag: build every day from this date to the run's partition in one go, with one event an asset in Dagster's log.

Dagster stores two events for each partition of a range, about 25 ms each on sqlite: two years of forty assets take half an
hour of bookkeeping. A long history is therefore built by one run of its last day that carries this tag.
"""
STEP_TAG = "plg/step"
"""A run tag beside `plg/since`: build every so many days only, counted back from the run's partition."""
ONLY_TAG = "plg/only"
"""A run tag beside `plg/since`: assets (`stage/table`, by spaces) whose earlier days are built; of others only the newest."""


def daily(workspace: Workspace) -> dg.DailyPartitionsDefinition:
    """One partition a day from the workspace's start; a finished data set ends with its last day."""
    last = workspace.last_day
    end = (last + dt.timedelta(days=1)).isoformat() if last else None
    return dg.DailyPartitionsDefinition(start_date=workspace.start.isoformat(), end_date=end)


def days_of(context: dg.AssetExecutionContext) -> list[dt.date]:
    """The days that the run asks of the step's assets, oldest first."""
    tags = context.run.tags
    days = [dt.date.fromisoformat(key) for key in context.partition_keys]
    since, only = tags.get(SINCE_TAG), tags.get(ONLY_TAG, "").split()
    mine = {key.to_user_string() for key in context.selected_asset_keys}
    if since is None or (only and not mine & set(only)):
        return days
    step = int(tags.get(STEP_TAG, "1"))
    return list(days_between(dt.date.fromisoformat(since), days[-1]))[::-1][::step][::-1]
