"""The roll-ups and the features of a day by pandas, as an analyst would write them: the peer of `rollups.py`.

Every table has the columns of the system's table of that name and is written as one Parquet file of the day. What earlier days
left is read from the published files, the day's events from the lake. Only what the benchmark's workspace has is written out:
subscriptions tell who pays, and no activation rule is declared. Comparing the rows belongs to `rollups.py`.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

FLAGS = {
    "item_created": "items_created", "collaboration": "collaborations", "invite_sent": "invites_sent",
    "invite_accepted": "invites_accepted", "limit_hit": "limit_hits", "pricing_viewed": "pricing_views",
    "premium_attempt": "premium_attempts", "help_viewed": "help_views", "error_shown": "errors_shown",
}  # fmt: skip
COUNTS = ["events", "qualifying_events", "core_events", "sessions", *FLAGS.values()]
TIMES = {"first_at": "min", "last_at": "max", "first_active_at": "min", "last_active_at": "max"}
LIFETIME = ["events", "core_events", "items_created", "invites_sent", "invites_accepted"]
WINDOWED = ["sessions", "core_events", "items_created", "collaborations", "limit_hits", "pricing_views", "premium_attempts",
            "help_views", "errors_shown"]  # fmt: skip
RECURRING = ["plan_upgraded", "plan_downgraded", "cancelled", "trial_started", "payment_info_added"]
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


def by_pandas(pd: Any, workspace: Any, date: dt.date, folder: Path) -> dict[str, int]:
    """Make all tables of the day and write each as `folder/<table>.parquet`; the rows of each."""
    day = Day(pd, workspace, date)
    users = _users(day)
    events = _events(day, users)
    tables = {"behavior.user_days": _user_days(day, events), "behavior.user_features": _user_features(day, events)}
    tables["behavior.milestones"], milestones = _milestones(day, events)
    tables["behavior.account_days"] = _account_days(tables["behavior.user_days"])
    columns = ["event_date", "user_id", "account_id", "qualifying_events", *WINDOWED, *LIFETIME]
    earlier = day.before("behavior/user_days", list(dict.fromkeys(columns)), date - dt.timedelta(days=32))
    tables["behavior.activity"] = _activity(day, tables["behavior.user_days"], earlier)
    recent = pd.concat([earlier, tables["behavior.user_days"][earlier.columns]], ignore_index=True)
    tables["pql.features"] = _features(day, users, recent, milestones, tables)
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


def _accounts(day: Day) -> Any:
    wanted = ["segment", "industry", "region", "acquisition_channel", "employees"]
    accounts = day.known("accounts", ["account_id", *wanted, "known_at", "file_id", "line", "origin"])
    accounts = accounts.groupby("account_id")[wanted].last()
    names = ["smb", "mid_market", "enterprise"]
    sizes = day.pd.cut(accounts["employees"], [-np.inf, 100, 1000, np.inf], right=False, labels=names)
    accounts["segment"] = accounts["segment"].fillna(sizes.astype("str"))
    return accounts


def _events(day: Day, users: Any) -> Any:
    columns = ["kind", "event", "user_id", "anonymous_id", "account_id", "event_at", "session_id"]
    folder = day.workspace.state / "lake" / "events" / f"received_date={day.date}"
    events = day.pd.read_parquet(folder, columns=columns, filters=[("kind", "in", ["track", "page", "screen"])])
    for name in ("event", "user_id", "anonymous_id", "account_id", "session_id"):
        events[name] = events[name].astype("str")
    links = day.known("identities", ["anonymous_id", "user_id", "known_at"]).sort_values(["known_at", "user_id"])
    events["user_id"] = events["user_id"].fillna(events["anonymous_id"].map(links.groupby("anonymous_id")["user_id"].last()))
    events["account_id"] = events["account_id"].fillna(events["user_id"].map(users["account_id"]))
    events = events[events["user_id"].notna() | events["account_id"].notna()].copy()
    events["event_at"] = events["event_at"].astype("datetime64[us]")
    events["received_date"], events["event_date"] = day.stamp, day.local(events["event_at"])
    return events


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


def _milestones(day: Day, events: Any) -> tuple[Any, Any]:
    """The day's news, and every row that was told up to the day."""
    pd, key = day.pd, ["unit", "unit_id", "role", "item"]
    roles = day.roles.drop_duplicates()
    once = events.groupby(["user_id", "account_id", "event"], dropna=False)["event_at"].agg(first_at="min", times="size")
    reached = once.reset_index().merge(roles, on="event")
    units = pd.concat([
        reached.dropna(subset=f"{unit}_id").rename(columns={f"{unit}_id": "unit_id"}).assign(unit=unit)
        for unit in ("user", "account")
    ])  # fmt: skip
    told = units.groupby(key).agg(first_at=("first_at", "min"), times=("times", "sum")).reset_index()
    earlier = day.before("behavior/milestones", [*key, "first_at", "times"])
    known = earlier[earlier["unit_id"].isin(told["unit_id"].unique())].groupby(key)["first_at"].min().rename("known_at")
    told = told.merge(known, how="left", left_on=key, right_index=True)
    news = told["known_at"].isna() | (told["first_at"] < told["known_at"]) | told["role"].isin(RECURRING)
    made = told[news].drop(columns="known_at")
    made.insert(0, "received_date", day.stamp)
    return made, pd.concat([earlier, made[earlier.columns]], ignore_index=True)


