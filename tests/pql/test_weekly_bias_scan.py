"""The search for a group that was turned away: at its level where nobody was, and with its period where somebody was."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.pql.bias.weekly.scan import reasons_given, scan, strata_of, week_places


def answers(seed: int, *, weeks: int = 20, a_week: int = 28, unjust: tuple[int, int] | None = None) -> pd.DataFrame:
    """Leads of four groups, seven a week each, two thirds accepted; in the weeks of `unjust` group d is mostly turned away."""
    generator = np.random.default_rng(seed)
    week = np.repeat(np.arange(weeks), a_week)
    group = np.tile(np.repeat(list("abcd"), a_week // 4), weeks)
    chance = np.full(len(week), 0.67)
    if unjust is not None:
        chance[(group == "d") & (week >= unjust[0]) & (week < unjust[1])] = 0.2
    mondays = np.array([dt.date(2025, 1, 6) + dt.timedelta(days=7 * int(w)) for w in week])
    return pd.DataFrame({"week": mondays, "origin": "pql", "grp": group, "accepted": generator.random(len(week)) < chance})


def found(rows: pd.DataFrame, *, rounds: int = 499, least: int = 30):
    place, mondays = week_places(rows)
    codes, _ = pd.factorize(rows["grp"], sort=True)
    return scan(
        place, strata_of(rows), codes.astype(np.int64), ~rows["accepted"].to_numpy(dtype=bool), weeks=len(mondays),
        groups=int(codes.max()) + 1, least=least, rounds=rounds, seed=1,
    )  # fmt: skip


def test_the_group_and_its_period_are_found():
    one = found(answers(3, unjust=(6, 12)))[3]
    assert one.p_value == pytest.approx(1 / 500) and abs(one.first - 6) <= 1 and abs(one.last - 11) <= 1 and one.excess > 4


def test_those_who_are_treated_better_than_the_wronged_are_not_blamed():
    assert all(one.p_value > 0.5 for one in found(answers(3, unjust=(6, 12)))[:3])


def test_where_all_are_treated_alike_anybody_is_blamed_as_rarely_as_promised():
    """Over 100 worlds, each with all groups and periods compared, the smallest chance is under 10 % about once in ten."""
    smallest = [min(one.p_value for one in found(answers(seed, weeks=8), rounds=99)) for seed in range(100)]
    assert 0.04 <= np.mean(np.array(smallest) <= 0.10) <= 0.16


def test_a_week_in_which_everybody_was_turned_away_blames_nobody():
    rows = answers(5)
    rows.loc[rows["week"] >= dt.date(2025, 3, 3), "accepted"] = False
    assert min(one.p_value for one in found(rows)) > 0.05


def test_a_kind_of_lead_that_is_seldom_accepted_does_not_count_against_the_group_that_has_more_of_it():
    """Group d has only leads of marketing, few of which are accepted whoever they are; inside their kind nothing is left."""
    rows = answers(7)
    marketing = (rows["grp"] == "d") | (np.arange(len(rows)) % 3 == 0)
    rows["accepted"] &= ~marketing | (np.random.default_rng(1).random(len(rows)) < 0.4)
    blind = found(rows)[3]
    told = found(rows.assign(origin=np.where(marketing, "mql", "pql")))[3]
    assert blind.p_value < 0.01
    assert told.p_value > 0.2


def test_a_group_under_the_minimum_in_every_period_has_no_period():
    rows = answers(2, weeks=6)
    rows = rows[(rows["grp"] != "d") | (rows.groupby("grp").cumcount() < 29)]
    one = found(rows)[3]
    assert (one.first, one.last) == (-1, -1) and np.isnan(one.p_value) and np.isnan(one.excess)


def test_equal_answers_give_equal_findings():
    assert found(answers(3)) == found(answers(3))


def test_weeks_without_any_answer_keep_their_place():
    rows = pd.DataFrame({"week": [dt.date(2025, 1, 6), dt.date(2025, 1, 27)]})
    place, mondays = week_places(rows)
    assert place.tolist() == [0, 3] and len(mondays) == 4


def test_reasons_come_by_how_often_they_were_given_and_without_counts():
    rows = pd.DataFrame({"accepted": [False, False, False, True, False], "reason": ["b", "a", "b", "c", ""]})
    assert reasons_given(rows, most=3) == ("b", "a")
