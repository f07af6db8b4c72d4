"""Where an initiative stands: KPIs, milestones, spend, experiment, return, rollback and the decision that comes next.

The rows rest on initiative_values, initiative_baselines, earlier_baselines, initiative_records, initiative_readouts and
signups_a_month.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.conditions import Condition
from plg_orchestration.governance.initiatives import published, queries
from plg_orchestration.governance.initiatives.judging import Reading, change, met
from plg_orchestration.governance.initiatives.roadmap import roadmap_rows
from plg_orchestration.warehouse import Warehouse
from tests.governance.initiatives.conftest import STARTS, Store, plan

Rows = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]
MARCH, MAY = dt.date(2025, 3, 1), dt.date(2025, 5, 1)
JUNE = dt.datetime(2025, 6, 2)


def milestones(store: Store, done: int) -> None:
    for number, name in enumerate(("one", "two", "three", "four", "five")):
        closed = dt.datetime(2025, 5, 20) if number < done else None
        store.record(f"m{number}", "initiative_milestone", name, due=dt.datetime(2025, 6, 1), closed=closed)


def ready(store: Store) -> None:
    """Four of five milestones, a significant experiment, and engagement as it was."""
    milestones(store, 4)
    store.read_out(0.10, 0.04, 0.16, 0.001)
    store.kpi("dau_mau", MARCH, 20.0, low=19.0, high=21.0)
    store.kpi("dau_mau", MAY, 20.0, low=19.0, high=21.0)
    store.kpi("activation_rate", MARCH, 20.0, low=18.0, high=22.0)
    store.kpi("activation_rate", MAY, 33.0, low=31.0, high=35.0)


def test_a_target_is_compared_from_its_baseline_with_the_kpis_own_interval(store: Store, rows: Rows) -> None:
    ready(store)
    row, kpis = rows(plan())
    target = next(r for r in kpis if r["role"] == "target")
    assert (target["value"], target["baseline"], target["target"], target["verdict"]) == (33.0, 20.0, 30.0, "met")
    assert target["way"] == pytest.approx(1.3)
    assert (target["baseline_start"], target["period_start"], target["since"]) == (MARCH, MAY, STARTS)
    assert (row["kpis"], row["kpis_met"], row["kpis_unknown"]) == (1, 1, 0)


def test_a_value_whose_interval_holds_the_target_is_uncertain(store: Store, rows: Rows) -> None:
    store.kpi("activation_rate", MAY, 33.0, low=28.0, high=38.0)
    _, kpis = rows(plan())
    assert kpis[0]["verdict"] == "uncertain"


def test_a_change_is_measured_in_percent_of_the_baseline(store: Store, rows: Rows) -> None:
    store.kpi("activation_rate", MARCH, 20.0)
    store.kpi("activation_rate", MAY, 25.0)
    _, kpis = rows(plan(kpis=[{"kpi": "activation_rate", "when": ">= 20", "compared": "change"}]))
    assert (kpis[0]["figure"], kpis[0]["target"], kpis[0]["verdict"]) == (25.0, 24.0, "met")


def test_the_interval_of_a_change_has_the_errors_of_both_periods() -> None:
    value, low, high = change(Reading(12.0, 11.02, 12.98), Reading(10.0, 9.02, 10.98))
    assert value == pytest.approx(20.0)
    assert high is not None and low is not None  # errors of 0.5 each: 100 x 1.96 x sqrt(0.05² + 0.06²)
    assert (high - low) / 2 == pytest.approx(15.31, abs=0.01)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-1e6, 1e6))
def test_what_is_met_beyond_chance_is_met_by_the_value_too(value: float, reach: float, limit: float) -> None:
    condition = Condition(">=", limit)
    verdict = met(condition, value, value - reach, value + reach)
    assert verdict == "uncertain" or condition.holds(value) == (verdict == "met")


@pytest.mark.parametrize(
    ("months", "said"),
    [
        ([], "the night's snapshot has no month of activation_rate"),
        ([(MARCH, 20.0)], "no complete month of activation_rate has begun since the start on 2025-04-01"),
        ([(MAY, 33.0)], "no month of activation_rate is known from before the start on 2025-04-01; state its `baseline`"),
    ],
)
def test_without_a_value_after_and_before_the_start_nothing_is_judged(
    store: Store, rows: Rows, months: list[tuple[dt.date, float]], said: str
) -> None:
    store.kpi("signups", MAY, 100.0)
    for month, value in months:
        store.kpi("activation_rate", month, value)
    row, kpis = rows(plan(kpis=[{"kpi": "activation_rate", "when": ">= 20", "compared": "change"}]))
    assert (kpis[0]["verdict"], kpis[0]["reason"], kpis[0]["way"]) == ("no_data", said, None)
    assert row["kpis_unknown"] == 1


def test_a_kpi_that_nothing_measures_says_why(store: Store, rows: Rows) -> None:
    store.kpi("data_accuracy", MAY, None, reason="no second source is there to compare with")
    _, kpis = rows(plan(kpis=[{"kpi": "data_accuracy", "when": "> 95"}], rollback=None))
    assert (kpis[0]["verdict"], kpis[0]["reason"]) == ("no_data", "no second source is there to compare with")


def test_a_share_cannot_rise_over_a_hundred_percent(store: Store, rows: Rows) -> None:
    store.kpi("core_feature_adoption", MARCH, 90.0)
    store.kpi("core_feature_adoption", MAY, 92.0)
    _, kpis = rows(plan(kpis=[{"kpi": "core_feature_adoption", "when": ">= 30", "compared": "change"}]))
    assert kpis[0]["reason"] == "+30 % on 90 percent is 117, more than there can be; correct the condition"


def test_another_definition_is_not_compared(store: Store, rows: Rows) -> None:
    store.kpi("activation_rate", MARCH, 20.0, definition="old")
    store.kpi("activation_rate", MAY, 33.0)
    _, kpis = rows(plan(kpis=[{"kpi": "activation_rate", "when": ">= 20", "compared": "change"}]))
    assert kpis[0]["reason"].startswith("the definition of activation_rate has changed since its baseline")


def test_a_baseline_that_was_found_once_stays_while_the_start_does(store: Store, rows: Rows) -> None:
    ready(store)
    rows(plan(), as_of=AsOf(dt.date(2025, 6, 30)))
    store.kpi("activation_rate", MARCH, 26.0, as_of=dt.date(2025, 7, 1))
    store.kpi("activation_rate", MAY, 33.0, as_of=dt.date(2025, 7, 1))
    _, kept = rows(plan(), as_of=AsOf(dt.date(2025, 7, 1)))
    assert kept[0]["baseline"] == 20.0
    _, anew = rows(plan(starts=dt.date(2025, 4, 2)), as_of=AsOf(dt.date(2025, 7, 2)))
    assert anew[0]["baseline"] == 26.0


def test_a_kept_baseline_gives_way_to_one_by_the_new_definition(store: Store, rows: Rows) -> None:
    ready(store)
    rows(plan(), as_of=AsOf(dt.date(2025, 6, 30)))
    store.kpi("activation_rate", MARCH, 26.0, as_of=dt.date(2025, 7, 1), definition="new")
    store.kpi("activation_rate", MAY, 33.0, as_of=dt.date(2025, 7, 1), definition="new")
    _, kpis = rows(plan(), as_of=AsOf(dt.date(2025, 7, 1)))
    assert kpis[0]["baseline"] == 26.0


def test_four_of_five_milestones_and_a_significant_experiment_are_a_go(store: Store, rows: Rows) -> None:
    ready(store)
    row, _ = rows(plan())
    assert (row["status"], row["go_no_go"], row["experiment_verdict"]) == ("go", "met", "met")
    assert (row["milestones"], row["milestones_done"], row["milestones_due"], row["milestones_late"]) == (5, 4, 5, 1)
    assert row["milestone_completion"] == 0.8
    assert row["next_decision"] == "roll out to everybody and close it"


def test_three_of_five_are_open_before_the_last_day_and_a_no_go_on_it(store: Store, rows: Rows) -> None:
    ready(store)
    store.warehouse.connection.execute("update ingest.governance_records set closed_at = null where record_id = 'm3'")
    assert rows(plan())[0]["status"] == "running"
    row, _ = rows(plan(ends=dt.date(2025, 6, 29)), as_of=AsOf(dt.date(2025, 6, 30)))
    assert (row["status"], row["go_no_go"]) == ("no_go", "missed")
    assert "3 of 5 milestones are done; late: four, five" in row["reason"]


def test_an_experiment_that_shows_nothing_is_a_no_go_and_one_without_figures_is_undecided(store: Store, rows: Rows) -> None:
    ready(store)
    store.read_out(0.01, -0.05, 0.07, 0.6, as_of=dt.date(2025, 6, 20))
    row, _ = rows(plan(ends=dt.date(2025, 6, 29)))
    assert (row["status"], row["experiment_verdict"]) == ("no_go", "missed")
    store.read_out(None, 0, 0, 1, as_of=dt.date(2025, 6, 25))
    row, _ = rows(plan(ends=dt.date(2025, 6, 28)), as_of=AsOf(dt.date(2025, 7, 1)))
    assert (row["status"], row["experiment_said"]) == ("undecided", "trial: the split is broken")


def test_while_it_runs_only_the_always_valid_interval_counts(store: Store, rows: Rows) -> None:
    store.read_out(0.10, 0.04, 0.16, 0.001, as_of=dt.date(2025, 5, 20), always_valid_low=-0.01, always_valid_high=0.21)
    row, _ = rows(plan(), as_of=AsOf(dt.date(2025, 5, 21)))
    assert row["experiment_verdict"] == "uncertain"


def test_a_rollback_condition_that_holds_goes_before_a_go(store: Store, rows: Rows) -> None:
    ready(store)
    store.kpi("dau_mau", dt.date(2025, 6, 1), 15.0, low=14.5, high=15.5)
    row, _ = rows(plan())
    assert (row["status"], row["rollback_verdict"], row["rollback_value"]) == ("rollback_recommended", "holds", -25.0)
    assert row["rollback_condition"] == "dau_mau % change < -15"
    assert (row["next_decision"], row["decide_by"]) == ("roll back, or say in writing why not", dt.date(2025, 6, 30))


def test_a_fall_within_chance_is_uncertain_and_nothing_goes_back(store: Store, rows: Rows) -> None:
    ready(store)
    store.kpi("dau_mau", dt.date(2025, 6, 1), 16.5, low=15.0, high=18.0)
    row, _ = rows(plan())
    assert (row["status"], row["rollback_verdict"]) == ("go", "uncertain")


def test_before_the_start_it_is_planned_and_after_closing_done(rows: Rows, store: Store) -> None:
    store.kpi("signups", MAY, 100.0)
    row, _ = rows(plan(starts=None, ends=None))
    assert (row["status"], row["next_decision"], row["rollback_verdict"], row["go_no_go"]) == (
        "planned", "set a first day", None, None,
    )  # fmt: skip
    row, _ = rows(plan(closed=dt.date(2025, 6, 30)), as_of=AsOf(dt.date(2025, 7, 1)))
    assert (row["status"], row["reason"]) == ("done", "closed on 2025-06-30")


def spend(store: Store, number: str, detail: str, **more: Any) -> None:
    store.record(number, "initiative_spend", detail, **more)


def test_spend_is_hours_at_the_rate_and_tools_against_the_budget(store: Store, rows: Rows) -> None:
    spend(store, "s1", '{"engineering_hours": 30, "tooling_usd": 100}')
    spend(store, "s2", '{"engineering_hours": 10}')
    spend(store, "s3", '{"engineering_hours": 900}', known=dt.datetime(2025, 7, 5))
    spend(store, "s4", '{"engineering_hours": 900}', subject="another")
    row, _ = rows(plan())
    assert (row["hours_spent"], row["tooling_spent_usd"], row["spend_usd"], row["budget_usd"]) == (40.0, 100.0, 2100.0, 6000.0)
    assert row["budget_used"] == pytest.approx(0.35)
    bare, _ = rows(plan(), rate=None, as_of=AsOf(dt.date(2025, 7, 1)))
    assert (bare["spend_usd"], bare["budget_usd"], bare["budget_used"]) == (None, None, 0.4)


@pytest.mark.parametrize("detail", ["about 40 hours", "[40]", '{"engineering_hours": -1}', '{"hours": 4}', "{}"])
def test_a_spend_that_cannot_be_read_makes_the_total_unknown(store: Store, rows: Rows, detail: str) -> None:
    spend(store, "s1", '{"engineering_hours": 30}')
    spend(store, "s2", detail)
    row, _ = rows(plan())
    assert (row["hours_spent"], row["spend_usd"], row["budget_used"]) == (None, None, None)


def test_without_records_milestones_and_spend_are_unknown_and_not_zero(store: Store, rows: Rows) -> None:
    store.kpi("signups", MAY, 100.0)
    row, _ = rows(plan())
    assert (row["milestones"], row["milestones_done"], row["milestones_late"], row["milestone_completion"]) == (
        5,
        None,
        None,
        None,
    )
    assert (row["spend_usd"], row["status"]) == (None, "running")


def test_the_return_is_lift_times_worth_times_units_and_roi_that_less_the_spend(store: Store, rows: Rows) -> None:
    ready(store)
    store.kpi("signups", MAY, 100.0)
    spend(store, "s1", '{"engineering_hours": 20}')
    row, _ = rows(plan(worth={"usd": 20, "basis": "finance"}))
    assert row["return_usd"] == pytest.approx(2400.0)  # 0.10 x 20 x 1,200
    assert (row["return_low_usd"], row["return_high_usd"]) == (pytest.approx(960.0, rel=1e-4), pytest.approx(3840.0, rel=1e-4))
    assert row["roi"] == pytest.approx(1.4)
    assert row["roi_low"] == pytest.approx(-0.04, abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "not attributable: nobody says what one unit more of activation_rate is worth"),
        ({"experiment": None}, "not attributable: it has no experiment"),
    ],
)
def test_a_kpi_that_only_moved_is_no_return(store: Store, rows: Rows, changes: dict[str, Any], said: str) -> None:
    ready(store)
    row, _ = rows(plan(**changes))
    assert (row["return_usd"], row["roi"]) == (None, None)
    assert row["roi_said"].startswith(said)


def test_an_effect_that_is_not_significant_is_no_return(store: Store, rows: Rows) -> None:
    store.read_out(0.01, -0.05, 0.07, 0.6)
    row, _ = rows(plan(worth={"usd": 20, "basis": "finance", "units_a_year": 1000}))
    assert row["roi_said"].startswith("not attributable: the experiment shows no significant effect")


def test_records_of_no_initiative_are_named(store: Store, warehouse: Warehouse, day: AsOf) -> None:
    spend(store, "s1", '{"engineering_hours": 30}', subject="nobody's")
    strays = published.stray_records(warehouse, {"plan": plan()}, as_of=day)
    assert strays == ['s1: initiative_spend of "nobody\'s"']


def test_initiatives_warned_names_what_somebody_must_look_at(store: Store, warehouse: Warehouse, rows: Rows, day: AsOf) -> None:
    ready(store)
    spend(store, "s1", '{"tooling_usd": 9000}')
    rows(plan())
    found = warehouse.rows(queries.initiatives_warned(as_of=day))
    assert found == [("plan", "late", "1 milestones are late"), ("plan", "budget", "150.0 % of the budget is used")]


def test_the_roadmap_says_that_its_printed_people_are_not_the_sum(store: Store, rows: Rows, day: AsOf) -> None:
    ready(store)
    row, _ = rows(plan())
    roadmap = load_default("governance", GovernancePolicy).roadmap
    made = {r["quarter"]: r for r in roadmap_rows(roadmap, [row], success=(0.5, "1 of 2 show it"), as_of=day).to_pylist()}
    total = made["total"]
    assert (total["fte"], total["fte_summed"], total["budget_usd"], total["budget_summed_usd"]) == (15.5, 16.5, 115000, 115000)
    assert total["agrees"] is False
    assert total["said"].startswith("15.5 full-time people are printed, and the rows sum to 16.5; the quarters alone make 15.5")
    assert (made["Q2"]["initiatives"], made["Q2"]["milestone_completion"], made["Q3"]["initiatives"]) == (1, 0.8, 0)
    assert (made["cross"]["milestone_completion"], made["cross"]["experiment_success_rate"]) == (0.8, 0.5)
    assert made["cross"]["agrees"] is False
