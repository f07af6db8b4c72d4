"""Live figures by hand and by simulation.

They come from `week_nights`, `known_outcomes`, `expected_outcomes`, `performance`, `held_back` and `outcomes_of_leads`.
"""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback import queries
from plg_orchestration.pql.feedback.estimates import estimates, figure
from plg_orchestration.pql.feedback.false_discovery import FalseDiscovery
from plg_orchestration.pql.feedback.intervals import ratio
from plg_orchestration.pql.feedback.lift import Arms, judge_lift, lift_row
from plg_orchestration.pql.feedback.live import judge_false_discovery, live_performance
from plg_orchestration.warehouse import Query, table

DAY = dt.date(2025, 3, 31)
MONDAY = dt.date(2025, 2, 24)
"""35 days before the worlds' day, so that its window of 31 days is over."""


def rows_of(name, **values):
    frame = pd.DataFrame(values)
    return frame.assign(**{c: None for c in table(name).column_names if c not in frame})[list(table(name).column_names)]


@pytest.fixture
def lived(world):
    """A world in which nights can be scored by `score`."""
    for name in ("scores", "champion", "decisions", "estimates", "candidate", "live_performance"):
        world._ensure(f"pql.{name}")
    return world


def score(world, night, scores, *, lead=50.0, scorer="model", version="m1"):
    """A night: the champion's score of each user `u@a`, a lead from `lead` up."""
    pairs = [name.partition("@") for name in scores]
    values = np.array(list(scores.values()), dtype=float)
    world.keep("pql.champion", rows_of("pql.champion", as_of=[night], target="conversion", scorer=scorer, version=version))
    world.keep("pql.scores", rows_of(
        "pql.scores", as_of=night, target="conversion", scorer=scorer, version=version, user_id=[u for u, _, _ in pairs],
        account_id=[a or None for _, _, a in pairs], score=values, percentile=0.0, is_pql=values >= lead, reasons="",
    ))  # fmt: skip
    world.keep("pql.estimates", estimates(world.warehouse, as_of=AsOf(night)))


def live(world, day=DAY):
    found = live_performance(world.warehouse, as_of=AsOf(day), policy=world.policy)
    return found.set_index(["period", "metric", "kind"]).sort_index()


WEEK = {"a@A": 80.0, "b@B": 60.0, "c@C": 60.0, "d@D": 30.0, "e@E": 10.0, "f@F": 5.0}


def test_a_weeks_first_night_stands_for_it_with_what_was_expected_beside_what_came(lived):
    score(lived, MONDAY, WEEK)
    score(lived, MONDAY + dt.timedelta(days=1), {"later@Z": 99.0})
    lived.subscription("A", mrr=5, days_ago=30)
    lived.subscription("D", mrr=5, days_ago=20)
    found = live(lived)
    precision, recall = found.loc[("week", "precision", "realized")], found.loc[("week", "recall", "realized")]
    assert (precision["value"], precision["rows"], precision["hits"]) == (pytest.approx(1 / 3), 3, 1)
    assert (recall["value"], recall["rows"]) == (0.5, 2) and recall["decided_on"] == MONDAY == recall["period_start"]
    # A beats all four others, D beats E and F: six of eight pairs.
    assert found.loc[("week", "auc", "realized"), "value"] == pytest.approx(6 / 8)
    assert found.loc[("week", "base_rate", "realized"), "value"] == pytest.approx(2 / 6)
    before = found.loc[("week", "precision", "estimated")]
    assert before["value"] == pytest.approx((0.8 + 0.6 + 0.6) / 3) and before["low"] < before["value"] < before["high"]
    assert found.loc[("week", "recall", "estimated"), "value"] == pytest.approx(2.0 / 2.45)
    assert precision["in_force"] and not before["in_force"]


def test_the_expected_area_counts_every_pair_by_its_chances(lived):
    score(lived, MONDAY, WEEK)
    p = [0.8, 0.6, 0.6, 0.3, 0.1, 0.05]
    pairs = {(i, j): p[i] * (1 - p[j]) for i in range(6) for j in range(6) if i != j}
    won = sum(w * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0) for (i, j), w in pairs.items())
    found = lived.warehouse.frame(Query("e", "select metric, value from pql.estimates")).set_index("metric")["value"]
    assert found["auc"] == pytest.approx(won / sum(pairs.values())) and found["base_rate"] == pytest.approx(2.45 / 6)


def test_before_the_window_is_over_the_estimate_is_in_force_and_a_formula_promises_nothing(lived):
    score(lived, DAY, WEEK)
    found = live(lived)
    assert found.loc[("week", "precision", "estimated"), "in_force"] and ("week", "precision", "realized") not in found.index
    assert found.loc[("week", "precision", "estimated"), "mature_share"] == 0.0
    score(lived, DAY - dt.timedelta(days=7), WEEK, scorer="rules", version="rules-1")
    rules = live(lived).reset_index().query("scorer == 'rules' and metric == 'recall'").iloc[0]
    assert (
        rules["reason"] == "the scores of rules are no probabilities, so nothing can be expected of them"
        and not rules["in_force"]
    )