def _account_days(days: Any) -> Any:
    days = days.dropna(subset="account_id")
    days = days.assign(active_user=days["user_id"].where(days["qualifying_events"] > 0))
    return days.groupby(["received_date", "event_date", "account_id"]).agg(
        users=("user_id", "nunique"), active_users=("active_user", "nunique"),
        **{name: (name, "sum") for name in COUNTS}, **{name: (name, how) for name, how in TIMES.items()},
    ).reset_index()  # fmt: skip


# -- state --------------------------------------------------------------------------------------------------------------


def _activity(day: Day, today: Any, earlier: Any) -> Any:
    """Yesterday's rows moved on by a day, with what today's received rows add; late rows count when their day comes."""
    yesterday = day.date - dt.timedelta(days=1)
    columns = ["unit", "unit_id", "days", "core_days", "weeks", "months", "first_days", "first_active", "last_active", *LIFETIME]
    held = day.before("behavior/activity", columns, yesterday, day="as_of")
    rows = day.pd.concat([today[today["event_date"] <= day.stamp], earlier[earlier["event_date"] == day.stamp]])
    parts = []
    for unit in ("user", "account"):
        gained = _gained(day, rows.dropna(subset=f"{unit}_id").rename(columns={f"{unit}_id": "unit_id"}))
        part = _moved(day, held[held["unit"] == unit].set_index("unit_id"), gained)
        parts.append(part.assign(as_of=day.stamp, unit=unit).reset_index())
    return day.pd.concat(parts, ignore_index=True)[["as_of", *columns]]


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


# -- features -----------------------------------------------------------------------------------------------------------


