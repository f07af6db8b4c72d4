"""The roll-ups and the features of a day by pandas, as an analyst would write them: the peer of `rollups.py`.

Every table has the columns of the system's table of that name and is written as one Parquet file of the day. What earlier days
left is read from the published files, the day's events from the lake. Only what the benchmark's workspace has is written out:
subscriptions tell who pays, and no activation rule is declared. Comparing the rows belongs to `rollups.py`.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from bench import features

FLAGS = {
    "item_created": "items_created", "collaboration": "collaborations", "invite_sent": "invites_sent",
    "invite_accepted": "invites_accepted", "limit_hit": "limit_hits", "pricing_viewed": "pricing_views",
    "premium_attempt": "premium_attempts", "help_viewed": "help_views", "error_shown": "errors_shown",
}  # fmt: skip
COUNTS = ["events", "qualifying_events", "core_events", "sessions", *FLAGS.values()]
TIMES = {"first_at": "min", "last_at": "max", "first_active_at": "min", "last_active_at": "max"}
LIFETIME = ["events", "core_events", "items_created", "invites_sent", "invites_accepted"]
REACHED = ["unit", "unit_id", "role", "item"]
RECURRING = ["plan_upgraded", "plan_downgraded", "cancelled", "trial_started", "payment_info_added"]
STATE = ["unit", "unit_id", "days", "core_days", "weeks", "months", "first_days", "first_active", "last_active", *LIFETIME]
FIRST_MONDAY = "1900-01-01"
BITS = 63


class Day:
    """The day that is computed: its dates and instants, the workspace's settings, and where the files are."""

    def __init__(self, pd: Any, workspace: Any, date: dt.date) -> None:
        self.pd, self.workspace, self.date, self.stamp = pd, workspace, date, pd.Timestamp(date)
        self.zone = workspace.timezone
        self.cut = (self.stamp + pd.Timedelta(days=1)).tz_localize(self.zone).tz_convert("UTC").tz_localize(None)
        declared = [(e.event, role, e.item or "") for role, entries in workspace.roles.items() for e in entries]
        self.roles = pd.DataFrame(declared, columns=["event", "role", "item"])
        named = self.roles["item"].eq("") & self.roles["role"].isin(["core_feature", "onboarding_step"])
        self.roles["item"] = self.roles["item"].mask(named, self.roles["event"])
        self.core = self.roles[self.roles["role"] == "core_feature"].groupby("event")["item"].min()

    def lake(self) -> tuple[Path, list[Any]]:
        """The day's events: their folder, and which rows of it."""
        return self.workspace.state / "lake" / "events", [("received_date", "=", str(self.date))]

    def of_the_day(self, events: Any) -> Any:
        """The events of the day among those that were read."""
        return events

    def activity(self, today: Any, earlier: Any) -> Any:
        """The state of every unit: yesterday's rows moved on by a day, with what today's received rows add."""
        yesterday = self.date - dt.timedelta(days=1)
        held = self.before("behavior/activity", STATE, yesterday, day="as_of")
        rows = self.pd.concat([today[today["event_date"] <= self.stamp], earlier[earlier["event_date"] == self.stamp]])
        return {
            unit: _moved(self, held[held["unit"] == unit].set_index("unit_id"), _gained(self, _of(rows, unit)))
            for unit in ("user", "account")
        }

    def local(self, times: Any) -> Any:
        """The local dates of naive UTC times, as midnights."""
        if self.zone == "UTC":
            return times.dt.normalize()
        return times.dt.tz_localize("UTC").dt.tz_convert(self.zone).dt.tz_localize(None).dt.normalize()

    def before(self, table: str, columns: list[str], since: dt.date = dt.date.min, day: str = "received_date") -> Any:
        """The published rows of the days from `since` to yesterday, from files of months and of single days."""
        files = [
            file for file in sorted((self.workspace.state / "published" / table).glob("*.parquet"))
            if str(since)[: len(file.stem)] <= file.stem and file.stem < str(self.date)
        ]  # fmt: skip
        wanted = [(day, ">=", since), (day, "<", self.date)]
        rows = self.pd.concat([self.pd.read_parquet(file, columns=columns, filters=wanted) for file in files], ignore_index=True)
        return self.dated(rows)

    def dated(self, rows: Any) -> Any:
        """The rows with their dates as midnights, which compare and subtract quickly."""
        dates = [name for name in rows if name.endswith("_date") or name in ("first_active", "last_active")]
        return rows.assign(**{name: self.pd.to_datetime(rows[name]).astype("datetime64[us]") for name in dates})

    def known(self, source: str, columns: list[str]) -> Any:
        """All versions of a source's rows that were known by the day, the newest last."""
        file = self.workspace.state / "published" / "ingest" / f"{source}.parquet"
        rows = self.pd.read_parquet(file, columns=columns, filters=[("known_date", "<=", self.date)])
        return rows.sort_values([name for name in ("known_at", "file_id", "line", "origin") if name in rows])


