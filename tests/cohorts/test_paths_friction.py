"""Friction: who reached, completed and left a step, an effect that no order of events can feign, and the worst points."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.paths import published
from plg_orchestration.cohorts.paths.policy import Friction, PathPolicy
from plg_orchestration.cohorts.paths.tables import FRICTION
from tests.cohorts.path_worlds import configure, declare, journeys, milestone

AS_OF = dt.date(2025, 4, 30)
STEPS = ["profile", "import"]


# The calls run plain_friction_members and plain_friction_times before friction_counts and friction_end.
def points(people, *, as_of=AS_OF, steps=STEPS, **options):
    frame = people if isinstance(people, pd.DataFrame) else journeys(people)
    rows = cohorts.friction(
        frame, signup="signup", steps=steps, activation="share", as_of=as_of, **({"min_activated": 1} | options)
    )
    return rows.set_index("name") if len(rows) else rows


FEW = {
    "ann": {"profile": 1, "import": 3, "share": 5},
    "bob": {"profile": 1, "import": 2},
    "cem": {"profile": 2},
    "dan": {"share": 6},
    "eve": {},
    "fay": {"import": 4},
    "gil": {"profile": 5, "share": 9},
}


def test_reached_completed_and_lost_are_counted_in_the_order_of_onboarding():
    rows = points(FEW)
    counts = ["step", "reached", "completed", "lost"]
    assert rows.loc["profile", counts].tolist() == [1, 7, 4, 2]  # Dan activated without it; Eve and Fay stopped.
    assert rows.loc["import", counts].tolist() == [2, 4, 2, 1]  # Gil activated without it; Cem stopped.
    assert rows.loc["activation", counts].tolist() == [3, 2, 1, 1]
    assert rows.loc["import", "share_lost"] == 0.25
    assert rows["basis"].unique().tolist() == ["observational"]


def test_the_effect_is_the_one_worked_out_by_hand():
    rows = points(FEW)
    # From the signup, activations at 5 (Ann), 6 (Dan) and 9 hours (Gil). At 5 Ann, Bob and Cem are with the step (Gil completes
    # it only then) and Dan, Eve, Fay and Gil without; at 6 Bob, Cem and Gil with, Dan, Eve and Fay without; at 9 the same three
    # with, Eve and Fay without.
    r = 4 / 7 + 2 / 5
    s = 3 / 6
    ratio = r / s
    hazard = 1 / (4 + 3 * ratio) + 1 / (3 + 3 * ratio) + 1 / (2 + 3 * ratio)
    assert rows.loc["profile", "activation_without"] == pytest.approx(1 - math.exp(-hazard))
    assert rows.loc["profile", "activation_with"] == pytest.approx(1 - math.exp(-ratio * hazard))
    error = math.sqrt((12 / 49 + 9 / 36 + 6 / 25) / (r * s))
    high = 1 - math.exp(-ratio * math.exp(1.959963984540054 * error) * hazard)
    assert rows.loc["profile", "effect_high"] == pytest.approx(high - rows.loc["profile", "activation_without"])
    assert rows.loc["profile", "score"] == pytest.approx(2 * rows.loc["profile", "effect"])


def test_activation_counts_fully_and_ranks_go_by_users_lost_times_effect():
    rows = points(FEW)
    assert rows.loc["activation", ["activation_with", "activation_without", "effect", "score"]].tolist() == [1, 0, 1, 1]
    ranked = rows.dropna(subset=["rank"]).sort_values("rank")
    assert ranked["score"].is_monotonic_decreasing
    assert rows.loc["activation", "sentence"] == (
        "1 of 2 users who completed onboarding (50 %) did not activate within 7 days of the signup."
    )
    assert rows.loc["profile", "sentence"].startswith(
        "2 of 7 users who came as far as profile (29 %) neither completed it nor activated within 7 days; "
    )


def test_a_signup_whose_window_is_open_is_not_lost():
    end = dt.datetime.combine(AS_OF + dt.timedelta(days=1), dt.time())
    closed = pd.concat([journeys(FEW), journeys({"new": {}}, signup=end - dt.timedelta(days=7))])
    still = pd.concat([journeys(FEW), journeys({"new": {}}, signup=end - dt.timedelta(days=7) + dt.timedelta(seconds=1))])
    assert points(closed).loc["profile", "reached"] == 8
    assert points(still).loc["profile", "reached"] == 7


def test_what_happens_after_the_window_does_not_count():
    late = FEW | {"eve": {"profile": 24 * 7, "share": 24 * 7 + 1}}
    assert points(late).loc["profile", ["completed", "lost"]].tolist() == [4, 2]


def activating(seed, *, ratio=1.0, size=1500, after=False):
    """Users activate at 0.01 an hour, `ratio` times as fast once the step is done; `after`: it is done only after activating."""
    draw = np.random.default_rng(seed)
    people = {}
    for number in range(size):
        done, share = draw.exponential(40), draw.exponential(100)
        if after:
            done = share + draw.exponential(10)
        elif done < share:
            share = done + (share - done) / ratio
        people[f"u{number}"] = {event: hours for event, hours in (("profile", done), ("share", share)) if hours < 168}
    return people


def test_a_step_that_does_nothing_has_no_effect():
    row = points(activating(1), steps=["profile"], min_activated=10).loc["profile"]
    assert row["effect_low"] < 0 < row["effect_high"]
    assert abs(row["effect"]) < 0.08


def test_a_step_completed_only_after_activating_is_no_evidence_for_it():
    row = points(activating(2, after=True), steps=["profile"]).loc["profile"]
    assert math.isnan(row["effect"])
    assert row["reason"].startswith("0 activated after it and ")


def test_a_planted_effect_is_found_within_its_interval():
    # At 0.01 an hour 1 - exp(-1.68) = 81 % activate in a week; at a third of it 43 %.
    row = points(activating(3, ratio=1 / 3), steps=["profile"], min_activated=10).loc["profile"]
    truth = (1 - math.exp(-1.68 / 3)) - (1 - math.exp(-1.68))
    assert row["effect_low"] < truth < row["effect_high"]
    assert row["effect_high"] < 0


plans = st.dictionaries(st.sampled_from([*STEPS, "share"]), st.integers(0, 200), max_size=3)


@settings(max_examples=5, deadline=None)
@given(st.lists(plans, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_nobody_is_counted_twice_and_the_order_of_arrival_is_irrelevant(people, random):
    frame = journeys({f"u{k}": plan for k, plan in enumerate(people)})
    rows = points(frame)
    assert rows["reached"].is_monotonic_decreasing
    assert rows["reached"].iloc[0] == len(people)
    assert (rows["completed"] + rows["lost"] <= rows["reached"]).all()
    assert (rows["reached"].iloc[1:].to_numpy() == rows["completed"].iloc[:-1].to_numpy()).all()
    order = list(range(len(frame)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(rows, points(frame.iloc[order].reset_index(drop=True)))


def test_nobody_at_all_gives_points_without_figures():
    rows = points({})
    assert rows["reached"].tolist() == [0, 0, 0]
    assert rows["share_lost"].isna().all()
    assert rows.loc["profile", "reason"] == "0 activated after it and 0 without it; an effect needs 1 of each"
    assert rows["sentence"].isna().all()


# -- the published table ----------------------------------------------------------------------------------------------

POLICY = PathPolicy(friction=Friction(min_activated=1))


@pytest.fixture
def paths(world):
    configure(world, POLICY)
    declare(world)
    world.account("acme", segment="smb")
    for who, account in (("ann", "acme"), ("bob", "acme"), ("cem", None), ("dan", None)):
        world.user(who, "2025-04-07 09:00", account_id=account, origin="source")
    milestone(world, "ann", "onboarding_step", "Profile Done", "2025-04-07 10:00")
    milestone(world, "ann", "activation", "", "2025-04-08 09:00")
    milestone(world, "bob", "activation", "", "2025-04-09 09:00")
    milestone(world, "cem", "onboarding_step", "Profile Done", "2025-04-07 10:00")
    return world


def night(world, as_of):
    rows = published.friction(world.warehouse, as_of=AsOf(as_of), policy=POLICY)
    assert tuple(rows.columns) == FRICTION.column_names
    return rows.set_index("name")


def test_the_published_points_compare_within_segments(paths):
    rows = night(paths, AS_OF)
    # friction_members, friction_times, friction_steps, friction_counts and friction_end; of the two segments only that of
    # Ann and Bob has activations: at 24 hours Ann with and Bob without, at 48 hours Bob alone, who says nothing then.
    assert rows.loc["Profile Done", ["reached", "completed", "lost"]].tolist() == [4, 2, 1]
    assert rows.loc["Data Imported", ["reached", "completed", "lost"]].tolist() == [2, 0, 1]
    assert math.isnan(rows.loc["Profile Done", "effect"])
    assert rows.loc["activation", "reached"] == 0
    assert paths.warehouse.publish(FRICTION, lambda _: rows.reset_index(), [AS_OF]).rows == 3


def test_a_late_event_changes_tomorrows_points_and_not_yesterdays(paths):
    milestone(paths, "dan", "onboarding_step", "Profile Done", "2025-04-08 10:00", received="2025-04-30")
    assert night(paths, AS_OF - dt.timedelta(days=1)).loc["Profile Done", "lost"] == 1
    assert night(paths, AS_OF).loc["Profile Done", "lost"] == 0


def test_an_unrelated_user_moves_only_the_counts_of_the_first_step(paths):
    before = night(paths, AS_OF).loc["Data Imported"]
    paths.user("zoe", "2025-04-07 09:00")
    pd.testing.assert_series_equal(before, night(paths, AS_OF).loc["Data Imported"])
