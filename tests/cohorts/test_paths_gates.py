"""Gates, prompts and guidance, and features beside conversion: who is exposed, who upgrades in time, and the baselines."""

import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.paths import published, queries
from plg_orchestration.cohorts.paths.policy import Associations, Gates, PathPolicy
from plg_orchestration.cohorts.paths.tables import CONVERSION_ASSOCIATIONS, GATES
from tests.cohorts.path_worlds import configure, declare, fill, milestone

AS_OF = dt.date(2025, 6, 30)
CUT = dt.datetime(2025, 7, 1)
POLICY = PathPolicy(gates=Gates(min_exposed=1), associations=Associations(min_units=1, min_converted=1))


def before(days, hours=0):
    """The moment so long before the cut."""
    return CUT - dt.timedelta(days=days, hours=hours)


def moments(*rows, name="exposed_at"):
    return pd.DataFrame(rows, columns=["user_id", name]).astype({name: "datetime64[us]"})


# The call runs plain_gate_exposures and plain_gate_comparisons before gates.
def conversion(exposures, goals, **options):
    rows = cohorts.exposure_conversion(exposures, goals, as_of=AS_OF, **({"min_exposed": 1} | options))
    return rows.set_index("window_days") if len(rows) else rows


def test_a_goal_counts_within_the_window_of_a_mature_exposure():
    exposures = moments(("ann", before(40)), ("bob", before(40)), ("cem", before(6)), ("dan", before(1)), ("eve", before(0, 23)))
    goals = moments(("ann", before(33)), ("bob", before(41)), ("bob", before(9)), ("cem", before(5, 1)), name="goal_at")
    rows = conversion(exposures, goals)
    # Ann after exactly seven days, which is not within them; Bob before it, and 31 days after; Cem after a day.
    assert rows["exposed"].tolist() == [5, 5, 5]
    assert rows["mature_exposed"].tolist() == [4, 2, 2]
    assert rows["converted"].tolist() == [1, 0, 1]
    assert rows["rate"].tolist() == [0.25, 0, 0.5]
    assert (rows.loc[30, "ci_low"], rows.loc[30, "ci_high"]) == pytest.approx((0.0945, 0.9055), abs=1e-4)


def test_the_difference_is_to_those_who_were_not_exposed():
    exposures, unexposed = (
        moments(*[(f"a{k}", before(40)) for k in range(70)]),
        moments(*[(f"b{k}", before(40)) for k in range(80)]),
    )
    goals = moments(*[(f"a{k}", before(39)) for k in range(56)], *[(f"b{k}", before(39)) for k in range(48)], name="goal_at")
    row = conversion(exposures, goals, unexposed=unexposed).loc[30]
    assert row["baseline_exposed"] == 80
    assert [round(row[name], 4) for name in ("difference", "difference_low", "difference_high")] == [0.2, 0.0524, 0.3339]


def test_too_few_exposures_have_a_reason_and_no_rate():
    rows = conversion(moments(("ann", before(5))), moments(name="goal_at"), min_exposed=10)
    assert rows["rate"].isna().all()
    assert rows.loc[1, "reason"] == "1 exposures have their whole window; a rate needs 10"
    assert len(conversion(moments(), moments(name="goal_at"))) == 0


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(-10, 60)), min_size=1, max_size=12))
def test_a_longer_window_has_fewer_mature_exposures_and_never_more_converted_than_mature(people):
    exposures = moments(*[(f"u{k}", before(days, 1)) for k, (days, _) in enumerate(people)])
    goals = moments(
        *[(f"u{k}", before(days, 1) + dt.timedelta(days=wait)) for k, (days, wait) in enumerate(people)], name="goal_at"
    )
    rows = conversion(exposures, goals)
    assert rows["mature_exposed"].is_monotonic_decreasing
    assert (rows["converted"] <= rows["mature_exposed"]).all()
    assert (rows["exposed"] == len(people)).all()


def test_wrong_arguments_are_named():
    good, goals = moments(("ann", before(5))), moments(name="goal_at")
    with pytest.raises(ValueError, match="goals: no column goal_at"):
        conversion(good, good)
    with pytest.raises(ValueError, match="exposures: exposed_at has the type"):
        conversion(good.assign(exposed_at="yesterday"), goals)
    with pytest.raises(ValueError, match="do not rise"):
        conversion(good, goals, windows=(7, 1))


