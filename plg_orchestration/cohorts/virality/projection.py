"""The tables of what a viral coefficient would lead to: the published example, the workspace's own k, and the sensitivity.

The arithmetic is that of the calls on plain tables; measuring k is SQL.
"""

import math
from typing import TYPE_CHECKING

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.virality.calls import project_viral_growth, viral_product, viral_sensitivity

if TYPE_CHECKING:
    from plg_orchestration.cohorts.virality.policy import ViralityPolicy

FORMS = {"published": ("new_users", "cumulative_users"), "one_round": ("one_round_new_users", "one_round_cumulative_users")}
"""The columns of `project_viral_growth` that belong to each form."""
COLUMNS = ["as_of", "scenario", "form", "month", "k", "new_users", "cumulative_users", "revenue"]


def projection_rows(measured: pd.DataFrame, *, as_of: AsOf, policy: "ViralityPolicy") -> pd.DataFrame:
    """Rows of `cohorts.viral_projection`; `measured` has one row of k, k_low, k_high and new_users, missing when not known.

    The workspace's scenarios start from the users who signed up in the last 30 days, since the measured k is what such newcomers
    bring; `workspace_low` and `workspace_high` are the ends of its interval.
    """
    example = policy.example
    k = viral_product(example.invites_per_user, example.invite_conversion, example.activation)
    frames = [_rows("published_example", k, example.start, policy.months, example.revenue_per_user)]
    for start, *ks in measured[["new_users", "k", "k_low", "k_high"]].astype(float).to_numpy().tolist():
        for scenario, value in zip(("workspace", "workspace_low", "workspace_high"), ks, strict=True):
            if not math.isnan(value):
                frames.append(_rows(scenario, value, int(start), policy.months, policy.revenue_per_user))
    rows = pd.concat(frames, ignore_index=True)
    rows["revenue"] = rows["revenue"].astype(float)
    return rows.assign(as_of=as_of.date)[COLUMNS]


def sensitivity_rows(*, as_of: AsOf, policy: "ViralityPolicy") -> pd.DataFrame:
    """Rows of `cohorts.viral_sensitivity`: our multipliers beside the printed ones, which do not follow from the formula."""
    example, tried = policy.example, policy.sensitivity
    rows = viral_sensitivity(
        invites_per_user=example.invites_per_user, activation=example.activation, start=example.start, months=policy.months,
        conversions=[entry.invite_conversion for entry in tried],
    )  # fmt: skip
    printed = pd.Series([entry.printed_arr_multiplier for entry in tried], dtype=float)
    return rows.assign(as_of=as_of.date, months=policy.months, printed_arr_multiplier=printed)


def _rows(scenario: str, k: float, start: int, months: int, revenue_per_user: float | None) -> pd.DataFrame:
    grown = project_viral_growth(k, start, months)
    parts = [
        grown[["month", new, total]].set_axis(["month", "new_users", "cumulative_users"], axis=1).assign(form=form)
        for form, (new, total) in FORMS.items()
    ]
    rows = pd.concat(parts, ignore_index=True).assign(scenario=scenario, k=k)
    return rows.assign(revenue=None if revenue_per_user is None else rows["cumulative_users"] * revenue_per_user)