def test_a_late_outcome_changes_tomorrows_figure_and_not_yesterdays(lived):
    score(lived, MONDAY, WEEK)
    lived.add("ingest.subscriptions", subscription_id="s", account_id="B", mrr=10, trial=False,
              started_at=dt.datetime(2025, 3, 4), known_at=dt.datetime(2025, 3, 30), known_date=dt.date(2025, 3, 30))  # fmt: skip
    values = [live(lived, dt.date(2025, 3, day)).loc[("week", "precision", "realized"), "value"] for day in (29, 30)]
    assert values == [0.0, pytest.approx(1 / 3)]


def test_live_precision_is_judged_against_the_test_part_of_its_version(lived, policy):
    def judged(low, accounts=40, expected=0.6):
        found = FalseDiscovery("model", "m1", 90, accounts, 0.8, low, 0.9, MONDAY, MONDAY, 3, 0.9)
        return judge_false_discovery(found, expected, policy)[0]

    assert [judged(0.71), judged(0.69), judged(0.71, accounts=19), judged(0.71, expected=None)] == [
        "warn", "pass", "insufficient", "insufficient"
    ]  # fmt: skip
    score(lived, MONDAY, WEEK)
    lived.keep("pql.candidate", rows_of("pql.candidate", as_of=[MONDAY], target="conversion", scorer="model", version="m1",
                                        precision=0.4, recall=0.5, auc=0.7, base_rate=0.1))  # fmt: skip
    found = live(lived)
    assert found.loc[("version", "false_discovery_rate", "realized"), "expected"] == pytest.approx(0.6)
    assert found.loc[("version", "false_discovery_rate", "realized"), "value"] == 1.0
    assert found.loc[("week", "auc", "realized"), "expected"] == 0.7


