"""The planted injustice is found by the weekly audit: that region, in that period, and nobody else in any week."""

import datetime as dt
import json
from collections.abc import Iterator

import pandas as pd
import pytest

from plg_orchestration.config import Workspace
from plg_orchestration.pql.bias.weekly.queries import WEEK, complete_before, lead_answers
from plg_orchestration.pql.bias.weekly.routing import turned_away
from plg_orchestration.warehouse import Warehouse, table
from tests.demo.conftest import Made


@pytest.fixture(scope="module")
def looks(demo: Made, workspace: Workspace, warehouse: Warehouse) -> Iterator[pd.DataFrame]:
    """What the search said on the Sunday of every week from the fourth on, as known on that Sunday; one row a group and week."""
    warehouse.ensure(table("pql.decisions"))
    assert workspace.last_day is not None
    sunday = complete_before(workspace.start) + 5 * WEEK - dt.timedelta(days=1)
    found: list[pd.DataFrame] = []
    while sunday <= workspace.last_day:
        answers = warehouse.frame(lead_answers(as_of=workspace.as_of(sunday), policy=workspace.pql))
        found.append(turned_away(answers, day=sunday, policy=workspace.pql).assign(as_of=sunday))
        sunday += WEEK
    yield pd.concat(found, ignore_index=True)


def blamed(looks: pd.DataFrame) -> pd.DataFrame:
    return looks[looks["verdict"].isin(["fail", "warn"])]


def test_in_thirty_weeks_and_four_regions_nobody_is_blamed_but_the_unjustly_treated_region(demo: Made, looks: pd.DataFrame):
    assert looks["as_of"].nunique() >= 29 and looks["grp"].nunique() == 4
    assert set(blamed(looks)["grp"]) == {demo.truth.penalty.region}


def test_the_region_is_found_while_the_injustice_lasts_and_never_before(demo: Made, looks: pd.DataFrame):
    truth = demo.truth.penalty
    first = min(blamed(looks)["as_of"])
    assert dt.date.fromisoformat(truth.first_day) < first <= dt.date.fromisoformat(truth.end_day) + WEEK


def test_the_period_that_is_named_is_the_planted_one_to_a_week(demo: Made, looks: pd.DataFrame):
    truth, final = demo.truth.penalty, blamed(looks).sort_values("as_of").iloc[-1]
    planted = [dt.date.fromisoformat(day) for day in (truth.first_day, truth.end_day)]
    for named, true in zip((final["first_on"], final["last_on"]), planted, strict=True):
        assert abs((named - true).days) <= 9
    assert final["verdict"] == "warn" and final["reason"].endswith("it is over") and final["p_adjusted"] <= 0.001
    assert final["difference"] < -0.35 and json.loads(final["reasons"])[0] == "territory_not_covered"


def test_a_group_with_too_few_answers_shows_no_figure(workspace: Workspace, looks: pd.DataFrame):
    shown = looks[looks["n"].notna()]
    assert (shown["n"] >= workspace.pql.bias.min_group).all()
    silent = looks[looks["verdict"].isin(["insufficient", "pass"])]
    assert silent[["n", "value_group", "value_rest", "difference", "reasons"]].isna().all(axis=None)