class Notebook(Day):
    """The day in a notebook: no earlier night left anything, so the history is made anew from every event in the lake."""

    def __init__(self, pd: Any, workspace: Any, date: dt.date) -> None:
        super().__init__(pd, workspace, date)
        self.made: dict[str, Any] = {}

    def lake(self) -> tuple[Path, list[Any]]:
        """The whole lake up to the day."""
        return self.workspace.state / "lake" / "events", [("received_date", "<=", str(self.date))]

    def of_the_day(self, events: Any) -> Any:
        """The day's events; those before become the history that the day's tables look back at."""
        earlier = events[events["received_date"] < self.stamp]
        self.made["behavior/user_days"] = _user_days(self, earlier)
        self.made["behavior/user_features"] = _user_features(self, earlier)
        self.made["behavior/milestones"] = _told(self, earlier)
        return events[events["received_date"] == self.stamp]

    def before(self, table: str, columns: list[str], since: dt.date = dt.date.min, day: str = "received_date") -> Any:
        """The rows of the days from `since` to yesterday, as made from the lake."""
        rows = self.made[table]
        if day in rows and since > dt.date.min:
            rows = rows[rows[day] >= self.pd.Timestamp(since)]
        return rows[columns]

    def activity(self, today: Any, earlier: Any) -> Any:
        """The state of every unit, from all days at once; `earlier` holds the newest of them only."""
        _ = earlier
        rows = self.pd.concat([self.made["behavior/user_days"], today], ignore_index=True)
        rows = rows[rows["event_date"] <= self.stamp]
        return {unit: _gained(self, _of(rows, unit)) for unit in ("user", "account")}


def by_pandas(day: Day, folder: Path) -> dict[str, int]:
    """Make all tables of the day and write each as `folder/<table>.parquet`; the rows of each."""
    pd, date = day.pd, day.date
    users = _users(day)
    events = day.of_the_day(_events(day, users))
    tables = {"behavior.user_days": _user_days(day, events), "behavior.user_features": _user_features(day, events)}
    tables["behavior.milestones"], milestones = _milestones(day, events)
    tables["behavior.account_days"] = _account_days(tables["behavior.user_days"])
    columns = ["event_date", "user_id", "account_id", "qualifying_events", *features.WINDOWED, *LIFETIME]
    earlier = day.before("behavior/user_days", list(dict.fromkeys(columns)), date - dt.timedelta(days=32))
    tables["behavior.activity"] = _activity(day, tables["behavior.user_days"], earlier)
    recent = pd.concat([earlier, tables["behavior.user_days"][earlier.columns]], ignore_index=True)
    tables["pql.features"] = features.features(day, users, recent, milestones, tables)
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        rows.to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    return {name: len(rows) for name, rows in tables.items()}


# -- who and what was known ---------------------------------------------------------------------------------------------


def _users(day: Day) -> Any:
    wanted = ["account_id", "signup_at", "region", "language", "device", "acquisition_channel"]
    versions = day.known("users", ["user_id", *wanted, "known_at", "file_id", "line", "origin"])
    told = versions[versions["origin"] != "seen"].groupby("user_id")[wanted].last()
    grouped = versions.groupby("user_id")
    users = told.reindex(grouped.size().index)
    firsts, lasts = grouped[["region", "language", "device"]].first(), grouped[["account_id", "acquisition_channel"]].last()
    for name in ("region", "language", "device"):
        users[name] = users[name].fillna(firsts[name])
    users["account_id"] = users["account_id"].fillna(lasts["account_id"])
    users["acquisition_channel"] = lasts["acquisition_channel"]
    signed = versions[versions["origin"] == "signup"].groupby("user_id")["signup_at"].min()
    users["signup_at"] = signed.reindex(users.index).fillna(users["signup_at"])
    users["signup_at"] = users["signup_at"].fillna(grouped["signup_at"].min()).fillna(grouped["known_at"].min())
    return users