# -- the published tables ---------------------------------------------------------------------------------------------

ROLES = (
    ("Limit", "limit_hit", None, "reports"), ("Price", "pricing_viewed", None, None),
    ("Report Made", "core_feature", None, "reports"), ("Chart Made", "core_feature", None, "charts"),
)  # fmt: skip


@pytest.fixture
def paths(world):
    configure(world, POLICY)
    declare(world, ROLES)
    world.account("acme")
    world.user("ann", "2025-03-01 09:00", account_id="acme", origin="source")
    for who in ("bob", "cem", "dan"):
        world.user(who, "2025-03-01 09:00", origin="source")
    return world


def gates(world, *, day=AS_OF, zone="UTC", policy=POLICY):
    rows = published.gates(world.warehouse, as_of=AsOf(day, zone), policy=policy)
    assert tuple(rows.columns) == GATES.column_names
    return rows.set_index(["kind", "item", "bucket", "window_days"]).sort_index()


def day_of(user, date, world, **values):
    world.insert(
        "behavior.user_days", received_date=dt.date.fromisoformat(date), event_date=dt.date.fromisoformat(date), user_id=user,
        events=1, qualifying_events=1, **values,
    )  # fmt: skip


def test_the_user_upgrades_when_the_account_does_and_whoever_pays_is_left_out(paths):
    milestone(paths, "ann", "limit_hit", "reports", "2025-05-20 09:00")
    milestone(paths, "bob", "limit_hit", "reports", "2025-05-20 09:00")
    paths.account("paying")
    paths.user("pat", "2025-03-01 09:00", account_id="paying", origin="source")
    milestone(paths, "pat", "limit_hit", "reports", "2025-05-20 09:00")
    paths.subscription("paying", "2025-04-01 12:00", 10)
    paths.subscription("acme", "2025-05-22 12:00", 10)
    rows = gates(paths)
    of_item = rows.xs(("gate", "reports", "all"))
    assert of_item["exposed"].tolist() == [2, 2, 2]
    assert of_item["converted"].tolist() == [0, 1, 1]
    assert rows.xs(("gate", "any", "all"))["converted"].tolist() == [0, 1, 1]
    assert paths.warehouse.publish(GATES, lambda _: rows.reset_index(), [AS_OF]).rows == len(rows)


def test_a_trial_is_no_upgrade_and_a_date_without_a_time_is_the_end_of_its_day(paths):
    milestone(paths, "ann", "limit_hit", "reports", "2025-05-20 09:00")
    paths.subscription("acme", "2025-05-20 10:00", 10, trial=True)
    assert gates(paths).loc[("gate", "reports", "all", 7), "converted"] == 0
    paths.subscription("acme", "2025-05-20 00:00", 10)
    assert gates(paths).loc[("gate", "reports", "all", 1), "converted"] == 1


def test_without_subscriptions_an_upgrade_event_counts_until_it_is_cancelled(paths):
    milestone(paths, "ann", "limit_hit", "reports", "2025-05-20 09:00")
    milestone(paths, "acme", "plan_upgraded", "", "2025-05-01 09:00", unit="account")
    assert ("gate", "reports", "all", 7) not in gates(paths).index
    milestone(paths, "acme", "cancelled", "", "2025-05-10 09:00", unit="account")
    milestone(paths, "acme", "plan_upgraded", "", "2025-05-24 09:00", unit="account")
    assert gates(paths).xs(("gate", "reports", "all"))["converted"].tolist() == [0, 1, 1]


def test_sessions_of_the_days_before_the_limit_make_its_bucket(paths):
    milestone(paths, "bob", "limit_hit", "reports", "2025-05-20 23:45")
    milestone(paths, "cem", "limit_hit", "reports", "2025-05-20 23:45")
    for date, sessions in (("2025-05-05", 9), ("2025-05-06", 2), ("2025-05-19", 1), ("2025-05-20", 5)):
        day_of("bob", date, paths, sessions=sessions)  # Fourteen days before count, the day itself does not.
    rows = gates(paths).xs(("gate", "reports", slice(None), 7))
    assert rows["exposed"].to_dict() == {"all": 2, "0-1 sessions": 1, "2-4 sessions": 1}
    assert rows.loc["0-1 sessions", "compared_with"] == "the other buckets"
    # In Kiritimati (UTC+14) the limit is hit on the 21st, and the 20th is before it.
    local = gates(paths, zone="Pacific/Kiritimati").xs(("gate", "reports", slice(None), 7))
    assert local["exposed"].to_dict() == {"all": 2, "0-1 sessions": 1, "5-9 sessions": 1}


