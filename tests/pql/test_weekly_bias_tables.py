"""Live decisions, routing outcomes and past audits by group, over hand-made nights whose figures can be counted."""

import datetime as dt
import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.weekly import queries
from plg_orchestration.pql.bias.weekly.history import Past, bias_history, independent, newest_run, pooled
from plg_orchestration.pql.bias.weekly.live import live_bias
from plg_orchestration.pql.bias.weekly.routing import routing_bias
from plg_orchestration.pql.policy import PqlPolicy
from tests.pql.conftest import DAY, POLICY, World, at, open_world

NIGHTS = (DAY - dt.timedelta(days=1), DAY)
RIPE = dt.date(2025, 2, 24)  # a Monday whose 31 days are over on the worlds' day


@pytest.fixture(scope="module")
def policy() -> PqlPolicy:
    few = {"bootstrap_rounds": 100}
    protected = tuple(a for a in POLICY.bias.attributes if a.attribute == "region")
    bias = POLICY.bias.model_copy(update={**few, "attributes": protected})
    return POLICY.model_copy(
        update={"bias": bias, "weekly_bias": POLICY.weekly_bias.model_copy(update={**few, "scan_rounds": 199})}
    )


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, policy: PqlPolicy) -> Iterator[World]:
    """Two nights and a mature one: of 200 people in the north every second is a lead, of 400 in the south every tenth."""
    world = open_world(tmp_path_factory.mktemp("weekly"))
    people = pd.DataFrame({"user_id": [f"u{n:03d}" for n in range(675)]})
    people["account_id"] = "of-" + people["user_id"]
    people["region"] = ["north"] * 200 + ["south"] * 400 + ["west"] * 70 + ["tiny"] * 5
    number = people.groupby("region").cumcount()
    people["lead"] = np.where(people["region"] == "south", number % 10 == 0, number % 2 == 0)
    for night in (RIPE, *NIGHTS):
        as_of = dict.fromkeys(("as_of",), pd.Timestamp(night))
        own = people.assign(
            **as_of, target="conversion", scorer="model", version="v1", score=np.where(people["lead"], 80.0, 10.0)
        )
        if night == DAY:  # somebody who was a lead the night before alone counts as one of the week
            own.loc[own["user_id"] == "u000", "lead"] = False
        champion = {"as_of": night, "target": "conversion", "scorer": "model", "version": "v1", "threshold": 50.0}
        keep(world, "pql.champion", pd.DataFrame([champion]))
        keep(world, "pql.scores", own.assign(is_pql=own["lead"]))
        region = own["region"] if night != DAY else "moved"  # groups are those of the first night
        keep(world, "pql.features", own.assign(region=region))
        decided = own[own["lead"]].assign(qualified=True, handed_over=True, holdout=False, route="sales")
        decided["decision_id"] = [f"{user}-{night}" for user in decided["user_id"]]
        if night == NIGHTS[0]:
            decided.loc[decided.index[:60], "holdout"] = True
        keep(world, "pql.decisions", decided)
    keep(world, "pql.sla", kept_times(people))
    for user in people.loc[people["lead"], "user_id"].head(40):
        world.subscription(f"of-{user}", mrr=9.0, days_ago=20)
    yield world
    world.warehouse.connection.close()


def keep(world: World, name: str, rows: pd.DataFrame) -> None:
    from plg_orchestration.warehouse import table

    world.keep(name, rows.reindex(columns=list(table(name).column_names)))


def kept_times(people: pd.DataFrame) -> pd.DataFrame:
    """Leads of the north are contacted after two hours in time; those of the south after ten, too late."""
    leads = people[people["lead"]].reset_index(drop=True)
    south = leads["region"] == "south"
    return leads.assign(
        as_of=DAY, target="conversion", decision_id=leads["user_id"] + "-d", decided_on=NIGHTS[0], is_due=True,
        handed_over_at=at(1), hours_to_contact=np.where(south, 10.0, 2.0),
        status=np.where(south, "late", "in_time"),
    )  # fmt: skip


def by_group(rows: pd.DataFrame, **where: str) -> pd.DataFrame:
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return rows.set_index("grp")


def test_a_live_gap_is_found_and_counts_each_person_of_the_week_once(lived: World, policy: PqlPolicy):
    made = live_bias(lived.warehouse, as_of=lived.as_of, policy=policy)
    rows = by_group(made, period="recent", stage="qualified", metric="selection_rate")
    assert (rows.loc["north", "n"], rows.loc["north", "value_group"]) == (200, 0.5)
    assert rows.loc["south", "value_group"] == 0.1 and rows.loc["south", "verdict"] == "fail"
    assert (rows.loc["south", "first_on"], rows.loc["south", "last_on"]) == NIGHTS
    assert "moved" not in rows.index


