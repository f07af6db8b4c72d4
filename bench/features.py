"""The features of a day by pandas: the second half of `peer.py`, with every column of `pql.features`."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bench.peer import Day

WINDOWED = ["sessions", "core_events", "items_created", "collaborations", "limit_hits", "pricing_views", "premium_attempts",
            "help_views", "errors_shown"]  # fmt: skip


def features(day: "Day", users: Any, recent: Any, milestones: Any, tables: dict[str, Any]) -> Any:
    """Rows of `pql.features` from the users, the usage of the last weeks, every milestone told, and the day's tables."""
    people = _people(day, users)
    signed = day.local(people["signup_at"])
    made = people[["account_id", "segment", "channel", "industry", "region", "language", "device"]].copy()
    for name, kind, fits in (("company_size_fit", "segment", "segments"), ("industry_fit", "industry", "industries")):
        fit = people[kind].str.lower().isin([value.lower() for value in getattr(day.workspace.pql.fit, fits)])
        made[name] = fit.astype("boolean").mask(people[kind].isna())
    made["tenure_days"] = (day.cut - people["signup_at"]).dt.days
    made["account_tenure_days"] = (day.cut - people["since"]).dt.days
    columns = ["event_date", "user_id", "account_id", "feature"]
    used = day.before("behavior/user_features", columns, day.date - dt.timedelta(days=30))
    used = day.pd.concat([used, tables["behavior.user_features"][columns]], ignore_index=True)
    _windows(day, made, recent, used)
    state = tables["behavior.activity"]
    state = state[state["unit"] == "user"].set_index("unit_id").reindex(made.index)
    _lives(day, made, state, signed, tables["behavior.user_days"])
    _reached(day, made, milestones)
    _invited(day, made, state)
    _accounts_of(day, made, recent, used)
    integrated = milestones[(milestones["role"] == "integration_connected") & (milestones["first_at"] < day.cut)]
    integrated = integrated.loc[integrated["unit"] == "account", "unit_id"].unique()
    made["account_integration_connected"] = made["integration_connected"] | made["account_id"].isin(integrated)
    _supported(day, made)
    within = made["active_days_28d"].gt(0).astype("int64")
    made["teammates"] = np.maximum(made["invites_accepted"], made["account_active_seats_28d"] - within)
    _payers(day, made, people)
    made.insert(0, "as_of", day.stamp)
    return made.rename_axis("user_id").reset_index()


def _people(day: "Day", users: Any) -> Any:
    people = users[users["signup_at"] < day.cut]
    of = _accounts(day).reindex(people["account_id"]).set_axis(people.index)
    return people.assign(
        segment=of["segment"], industry=of["industry"], region=people["region"].fillna(of["region"]),
        channel=people["acquisition_channel"].fillna(of["acquisition_channel"]),
        payer_id=people["account_id"].fillna(people.index.to_series()), since=of["signup_at"].fillna(people["signup_at"]),
    )  # fmt: skip


def _counted(made: Any, values: Any) -> Any:
    return values.reindex(made.index, fill_value=0).astype("int64")


def _windows(day: "Day", made: Any, recent: Any, used: Any) -> None:
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


def _lives(day: "Day", made: Any, state: Any, signed: Any, today: Any) -> None:
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


def _reached(day: "Day", made: Any, milestones: Any) -> None:
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


def _invited(day: "Day", made: Any, state: Any) -> None:
    invites = day.known("invites", ["invite_id", "inviter_id", "sent_at", "accepted_at", "known_at", "file_id", "line"])
    invites = invites.drop_duplicates("invite_id", keep="last")
    for name, instant in (("invites_sent", "sent_at"), ("invites_accepted", "accepted_at")):
        told = invites[invites[instant] < day.cut].groupby("inviter_id").size()
        made[name] = np.maximum(_counted(made, told), state[name].fillna(0).astype("int64"))


def _accounts_of(day: "Day", made: Any, recent: Any, used: Any) -> None:
    ago = (day.stamp - recent["event_date"]).dt.days
    rows = recent[(ago >= 0) & (ago < 28)]
    seats = rows[rows["qualifying_events"] > 0].groupby("account_id")["user_id"].nunique()
    summed = ["core_events", "limit_hits", "pricing_views", "premium_attempts", "invites_sent"]
    sums, own = rows.groupby("account_id")[summed].sum(), rows.groupby("user_id")["invites_sent"].sum()
    alone = made["account_id"].isna()
    made["account_members"] = made["account_id"].map(made.groupby("account_id").size()).fillna(1).astype("int64")
    made["account_active_seats_28d"] = made["account_id"].map(seats).fillna(0).astype("int64")
    for name in summed:
        made[f"account_{name}_28d"] = made["account_id"].map(sums[name]).fillna(0).astype("int64")
    ago = (day.stamp - used["event_date"]).dt.days
    distinct = used.loc[(ago >= 0) & (ago < 28), ["account_id", "feature"]].dropna().drop_duplicates()
    features = distinct.groupby("account_id").size()
    made["account_core_features_28d"] = made["account_id"].map(features).fillna(0).astype("int64")
    for name in ("limit_hits", "pricing_views", "premium_attempts", "core_features"):
        made[f"account_{name}_28d"] = made[f"account_{name}_28d"].mask(alone, made[f"{name}_28d"])
    made["account_invites_sent_28d"] = made["account_invites_sent_28d"].mask(alone, _counted(made, own))


def _supported(day: "Day", made: Any) -> None:
    columns = ["ticket_id", "account_id", "user_id", "opened_at", "closed_at", "known_at", "file_id", "line"]
    tickets = day.known("tickets", columns).drop_duplicates("ticket_id", keep="last")
    tickets = tickets[tickets["opened_at"] < day.cut]
    lately = tickets[tickets["opened_at"] >= day.cut - day.pd.Timedelta(days=90)]
    still = tickets[~(tickets["closed_at"] < day.cut)]
    made["support_tickets_90d"] = _counted(made, lately.groupby("user_id").size())
    for name, rows in (("account_tickets_90d", lately), ("account_open_tickets", still)):
        of_account = made["account_id"].map(rows.groupby("account_id").size())
        known = made["account_id"].isin(tickets["account_id"].dropna().unique())
        own = _counted(made, rows.groupby("user_id").size())
        made[name] = of_account.fillna(0).where(known, own).astype("int64")


def _payers(day: "Day", made: Any, people: Any) -> None:
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


def _accounts(day: "Day") -> Any:
    wanted = ["segment", "industry", "region", "acquisition_channel", "employees"]
    versions = day.known("accounts", ["account_id", *wanted, "signup_at", "known_at", "file_id", "line", "origin"])
    accounts = versions.groupby("account_id")[wanted].last()
    told = versions[versions["origin"] == "source"].groupby("account_id")["signup_at"].last()
    seen = [("accounts", "signup_at"), ("users", "signup_at"), ("subscriptions", "started_at")]
    firsts = [day.known(name, ["account_id", at]).rename(columns={at: "first_at"}) for name, at in seen]
    first = day.pd.concat(firsts).dropna(subset="account_id").groupby("account_id")["first_at"].min()
    accounts = accounts.reindex(first.index)
    accounts["signup_at"] = told.reindex(first.index).fillna(first)
    names = ["smb", "mid_market", "enterprise"]
    sizes = day.pd.cut(accounts["employees"], [-np.inf, 100, 1000, np.inf], right=False, labels=names)
    accounts["segment"] = accounts["segment"].fillna(sizes.astype("str"))
    return accounts
