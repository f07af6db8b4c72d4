"""What goes before staying, leaving and paying, asked of plain tables without a workspace: pandas or Arrow in, pandas out.

The published tables of a workspace are in `published.py`; both use the same SQL and statistics for what they have in common.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.frames import Frame, arrow, checked_timezone, event_table, renamed, text_columns
from plg_orchestration.cohorts.paths.associations import CELLS, association_rows
from plg_orchestration.cohorts.paths.friction import friction_rows
from plg_orchestration.cohorts.paths.gates import gate_rows
from plg_orchestration.cohorts.paths.golden import golden_path_rows
from plg_orchestration.cohorts.paths.policy import Associations, Friction, Gates, GoldenPath
from plg_orchestration.cohorts.paths.queries import friction_span, path_span
from plg_orchestration.config.section import Section
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch

Model = TypeVar("Model", bound=Section)


def golden_path(
    events: Frame,
    *,
    signup: str,
    activation: str,
    steps: Sequence[str],
    timezone: str = "UTC",
    as_of: dt.date,
    **windows: int | float,
) -> pd.DataFrame:
    """What users who activated and stayed did in their first days, against those who did not.

    `events` has user_id, event, event_at and optionally received_at; a row counts when it was received before the end of `as_of`
    in `timezone`. `signup`, `activation` and `steps` name events; any event on the stay day or later is staying. `windows`
    are the keys of `paths.golden_path` in a workspace (cohort_days, first_days, stay_day, wait_days, min_members, min_users,
    typical_share, longest, false_discovery_rate) with its defaults.

    Gives the columns of `cohorts.golden_path` but as_of. The lift is a ratio of shares with the interval of Katz et al.
    (1978), q that of Benjamini and Hochberg (1995). ValueError names the argument that is wrong.
    """
    policy = checked(GoldenPath, windows)
    clock = AsOf(as_of, checked_timezone(timezone))
    span = path_span(clock, policy) | {"signup": signup, "activation": activation}
    members = renamed(sql_file("cohorts/paths/plain_path_members.sql", requires=(), **span))
    times = renamed(sql_file("cohorts/paths/plain_path_times.sql", requires=(members,), **span))
    with scratch(plain_events=event_table(events), path_steps=step_table("steps", steps, (signup, activation))) as warehouse:
        counts = warehouse.frame(sql_file("cohorts/paths/path_counts.sql", requires=(times,), **span))
    return golden_path_rows(counts, as_of=as_of, policy=policy).drop(columns="as_of")


def friction(
    events: Frame,
    *,
    signup: str,
    steps: Sequence[str],
    activation: str,
    timezone: str = "UTC",
    as_of: dt.date,
    **windows: int,
) -> pd.DataFrame:
    """Where users stop between the signup and activation, and how much completing a step goes with activating.

    `events` as for `golden_path`; `steps` are the onboarding events in their order. `windows` are the keys of
    `paths.friction` in a workspace (cohort_days, window_days, min_activated) with its defaults. A user counts as without a
    step until completing it, so activating first is no evidence for the step.

    Gives the columns of `cohorts.friction` but as_of. ValueError names the argument that is wrong.
    """
    policy = checked(Friction, windows)
    clock = AsOf(as_of, checked_timezone(timezone))
    span = friction_span(clock, policy) | {"signup": signup, "activation": activation}
    members = renamed(sql_file("cohorts/paths/plain_friction_members.sql", requires=(), **span))
    times = renamed(sql_file("cohorts/paths/plain_friction_times.sql", requires=(members,), **span))
    with scratch(plain_events=event_table(events), friction_steps=step_table("steps", steps, (signup, activation))) as warehouse:
        warehouse.prepare(times)
        counts, end = (warehouse.frame(sql_file(f"cohorts/paths/{name}.sql")) for name in ("friction_counts", "friction_end"))
    return friction_rows(counts, end, as_of=as_of, policy=policy).drop(columns="as_of")


def exposure_conversion(
    exposures: Frame,
    goals: Frame,
    *,
    unexposed: Frame | None = None,
    windows: Sequence[int] = (1, 7, 30),
    timezone: str = "UTC",
    as_of: dt.date,
    min_exposed: int = 10,
) -> pd.DataFrame:
    """The share of exposures that reach a goal within so many days of 24 hours, mature exposures only.

    `exposures` has user_id, exposed_at (timestamps, naive ones in UTC) and optionally item; `goals` has user_id and goal_at;
    `unexposed` has user_id and exposed_at (from when the user is watched) of those to compare with. A goal counts from the
    exposure on. What lies after the end of `as_of` in `timezone` is not counted.

    Gives item, window_days, exposed, mature_exposed, converted, rate with its Wilson interval, baseline_rate, difference with
    Newcombe's, and reason. ValueError names the argument that is wrong.
    """
    policy = checked(Gates, {"windows": tuple(windows), "min_exposed": min_exposed})
    clock = AsOf(as_of, checked_timezone(timezone))
    given = arrow("exposures", exposures, ("user_id", "exposed_at"))
    if "item" not in given.column_names:
        given = given.append_column("item", pa.array(["any"] * given.num_rows, pa.string()))
    others = unexposed if unexposed is not None else pd.DataFrame({"user_id": [], "exposed_at": []})
    parameters = clock.parameters() | {"windows": list(policy.windows)}
    tables = {
        "plain_exposures": timed("exposures", given, ("user_id", "item"), "exposed_at"),
        "plain_goals": timed("goals", goals, ("user_id",), "goal_at"),
        "plain_unexposed": timed("unexposed", others, ("user_id",), "exposed_at"),
    }
    exposed = renamed(sql_file("cohorts/paths/plain_gate_exposures.sql", requires=(), **parameters))
    compared = renamed(sql_file("cohorts/paths/plain_gate_comparisons.sql", requires=(exposed,), **parameters))
    with scratch(**tables) as warehouse:
        counts = warehouse.frame(sql_file("cohorts/paths/gates.sql", requires=(exposed, compared), **parameters))
    rows = gate_rows(counts, as_of=as_of, policy=policy)
    return rows.drop(columns=["as_of", "kind", "bucket", "place", "compared_with"])


def conversion_associations(
    units: Frame,
    *,
    features: Sequence[str],
    converted: str = "converted",
    strata: Sequence[str] = (),
    **limits: int | float,
) -> pd.DataFrame:
    """Which features go with conversion: odds ratios over strata, tested together.

    `units` has one row per free user or account with, as true or false, each of `features` (used before) and `converted` (in the
    time after), and the columns `strata` within which users are compared. `limits` are min_units, min_converted and
    false_discovery_rate of `paths.associations` in a workspace.

    Gives feature, n, converted, used, odds_ratio (Mantel and Haenszel) with the interval of Robins, Breslow and
    Greenland, p (Cochran, Mantel and Haenszel), q (Benjamini and Hochberg), found, note and reason. ValueError names the
    argument that is wrong.
    """
    policy = checked(Associations, limits)
    if not features:
        raise ValueError("features: names no column; give one")
    frame = arrow("units", units, (*features, converted, *strata)).to_pandas()
    for name in (*features, converted):
        if frame[name].isna().any():
            raise ValueError(f"units: {name} is missing in {int(frame[name].isna().sum())} rows; give true or false")
    outcome = frame[converted].to_numpy(dtype=bool)
    within = frame.groupby(list(strata), dropna=False).ngroup().to_numpy() if strata else np.zeros(len(frame), dtype=np.int64)
    places = max(int(within.max()) + 1 if len(within) else 1, 1)
    parts: list[pd.DataFrame] = []
    for feature in features:
        used = frame[feature].to_numpy(dtype=bool)
        cells = (used & outcome, used & ~outcome, ~used & outcome, ~used & ~outcome)
        counted = {name: np.bincount(within, weights=cell, minlength=places) for name, cell in zip(CELLS, cells, strict=True)}
        parts.append(pd.DataFrame(counted).assign(feature=feature, unit="unit", period="past"))
    rows = association_rows(pd.concat(parts, ignore_index=True), as_of=dt.date.min, policy=policy)
    kept = ["feature", "n", "converted", "used", "odds_ratio", "ci_low", "ci_high", "p", "q", "found", "note", "reason"]
    return rows.set_index("feature").loc[list(features)].reset_index().loc[:, kept]


def step_table(argument: str, steps: Sequence[str], taken: Sequence[str]) -> pa.Table:
    """The steps with their places; ValueError when there is none, one stands twice or is the signup or the activation."""
    if not steps or len(set(steps)) < len(steps):
        raise ValueError(f"{argument}: {list(steps)} must name at least one event, and each once")
    if used := [step for step in steps if step in taken]:
        raise ValueError(f"{argument}: {used[0]!r} is the signup or the activation; it is no step between them")
    return pa.table({"step": list(steps), "place": pa.array(range(1, len(steps) + 1), pa.int32())})


def timed(argument: str, frame: Frame, ids: Sequence[str], time: str) -> pa.Table:
    """The ids as text and the time as a naive UTC timestamp; ValueError when a column is missing or the time is none."""
    table = text_columns(arrow(argument, frame, (*ids, time)).select([*ids, time]), ids)
    column = table.column(time)
    if not (pa.types.is_timestamp(column.type) or table.num_rows == 0):
        raise ValueError(f"{argument}: {time} has the type {column.type}; give timestamps (naive ones are read as UTC)")
    instants = (
        column.cast(pa.timestamp("us", tz="UTC"), safe=False) if table.num_rows else pa.array([], pa.timestamp("us", tz="UTC"))
    )
    return table.set_column(table.column_names.index(time), time, instants.cast(pa.timestamp("us")))


def checked(model: type[Model], given: Mapping[str, object]) -> Model:
    """The options as a model of the configuration; ValueError names the option that is wrong."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(str(part) for part in first['loc']) or 'options'}: {first['msg']}") from error
