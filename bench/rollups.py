"""Roll-ups and features of a day: the system's, and the same tables by pandas as an analyst would write them.

Both read what lies on disk after the day's ingest and earlier nights; the pandas form reads the published Parquet files. It
leaves out sessions, step events and the activity masks, which only the system makes, and is compared value by value where both
have a column.
"""

import datetime as dt
from pathlib import Path
from typing import Any

FLAGS = {
    "item_created": "items_created", "collaboration": "collaborations", "invite_sent": "invites_sent",
    "invite_accepted": "invites_accepted", "limit_hit": "limit_hits", "pricing_viewed": "pricing_views",
    "premium_attempt": "premium_attempts", "help_viewed": "help_views", "error_shown": "errors_shown",
}  # fmt: skip
COUNTS = ("events", "qualifying_events", "core_events", "sessions", *FLAGS.values())
KEYS = ["received_date", "event_date", "user_id", "account_id"]
COMPARED = (
    "tenure_days", "events_7d", "events_28d", "active_days_28d", "sessions_28d", "core_events_28d", "core_features_28d",
    "limit_hits_28d", "help_views_28d", "days_since_last_active", "account_members", "account_active_seats_28d",
    "account_core_events_28d", "onboarding_steps", "core_features_ever", "activated", "active_days_first_14",
)  # fmt: skip


def prepare_ours(file: str, _: str) -> tuple[Any, ...]:
    """Import the system and open its warehouse, with its settings."""
    from plg_orchestration.behavior import queries as behavior
    from plg_orchestration.config import load_workspace
    from plg_orchestration.pql.features import queries as pql
    from plg_orchestration.warehouse import Warehouse, table

    return behavior, pql, Warehouse, table, load_workspace(file)


def ours(file: str, day: str, behavior: Any, pql: Any, warehouse_of: Any, table: Any, workspace: Any) -> dict[str, int]:
    """Publish the day's roll-ups, state and features; the rows of each table."""
    date = dt.date.fromisoformat(day)
    as_of = workspace.as_of(date)
    tables = {
        "behavior.user_days": behavior.user_days(as_of=as_of),
        "behavior.user_features": behavior.user_features(as_of=as_of),
        "behavior.milestones": behavior.milestones(as_of=as_of),
        "behavior.account_days": behavior.account_days(as_of=as_of),
        "behavior.activity": behavior.next_activity(as_of=as_of),
        "pql.features": pql.features(as_of=as_of, policy=workspace.pql, stored=True),
    }
    with warehouse_of.open(workspace.state) as warehouse:
        return {
            name: warehouse.publish(table(name), lambda _, query=query: query, [date]).rows for name, query in tables.items()
        }  # fmt: skip


def prepare_peer(file: str, _: str) -> tuple[Any, ...]:
    """Import pandas."""
    import pandas as pd
    import pyarrow.parquet

    from plg_orchestration.config import load_workspace

    _ = pyarrow.parquet
    return pd, load_workspace(file)


def peer(file: str, day: str, pd: Any, workspace: Any) -> dict[str, Any]:
    """The same tables by pandas; their rows, and sums of the columns that are compared."""
    made = by_pandas(pd, workspace, dt.date.fromisoformat(day))
    features = made.pop("features")
    made["activity"].to_parquet(Path(file).parent / "peer_user_days.parquet")
    features.to_parquet(Path(file).parent / "peer_features.parquet")
    return {"rows": {**{name: len(rows) for name, rows in made.items()}, "features": len(features)}}


