"""The golden path: who is compared, which steps count, what is on the path, and that nothing of the future leaks in."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.paths import published, queries
from plg_orchestration.cohorts.paths.golden import duration
from plg_orchestration.cohorts.paths.policy import GoldenPath, PathPolicy, PathRole
from plg_orchestration.cohorts.paths.tables import GOLDEN_PATH
from plg_orchestration.warehouse import table
from tests.cohorts.path_worlds import configure, declare, journeys, milestone

AS_OF = dt.date(2025, 6, 30)
OPTIONS = {"min_members": 2, "min_users": 1, "first_days": 7, "stay_day": 30, "wait_days": 7, "cohort_days": 90}
STEPS = ["profile", "import", "invite"]


def path(people, **options):
    frame = people if isinstance(people, pd.DataFrame) else journeys(people)
    return cohorts.golden_path(frame, signup="signup", activation="share", steps=STEPS, as_of=AS_OF, **(OPTIONS | options))


FEW = {
    "ann": {"profile": 1, "import": 3, "share": 5, "open": 24 * 31},
    "bob": {"import": 2, "profile": 4, "share": 5, "open": 24 * 40},
    "cem": {"profile": 2, "share": 5, "open": 24 * 29},
    "dan": {"profile": 6, "open": 24 * 31},
    "eve": {},
}


def test_steps_and_transitions_are_counted_for_those_who_stayed_and_the_others():
    rows = path(FEW)
    steps = rows[rows["kind"] == "step"].set_index("to_step")
    # Ann and Bob activated and were seen on day 30 or later; Cem was not seen then, Dan and Eve did not activate.
    assert steps.loc["profile", ["stayers_did", "stayers", "others_did", "others"]].tolist() == [2, 2, 2, 3]
    assert steps.loc["import", ["stayers_did", "others_did"]].tolist() == [2, 0]
    assert steps.loc["profile", "median_hours"] == 2.5
    assert steps.loc["profile", "lift"] == pytest.approx(1.5)
    moves = rows[rows["kind"] == "transition"].set_index(["from_step", "to_step"])
    assert {key: (row["stayers_did"], row["others_did"]) for key, row in moves.iterrows()} == {
        ("signup", "profile"): (1, 2), ("profile", "import"): (1, 0), ("signup", "import"): (1, 0), ("import", "profile"): (1, 0),
    }  # fmt: skip


def test_only_the_first_days_count_and_only_first_times():
    people = FEW | {"ann": FEW["ann"] | {"invite": 24 * 7 - 1}, "bob": FEW["bob"] | {"invite": 24 * 7}}
    frame = pd.concat([journeys(people), journeys({"ann": {"profile": 100}}).iloc[1:]], ignore_index=True)
    steps = path(frame).set_index(["kind", "to_step"])
    assert steps.loc[("step", "invite"), "stayers_did"] == 1
    assert steps.loc[("step", "profile"), "median_hours"] == 2.5


def test_activating_after_the_first_days_is_not_having_activated_in_them():
    late = FEW | {"bob": FEW["bob"] | {"share": 24 * 7}, "fay": {"share": 1, "open": 24 * 33}}
    whole = path(late).iloc[0]
    assert (whole["stayers"], whole["others"]) == (2, 4)


def test_signups_that_had_no_time_to_stay_are_left_out():
    days = 30 + 7
    last = dt.datetime.combine(AS_OF - dt.timedelta(days=days), dt.time(23, 59))
    just = pd.concat([journeys(FEW), journeys({"new": {}}, signup=last)])
    over = pd.concat([journeys(FEW), journeys({"new": {}}, signup=last + dt.timedelta(minutes=1))])
    assert path(just).iloc[0]["others"] == 4
    assert path(over).iloc[0]["others"] == 3


@pytest.mark.parametrize(("zone", "others"), [("Etc/GMT+12", 4), ("UTC", 4), ("Pacific/Kiritimati", 3)])
def test_the_last_day_of_signups_is_a_calendar_day_of_the_zone(zone, others):
    last = dt.datetime.combine(AS_OF - dt.timedelta(days=37), dt.time(23, 45))
    frame = pd.concat([journeys(FEW), journeys({"new": {}}, signup=last)])
    assert path(frame, timezone=zone).iloc[0]["others"] == others


def planted(seed=3, size=300):
    """Those who stay import within hours and invite after it more often than the others; the profile is everybody's."""
    draw = np.random.default_rng(seed)
    people = {}
    for number in range(size):
        stays = number % 3 == 0
        plan = {"profile": draw.uniform(0.1, 1)} if draw.random() < 0.9 else {}
        if draw.random() < (0.8 if stays else 0.3):
            plan["import"] = draw.uniform(2, 6)
        if draw.random() < (0.7 if stays else 0.2):
            plan["invite"] = draw.uniform(20, 60)
        people[f"u{number}"] = plan | ({"share": 70, "open": 24 * 32} if stays else {})
    return people