def _events(day: Day, users: Any) -> Any:
    columns = ["kind", "event", "user_id", "anonymous_id", "account_id", "event_at", "session_id", "received_date"]
    folder, wanted = day.lake()
    events = day.pd.read_parquet(folder, columns=columns, filters=[("kind", "in", ["track", "page", "screen"]), *wanted])
    for name in ("event", "user_id", "anonymous_id", "account_id", "session_id"):
        events[name] = events[name].astype("str")
    events["received_date"] = day.pd.to_datetime(events["received_date"].astype("str")).astype("datetime64[us]")
    events["user_id"] = events["user_id"].fillna(_identified(day, events[events["user_id"].isna()]))
    events["account_id"] = events["account_id"].fillna(events["user_id"].map(users["account_id"]))
    events = events[events["user_id"].notna() | events["account_id"].notna()].copy()
    events["event_at"] = events["event_at"].astype("datetime64[us]")
    events["event_date"] = day.local(events["event_at"])
    return events


def _identified(day: Day, anonymous: Any) -> Any:
    """Whose the anonymous events are, as known on the day on which each was received."""
    links = day.known("identities", ["anonymous_id", "user_id", "known_at", "known_date"]).sort_values(["known_at", "user_id"])
    places = anonymous[["anonymous_id", "received_date"]].reset_index(names="place")
    joined = places.merge(links.assign(known_date=day.pd.to_datetime(links["known_date"])), on="anonymous_id")
    joined = joined[joined["known_date"] <= joined["received_date"]]
    return joined.groupby("place")["user_id"].last().astype("str").reindex(anonymous.index)


# -- roll-ups -----------------------------------------------------------------------------------------------------------

KEY = ["received_date", "event_date", "user_id", "account_id"]


def _user_days(day: Day, events: Any) -> Any:
    pd, names = day.pd, events["event"]
    qualifies = ~names.isin(list(day.workspace.taxonomy.passive_events))
    made = events[[*KEY, "event_at", "session_id"]].assign(
        feature=names.map(day.core), qualifying_events=qualifies, active_at=events["event_at"].where(qualifies)
    )
    made["core_events"] = made["feature"].notna()
    for role, name in FLAGS.items():
        made[name] = names.isin(day.roles.loc[day.roles["role"] == role, "event"])
    unnamed = made[made["session_id"].isna()].sort_values("event_at")
    gap = unnamed.groupby(KEY, dropna=False)["event_at"].diff()
    idle = pd.Timedelta(minutes=day.workspace.behavior.session_idle_minutes)
    made["visits"] = (gap.isna() | (gap >= idle)).reindex(made.index, fill_value=False)
    table = made.groupby(KEY, dropna=False).agg(
        events=("event_at", "size"), **{name: (name, "sum") for name in ("qualifying_events", "core_events")},
        core_features=("feature", "nunique"), named=("session_id", "nunique"), visits=("visits", "sum"),
        **{name: (name, "sum") for name in FLAGS.values()},
        first_at=("event_at", "min"), last_at=("event_at", "max"),
        first_active_at=("active_at", "min"), last_active_at=("active_at", "max"),
    ).reset_index()  # fmt: skip
    table.insert(table.columns.get_loc("core_features") + 1, "sessions", table["named"] + table["visits"])
    return table.drop(columns=["named", "visits"])


def _user_features(day: Day, events: Any) -> Any:
    used = events[KEY].assign(feature=events["event"].map(day.core)).dropna(subset="feature")
    return used.groupby([*KEY, "feature"], dropna=False).size().rename("events").reset_index()


def _told(day: Day, events: Any) -> Any:
    """When each user and each account first did what plays a role in these events, and how often."""
    roles = day.roles.drop_duplicates()
    once = events.groupby(["user_id", "account_id", "event"], dropna=False)["event_at"].agg(first_at="min", times="size")
    reached = once.reset_index().merge(roles, on="event")
    units = day.pd.concat([_of(reached, unit).assign(unit=unit) for unit in ("user", "account")])
    return units.groupby(REACHED).agg(first_at=("first_at", "min"), times=("times", "sum")).reset_index()


def _milestones(day: Day, events: Any) -> tuple[Any, Any]:
    """The day's news, and every row that was told up to the day."""
    told = _told(day, events)
    earlier = day.before("behavior/milestones", [*REACHED, "first_at", "times"])
    known = earlier[earlier["unit_id"].isin(told["unit_id"].unique())].groupby(REACHED)["first_at"].min().rename("known_at")
    told = told.merge(known, how="left", left_on=REACHED, right_index=True)
    news = told["known_at"].isna() | (told["first_at"] < told["known_at"]) | told["role"].isin(RECURRING)
    made = told[news].drop(columns="known_at")
    made.insert(0, "received_date", day.stamp)
    return made, day.pd.concat([earlier, made[earlier.columns]], ignore_index=True)


