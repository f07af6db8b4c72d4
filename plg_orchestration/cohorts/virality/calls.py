"""How users bring users, asked of plain tables without a workspace: pandas or Arrow in, pandas out.

The published tables of a workspace are in `queries.py`; both use the same SQL for what they have in common.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pyarrow as pa

from plg_orchestration.cohorts.frames import Frame, arrow, renamed, text_columns
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch


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
    members = renamed(sql_file("cohorts/virality/plain_viral_members.sql"))
    with scratch(**given) as warehouse:
        rows = warehouse.frame(sql_file("cohorts/virality/viral.sql", requires=(members,), **parameters))
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


def viral_sensitivity(
    *, invites_per_user: float = 3, activation: float = 0.7, conversions: Sequence[float] = (0.3, 0.4, 0.5, 0.6),
    start: int = 100, months: int = 12,
) -> pd.DataFrame:  # fmt: skip
    """What the viral coefficient and the growth of `months` become under each invite conversion (a share).

    k = invites per user × conversion × activation. A multiplier is the number of users at the end / `start`, by the published
    form and with one round of invitations (see `project_viral_growth`).

    Gives invite_conversion, k, published_users, published_multiplier, one_round_users and one_round_multiplier; multipliers are
    missing when nobody starts. ValueError names the argument that is wrong.

    >>> viral_sensitivity().k.tolist()
    [0.63, 0.84, 1.05, 1.26]
    """
    if not months >= 1:
        raise ValueError(f"months: {months} is less than 1")
    rows: list[tuple[float, float, int, float | None, int, float | None]] = []
    for conversion in conversions:
        if not 0 <= conversion <= 1:
            raise ValueError(f"conversions: {conversion} is no share; give numbers from 0 to 1")
        k = viral_product(invites_per_user, conversion, activation)
        last = project_viral_growth(k, start, months).iloc[-1]
        published, once = int(last["cumulative_users"]), int(last["one_round_cumulative_users"])
        growth = (published / start, once / start) if start else (None, None)
        rows.append((conversion, k, published, growth[0], once, growth[1]))
    names = ["invite_conversion", "k", "published_users", "published_multiplier", "one_round_users", "one_round_multiplier"]
    return pd.DataFrame(rows, columns=names)


def viral_product(invites_per_user: float, conversion: float, activation: float) -> float:
    """k of its three factors in exact decimals: 3 × 0.3 × 0.7 is 0.63. ValueError names a negative factor."""
    factors = {"invites_per_user": invites_per_user, "conversion": conversion, "activation": activation}
    k = Decimal(1)
    for name, value in factors.items():
        if not value >= 0:
            raise ValueError(f"{name}: {value} is not a number from 0 up")
        k *= Decimal(str(value))
    return float(k)


def multiplied(k: float, users: int) -> int:
    """k × users in exact decimals, rounded half up to whole users."""
    return int((Decimal(str(k)) * users).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def optional(frame: Frame | None) -> Frame:
    """The frame, or an empty one with the columns that a viral coefficient may be given."""
    if frame is not None:
        return frame
    return pa.table({"user_id": pa.array([], pa.string()), "retained": pa.array([], pa.bool_())})