def test_the_planted_path_is_found_in_its_order_and_said():
    rows = path(planted(), min_members=30, min_users=20)
    steps = rows[(rows["kind"] == "step") & rows["on_path"]].sort_values("position")
    assert steps["to_step"].tolist() == ["import", "invite"]
    assert steps["position"].tolist() == [1, 2]
    transitions = rows[(rows["kind"] == "transition") & rows["on_path"]]
    assert set(zip(transitions["from_step"], transitions["to_step"], strict=True)) <= {("signup", "import"), ("import", "invite")}
    whole = rows.iloc[0]
    assert whole["kind"] == "path"
    assert whole["sentence"].startswith("Those who stay typically reach import within 4 hours of the signup, then invite within ")
    assert whole["sentence"].endswith("an association, not a cause.")
    assert not rows.set_index(["kind", "to_step"]).loc[("step", "profile"), "on_path"]


def test_a_shorter_path_keeps_the_strongest_steps():
    rows = path(planted(), min_members=30, min_users=20, longest=1)
    assert rows[(rows["kind"] == "step") & rows["on_path"]]["to_step"].tolist() == ["invite"]


def test_when_nothing_differs_the_path_is_empty_with_a_reason():
    draw = np.random.default_rng(5)
    people = {
        f"u{k}": ({"profile": 1.0} if draw.random() < 0.7 else {}) | ({"share": 70, "open": 24 * 32} if k % 2 else {})
        for k in range(200)
    }
    rows = path(people, min_members=30, min_users=20)
    assert not rows["on_path"].any()
    assert rows.iloc[0]["reason"] == "no step that at least 50 % of those who stayed took sets them apart"


def test_too_little_data_says_so():
    rows = path(FEW, min_members=30)
    assert rows.iloc[0]["reason"] == "2 users stayed and 3 did not; a comparison needs 30 of each"
    assert rows["lift"].isna().all()
    none = path(journeys({}))
    assert none.iloc[0]["reason"] == "0 users stayed and 0 did not; a comparison needs 2 of each"
    assert none.loc[none["kind"] == "step", "stayers_share"].isna().all()


plans = st.dictionaries(st.sampled_from([*STEPS, "share", "open"]), st.integers(0, 24 * 40), max_size=5)