def by_pandas(pd: Any, workspace: Any, day: dt.date) -> dict[str, Any]:
    """The roll-ups and the features of the day as frames."""
    published = workspace.state / "published"
    roles = pd.DataFrame(
        [(entry.event, role, entry.item or entry.event) for role, entries in workspace.roles.items() for entry in entries],
        columns=["event", "role", "item"],
    )
    told = pd.read_parquet(published / "ingest" / "users.parquet")
    users = _latest(told, "user_id", day)
    signed = told[(told["origin"] == "signup") & (told["known_date"] <= day)].groupby("user_id")["signup_at"].min()
    users["signup_at"] = users["user_id"].map(signed).fillna(users["signup_at"])
    accounts = _latest(pd.read_parquet(published / "ingest" / "accounts.parquet"), "account_id", day)
    events = pd.read_parquet(workspace.state / "lake" / "events" / f"received_date={day}")
    events = events[events["kind"].isin(["track", "page", "screen"])].copy()
    links = _latest(pd.read_parquet(published / "ingest" / "identities.parquet"), "anonymous_id", day)
    events["user_id"] = events["user_id"].fillna(events["anonymous_id"].map(links.set_index("anonymous_id")["user_id"]))
    homes = users.set_index("user_id")["account_id"]
    events["account_id"] = events["account_id"].fillna(events["user_id"].map(homes))
    events = events[events["user_id"].notna() | events["account_id"].notna()]
    events["received_date"], events["event_date"] = day, events["event_at"].dt.date
    today = _user_days(pd, events, roles, workspace.taxonomy.passive_events)
    features = events.merge(roles[roles["role"] == "core_feature"], on="event")
    used = features.groupby([*KEYS, "item"], dropna=False).size().rename("events").reset_index()
    firsts = _milestones(pd, events, roles)
    per_account = today.groupby(["received_date", "event_date", "account_id"])[list(COUNTS)].sum().reset_index()
    since = day - dt.timedelta(days=400)
    history = _before(pd, published / "behavior" / "user_days", since, day)
    all_days = pd.concat([history, today], ignore_index=True)
    known = _before(pd, published / "behavior" / "user_features", day - dt.timedelta(days=31), day)
    all_used = pd.concat([known, used.rename(columns={"item": "feature"})], ignore_index=True)
    all_firsts = pd.concat([_before(pd, published / "behavior" / "milestones", since, day), firsts], ignore_index=True)
    table = _features(pd, users, accounts, all_days, all_used, all_firsts, day)
    return {"activity": today, "used": used, "milestones": firsts, "account_days": per_account, "features": table}


def _latest(rows: Any, key: str, day: dt.date) -> Any:
    rows = rows[rows["known_date"] <= day]
    ordered = rows.sort_values([name for name in ("known_at", "line") if name in rows], kind="stable")
    return ordered.groupby(key, as_index=False).last()


def _before(pd: Any, folder: Path, since: dt.date, day: dt.date) -> Any:
    files = [file for file in sorted(folder.glob("*.parquet")) if since.strftime("%Y-%m") <= file.stem <= day.strftime("%Y-%m")]
    rows = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    return rows[(rows["received_date"] < day) & (rows["received_date"] > since)]


def _user_days(pd: Any, events: Any, roles: Any, passive: tuple[str, ...]) -> Any:
    events = events.sort_values("event_at")
    core = roles[roles["role"] == "core_feature"].groupby("event")["item"].min()
    events["feature"] = events["event"].map(core)
    events["qualifying_events"] = (~events["event"].isin(passive)).astype("int64")
    events["core_events"] = events["feature"].notna().astype("int64")
    for role, name in FLAGS.items():
        events[name] = events["event"].isin(roles.loc[roles["role"] == role, "event"]).astype("int64")
    events["gap"] = events.groupby(["user_id", "event_date"])["event_at"].diff()
    begins = events["gap"].isna() | (events["gap"] >= pd.Timedelta(minutes=30))
    events["unnamed"] = (begins & events["session_id"].isna()).astype("int64")
    grouped = events.groupby(KEYS, dropna=False)
    made = grouped.agg(
        events=("event", "size"), core_features=("feature", "nunique"), named=("session_id", "nunique"),
        unnamed=("unnamed", "sum"), first_at=("event_at", "min"), last_at=("event_at", "max"),
        **{name: (name, "sum") for name in ("qualifying_events", "core_events", *FLAGS.values())},
    ).reset_index()  # fmt: skip
    made["sessions"] = made["named"] + made["unnamed"]
    return made.drop(columns=["named", "unnamed"])


def _milestones(pd: Any, events: Any, roles: Any) -> Any:
    reached = events.merge(roles, on="event")
    parts = []
    for unit in ("user", "account"):
        firsts = reached.groupby([f"{unit}_id", "role", "item"])["event_at"].min().rename("first_at").reset_index()
        parts.append(firsts.rename(columns={f"{unit}_id": "unit_id"}).assign(unit=unit))
    return pd.concat(parts, ignore_index=True).assign(received_date=events["received_date"].iloc[0])


