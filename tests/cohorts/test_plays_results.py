"""What plays did: arms by intention to treat, maturity, Newcombe's interval and how often it covers the truth.

Runs play_results.sql over play_entries.sql, for the warehouse and through plain_play_successes.sql.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plg_orchestration import cohorts
from plg_orchestration.warehouse import Warehouse
from tests.cohorts.plays_nights import DAY, Nights, only

D0 = dt.date(2025, 3, 10)


def starts(*rows: tuple[Any, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit_id", "started_on", "succeeded_on", "holdout"])
    return frame.assign(play="p")


def many(n: int, succeeded: int, *, holdout: bool, day: dt.date = D0) -> list[tuple[Any, ...]]:
    return [(f"{holdout} {day} {i}", day, day + DAY if i < succeeded else None, holdout) for i in range(n)]


def test_the_difference_has_newcombes_published_interval() -> None:
    """Newcombe 1998, table II (a) and (c): 56/70 against 48/80, and 9/10 against 3/10, method 10."""
    for (a, m), (b, n), low, high in [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)]:
        rows = starts(*many(m, a, holdout=False), *many(n, b, holdout=True))
        play, holdout = cohorts.play_results(rows, as_of=D0 + 14 * DAY, min_arm=10).query("cohort == 'all'").to_dict("records")
        assert (play["n"], play["mature_n"], play["succeeded"], play["rate"]) == (m, m, a, a / m)
        assert play["difference"] == pytest.approx(a / m - b / n)
        assert (round(play["difference_low"], 4), round(play["difference_high"], 4)) == (low, high)
        assert play["verdict"] == "better"
        assert pd.isna(holdout["verdict"])
        assert pd.isna(holdout["difference"])


def test_only_outcomes_whose_days_are_over_count_and_success_must_come_in_time() -> None:
    rows = starts(
        ("early", D0, D0 + DAY, False), ("late", D0, D0 + 15 * DAY, False), ("same day", D0, D0, False),
        ("last day", D0, D0 + 14 * DAY, True), ("open", D0 + DAY, D0 + 2 * DAY, True),
    )  # fmt: skip
    found = cohorts.play_results(rows, as_of=D0 + 14 * DAY).set_index(["cohort", "arm"])
    assert found.loc[("all", "play"), ["n", "mature_n", "succeeded"]].tolist() == [3, 3, 1]
    assert found.loc[("all", "holdout"), ["n", "mature_n", "succeeded"]].tolist() == [2, 1, 1]
    assert found.loc[("all", "play"), "verdict"] == "too_little_data"
    before = cohorts.play_results(rows, as_of=D0 + 13 * DAY).set_index(["cohort", "arm"])
    assert before.loc[("all", "play"), ["n", "mature_n", "succeeded"]].tolist() == [3, 0, 0]
    assert before.loc["all", ["rate", "ci_low", "difference"]].isna().all().all()


def test_a_unit_counts_once_at_its_first_start_in_the_week_of_it() -> None:
    year_end = dt.date(2026, 12, 31)  # of ISO week 53 of 2026
    rows = starts(("u", year_end, None, False), ("u", year_end + 5 * DAY, year_end + 6 * DAY, False))
    found = cohorts.play_results(rows, as_of=year_end + 40 * DAY)
    assert found[["cohort", "arm", "n", "succeeded"]].to_records(index=False).tolist() == [
        ("2026-12-28", "play", 1, 0), ("2026-12-28", "holdout", 0, 0), ("all", "play", 1, 0), ("all", "holdout", 0, 0),
    ]  # fmt: skip


def test_verdicts() -> None:
    def verdict(a: int, b: int, n: int = 100) -> str:
        rows = starts(*many(n, a, holdout=False), *many(n, b, holdout=True))
        return cohorts.play_results(rows, as_of=D0 + 14 * DAY).query("cohort == 'all'")["verdict"].iloc[0]

    assert [verdict(60, 30), verdict(30, 60), verdict(31, 30), verdict(20, 0, 29)] == [
        "better", "worse", "no_difference", "too_little_data",
    ]  # fmt: skip


def test_the_interval_covers_the_truth_and_no_effect_is_rarely_called_one() -> None:
    """800 made-up plays a case, at a holdout of a tenth: coverage of 93.5 % or more, false verdicts below 6.5 %."""
    draw = np.random.default_rng(20250310)
    for p, q in ((0.3, 0.3), (0.08, 0.05)):
        plays, shown, held = 800, 360, 40
        hits = np.concatenate([draw.random((plays, shown)) < p, draw.random((plays, held)) < q], axis=1)
        units = np.arange(shown + held)
        frame = pd.DataFrame({
            "play": np.repeat(np.arange(plays), shown + held), "unit_id": np.tile(units, plays),
            "started_on": D0, "succeeded_on": np.where(hits.ravel(), D0 + DAY, None), "holdout": np.tile(units >= shown, plays),
        })  # fmt: skip
        found = cohorts.play_results(frame, as_of=D0 + 14 * DAY).query("cohort == 'all' and arm == 'play'")
        covered = ((found["difference_low"] <= p - q) & (p - q <= found["difference_high"])).mean()
        assert 0.935 <= covered < 0.985, (p, q, covered)
        if p == q:
            assert found["verdict"].isin(["better", "worse"]).mean() < 0.065


def test_no_starts_give_no_rows_and_wrong_arguments_are_named() -> None:
    empty = starts()
    assert len(cohorts.play_results(empty, as_of=D0)) == 0
    with pytest.raises(ValueError, match="min_arm: 0"):
        cohorts.play_results(empty, as_of=D0, min_arm=0)
    with pytest.raises(ValueError, match="starts: no column holdout"):
        cohorts.play_results(empty.drop(columns="holdout"), as_of=D0)
    with pytest.raises(ValueError, match="starts: started_on has the type"):
        cohorts.play_results(starts(("u", "soon", None, True)), as_of=D0)
    with pytest.raises(ValueError, match="starts: holdout is missing in 1 of 2"):
        cohorts.play_results(starts(("u", D0, None, True), ("v", D0, None, None)), as_of=D0)


# -- in the warehouse -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path_factory.mktemp("results")) as opened:
        yield opened


def nights_with(warehouse: Warehouse, play: str, **options: Any) -> Nights:
    return Nights(warehouse, only(play, min_arm=1, catalog={play: {"holdout": 0.5}}), **options)


def outcome(nights: Nights, day: dt.date) -> tuple[int, int, int]:
    """n, mature_n and succeeded over both arms and all weeks."""
    rows = [row for row in nights.results(day) if row["cohort"] == "all"]
    return sum(row["n"] for row in rows), sum(row["mature_n"] for row in rows), sum(row["succeeded"] for row in rows)


def test_activation_counts_by_local_days_after_the_start(warehouse: Warehouse) -> None:
    nights = nights_with(warehouse, "activation_rescue", timezone="America/New_York")
    for user in ("in time", "first minute", "minute before", "last minute", "too late", "never"):
        nights.score(D0, user)
    nights.night(D0)
    nights.reached("in time", "activation", "2025-03-15T12:00")
    nights.reached("minute before", "activation", "2025-03-11T03:59")  # 23:59 of the 10th there, known on the 11th in UTC
    nights.reached("first minute", "activation", "2025-03-11T04:01")
    nights.reached("last minute", "activation", "2025-03-25T03:59")
    nights.reached("too late", "activation", "2025-03-25T04:00")
    assert outcome(nights, D0 + 13 * DAY) == (6, 0, 0)
    assert outcome(nights, D0 + 15 * DAY) == (6, 6, 3)


def test_a_success_learnt_late_changes_later_results_alone(warehouse: Warehouse) -> None:
    nights = nights_with(warehouse, "human_escalation")
    nights.did("u", D0, errors_shown=9, help_views=9)
    nights.ticket("u", "2025-03-10T08:00")
    nights.ticket("u", "2025-03-10T09:00")
    nights.night(D0)
    before = outcome(nights, D0 + 14 * DAY)
    nights.did("u", D0 + 2 * DAY, known=D0 + 15 * DAY, core_events=1)
    assert before == outcome(nights, D0 + 14 * DAY) == (1, 1, 0)
    assert outcome(nights, D0 + 15 * DAY) == (1, 1, 1)


@pytest.mark.parametrize(("second", "succeeded"), [("d", 1), ("c", 0), (None, 0)])
def test_a_second_stakeholder_is_another_person_of_the_account(warehouse: Warehouse, second: str | None, succeeded: int) -> None:
    nights = nights_with(warehouse, "power_user_spread")
    nights.segment(D0, "a", power_user_island=True, champion_user_id="c", champion_share=1.0, active_users=1)
    nights.did("d", D0, account="a")
    nights.night(D0)
    nights.did("c", D0 + DAY, account="a")
    nights.did("d", D0 + 2 * DAY, account="a", qualifying_events=0)
    if second:
        nights.did(second, D0 + 14 * DAY, account="a")
    assert outcome(nights, D0 + 14 * DAY) == (1, 1, succeeded)


def test_second_use_cases_upgrades_and_core_use_are_measured(warehouse: Warehouse) -> None:
    nights = Nights(warehouse, only("second_use_case", "upgrade_moment", min_arm=1))
    for user in ("u", "v"):
        nights.lead(D0, user)
        nights.reached(user, "core_feature", "2025-03-01", item="reports")
    nights.did("w", D0, account="a", limit_hits=1)
    nights.did("x", D0, limit_hits=1)
    nights.night(D0)
    nights.reached("u", "core_feature", "2025-03-12", item="alerts")
    nights.pays("a", 20, "2025-03-13")
    nights.reached("x", "plan_upgraded", "2025-03-14")
    found = {
        (row["play"], row["n"], row["succeeded"], row["verdict"])
        for row in nights.results(D0 + 14 * DAY) if row["cohort"] == "all" and row["arm"] == "play"
    }  # fmt: skip
    assert found == {("second_use_case", 2, 1, "too_little_data"), ("upgrade_moment", 2, 2, "too_little_data")}
