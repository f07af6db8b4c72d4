"""The live false discovery rate (`target_starts`, `lead_labels`, `false_discoveries`) by hand, and its interval by simulation."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback import queries
from plg_orchestration.pql.feedback.false_discovery import live_false_discovery
from plg_orchestration.pql.feedback.intervals import clustered_variance, detectable_ratio, independent_rows, ratio, share

DAY = dt.date(2025, 3, 31)


def scored(world, days_ago, *users, version="v1", scorer="model", lead=True, score=50.0):
    """Rows of `pql.scores` of a night: users `u` of account `a`, written `u@a`."""
    pairs = [user.partition("@") for user in users]
    world.keep("pql.scores", pd.DataFrame({
        **{c.name: None for c in world_table("pql.scores")},
        "as_of": DAY - dt.timedelta(days=days_ago), "target": "conversion", "scorer": scorer, "version": version,
        "user_id": [u for u, _, _ in pairs], "account_id": [a or None for _, _, a in pairs], "score": score, "percentile": 50.0,
        "is_pql": lead, "reasons": "",
    }))  # fmt: skip


def world_table(name):
    from plg_orchestration.warehouse import table

    return table(name).columns


def found(world, as_of=None):
    return live_false_discovery(world.warehouse, as_of=as_of or world.as_of, policy=world.policy)


def test_a_lead_is_false_when_its_account_does_not_pay_in_the_window(world):
    # The window of a decision of day d is (d + 1, d + 31]; 31 days ago is the newest mature night.
    scored(world, 40, "pays@A", "mate@A", "never@B", "gap@C", "late@D", "alone")
    scored(world, 31, "never@B")
    scored(world, 30, "young@E")
    world.subscription("A", mrr=10, days_ago=9)
    world.subscription("C", mrr=10, days_ago=39)
    world.subscription("D", mrr=10, days_ago=8)
    (one,) = found(world)
    labels = world.warehouse.frame(queries.lead_labels(as_of=world.as_of, policy=world.policy))
    by_user = labels.set_index("user_id")["label"]
    assert by_user[["pays", "mate"]].tolist() == [True, True] and by_user[["late", "alone"]].tolist() == [False, False]
    assert by_user[["gap", "young"]].isna().all()
    assert (one.scorer, one.version, one.leads, one.accounts) == ("model", "v1", 6, 4)
    assert one.rate == pytest.approx(4 / 6) and one.low < 4 / 6 < one.high
    assert (one.first, one.last) == (DAY - dt.timedelta(days=40), DAY - dt.timedelta(days=31))
    assert one.immature == 1 and one.mature_share == pytest.approx(7 / 8)


def test_an_outcome_that_becomes_known_late_changes_the_figure_from_that_day_on(world):
    scored(world, 60, "u@A", "v@B")
    known = dt.datetime(2025, 3, 25)
    world.add("ingest.subscriptions", subscription_id="s", account_id="A", mrr=10, trial=False,
              started_at=dt.datetime(2025, 2, 10), known_at=known, known_date=known.date())  # fmt: skip
    before, after = (found(world, AsOf(dt.date(2025, 3, day)))[0] for day in (24, 25))
    assert (before.rate, after.rate) == (1.0, 0.5)


def test_without_mature_leads_there_is_no_rate_and_without_scores_nothing(world):
    assert found(world) == ()
    scored(world, 5, "u@A")
    (one,) = found(world)
    assert (one.rate, one.low, one.high, one.leads, one.first, one.immature, one.mature_share) == (
        None,
        None,
        None,
        0,
        None,
        1,
        0,
    )


def test_versions_are_told_apart_and_history_ends(world):
    scored(world, 50, "u@A", version="old")
    scored(world, 40, "u@A", version="new")
    scored(world, 50, "u@A", version="rules-1", scorer="rules", lead=False)
    scored(world, 200, "u@A", version="ancient")
    assert [(one.version, one.leads) for one in found(world)] == [("new", 1), ("old", 1)]


def test_the_linearized_variance_is_the_one_over_accounts_computed_by_hand():
    # Accounts with (rows, hits): (2, 2), (2, 0), (1, 1): share 3/5, residuals 2 - 1.2, -1.2, 1 - 0.6.
    found = clustered_variance(3, 5, hits_squared=5, rows_squared=9, products=5)
    assert found == pytest.approx((0.8**2 + 1.2**2 + 0.4**2) / 25)


def test_a_share_of_nothing_and_of_everything_keeps_an_interval_by_accounts():
    everything = share(1.0, 0.0, accounts=10, independent=10)
    assert everything.high == 1.0 and 0.55 < everything.low < 0.75
    assert share(None, 0.0, accounts=0, independent=0).value is None


@pytest.mark.parametrize("rate", [0.03, 0.3, 0.9])
def test_the_interval_covers_the_true_share_when_accounts_convert_together(rate):
    generator = np.random.default_rng(11)
    covered = 0
    for _ in range(600):
        rows = generator.geometric(0.12, 60).astype(float)
        chance = generator.beta(8 * rate, 8 * (1 - rate), 60)
        hits = np.where(
            generator.random(60) < 0.7, (generator.random(60) < chance) * rows, generator.binomial(rows.astype(int), chance)
        )
        n, x = rows.sum(), hits.sum()
        variance = clustered_variance(
            x, n, hits_squared=(hits**2).sum(), rows_squared=(rows**2).sum(), products=(hits * rows).sum()
        )
        found = share(x / n, variance, accounts=60, independent=independent_rows(n, (rows**2).sum()))
        covered += found.low <= rate <= found.high
    assert 0.925 <= covered / 600 <= 0.995


def test_the_interval_of_a_ratio_covers_it_and_says_what_could_have_been_found():
    generator = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        low_high = ratio(int(generator.binomial(900, 0.09)), 900, int(generator.binomial(60, 0.06)), 60)
        held += low_high.low <= 1.5 <= low_high.high
    assert held / 2000 > 0.94
    needed = detectable_ratio(0.06, 900, 60)
    assert needed == pytest.approx(2.54, abs=0.03)
    shown = [
        ratio(int(generator.binomial(9000, 0.06 * 1.6)), 9000, int(generator.binomial(600, 0.06)), 600).low > 1
        for _ in range(400)
    ]
    assert detectable_ratio(0.06, 9000, 600) < 1.6 and np.mean(shown) > 0.75
    assert detectable_ratio(0.0, 900, 60) is None and ratio(1, 10, 0, 0).low is None