def _features(pd: Any, users: Any, accounts: Any, days: Any, used: Any, firsts: Any, day: dt.date) -> Any:
    cut = pd.Timestamp(day) + pd.Timedelta(days=1)
    table = users[users["signup_at"] < cut].set_index("user_id")[["account_id", "signup_at"]].copy()
    table["segment"] = table["account_id"].map(accounts.set_index("account_id")["segment"])
    table["tenure_days"] = (cut - table["signup_at"]).dt.days
    days = days[days["event_date"] <= day].copy()
    days["ago"] = (pd.Timestamp(day) - pd.to_datetime(days["event_date"])).dt.days
    active = days[days["qualifying_events"] > 0]
    by_user = days[days["user_id"].notna()]
    for window in (1, 7, 14, 28, 30):
        within = by_user[by_user["ago"] < window].groupby("user_id")
        table[f"events_{window}d"] = within["qualifying_events"].sum()
        table[f"active_days_{window}d"] = active[active["ago"] < window].groupby("user_id")["event_date"].nunique()
        if window == 28:
            for name in ("sessions", "core_events", *FLAGS.values()):
                table[f"{name}_28d"] = within[name].sum()
    recent = used[(used["event_date"] > day - dt.timedelta(days=28)) & (used["event_date"] <= day)]
    table["core_features_28d"] = recent.groupby("user_id")["feature"].nunique()
    table["days_since_last_active"] = active.groupby("user_id")["ago"].min()
    runs = active.loc[active["ago"] < 28, ["user_id", "ago"]].drop_duplicates().sort_values(["user_id", "ago"])
    runs["run"] = runs["ago"] - runs.groupby("user_id").cumcount()
    table["longest_streak_28d"] = runs.groupby(["user_id", "run"]).size().groupby("user_id").max()
    early = active.merge(table["signup_at"].dt.normalize().rename("signed"), left_on="user_id", right_index=True)
    age = (pd.to_datetime(early["event_date"]) - early["signed"]).dt.days
    table["active_days_first_14"] = early[(age >= 0) & (age < 14)].groupby("user_id")["event_date"].nunique()
    mine = firsts[(firsts["unit"] == "user") & (firsts["first_at"] < cut)]
    for role, name in (("core_feature", "core_features_ever"), ("onboarding_step", "onboarding_steps")):
        table[name] = mine[mine["role"] == role].groupby("unit_id")["item"].nunique()
    table["activated"] = table.index.isin(mine.loc[mine["role"] == "activation", "unit_id"])
    seats = days[(days["ago"] < 28) & days["account_id"].notna()]
    members = table.groupby("account_id").size()
    table["account_members"] = table["account_id"].map(members).fillna(1)
    acting = seats[seats["qualifying_events"] > 0].groupby("account_id")["user_id"].nunique()
    table["account_active_seats_28d"] = table["account_id"].map(acting)
    table["account_core_events_28d"] = table["account_id"].map(seats.groupby("account_id")["core_events"].sum())
    counts = [c for c in table.columns if c not in {"account_id", "signup_at", "segment", "days_since_last_active", "activated"}]
    table[counts] = table[counts].fillna(0).astype("int64")
    return table.reset_index()


def differences(file: str, day: str) -> dict[str, int]:
    """By how many users each compared feature differs between the two; ValueError when the roll-ups' sums differ."""
    import duckdb

    from plg_orchestration.config import load_workspace

    workspace = load_workspace(file)
    folder = Path(file).parent
    with duckdb.connect(str(workspace.state / "warehouse.duckdb"), read_only=True) as connection:
        sums = ", ".join(f"sum({name})" for name in COUNTS)
        mine = connection.execute(
            f"select count(*), {sums} from behavior.user_days where received_date = $d", {"d": day}
        ).fetchall()
        theirs = connection.execute(f"select count(*), {sums} from '{folder / 'peer_user_days.parquet'}'").fetchall()
        if mine != theirs:
            raise ValueError(f"user_days of {day}: {mine} by the system, {theirs} by pandas")
        compared = ", ".join(f"count(*) filter (where f.{name} is distinct from p.{name})" for name in COMPARED)
        peers = folder / "peer_features.parquet"
        text = f"select count(*), {compared} from feature_queries.features f join '{peers}' p using (user_id) where f.as_of = $d"
        counted = connection.execute(text, {"d": day}).fetchall()[0]
    return {"users": int(counted[0]), **dict(zip(COMPARED, (int(n) for n in counted[1:]), strict=True))}