def simulated(generator, nights):
    """Nights of 120 accounts of one to six users whose account converts as a whole with a chance that the scores state."""
    parts = []
    for night in range(nights):
        of = np.repeat(np.arange(120), generator.integers(1, 7, 120))
        chance = generator.beta(0.8, 6, 120)[of]
        came = (generator.random(120) < np.bincount(of, chance) / np.bincount(of))[of]
        parts.append(pd.DataFrame({
            "decided_on": DAY - dt.timedelta(days=night), "scorer": "model", "version": "m", "chance": chance,
            "level": np.round(100 * chance, 2), "payer_id": [f"a{i}" for i in of], "lead": (chance > 0.2).astype(float),
            "came": came.astype(float),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_estimates_hold_the_figures_that_come_and_realized_intervals_the_true_ones(world):
    rows = simulated(np.random.default_rng(5), 300)
    world.warehouse.connection.register("simulated", rows)
    performance = queries.known_performance(as_of=AsOf(DAY), policy=world.policy)

    def figures(column):
        judged = Query("judged", f"select decided_on, scorer, version, payer_id, level, lead, {column} as outcome from simulated")
        return world.warehouse.arrow(Query(performance.name, performance.text, {}, (judged,))).to_pylist()

    promised, came = figures("chance"), figures("came")
    for metric in ("precision", "recall", "auc", "base_rate"):
        inside, around = [], []
        truth = np.mean([row[metric] for row in promised])
        for before, after in zip(promised, came, strict=True):
            expected, realized = figure(before, metric, "promised"), figure(after, metric, "sampling")
            inside.append(expected.low <= after[metric] <= expected.high)
            around.append(realized.low <= truth <= realized.high)
        assert np.mean(inside) >= 0.92, metric
        assert np.mean(around) >= 0.92, metric


def test_a_model_that_is_too_sure_is_seen_when_the_outcomes_come(world):
    rows = simulated(np.random.default_rng(6), 60)
    rows["chance"] = np.minimum(2.5 * rows["chance"], 1.0)
    world.warehouse.connection.register("simulated", rows)
    performance = queries.known_performance(as_of=AsOf(DAY), policy=world.policy)
    outside = []
    for column in ("chance", "came"):
        judged = Query("judged", f"select decided_on, scorer, version, payer_id, level, lead, {column} as outcome from simulated")
        outside.append(world.warehouse.arrow(Query(performance.name, performance.text, {}, (judged,))).to_pylist())
    missed = [figure(b, "precision", "promised").low > a["precision"] for b, a in zip(*outside, strict=True)]
    assert np.mean(missed) > 0.8


def decide(world, night, *people, version="m1"):
    """Decisions `(user@account, holdout, handed over)` on a night, all of them leads."""
    for who, holdout, handed in people:
        user, _, account = who.partition("@")
        world.keep("pql.decisions", rows_of(
            "pql.decisions", decision_id=[f"{user}-{night}"], as_of=night, user_id=user, account_id=account, target="conversion",
            scorer="model", version=version, qualified=True, holdout=holdout, handed_over=handed,
        ))  # fmt: skip


def test_the_arms_hold_each_account_once_a_quarter_from_its_first_lead(lived):
    decide(
        lived,
        MONDAY,
        ("a@A", False, True),
        ("a2@A", False, False),
        ("b@B", False, False),
        ("h@H", True, False),
        ("g@G", True, False),
    )
    decide(lived, MONDAY + dt.timedelta(days=1), ("b@B", False, True))
    decide(lived, DAY - dt.timedelta(days=5), ("young@Y", False, True))
    lived.subscription("A", mrr=5, days_ago=30)
    lived.subscription("H", mrr=5, days_ago=30)
    lived.subscription("G", mrr=5, days_ago=34)
    found = lived.warehouse.frame(queries.held_back(as_of=AsOf(DAY), policy=lived.policy)).set_index("holdout")
    assert found.loc[False, ["drawn", "ripe", "accounts", "hits", "handed_over"]].tolist() == [3, 2, 2, 1, 2]
    assert found.loc[True, ["drawn", "ripe", "accounts", "hits"]].tolist() == [2, 2, 1, 1]
    row = live(lived).loc[("history", "lift", "realized")]
    assert (row["holdout"], row["holdout_hits"], row["rows"], row["hits"]) == (1, 1, 2, 1) and row["verdict"] == "insufficient"
    assert "30 held back are needed" in row["reason"] and row["mature_share"] == pytest.approx(0.8)


def test_a_lift_is_judged_only_when_the_holdout_could_show_one(policy):
    def judged(hits, accounts, holdout_hits, holdout):
        row = lift_row(
            "history",
            "all",
            "all",
            Arms(accounts, hits, accounts, holdout, holdout_hits, 1.0, None, None),
            as_of=AsOf(DAY),
            policy=policy,
        )
        return row["verdict"], row["reason"]

    assert judged(900, 9000, 30, 500)[0] == "pass"
    assert judged(500, 9000, 120, 2000)[0] == "warn"
    verdict, reason = judged(90, 900, 4, 45)
    assert (
        verdict == "insufficient"
        and "4.5 outcomes are expected of them, 5 are needed" in reason
        and "could not have been found" in reason
    )
    assert judged(0, 0, 0, 0)[0] == "insufficient"
    low_high = ratio(900, 9000, 30, 500)
    assert low_high.value == pytest.approx(0.1 / 0.06)
    assert math.log(low_high.high / low_high.low) == pytest.approx(
        2 * 1.959964 * math.sqrt(1 / 900.5 - 1 / 9000.5 + 1 / 30.5 - 1 / 500.5), rel=1e-6
    )
    assert judge_lift(Arms(10, 1, 5, 3, 0, 1.0, None, None), low_high, 0.1, None, policy)[1].endswith(
        "no lift could have been found"
    )


def test_false_positives_carry_the_reason_that_sales_gave_last(lived):
    night = DAY - dt.timedelta(days=33)
    decide(lived, night, *((f"u{i}@A{i}", False, True) for i in range(5)))
    decide(lived, night + dt.timedelta(days=1), ("u0@A0", False, True))
    lived.outcome("u0", "accepted", days_ago=30)
    told = {"known_at": dt.datetime(2025, 3, 20), "known_date": dt.date(2025, 3, 20), "at": dt.datetime(2025, 3, 10)}
    lived.add("ingest.crm_outcomes", outcome_id="1", user_id="u0", outcome="rejected", reason="no_budget", **told)
    lived.add("ingest.crm_outcomes", outcome_id="2", decision_id=f"u1-{night}", outcome="rejected", reason="no_budget", **told)
    lived.add("ingest.crm_outcomes", outcome_id="3", user_id="u2", outcome="rejected", reason="too_small", origin="mql", **told)
    lived.add("ingest.crm_outcomes", outcome_id="4", user_id="u3", outcome="won", **told)
    lived.subscription("A3", mrr=9, days_ago=25)
    found = lived.warehouse.frame(queries.outcomes(as_of=AsOf(DAY), policy=lived.policy)).set_index(
        ["label", "outcome", "reason"]
    )
    assert found["leads"].to_dict() == {
        (False, "rejected", "no_budget"): 2, (False, "none", ""): 2, (True, "won", ""): 1,
    }  # fmt: skip
    assert set(found["week"].dt.date) == {MONDAY}
    early = lived.warehouse.frame(queries.outcomes(as_of=AsOf(dt.date(2025, 3, 30)), policy=lived.policy))
    assert set(early["reason"]) == {"no_budget", ""}
