"""What was planted can be found in the raw files by plain means, in the numbers that the truth gives."""

import numpy as np
import pandas as pd
from scipy.stats import chisquare
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from plg_orchestration.demo.product import COEFFICIENTS, DRIVERS, HALF_LIFE_DAYS
from tests.demo.conftest import Made

WEEK = pd.Timedelta(days=7)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def activated_in_a_week(demo: Made, events: pd.DataFrame) -> pd.DataFrame:
    users = demo.csv("users").set_index("user_id")
    users["segment"] = users["account_id"].map(demo.csv("accounts").set_index("account_id")["segment"])
    first = events[events["event"] == "Report Shared"].groupby("user_id")["at"].min()
    users["activated"] = users.index.map(first) < users["signup_at"] + WEEK
    return users[users["signup_at"] < day(demo.truth.last_day) - WEEK]


def first_paid(demo: Made) -> pd.Series:
    subscriptions = demo.csv("subscriptions")
    return subscriptions[~subscriptions["trial"]].groupby("account_id")["started_at"].min()


def test_base_rates_are_those_of_a_believable_product(demo: Made, events: pd.DataFrame) -> None:
    base = demo.truth.base
    assert 0.35 < activated_in_a_week(demo, events)["activated"].mean() < 0.45
    assert 0.35 < base.activation_7d < 0.45
    assert 0.03 < base.free_to_paid_monthly < 0.06
    assert 0.03 < base.paid_churn_monthly < 0.06
    assert 200_000 < base.event_lines < 400_000
    assert base.accounts_that_ever_paid == len(first_paid(demo))


def test_one_segments_activation_drops_in_one_iso_week(demo: Made, events: pd.DataFrame) -> None:
    truth = demo.truth.activation_drop
    users = activated_in_a_week(demo, events)
    users["week"] = users["signup_at"].dt.strftime("%G-W%V")
    weekly = users[users["segment"] == truth.segment].groupby("week")["activated"].agg(["mean", "size"])
    busy = weekly[weekly["size"] >= 30]["mean"]
    assert busy.idxmin() == truth.iso_week
    assert busy[truth.iso_week] < 0.5 * busy.drop(truth.iso_week).min()
    others = users[(users["segment"] != truth.segment) & (users["week"] == truth.iso_week)]["activated"].mean()
    assert others > 3 * busy[truth.iso_week]
    assert weekly.loc[truth.iso_week, "size"] == truth.signups


def test_one_regions_leads_were_turned_away_in_one_period_only(demo: Made) -> None:
    truth = demo.truth.penalty
    region = demo.csv("users").set_index("user_id")["region"]
    steps = demo.csv("crm_outcomes").query("outcome in ['accepted', 'rejected']")
    steps = steps.assign(region=steps["user_id"].map(region), rejected=steps["outcome"] == "rejected")
    shifted = steps["at"].dt.normalize() - pd.Timedelta(days=1)
    inside = (shifted >= day(truth.first_day)) & (shifted < day(truth.end_day))
    penalized = steps["region"] == truth.region
    assert (int((inside & penalized).sum()), int(steps["rejected"][inside & penalized].sum())) == (
        truth.leads_inside, truth.rejected_inside,
    )  # fmt: skip
    rate = lambda rows: steps["rejected"][rows].mean()  # noqa: E731
    assert rate(inside & penalized) > rate(inside & ~penalized) + 0.25
    last = steps["at"] >= day(demo.truth.last_day) - pd.Timedelta(days=90)
    assert abs(rate(last & penalized) - rate(last & ~penalized)) < 0.15
    assert day(truth.end_day) < day(demo.truth.last_day) - pd.Timedelta(days=90)


def test_the_checklist_works_and_the_other_experiments_split_is_broken(demo: Made, events: pd.DataFrame) -> None:
    checklist, pricing = demo.truth.experiments
    exposures = demo.csv("exposures")
    arms = {name: rows.groupby("arm")["unit_id"].nunique() for name, rows in exposures.groupby("experiment")}
    assert arms[checklist.name].to_dict() == checklist.arms
    assert arms[pricing.name].to_dict() == pricing.arms
    assert chisquare(arms[checklist.name]).pvalue > 0.001
    assert chisquare(arms[pricing.name]).pvalue < 1e-5
    mine = exposures[exposures["experiment"] == checklist.name]
    crossed = mine.groupby("unit_id")["arm"].nunique().gt(1)
    assert int(crossed.sum()) == checklist.contaminated_users
    users = activated_in_a_week(demo, events)
    arm = mine[~mine["unit_id"].isin(crossed.index[crossed])].set_index("unit_id")["arm"]
    rates = users["activated"].groupby(users.index.map(arm)).agg(["mean", "size"])
    gap = rates.loc["checklist", "mean"] - rates.loc["control", "mean"]
    assert gap > 2.6 * np.sqrt((rates["mean"] * (1 - rates["mean"]) / rates["size"]).sum())


def test_fake_accounts_share_a_device_a_domain_and_a_circle_of_invites(demo: Made, events: pd.DataFrame) -> None:
    signups = events[events["event"] == "Signed Up"]
    prints = signups["properties"].str.get("fingerprint")
    shared = signups[prints.groupby(prints).transform("size") >= 8]
    assert sorted(shared["account_id"].unique()) == demo.truth.fake_ring.accounts
    assert len(shared) == demo.truth.fake_ring.users
    users = demo.csv("users").set_index("user_id")
    assert set(users.loc[shared["user_id"], "email_domain"]) == set(demo.truth.fake_ring.domains)
    assert users["email_domain"].isin(demo.truth.fake_ring.domains).sum() == demo.truth.fake_ring.users
    invites = demo.csv("invites").dropna(subset=["invitee_user_id"])
    circle = invites[invites["inviter_id"].isin(shared["user_id"])].set_index("inviter_id")["invitee_user_id"]
    assert set(circle) == set(shared["user_id"])
    assert 0.004 < len(demo.truth.fake_ring.accounts) / demo.truth.base.accounts < 0.008