def test_what_needs_an_outcome_is_told_of_mature_weeks_only(lived: World, policy: PqlPolicy):
    made = live_bias(lived.warehouse, as_of=lived.as_of, policy=policy)
    assert set(made.loc[made["period"] == "recent", "metric"]) == {"selection_rate"}
    rows = by_group(made, period="matured", stage="qualified", metric="precision")
    assert rows.loc["north", "value_group"] == 0.4 and set(rows["first_on"]) == {RIPE}


def test_groups_under_the_minimum_size_never_show_figures(lived: World, policy: PqlPolicy):
    figures = ["n", "value_group", "value_rest", "difference", "ci_low", "ci_high", "ratio"]
    for made in (
        live_bias(lived.warehouse, as_of=lived.as_of, policy=policy),
        routing_bias(lived.warehouse, as_of=lived.as_of, policy=policy),
    ):
        tiny = made[made["grp"] == "tiny"]
        assert len(tiny) and tiny[figures].isna().all(axis=None)


def test_leads_held_back_late_or_contacted_slowly_are_compared_by_group(lived: World, policy: PqlPolicy):
    made = routing_bias(lived.warehouse, as_of=lived.as_of, policy=policy)
    wide = by_group(made, metric="hours_to_contact")
    assert (wide.loc["north", "value_group"], wide.loc["north", "value_rest"]) == (2.0, pytest.approx((40 * 10 + 38 * 2) / 78))
    late = by_group(made, metric="sla_breached")
    assert late.loc["south", "value_group"] == 1.0 and late.loc["south", "verdict"] == "fail"
    assert set(made.loc[made["metric"] == "held_back", "period"]) == {"window"}


def test_the_audit_needs_no_crm_and_no_decisions(world: World, policy: PqlPolicy):
    for name in ("pql.scores", "pql.champion", "pql.features", "pql.decisions", "pql.candidate", "pql.bias_audit"):
        keep(world, name, pd.DataFrame(columns=["as_of"]))
    for compute in (live_bias, routing_bias, bias_history):
        assert compute(world.warehouse, as_of=world.as_of, policy=policy).empty


def test_an_answer_counts_once_a_payer_and_complete_week_and_by_its_first_word(world: World, policy: PqlPolicy):
    """DAY is a Monday, so its own week is not over; a user's second answer of a week is not another lead."""
    keep(
        world, "pql.decisions", pd.DataFrame({"decision_id": ["d1"], "user_id": ["u"], "target": ["conversion"], "as_of": [DAY]})
    )
    world.account("a", days_ago=90, region="north")
    for user in ("u", "v"):
        world.user(user, "a", days_ago=90)
    world.outcome("u", "rejected", days_ago=9)
    world.outcome("v", "accepted", days_ago=8)
    world.outcome("u", "accepted", days_ago=3)
    world.outcome("u", "rejected", days_ago=0)
    world.outcome("nobody", "accepted", days_ago=3)
    found = world.warehouse.frame(queries.lead_answers(as_of=world.as_of, policy=policy))
    assert found[["payer_id", "accepted", "region"]].to_numpy().tolist() == [["a", False, "north"], ["a", True, "north"]]
    assert [str(week)[:10] for week in found["week"]] == ["2025-03-17", "2025-03-24"]


def test_a_region_that_sales_turns_away_is_blamed_with_its_period_and_reason(world: World, policy: PqlPolicy):
    keep(world, "pql.decisions", pd.DataFrame(columns=["as_of"]))
    generator, number = np.random.default_rng(2), np.arange(400)
    region, ago = np.array(["south", "north"])[number % 2], generator.integers(1, 111, 400)
    turned_away = generator.random(400) < np.where((region == "south") & (ago >= 20) & (ago < 60), 0.9, 0.3)
    ids = {"account_id": [f"a{n}" for n in number], "known_at": at(200), "known_date": at(200).date(), "origin": "source"}
    world.fill("ingest.accounts", pd.DataFrame({**ids, "region": region}))
    world.fill("ingest.users", pd.DataFrame({**ids, "user_id": [f"u{n}" for n in number], "signup_at": at(200)}))
    moments = [at(int(days)) for days in ago]
    told = {"outcome": np.where(turned_away, "rejected", "accepted"), "reason": np.where(turned_away, "too far", None)}
    known = {"at": moments, "known_at": moments, "known_date": [moment.date() for moment in moments]}
    outcomes = pd.DataFrame({"outcome_id": [f"o{n}" for n in number], "user_id": [f"u{n}" for n in number], **told, **known})
    world.fill("ingest.crm_outcomes", outcomes)
    made = routing_bias(world.warehouse, as_of=world.as_of, policy=policy)
    rows = by_group(made, period="scan")
    south = rows.loc["south"]
    assert south["verdict"] == "fail" and json.loads(south["reasons"]) == ["too far"]
    assert abs((south["first_on"] - at(59).date()).days) <= 10 and abs((south["last_on"] - at(20).date()).days) <= 10
    assert rows.loc["north", "verdict"] == "pass" and pd.isna(rows.loc["north", "n"])