def _account_days(days: Any) -> Any:
    days = days.dropna(subset="account_id")
    days = days.assign(active_user=days["user_id"].where(days["qualifying_events"] > 0))
    return days.groupby(["received_date", "event_date", "account_id"]).agg(
        users=("user_id", "nunique"), active_users=("active_user", "nunique"),
        **{name: (name, "sum") for name in COUNTS}, **{name: (name, how) for name, how in TIMES.items()},
    ).reset_index()  # fmt: skip


# -- state --------------------------------------------------------------------------------------------------------------


def _activity(day: Day, today: Any, earlier: Any) -> Any:
    """Every unit's state; late rows count when their day comes."""
    made = day.activity(today, earlier)
    parts = [rows.assign(as_of=day.stamp, unit=unit).reset_index() for unit, rows in made.items()]
    return day.pd.concat(parts, ignore_index=True)[["as_of", *STATE]]


def _of(rows: Any, unit: str) -> Any:
    return rows.dropna(subset=f"{unit}_id").rename(columns={f"{unit}_id": "unit_id"})


def _gained(day: Day, rows: Any) -> Any:
    active = rows.loc[rows["qualifying_events"] > 0, ["unit_id", "event_date"]].drop_duplicates()
    core = rows.loc[rows["core_events"] > 0, ["unit_id", "event_date"]].drop_duplicates()
    made = rows.groupby("unit_id")[LIFETIME].sum()
    begun = active.groupby("unit_id")["event_date"]
    made["first_active"], made["last_active"] = begun.min(), begun.max()
    monday, dates = day.pd.Timestamp(FIRST_MONDAY), active["event_date"]
    week = (day.stamp - monday).days // 7 - (dates - monday).dt.days // 7
    month = (day.stamp.year - dates.dt.year) * 12 + day.stamp.month - dates.dt.month
    since = (dates - active["unit_id"].map(made["first_active"])).dt.days
    made["days"] = _mask(active["unit_id"], (day.stamp - dates).dt.days)
    made["core_days"] = _mask(core["unit_id"], (day.stamp - core["event_date"]).dt.days)
    made["weeks"], made["months"] = _mask(active["unit_id"], week), _mask(active["unit_id"], month)
    made["first_days"] = _mask(active["unit_id"], since)
    masks = ["days", "core_days", "weeks", "months", "first_days"]
    made[masks] = made[masks].fillna(0).astype("int64")
    return made


def _mask(units: Any, places: Any) -> Any:
    """For each unit the number that has the bits of its places; the sum of distinct powers of two."""
    distinct = units.to_frame("unit_id").assign(place=places).drop_duplicates()
    distinct = distinct[distinct["place"] < BITS]
    return (np.int64(1) << distinct["place"].astype("int64")).groupby(distinct["unit_id"]).sum().astype("Int64")


def _moved(day: Day, held: Any, gained: Any) -> Any:
    both = held.index.union(gained.index)
    counts = ["days", "core_days", "weeks", "months", "first_days", *LIFETIME]
    old, new = held[counts].reindex(both, fill_value=0), gained[counts].reindex(both, fill_value=0)
    made = old[LIFETIME] + new[LIFETIME]
    steps = {"days": 1, "core_days": 1, "weeks": int(day.stamp.dayofweek == 0), "months": int(day.stamp.day == 1)}
    for name, step in steps.items():
        made[name] = _later(old[name].to_numpy(), step) | new[name].to_numpy()
    first = {name: rows["first_active"].reindex(both) for name, rows in (("old", held), ("new", gained))}
    made["first_active"] = first["old"].where(~(first["new"] < first["old"]), first["new"]).fillna(first["new"])
    for name, rows in (("old", old), ("new", new)):
        late = (first[name] - made["first_active"]).dt.days.fillna(0).astype("int64")
        moved = _later(rows["first_days"].to_numpy(), late.to_numpy())
        made["first_days"] = moved if name == "old" else made["first_days"].to_numpy() | moved
    last_old, last_new = held["last_active"].reindex(both), gained["last_active"].reindex(both)
    made["last_active"] = last_old.where(~(last_new > last_old), last_new).fillna(last_new)
    return made.rename_axis("unit_id")


def _later(mask: Any, steps: Any) -> Any:
    """The mask moved on by so many places; what leaves its bits is dropped."""
    kept = np.clip(BITS - np.asarray(steps), 0, BITS - 1)
    whole = np.where(np.asarray(steps) == 0, mask, mask & ((np.int64(1) << kept) - 1))
    return np.where(np.asarray(steps) >= BITS, 0, whole << np.minimum(steps, BITS - 1))
