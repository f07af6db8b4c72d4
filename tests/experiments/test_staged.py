"""The nightly rollouts: evidence from the warehouse, the move it asks for, and stages judged by what was known before them."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.experiments import ExperimentPolicy, published, queries
from plg_orchestration.experiments.staged import standing
from plg_orchestration.experiments.tables import EFFECTS, PLAN_AUDIT, ROLLOUTS, SELF_CHECKS, STAGES
from plg_orchestration.warehouse.scratch import scratch
from tests.experiments.test_published import AS_OF, PLAN, World, active, at, exposed, planted, reached, registered

NOBODY = pd.DataFrame([reached("nobody", "06-01")]).iloc[:0]


@pytest.fixture
def world() -> Any:
    with scratch() as warehouse:
        yield World(warehouse)


def staged(*stages: tuple[int, str], **changes: Any) -> ExperimentPolicy:
    rollout = [{"traffic": traffic, "since": f"2025-{day}"} for traffic, day in stages]
    return registered(plan=PLAN, rollout=rollout, stage=stages[-1][0] or 100, **changes)


def put(world: World, name: str, rows: list[dict[str, object]]) -> None:
    world.warehouse.connection.register("given", pd.DataFrame(rows))
    world.warehouse.connection.execute(f"insert into {name} by name select * from given")


def day_of(unit: str, day: str, errors: int, *, last: str | None = None) -> dict[str, object]:
    return {**active(unit, day, account=unit), "last_at": at(last or f"{day} 12:00"), "errors_shown": errors}


def answer(number: int, unit: str, kind: str, score: float, when: str) -> dict[str, object]:
    return {
        "survey_id": f"s{number}", "kind": kind, "user_id": unit, "score": score, "answered_at": at(when), "known_at": at(when),
        "known_date": at(when).date(), "file_id": 1, "line": number,
    }  # fmt: skip


def lived(world: World, *, errors: float = 0.05, score: float = 9.0) -> None:
    """Everybody is active two weeks after the exposure; a share of them meets an error, and each tenth answers."""
    units = [(f"{arm}{number}", number) for arm in ("control", "new") for number in range(400)]
    put(world, "behavior.user_days", [day_of(unit, "07-01", int(n < 400 * errors)) for unit, n in units])
    put(world, "ingest.surveys", [answer(i, unit, "nps", score, "07-02") for i, (unit, n) in enumerate(units) if n % 10 == 0])


def test_levels_begin_with_the_exposure_and_end_with_the_window(world: World) -> None:
    exposures = pd.DataFrame([exposed("a", "new", "06-30 10:00"), exposed("b", "control", "06-30")])
    world.fill(registered(), exposures, NOBODY, pd.DataFrame([active("a", "06-01")]))
    put(world, "behavior.user_days", [
        day_of("a", "06-30", 1, last="06-30 09:59"), day_of("a", "07-01", 1), day_of("a", "07-02", 0), day_of("b", "07-03", 0),
    ])  # fmt: skip
    put(world, "ingest.surveys", [
        answer(1, "a", "csat", 5.0, "07-01"), answer(2, "a", "nps", 6.0, "07-02"), answer(3, "a", "nps", 0.0, "06-29"),
        answer(4, "b", "ces", 7.0, "07-03"),
    ])  # fmt: skip
    rows = world.warehouse.rows(queries.rollout_levels(as_of=AS_OF, evidence_days=28))
    assert rows == [("checklist", "control", True, 1, 0, 0, None), ("checklist", "new", False, 2, 1, 2, 8.0)]
    later = AsOf(dt.date(2025, 7, 29))
    assert world.warehouse.rows(queries.rollout_levels(as_of=later, evidence_days=28))[1][3:] == (1, 0, 1, 6.0)


def test_segments_are_those_from_before_the_exposure(world: World) -> None:
    world.fill(registered(), pd.DataFrame([exposed("a", "new", "06-30")]), NOBODY, pd.DataFrame([active("a", "06-01")]))
    put(world, "ingest.users", [{
        "user_id": "a", "account_id": "acme", "signup_at": at("06-01"), "device": "mobile", "region": "EMEA", "origin": "source",
        "known_at": at("06-01"), "known_date": at("06-01").date(), "file_id": 1, "line": 1,
    }])  # fmt: skip
    sold = {"account_id": "acme", "trial": False, "known_at": at("06-01"), "known_date": at("06-01").date(), "file_id": 1}
    put(world, "ingest.subscriptions", [
        {**sold, "subscription_id": "1", "plan": "team", "started_at": at("06-01"), "ended_at": at("07-05"), "line": 1},
        {**sold, "subscription_id": "2", "plan": "business", "started_at": at("07-05"), "ended_at": None, "line": 2},
    ])  # fmt: skip
    (row,) = world.warehouse.arrow(queries.unit_segments(as_of=AS_OF)).to_pylist()
    assert (row["device"], row["region"], row["plan"]) == ("mobile", "EMEA", "team")


def test_while_everything_holds_the_night_asks_for_the_next_stage(world: World) -> None:
    policy = staged((10, "06-02"))
    world.fill(policy, *planted())
    lived(world)
    (row,) = published.watch(world.warehouse, as_of=AS_OF, policy=policy).rollouts.to_pylist()
    assert tuple(row) == ROLLOUTS.column_names
    assert (row["status"], row["traffic"], row["move"], row["next_traffic"], row["verdict"]) == (
        "running",
        10,
        "advance",
        25,
        "pass",
    )
    assert (row["retention"], row["error_rate"], row["feedback"]) == (pytest.approx(0.0), pytest.approx(0.05), pytest.approx(9.0))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"errors": 0.2}, "error_rate 0.2, limit 0.1"), ({"score": 6.0}, "feedback 6, limit 7")],
)
def test_a_criterion_that_fails_asks_for_a_rollback(world: World, changes: dict[str, float], reason: str) -> None:
    policy = staged((10, "06-02"))
    world.fill(policy, *planted())
    lived(world, **changes)
    (row,) = published.watch(world.warehouse, as_of=AS_OF, policy=policy).rollouts.to_pylist()
    assert (row["move"], row["next_traffic"], row["verdict"], row["reason"]) == ("roll back", 0, "fail", reason)


def test_an_experiment_without_stages_is_judged_daily_at_all_of_its_traffic(world: World) -> None:
    world.fill(registered(), *planted())
    (row,) = published.watch(world.warehouse, as_of=AS_OF, policy=registered()).rollouts.to_pylist()
    assert (row["traffic"], row["since"], row["move"]) == (100, dt.date(2025, 6, 1), "hold")
    assert row["reason"].startswith("all the traffic has it; the error rate is known of 0 active days; 100 are needed")


def test_a_rollout_stands_where_its_stages_say() -> None:
    experiment = staged((10, "06-02"), (25, "06-10"), (0, "06-20"), (10, "07-01")).experiments[0]
    found = [standing(experiment, dt.date(2025, *day)) for day in ((6, 1), (6, 2), (6, 15), (6, 20), (7, 1))]
    assert [(state.traffic, state.status) for state in found] == [
        (0, "planned"), (10, "running"), (25, "running"), (0, "rolled back"), (10, "running"),
    ]  # fmt: skip
    assert [state.started for state in found] == [None, *[dt.date(2025, 6, 2)] * 3, dt.date(2025, 7, 1)]


def test_a_stage_is_earned_by_what_was_known_the_evening_before(world: World) -> None:
    policy = staged((10, "06-02"), (25, "06-16"), (50, "07-04"))
    world.fill(policy, *planted())
    lived(world)
    rows = published.stages(world.warehouse, as_of=AS_OF, policy=policy).to_pylist()
    assert tuple(rows[0]) == STAGES.column_names
    assert [(row["traffic"], row["before"], row["earned"]) for row in rows] == [(10, 0, True), (25, 10, False), (50, 25, True)]
    assert rows[1]["judged_by"].startswith("known on 2025-06-15: 10 % until the error rate is known of 0 active days")
    assert rows[2]["judged_by"] == "known on 2025-07-03: metrics hold: 50 % of the traffic"
    before = published.stages(world.warehouse, as_of=AsOf(dt.date(2025, 6, 15)), policy=policy)
    assert before.num_rows == 1


def test_a_stage_keeps_the_judgment_of_the_first_night_that_saw_it(world: World) -> None:
    policy = staged((10, "06-02"), (25, "06-16"))
    world.fill(policy, *planted())
    rows = published.stages(world.warehouse, as_of=AS_OF, policy=policy)
    world.warehouse.ensure(STAGES)
    world.warehouse.insert(STAGES, rows)
    world.warehouse.connection.execute(
        "update experiments.stages set earned = true, judged_by = 'earlier_stages' where traffic = 25"
    )
    later = published.stages(world.warehouse, as_of=AsOf(dt.date(2025, 7, 21)), policy=policy).to_pylist()
    again = published.stages(world.warehouse, as_of=AS_OF, policy=policy).to_pylist()
    assert (later[1]["earned"], later[1]["judged_by"]) == (True, "earlier_stages")
    assert again[1]["earned"] is False


@pytest.mark.parametrize(
    ("filed", "day", "status"),
    [("07-05 10:00", 6, "filed"), ("07-09", 10, "filed late"), (None, 6, "due"), (None, 7, "due"), (None, 8, "overdue")],
)
def test_a_rollback_starts_the_clock_of_its_post_mortem(world: World, filed: str | None, day: int, status: str) -> None:
    policy = staged((10, "06-02"), (0, "07-05"))
    world.fill(policy, *planted(100))
    if filed:
        put(world, "ingest.governance_records", [{
            "record_id": "G1", "kind": "post_mortem", "at": at(filed), "subject": "checklist", "known_at": at(filed),
            "known_date": at(filed).date(), "file_id": 1, "line": 1,
        }])  # fmt: skip
    as_of = AsOf(dt.date(2025, 7, day))
    assert len(world.warehouse.rows(queries.post_mortems(as_of=as_of))) == bool(filed)
    _, row = published.stages(world.warehouse, as_of=as_of, policy=policy).to_pylist()
    assert (row["earned"], row["post_mortem"], row["post_mortem_due"]) == (None, status, dt.datetime(2025, 7, 8))


@pytest.mark.parametrize(("filed", "earned"), [("07-08", True), (None, False), ("06-20", False), ("07-12", False)])
def test_a_rollout_begins_anew_once_its_post_mortem_is_filed(world: World, filed: str | None, earned: bool) -> None:
    policy = staged((10, "06-02"), (0, "07-05"), (10, "07-12"))
    world.fill(policy, *planted(100))
    if filed:
        when = at(f"{filed} 10:00")
        put(world, "ingest.governance_records", [{
            "record_id": "G1", "kind": "post_mortem", "at": when, "subject": "checklist", "known_at": when,
            "known_date": when.date(), "file_id": 1, "line": 1,
        }])  # fmt: skip
    row = published.stages(world.warehouse, as_of=AsOf(dt.date(2025, 7, 14)), policy=policy).to_pylist()[-1]
    assert (row["earned"], row["judged_by"]) == (earned, f"begun anew {'after the' if earned else 'without a'} post-mortem")


def test_without_stages_the_table_says_so(world: World) -> None:
    with pytest.raises(Unavailable, match="no registered experiment lists stages"):
        published.stages(world.warehouse, as_of=AS_OF, policy=registered())


def test_the_effect_is_told_look_by_look(world: World) -> None:
    exposures, activated, days = planted()
    late = exposures.assign(exposed_at=[at("06-02") if n % 400 < 200 else at("06-12") for n in range(800)])
    late["known_date"] = late["exposed_at"].dt.date
    moved = activated.assign(first_at=activated["unit_id"].map(dict(zip(late["unit_id"], late["exposed_at"], strict=True))))
    world.fill(registered(plan=PLAN), late, moved, days)
    rows = published.watch(world.warehouse, as_of=AS_OF, policy=registered(plan=PLAN)).effects.to_pylist()
    assert tuple(rows[0]) == EFFECTS.column_names
    assert [(row["date"], row["day"], row["n"]) for row in rows] == [
        (dt.date(2025, 6, 8), 8, 200),
        (dt.date(2025, 6, 18), 18, 400),
    ]
    assert rows[-1]["difference"] == pytest.approx(0.2)
    assert all(row["always_valid_low"] < row["ci_low"] for row in rows)


def past(world: World, size: int = 400) -> None:
    """People who signed up alike: each second activates, and pays twice as much."""
    world.fill(registered(), pd.DataFrame([exposed("x", "new", "06-02")]), NOBODY, pd.DataFrame([active("u1", "06-10")]))
    put(world, "ingest.users", [{
        "user_id": f"u{n}", "account_id": f"a{n}", "signup_at": at("06-01"), "origin": "source", "known_at": at("06-01"),
        "known_date": at("06-01").date(), "file_id": 1, "line": n,
    } for n in range(size)])  # fmt: skip
    put(world, "behavior.milestones", [
        {"received_date": at("06-03").date(), "unit": "user", "unit_id": f"u{n}", "role": "activation", "first_at": at("06-03")}
        for n in range(0, size, 2)
    ])  # fmt: skip
    put(world, "revenue.mrr_daily", [
        {"date": AS_OF.date, "account_id": f"a{n}", "mrr": 20 - 10 * (n % 2), "currency": "USD"} for n in range(size)
    ])  # fmt: skip


def test_past_people_are_split_at_random_and_look_alike(world: World) -> None:
    past(world)
    units = world.warehouse.arrow(queries.past_units(as_of=AS_OF)).to_pylist()
    assert units[1] == {"unit_id": "u1", "account_id": "a1", "activation_rate": 0.0, "retention": 1.0}
    rows = published.self_checks(world.warehouse, as_of=AS_OF, policy=registered()).to_pylist()
    assert tuple(rows[0]) == SELF_CHECKS.column_names
    assert (rows[0]["metric"], rows[0]["units"], rows[0]["rounds"], rows[0]["verdict"]) == ("activation_rate", 400, 2000, "pass")
    assert 0.04 <= rows[0]["false_alarms"] <= 0.06
    with pytest.raises(Unavailable, match="0 people signed up long enough ago; 200 are needed"):
        published.self_checks(world.warehouse, as_of=AsOf(dt.date(2025, 6, 10)), policy=registered())


def test_an_effect_is_worth_lift_times_arpu_delta_times_cohort(world: World) -> None:
    past(world)
    world.warehouse.connection.execute("delete from ingest.exposures; delete from behavior.user_days")
    exposures, activated, days = planted()
    for name, frame in (("ingest.exposures", exposures), ("behavior.milestones", activated), ("behavior.user_days", days)):
        put(world, name, frame.to_dict("records"))
    row = published.readouts(world.warehouse, as_of=AS_OF, policy=registered(plan=PLAN)).to_pylist()[0]
    assert (row["arpu_delta"], row["cohort"], row["currency"]) == (pytest.approx(10.0), 800, "USD")
    assert row["revenue"] == pytest.approx(0.2 * 10.0 * 800)
    assert row["revenue_low"] == pytest.approx(row["ci_low"] * 8000, rel=0.02)
    world.warehouse.connection.execute("update revenue.mrr_daily set currency = 'EUR' where account_id = 'a1'")
    assert world.warehouse.rows(queries.past_revenue(as_of=AS_OF, currency="USD")) == []


def test_the_published_plan_is_a_table_with_its_verdicts() -> None:
    rows = published.plan_audit().to_pylist()
    assert tuple(rows[0]) == PLAN_AUDIT.column_names
    found = {row["experiment"]: (row["planned_units"], row["needed_units"], row["verdict"]) for row in rows}
    assert len(found) == 10
    assert found["email_nurture"] == (20_000, 24_190, "fail") and found["upgrade_prompt_timing"] == (15_000, 13_911, "pass")