@settings(max_examples=5, deadline=None)
@given(st.lists(plans, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_shares_are_shares_and_the_order_of_arrival_is_irrelevant(people, random):
    frame = journeys({f"u{k}": plan for k, plan in enumerate(people)})
    rows = path(frame, min_members=1)
    assert (rows["stayers_did"].dropna() <= rows["stayers"][rows["stayers_did"].notna()]).all()
    assert (rows["others_did"].dropna() <= rows["others"][rows["others_did"].notna()]).all()
    firsts = rows[(rows["kind"] == "transition") & (rows["from_step"] == "signup")][["stayers_did", "others_did"]].sum().sum()
    assert firsts <= len(people)
    order = list(range(len(frame)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(rows, path(frame.iloc[order].reset_index(drop=True), min_members=1))


def test_an_unrelated_user_moves_only_the_others():
    before, after = path(FEW), path(FEW | {"zoe": {}})
    assert (after["stayers_did"].dropna() == before["stayers_did"].dropna()).all()
    assert after.iloc[0]["others"] == before.iloc[0]["others"] + 1


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="steps: 'share' is the signup or the activation"):
        cohorts.golden_path(journeys(FEW), signup="signup", activation="share", steps=["share"], as_of=AS_OF)
    with pytest.raises(ValueError, match="steps must lie before the days of staying"):
        path(FEW, first_days=31)
    with pytest.raises(ValueError, match="timezone: 'Mars/Base'"):
        path(FEW, timezone="Mars/Base")


def test_times_are_said_in_the_unit_that_reads_best():
    assert [duration(hours) for hours in (0.001, 0.5, 1.2, 47.4, 72)] == [
        "1 minute",
        "30 minutes",
        "1 hour",
        "47 hours",
        "3 days",
    ]


# -- the published table ----------------------------------------------------------------------------------------------

POLICY = PathPolicy(
    golden_path=GoldenPath(
        min_members=1, min_users=1, first_days=14, wait_days=7,
        steps=(
            PathRole(role="onboarding_step", name="{item}"), PathRole(role="core_feature", name="use of {item}"),
            PathRole(role="item_created", name="an item"), PathRole(role="collaboration", name="collaboration"),
        ),
    )
)  # fmt: skip
JUNE = AsOf(AS_OF, "Europe/Berlin")


@pytest.fixture
def paths(world):
    configure(world, POLICY)
    declare(world)
    for who in ("ann", "bob"):
        world.user(who, "2025-04-07 09:00")
    milestone(world, "ann", "onboarding_step", "Profile Done", "2025-04-07 10:00")
    milestone(world, "ann", "core_feature", "reports", "2025-04-07 11:00")
    milestone(world, "ann", "activation", "", "2025-04-08 09:00")
    milestone(world, "bob", "onboarding_step", "Profile Done", "2025-04-07 09:30")
    world.active("ann", "2025-04-07", "2025-05-07")
    world.active("bob", "2025-04-07")
    return world


def night(world, as_of=JUNE, policy=POLICY):
    rows = published.golden_path(world.warehouse, as_of=as_of, policy=policy)
    assert tuple(rows.columns) == GOLDEN_PATH.column_names
    return rows


def test_the_published_path_has_the_declared_steps(paths):
    rows = night(paths)
    steps = rows[rows["kind"] == "step"].set_index("to_step")
    # What is made of the same event as an earlier step is no second one; what shows the activation is none.
    assert steps.index.tolist() == ["Profile Done", "Data Imported", "use of reports"]
    assert steps[["stayers_did", "others_did"]].to_numpy().tolist() == [[1, 1], [0, 0], [1, 0]]
    moves = rows[rows["kind"] == "transition"]
    assert set(zip(moves["from_step"], moves["to_step"], strict=True)) == {
        ("signup", "Profile Done"),
        ("Profile Done", "use of reports"),
    }
    published_rows = paths.warehouse.publish(GOLDEN_PATH, lambda _: rows, [AS_OF])
    assert published_rows.rows == len(rows)
    said = "select count(*) from cohorts.golden_path where kind = 'path' and position is null and sentence is null"
    assert paths.warehouse.scalar(said) == 1


def test_a_condition_of_the_activation_rule_is_no_step(paths):
    paths.warehouse.connection.execute("insert into config.activation_conditions values ('core_feature', 'reports', null)")
    assert set(night(paths).query("kind == 'step'")["to_step"]) == {"Profile Done", "Data Imported"}


def test_a_late_event_changes_tomorrows_path_and_not_yesterdays(paths):
    milestone(paths, "bob", "core_feature", "reports", "2025-04-09 09:00", received="2025-06-30")
    yesterday = night(paths, JUNE.minus(1)).set_index(["kind", "to_step"])
    today = night(paths).set_index(["kind", "to_step"])
    assert yesterday.loc[("step", "use of reports"), "others_did"] == 0
    assert today.loc[("step", "use of reports"), "others_did"] == 1


def test_a_step_after_the_first_days_is_none_even_when_it_set_them_apart(paths):
    milestone(paths, "ann", "onboarding_step", "Data Imported", "2025-04-21 09:00")
    assert night(paths).set_index("to_step").loc["Data Imported", "stayers_did"] == 0


def test_the_same_counts_come_from_stored_activity(paths):
    paths.warehouse.ensure(table("behavior.activity"))
    from plg_orchestration.behavior.queries import activity

    paths.warehouse.insert(table("behavior.activity"), paths.warehouse.arrow(activity(as_of=JUNE)))
    policy = POLICY.golden_path
    computed = paths.records(queries.path_counts(as_of=JUNE, policy=policy))
    assert paths.records(queries.path_counts(as_of=JUNE, policy=policy, stored=True)) == computed


def test_the_plain_parts_and_the_published_parts_agree(paths):
    # path_activations, path_members, path_times and path_steps against plain_path_members and plain_path_times.
    events = pd.DataFrame(
        [
            ("ann", "signup", "2025-04-07 09:00"), ("bob", "signup", "2025-04-07 09:00"),
            ("ann", "Profile Done", "2025-04-07 10:00"),
            ("ann", "use of reports", "2025-04-07 11:00"), ("ann", "share", "2025-04-08 09:00"),
            ("bob", "Profile Done", "2025-04-07 09:30"), ("ann", "open", "2025-05-07 10:00"),
        ], columns=["user_id", "event", "event_at"],
    )  # fmt: skip
    events["event_at"] = pd.to_datetime(events["event_at"])
    plain = cohorts.golden_path(
        events, signup="signup", activation="share", steps=["Profile Done", "Data Imported", "use of reports"], as_of=AS_OF,
        timezone="Europe/Berlin", min_members=1, min_users=1, first_days=14, wait_days=7,
    )  # fmt: skip
    stored = night(paths).drop(columns="as_of")
    pd.testing.assert_frame_equal(plain, stored)
