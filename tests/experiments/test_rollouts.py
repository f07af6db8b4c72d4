"""A rollout goes 10, 25, 50, 100 while everything holds, never leaps, and goes back on the day a criterion fails."""

import csv
import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.experiments import Decision, Evidence, Rollout, RolloutPolicy, next_move, post_mortem, replay
from plg_orchestration.experiments.rules import STAGES
from plg_orchestration.verdicts import Verdict

START = dt.date(2025, 6, 1)
POLICY = RolloutPolicy()
SHIP, HOLD = Decision("new", "ship", "better"), Decision("new", "hold", "day 3 of at least 28")
SOURCE = Path(__file__).parent / "reference" / "rollout_stages.csv"


def evidence(day: int, **changes: object) -> Evidence:
    """Everything holds on day `day` (0 is the first)."""
    fine = Evidence(
        START + dt.timedelta(days=day), registered=True, retention=(0.01, -0.02, 0.04), error_rate=0.01, error_units=500,
        feedback=8.2, answers=60, split_alarm=False, decision=SHIP,
    )  # fmt: skip
    return replace(fine, **changes)  # type: ignore[arg-type]


def test_the_packaged_stages_are_the_published_ones() -> None:
    with SOURCE.open() as file:
        published = list(csv.DictReader(file))
    assert [stage.traffic for stage in POLICY.stages] == [int(row["traffic_pct"].split("-")[-1]) for row in published]
    weeks = [0 if row["elapsed"] == "day 1" else 7 * int(row["elapsed"].removeprefix("week ")) for row in published]
    assert [stage.after_days for stage in POLICY.stages] == weeks


def test_while_all_holds_it_goes_up_in_week_1_2_and_4() -> None:
    moves = replay([evidence(day) for day in range(40)], POLICY)
    changed = {(move.day - START).days: (move.move, move.after.traffic) for move in moves if move.before != move.after}
    assert changed == {0: ("start", 10), 7: ("advance", 25), 14: ("advance", 50), 28: ("advance", 100)}
    assert moves[3].reason == "metrics hold; 25 % from 2025-06-08 on"
    assert moves[-1].reason == "all the traffic has it"


def test_nothing_starts_unregistered() -> None:
    moved = next_move(Rollout(), evidence(0, registered=False), POLICY)
    assert (moved.move, moved.after, moved.reason) == ("hold", Rollout(), "hypotheses, metrics and plan are not registered")


RUNNING = Rollout(25, START + dt.timedelta(days=7), START, "running")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"retention": (-0.06, -0.08, -0.031)},
            "retention -6.0 points against control (-8.0 to -3.1): surely down by more than 3",
        ),
        ({"error_rate": 0.101}, "error_rate 0.101, limit 0.1"),
        ({"feedback": 6.9}, "feedback 6.9, limit 7"),
        ({"decision": Decision("new", "roll back", "worse")}, "the read-out says roll back: worse"),
        ({"feedback": 6.0, "error_rate": 0.2}, "error_rate 0.2, limit 0.1; feedback 6, limit 7"),
    ],
)
def test_a_failed_criterion_goes_back_the_same_day(changes: dict[str, object], reason: str) -> None:
    moved = next_move(RUNNING, evidence(14, **changes), POLICY)
    assert (moved.move, moved.after.traffic, moved.after.status) == ("roll back", 0, "rolled back")
    assert moved.reason == reason
    after = next_move(moved.after, evidence(15), POLICY)
    assert (after.move, after.reason) == ("hold", "was rolled back; begin anew after the post-mortem")
    everything = next_move(replace(RUNNING, traffic=100), evidence(60, **changes), POLICY)
    assert everything.move == "roll back", "criteria hold for all the traffic, too"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"retention": None}, "retention against control is not known"),
        ({"retention": (-0.04, -0.09, 0.01)}, "down by more than 3, but perhaps by chance"),
        ({"error_rate": None}, "the error rate is known of 500 active days; 100 are needed"),
        ({"error_units": 99}, "the error rate is known of 99 active days; 100 are needed"),
        ({"feedback": 1.0, "answers": 3}, "feedback has 3 answers; 30 are needed"),
        ({"split_alarm": None}, "the split of the arms is not known"),
        ({"split_alarm": True}, "the arms are not split as planned"),
    ],
)
def test_what_is_not_known_or_not_sure_keeps_the_stage(changes: dict[str, object], reason: str) -> None:
    moved = next_move(RUNNING, evidence(14, **changes), POLICY)
    assert (moved.move, moved.after) == ("hold", RUNNING)
    assert moved.reason.startswith("25 % until ") and reason in moved.reason
    assert any(criterion.verdict in (Verdict.WARN, Verdict.INSUFFICIENT) for criterion in moved.criteria)