def test_the_baseline_is_the_free_active_users_of_each_week_who_had_not_met_it(paths):
    milestone(paths, "bob", "limit_hit", "reports", "2025-06-20 09:00")
    for user in ("bob", "cem", "ann"):
        paths.active(user, "2025-06-10", "2025-06-18")
    paths.active("dan", "2025-06-18")
    paths.subscription("acme", "2025-06-01 12:00", 10)
    row = gates(paths).loc[("gate", "reports", "all", 7)]
    # gate_weeks: on June 24 Cem and Dan count (Bob had met it), on June 17 Bob and Cem; Ann pays.
    assert row["baseline_exposed"] == 4
    assert row["baseline_rate"] == 0


def test_a_prompt_is_followed_from_shown_to_clicked_to_goal(paths):
    for who in ("ann", "bob", "cem"):
        milestone(paths, who, "nudge_viewed", "", "2025-05-20 09:00")
    milestone(paths, "ann", "nudge_clicked", "", "2025-05-20 10:00")
    milestone(paths, "bob", "nudge_clicked", "", "2025-05-29 10:00")
    paths.subscription("acme", "2025-05-21 12:00", 10)
    for date in ("2025-05-18", "2025-05-19"):
        day_of("bob", date, paths, core_events=2)
    rows = gates(paths)
    assert rows.xs(("nudge", "any", "shown to clicked"))["converted"].tolist() == [1, 1, 2]
    assert rows.xs(("nudge", "any", "shown to goal"))["converted"].tolist() == [0, 1, 1]
    clicked = rows.loc[("nudge", "any", "clicked to goal", 7)]
    assert (clicked["exposed"], clicked["converted"], clicked["baseline_exposed"]) == (2, 1, 1)
    timing = rows.xs(("timing", "first prompt", slice(None), 7))
    assert timing["exposed"].to_dict() == {"0 core events": 2, "3-5 core events": 1}
    assert timing.loc["3-5 core events", "baseline_rate"] == 0.5


def test_guidance_is_compared_with_new_users_who_saw_none(paths):
    for who, activated in (("new", "2025-06-03 09:00"), ("own", None), ("ear", "2025-06-01 10:00"), ("ign", "2025-06-09 09:00")):
        paths.user(who, "2025-06-01 09:00", origin="source")
        if activated:
            milestone(paths, who, "activation", "", activated)
    milestone(paths, "new", "tour_started", "", "2025-06-01 09:10")
    milestone(paths, "ear", "tour_started", "", "2025-06-01 11:00")  # After activating: it cannot have led to it.
    row = gates(paths).loc[("guidance", "started", "all", 7)]
    assert (row["exposed"], row["converted"], row["baseline_exposed"], row["baseline_rate"]) == (1, 1, 2, 0)


def test_a_late_event_changes_tomorrows_gates_and_not_yesterdays(paths):
    milestone(paths, "bob", "limit_hit", "reports", "2025-06-01 09:00")
    milestone(paths, "bob", "limit_hit", "reports", "2025-04-01 09:00", received="2025-06-30")
    yesterday, today = gates(paths, day=AS_OF - dt.timedelta(days=1)), gates(paths)
    assert yesterday.loc[("gate", "reports", "all", 7), "exposed"] == 1
    assert len(today) == 0  # The first time was long before the window of exposures.


def test_an_empty_world_has_no_gates(paths):
    assert len(gates(paths)) == 0


# -- features beside conversion ---------------------------------------------------------------------------------------


def use(world, account, user, date, feature="reports", received=None):
    event_date = dt.date.fromisoformat(date)
    known = dt.date.fromisoformat(received) if received else event_date
    world.insert(
        "behavior.user_features", received_date=known, event_date=event_date, user_id=user, account_id=account, feature=feature,
        events=1,
    )  # fmt: skip
    world.active(user, date, account=account, received=received)


def associations(world, day=AS_OF):
    rows = published.conversion_associations(world.warehouse, as_of=AsOf(day), policy=POLICY)
    assert tuple(rows.columns) == CONVERSION_ASSOCIATIONS.column_names
    return rows.set_index(["unit", "feature"])