def _features(day: Day, users: Any, recent: Any, milestones: Any, tables: dict[str, Any]) -> Any:
    people = _people(day, users)
    signed = day.local(people["signup_at"])
    made = people[["account_id", "segment", "channel", "industry", "region", "language", "device"]].copy()
    for name, kind, fits in (("company_size_fit", "segment", "segments"), ("industry_fit", "industry", "industries")):
        fit = people[kind].str.lower().isin([value.lower() for value in getattr(day.workspace.pql.fit, fits)])
        made[name] = fit.astype("boolean").mask(people[kind].isna())
    made["tenure_days"] = (day.cut - people["signup_at"]).dt.days
    columns = ["event_date", "user_id", "feature"]
    used = day.before("behavior/user_features", columns, day.date - dt.timedelta(days=30))
    used = day.pd.concat([used, tables["behavior.user_features"][columns]], ignore_index=True)
    _windows(day, made, recent, used)
    state = tables["behavior.activity"]
    state = state[state["unit"] == "user"].set_index("unit_id").reindex(made.index)
    _lives(day, made, state, signed, tables["behavior.user_days"])
    _reached(day, made, milestones)
    _invited(day, made, state)
    _accounts_of(day, made, recent)
    within = made["active_days_28d"].gt(0).astype("int64")
    made["teammates"] = np.maximum(made["invites_accepted"], made["account_active_seats_28d"] - within)
    _payers(day, made, people)
    made.insert(0, "as_of", day.stamp)
    return made.rename_axis("user_id").reset_index()


def _people(day: Day, users: Any) -> Any:
    people = users[users["signup_at"] < day.cut]
    of = _accounts(day).reindex(people["account_id"]).set_axis(people.index)
    return people.assign(
        segment=of["segment"], industry=of["industry"], region=people["region"].fillna(of["region"]),
        channel=people["acquisition_channel"].fillna(of["acquisition_channel"]),
        payer_id=people["account_id"].fillna(people.index.to_series()),
    )  # fmt: skip


def _counted(made: Any, values: Any) -> Any:
    return values.reindex(made.index, fill_value=0).astype("int64")


def _windows(day: Day, made: Any, recent: Any, used: Any) -> None:
    ago = (day.stamp - recent["event_date"]).dt.days
    for window in (1, 7, 14, 28, 30):
        rows = recent[(ago >= 0) & (ago < window)].groupby("user_id")
        made[f"events_{window}d"] = _counted(made, rows["qualifying_events"].sum())
        if window == 28:
            sums = rows[WINDOWED].sum().reindex(made.index, fill_value=0).add_suffix("_28d")
            made[sums.columns] = sums
    later = made["events_14d"] - made["events_7d"] + 1
    made["events_trend"] = np.log((made["events_7d"] + 1) / later)
    ago = (day.stamp - used["event_date"]).dt.days
    distinct = used.loc[(ago >= 0) & (ago < 28), ["user_id", "feature"]].drop_duplicates()
    made["core_features_28d"] = _counted(made, distinct.groupby("user_id").size())


def _lives(day: Day, made: Any, state: Any, signed: Any, today: Any) -> None:
    days = state["days"].fillna(0).astype("int64").to_numpy()
    for window in (7, 14, 28, 30):
        made[f"active_days_{window}d"] = np.bitwise_count(days & ((1 << window) - 1)).astype("int64")
    run, longest = days & ((1 << 28) - 1), np.zeros(len(made), dtype="int64")
    while run.any():
        longest += run != 0
        run &= run >> 1
    made["longest_streak_28d"] = longest
    idle = (day.stamp - state["last_active"]).dt.days
    made["days_since_last_active"] = idle.where(idle < day.workspace.pql.lookback_days).astype("Int64")
    columns = ["event_date", "user_id", "qualifying_events"]
    acts = day.pd.concat([day.before("behavior/user_days", columns), today[columns]], ignore_index=True)
    acts = acts[acts["qualifying_events"] > 0]
    age = (acts["event_date"] - acts["user_id"].map(signed)).dt.days
    due = (age >= 0) & (age < 14) & (acts["event_date"] <= day.stamp)
    early = acts.loc[due, ["user_id", "event_date"]].drop_duplicates()
    made["active_days_first_14"] = _counted(made, early.groupby("user_id").size())
    made["items_created"] = state["items_created"].fillna(0).astype("int64")