def test_at_the_limits_it_still_holds() -> None:
    assert (
        next_move(RUNNING, evidence(14, error_rate=0.10, feedback=7.0, retention=(-0.03, -0.05, -0.01)), POLICY).move == "advance"
    )


def test_all_the_traffic_only_when_the_read_out_ships() -> None:
    half = replace(RUNNING, traffic=50, since=START + dt.timedelta(days=14))
    assert next_move(half, evidence(28), POLICY).after.traffic == 100
    moved = next_move(half, evidence(28, decision=HOLD), POLICY)
    assert moved.reason == "100 % only when the read-out says ship; it says hold: day 3 of at least 28"
    assert next_move(half, evidence(28, decision=None), POLICY).reason.endswith("it is not there")
    assert next_move(half, evidence(28, decision=None), RolloutPolicy(ship_first=False)).after.traffic == 100


def test_days_come_in_order() -> None:
    with pytest.raises(ValueError, match="2025-06-03 lies before 2025-06-08"):
        next_move(RUNNING, evidence(2), POLICY)


DAYS = st.builds(
    lambda retention, errors, feedback, split, ship: {
        "retention": retention, "error_rate": errors, "feedback": feedback, "split_alarm": split, "decision": ship,
    },
    st.sampled_from([None, (0.0, -0.1, 0.1), (-0.05, -0.1, 0.0), (-0.1, -0.15, -0.05)]), st.sampled_from([None, 0.01, 0.2]),
    st.sampled_from([None, 8.0, 5.0]), st.sampled_from([None, False, True]), st.sampled_from([None, SHIP, HOLD]),
)  # fmt: skip
FINE = st.just({"decision": SHIP})


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(FINE, FINE, FINE, FINE, DAYS), min_size=1, max_size=50))
def test_whatever_happens_no_stage_is_skipped_and_none_is_entered_on_an_open_criterion(days: list[dict[str, object]]) -> None:
    for move in replay([evidence(day, **changes) for day, changes in enumerate(days)], POLICY):
        if move.move == "advance":
            assert STAGES.index(move.after.traffic) == STAGES.index(move.before.traffic) + 1  # type: ignore[arg-type]
            assert all(criterion.verdict is Verdict.PASS for criterion in move.criteria)
        elif move.move == "roll back":
            assert any(criterion.verdict is Verdict.FAIL for criterion in move.criteria)
        if any(criterion.verdict is Verdict.FAIL for criterion in move.criteria):
            assert move.after.traffic == 0


def test_a_post_mortem_is_due_in_48_hours() -> None:
    back = dt.datetime(2025, 6, 9, 8)
    hours = lambda number: back + dt.timedelta(hours=number)  # noqa: E731
    assert post_mortem(back, filed_at=None, now=hours(40), policy=POLICY).status == "due"
    assert post_mortem(back, filed_at=None, now=hours(40), policy=POLICY).hours_left == 8
    assert post_mortem(back, filed_at=None, now=hours(49), policy=POLICY).status == "overdue"
    assert post_mortem(back, filed_at=hours(48), now=hours(90), policy=POLICY).status == "filed"
    assert post_mortem(back, filed_at=hours(50), now=hours(90), policy=POLICY) == post_mortem(
        back, filed_at=hours(50), now=hours(200), policy=POLICY
    )
    assert post_mortem(back, filed_at=hours(50), now=hours(90), policy=POLICY).status == "filed late"
    assert post_mortem(back, filed_at=hours(50), now=hours(49), policy=POLICY).status == "overdue", "not yet filed then"
    with pytest.raises(ValueError, match="lies before the rollback"):
        post_mortem(back, filed_at=hours(-1), now=hours(1), policy=POLICY)


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([(10, 0), (50, 7), (100, 14)], "stages are 10, 50, 100 %; list 10, 25, 50 and 100, none skipped"),
        ([(10, 0), (25, 14), (50, 7), (100, 28)], "do not rise"),
    ],
)
def test_stages_that_skip_or_overtake_are_refused(stages: list[tuple[int, int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RolloutPolicy.model_validate({"stages": [{"traffic": traffic, "after_days": days} for traffic, days in stages]})