@pytest.fixture
def buyers(world):
    configure(world, POLICY)
    declare(world, ROLES)
    # Use until May 31, conversion in June: the first four use reports, and three of these and one of the others convert.
    accounts, users = [f"a{number}" for number in range(1, 9)], [f"u{number}" for number in range(1, 9)]
    start, day = dt.datetime(2025, 1, 1, 9), dt.date(2025, 5, 20)
    known = {"known_at": start, "known_date": start.date()}
    fill(world, "ingest.accounts", account_id=accounts, signup_at=start, segment="smb", **known)
    fill(world, "ingest.users", user_id=users, account_id=accounts, signup_at=start, origin="source", **known)
    seen = {"received_date": day, "event_date": day, "user_id": users, "account_id": accounts, "events": 1}
    fill(world, "behavior.user_days", qualifying_events=1, **seen)
    fill(world, "behavior.user_features", feature=["reports"] * 4 + ["charts"] * 4, **seen)
    for number in (1, 2, 3, 5):
        world.subscription(f"a{number}", "2025-06-10 12:00", 10)
    return world


def test_use_before_is_set_against_conversion_after(buyers):
    rows = associations(buyers)
    row = rows.loc[("account", "reports")]
    assert row[["n", "converted", "used"]].tolist() == [8, 4, 4]
    assert row["odds_ratio"] == pytest.approx(9)
    assert rows.loc[("account", "charts"), "odds_ratio"] == pytest.approx(1 / 9)
    # Cochran-Mantel-Haenszel: (3 - 2)^2 / (4^4 / (8^2 * 7)) = 1.75; the two tests have one p-value and so one q.
    assert row["p"] == pytest.approx(math.erfc(math.sqrt(1.75 / 2)))
    assert row["q"] == pytest.approx(row["p"])
    assert (row["found"], row["note"]) == (False, "association, not cause")
    assert buyers.warehouse.publish(CONVERSION_ASSOCIATIONS, lambda _: rows.reset_index(), [AS_OF]).rows == 2


def test_use_in_the_window_of_conversion_is_no_use_before_it(buyers):
    for number in (5, 6):
        use(buyers, f"a{number}", f"u{number}", "2025-06-01")
    use(buyers, "a7", "u7", "2025-05-31")
    assert associations(buyers).loc[("account", "reports"), "used"] == 5


def test_who_paid_before_or_was_not_active_is_not_compared(buyers):
    buyers.subscription("a8", "2025-05-01 12:00", 10)
    buyers.account("quiet", "2025-01-01 09:00")
    assert associations(buyers).loc[("account", "reports"), "n"] == 7


def test_present_use_is_shared_out_by_who_pays(buyers):
    use(buyers, "a1", "u1", "2025-06-20")
    use(buyers, "a2", "u2", "2025-06-20", "charts")
    use(buyers, "a6", "u6", "2025-06-20")
    row = associations(buyers).loc[("account", "reports")]
    assert (row["paid_share"], row["free_share"]) == (0.5, 1.0)


def test_a_user_without_an_account_stands_for_one(buyers):
    buyers.user("solo", "2025-01-01 09:00", origin="source")
    use(buyers, None, "solo", "2025-05-20")
    rows = associations(buyers)
    assert rows.loc[("user", "reports"), ["n", "used", "converted"]].tolist() == [1, 1, 0]
    assert rows.loc[("account", "reports"), "n"] == 8


def test_a_late_use_changes_tomorrows_associations_and_not_yesterdays(buyers):
    use(buyers, "a5", "u5", "2025-05-21", received="2025-06-30")
    assert associations(buyers, AS_OF - dt.timedelta(days=1)).loc[("account", "reports"), "used"] == 4
    assert associations(buyers).loc[("account", "reports"), "used"] == 5


def test_the_parts_of_the_counts_are_the_named_relations(buyers):
    # paid_spans, feature_units, feature_use and feature_counts; first_prompts, gate_exposures, gate_weeks and gate_comparisons.
    query = queries.feature_counts(as_of=AsOf(AS_OF), policy=POLICY.associations)
    assert [part.name for part in query.requires] == ["feature_units", "feature_use"]
    cells = [row for row in buyers.records(query) if row["period"] == "past" and row["feature"] == "reports"]
    assert [
        (row["stratum"], row["used_with"], row["used_without"], row["unused_with"], row["unused_without"]) for row in cells
    ] == [("smb, 90+ days", 3, 1, 1, 3)]