def past(day: int, difference: float, *, tested: int | None = None, width: float = 0.1, ratio: float = 1.0) -> Past:
    """A training on a day number, tested on the eight weeks up to `tested` (the day of the training unless given)."""
    on = dt.date(2025, 1, 1) + dt.timedelta(days=day)
    end = dt.date(2025, 1, 1) + dt.timedelta(days=day if tested is None else tested)
    return Past(on, f"v{day}", difference, difference - width, difference + width, ratio, end - dt.timedelta(days=55), end)


def test_a_run_is_the_newest_trainings_beyond_the_limit_on_one_side():
    series = [past(0, -0.2), past(1, 0.15), past(2, -0.12), past(3, -0.11)]
    assert [one.version for one in newest_run(series, "true_positive_rate", POLICY.bias)] == ["v2", "v3"]
    assert newest_run([*series, past(4, 0.01)], "true_positive_rate", POLICY.bias) == []


def test_trainings_of_following_nights_are_one_finding():
    series = [past(day, -0.2) for day in range(0, 120)]
    apart = independent(series, gap_days=31)
    assert [one.version for one in apart] == ["v33", "v119"]
    assert apart[0].test_to + dt.timedelta(days=31) <= apart[1].test_from


def test_pooling_weighs_by_precision_and_widens_where_trainings_disagree():
    """Two equal trainings: the mean, with the half-width over the square root of two; disagreement takes that gain away again."""
    agreed = pooled([past(0, 0.10), past(100, 0.10)])
    assert (agreed.value, agreed.high - agreed.value) == pytest.approx((0.10, 0.1 / np.sqrt(2)))
    apart = pooled([past(0, -0.30), past(100, 0.30)])
    assert apart.value == pytest.approx(0.0) and apart.high > 0.5
    assert pooled([past(0, 0.0, width=0.01), past(100, 0.02, width=1.0)]).value == pytest.approx(0.0, abs=1e-3)
    alone = pooled([past(0, 0.1)])
    assert (alone.value, alone.low, alone.high) == pytest.approx((0.1, 0.0, 0.2))


def test_a_gap_is_persistent_when_independent_trainings_say_so_together(world: World, policy: PqlPolicy):
    rows = [audited(day, gap) for day, gap in ((-120, -0.25), (-119, -0.25), (-1, -0.25), (0, -0.25))]
    keep(world, "pql.candidate", pd.DataFrame([trained(day) for day in (-120, -119, -1, 0)]))
    keep(world, "pql.bias_audit", pd.DataFrame([*rows, audited(0, None, grp="tiny"), audited(0, 0.0, grp="north")]))
    made = bias_history(world.warehouse, as_of=world.as_of, policy=policy).set_index("grp")
    south = made.loc["south"]
    assert (south["verdict"], south["trainings"], south["run"], south["independent"]) == ("fail", 4, 4, 2)
    assert south["since"] == DAY - dt.timedelta(days=120) and south["pooled"] == pytest.approx(-0.25)
    assert "persistent over 2 independent trainings" in south["reason"] and "tiny" not in made.index
    assert made.loc["north", "verdict"] == "insufficient"
    earlier = bias_history(world.warehouse, as_of=AsOf(DAY - dt.timedelta(days=100)), policy=policy).set_index("grp")
    assert earlier.loc["south", "verdict"] == "insufficient" and earlier.loc["south", "trainings"] == 2


def audited(day: int, gap: float | None, grp: str = "south") -> dict[str, object]:
    limits = {"ci_low": None, "ci_high": None} if gap is None else {"ci_low": gap - 0.1, "ci_high": gap + 0.1}
    return {
        "as_of": DAY + dt.timedelta(days=day), "target": "conversion", "scorer": "model", "version": f"v{day}",
        "attribute": "region",
        "grp": grp, "status": "protected", "metric": "true_positive_rate", "difference": gap, **limits,
        "verdict": "insufficient" if gap is None else "warn", "reason": "",
    }  # fmt: skip


def trained(day: int) -> dict[str, object]:
    on = DAY + dt.timedelta(days=day)
    return {
        "as_of": on, "target": "conversion", "scorer": "model", "version": f"v{day}", "status": "trained",
        "test_from": on - dt.timedelta(days=85), "test_to": on - dt.timedelta(days=35),
    }  # fmt: skip


NAMED = ("live_decisions", "matured_decisions", "routed_leads", "lead_answers", "past_audits")
"""The queries' files, each of which a test above runs."""