def _reached(day: Day, made: Any, milestones: Any) -> None:
    told = milestones[(milestones["unit"] == "user") & (milestones["first_at"] < day.cut)]
    told = told.astype({"role": "category", "item": "category"})
    of = {role: told[told["role"] == role] for role in (
        "core_feature", "onboarding_step", "onboarding_complete", "integration_connected", "activation", "payment_info_added",
        "trial_started",
    )}  # fmt: skip
    for role, name in (("core_feature", "core_features_ever"), ("onboarding_step", "onboarding_steps")):
        made[name] = _counted(made, of[role][["unit_id", "item"]].drop_duplicates()["unit_id"].value_counts())
    steps = day.roles.loc[day.roles["role"] == "onboarding_step", "item"].nunique()
    finished = made.index.isin(of["onboarding_complete"]["unit_id"].unique())
    made["onboarding_completed"] = finished | ((steps > 0) & (made["onboarding_steps"] >= steps))
    made["integration_connected"] = made.index.isin(of["integration_connected"]["unit_id"].unique())
    activated = of["activation"].groupby("unit_id")["first_at"].min().reindex(made.index)
    made["activated"] = activated.notna()
    made["days_since_activation"] = (day.cut - activated).dt.days.astype("Int64")
    times = {role: of[role].groupby("unit_id")["times"].sum() for role in ("payment_info_added", "trial_started")}
    payments, trials = (_counted(made, times[role]) for role in ("payment_info_added", "trial_started"))
    made["payment_info_added"] = payments > 0
    made["spending_signals"] = payments + (trials - 1).clip(lower=0)


def _invited(day: Day, made: Any, state: Any) -> None:
    invites = day.known("invites", ["invite_id", "inviter_id", "sent_at", "accepted_at", "known_at", "file_id", "line"])
    invites = invites.drop_duplicates("invite_id", keep="last")
    for name, instant in (("invites_sent", "sent_at"), ("invites_accepted", "accepted_at")):
        told = invites[invites[instant] < day.cut].groupby("inviter_id").size()
        made[name] = np.maximum(_counted(made, told), state[name].fillna(0).astype("int64"))


def _accounts_of(day: Day, made: Any, recent: Any) -> None:
    ago = (day.stamp - recent["event_date"]).dt.days
    rows = recent[(ago >= 0) & (ago < 28)]
    seats = rows[rows["qualifying_events"] > 0].groupby("account_id")["user_id"].nunique()
    core = rows.groupby("account_id")["core_events"].sum()
    made["account_members"] = made["account_id"].map(made.groupby("account_id").size()).fillna(1).astype("int64")
    made["account_active_seats_28d"] = made["account_id"].map(seats).fillna(0).astype("int64")
    made["account_core_events_28d"] = made["account_id"].map(core).fillna(0).astype("int64")


def _payers(day: Day, made: Any, people: Any) -> None:
    columns = ["subscription_id", "account_id", "mrr", "started_at", "ended_at", "trial", "known_at", "file_id", "line"]
    subscriptions = day.known("subscriptions", columns).drop_duplicates("subscription_id", keep="last")
    runs = (subscriptions["started_at"] < day.cut) & ~(subscriptions["ended_at"] < day.cut)
    running = subscriptions[runs]
    trial = running["trial"].astype("boolean").fillna(False)
    pays = ~trial & (running["mrr"].astype("float64") > 0)
    made["is_paying"] = people["account_id"].isin(running.loc[pays, "account_id"])
    made["on_trial"] = people["account_id"].isin(running.loc[trial, "account_id"])
    outcomes = day.known("crm_outcomes", ["outcome_id", "user_id", "outcome", "at", "known_at", "file_id", "line"])
    outcomes = outcomes.drop_duplicates("outcome_id", keep="last")
    last = outcomes[outcomes["at"] < day.cut].sort_values("at", kind="stable").drop_duplicates("user_id", keep="last")
    fresh = last["outcome"].isin(["accepted", "opportunity"]) & (last["at"] >= day.cut - day.pd.Timedelta(days=90))
    talking = people["payer_id"][people.index.isin(last.loc[fresh, "user_id"])]
    made["in_sales"] = people["payer_id"].isin(talking)