def test_consent_and_the_viral_loop_are_as_counted(demo: Made) -> None:
    versions = demo.csv("invites").sort_values("known_at", kind="stable")
    invites = versions.groupby("invite_id").last()
    truth = demo.truth.consent
    assert len(invites) == truth.invites
    assert int(invites["opt_in_at"].isna().sum()) == truth.without_opt_in
    assert int(invites["double_opt_in_at"].isna().sum()) == truth.without_double_opt_in
    assert 0.96 < truth.consent_rate < 0.97
    fakes = demo.csv("users").set_index("user_id")["account_id"].isin(demo.truth.fake_ring.accounts)
    real = invites[~invites["inviter_id"].map(fakes)]
    viral = demo.truth.viral
    assert (len(real), int(real["accepted_at"].notna().sum())) == (viral.invites, viral.accepted)
    assert viral.k == viral.accepted / int((~fakes).sum())


def test_accounts_cancel_after_their_only_active_user_stopped(demo: Made, events: pd.DataFrame) -> None:
    losses = demo.truth.champion_churn
    assert len(losses) >= 4
    subscriptions = demo.csv("subscriptions")
    drawn_ahead = ["Ticket Opened", "Survey Answered", "Teammate Invited", "Subscription Cancelled"]
    everyday = events[~events["event"].isin(drawn_ahead)]
    ended = 0
    for loss in losses:
        mine = everyday[everyday["user_id"] == loss.user_id]
        until = day(loss.cancel_date or demo.truth.last_day)
        silent = (mine["at"] >= day(loss.stopped_date) + pd.Timedelta(days=1)) & (mine["at"] < until)
        assert len(mine) > 0
        assert not silent.any(), loss
        if loss.cancel_date is not None:
            mine = subscriptions[subscriptions["account_id"] == loss.account_id]
            assert (mine["ended_at"].dt.strftime("%Y-%m-%d") == loss.cancel_date).any(), loss
            ended += 1
    assert ended >= 3


def signals(events: pd.DataFrame, accounts: pd.Index, cut: pd.Timestamp) -> pd.DataFrame:
    """The planted signals of each account, recomputed from raw lines known before the cut."""
    known = events[(events["received"] < cut) & (events["at"] < cut)]
    weight = 0.5 ** ((cut - known["at"]).dt.floor("D").dt.days / HALF_LIFE_DAYS)
    frame = pd.DataFrame(index=accounts)
    for name, members in DRIVERS.items():
        rows = known["event"].isin(members)
        frame[name] = np.log1p(weight[rows].groupby(known["account_id"][rows]).sum().reindex(accounts).fillna(0))
    return frame


def conversions(demo: Made, events: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Free accounts every tenth day with their signals, and whether they first paid from one to 31 days after the cut."""
    accounts = demo.csv("accounts").set_index("account_id")
    accounts = accounts[~accounts.index.isin(demo.truth.fake_ring.accounts)]
    paid = accounts.index.to_series().map(first_paid(demo))
    features, outcomes = [], []
    for number in range(40, 212, 10):
        cut = day(demo.truth.start) + pd.Timedelta(days=number)
        free = (accounts["signup_at"] < cut) & ~(paid < cut + pd.Timedelta(days=1))
        rows = signals(events, accounts.index[free], cut)
        features.append(rows)
        outcomes.append(paid[free] < cut + pd.Timedelta(days=31))
    return pd.concat(features), pd.concat(outcomes)


def test_drivers_of_conversion_stand_out_from_decoys(demo: Made, events: pd.DataFrame) -> None:
    features, outcome = conversions(demo, events)
    assert 0.02 < outcome.mean() < 0.08
    drivers = [name for name in DRIVERS if COEFFICIENTS[name] >= 0.30]
    for name in drivers:
        assert features[name].corr(outcome) > 0.08, name
    model = LogisticRegression(C=1.0, max_iter=1000).fit(features, outcome)
    found = dict(zip(features.columns, model.coef_[0], strict=True))
    strong = np.mean([found[name] for name in drivers])
    decoys = np.mean([found[name] for name in DRIVERS if COEFFICIENTS[name] == 0.0])
    assert strong > 0.15
    assert strong > decoys + 0.15


def test_conversion_can_be_foreseen_but_not_fully(demo: Made) -> None:
    truth = pd.read_parquet(demo.folder / "truth_propensity.parquet")
    users = demo.csv("users")
    paid = users["account_id"].map(first_paid(demo))
    scores, outcomes = [], []
    for number in range(60, 213, 14):
        cut = day(demo.truth.start) + pd.Timedelta(days=number + 1)
        night = truth[pd.to_datetime(truth["as_of"]) == (cut - pd.Timedelta(days=1)).tz_localize(None)]
        unpaid = users["account_id"].isin(night["account_id"]) & ~(paid < cut + pd.Timedelta(days=1))
        free = (users["signup_at"] < cut) & unpaid
        scores.append(users["account_id"][free].map(night.set_index("account_id")["propensity"]))
        outcomes.append(paid[free] < cut + pd.Timedelta(days=31))
    outcome = pd.concat(outcomes)
    assert 0.03 < outcome.mean() < 0.08
    assert 0.80 < roc_auc_score(outcome, pd.concat(scores)) < 0.95
