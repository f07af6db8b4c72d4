"""All rounds at once say what round by round says, and a check that makes too much of chance is seen."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from plg_orchestration.experiments.estimates import difference
from plg_orchestration.experiments.self_check import AT_ONCE, resplit, self_check


@pytest.mark.parametrize("kind", ["rate", "mean"])
@pytest.mark.parametrize("clustered", [False, True])
def test_all_rounds_at_once_are_those_of_the_plain_test(kind: str, clustered: bool) -> None:
    rng = np.random.default_rng(30)
    outcome = (rng.random(300) < 0.3).astype(float) if kind == "rate" else rng.exponential(5, 300)
    clusters = np.sort(rng.integers(0, 60, 300)) if clustered else None
    count = 300 if clusters is None else int(clusters.max()) + 1
    found = resplit(outcome, kind=kind, clusters=clusters, rounds=20, seed=4)  # type: ignore[arg-type]
    packed = np.frombuffer(np.random.default_rng(4).bytes(20 * -(-count // 8)), dtype=np.uint8).reshape(20, -1)
    coins = np.unpackbits(packed, axis=1, count=count).astype(bool)
    for p_value, coin in zip(found, coins, strict=True):
        treated = coin if clusters is None else coin[clusters]
        assert p_value == pytest.approx(difference(outcome, treated, kind=kind, clusters=clusters).p_value, abs=1e-9)  # type: ignore[arg-type]


def test_many_units_are_worked_on_in_parts() -> None:
    outcome = (np.arange(AT_ONCE // 4) % 3 == 0).astype(float)
    found = resplit(outcome, kind="rate", clusters=None, rounds=6, seed=1)
    assert found.shape == (6,) and ((found > 0) & (found <= 1)).all()


def test_an_outcome_that_does_not_vary_never_differs() -> None:
    found = self_check(np.ones(100), kind="rate", rounds=50)
    assert (found.false_alarms, found.passed) == (0.0, True)


def test_the_interval_around_the_rounds_is_wilsons() -> None:
    rng = np.random.default_rng(31)
    found = self_check(rng.normal(0, 1, 500), kind="mean", rounds=400, confidence=0.95)
    theirs = proportion_confint(round(found.false_alarms * 400), 400, method="wilson")
    assert (found.low, found.high) == pytest.approx(theirs, abs=1e-12)


def test_too_few_units_cannot_be_split() -> None:
    with pytest.raises(ValueError, match="3 units or clusters to split in two; four are needed"):
        self_check(np.ones(3), kind="rate")
