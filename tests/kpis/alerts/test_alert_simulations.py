"""Over many simulated products: quiet weeks stay quiet, and planted drops are found."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.alerts.judging import judge, values_a_week
from plg_orchestration.kpis.alerts.policy import AlertPolicy
from plg_orchestration.kpis.alerts.series import Key, Point
from plg_orchestration.kpis.policy import KpiPolicy
from tests.kpis.alerts.quiet_products import SIZES, SUNDAY, TARGETS, Product, nights

WEEKS = 200
ACTIVATION: Key = ("activation_rate", "week", "smb")
ACTIVE: Key = ("dau", "day", "all")


@pytest.fixture(scope="module")
def rules() -> AlertPolicy:
    return load_default("kpis", KpiPolicy).alerts


def test_at_most_10_of_200_quiet_weeks_raise_any_alert(rules: AlertPolicy) -> None:
    """Of any severity, on any of the week's seven nights; every rule and segment that is packaged."""
    rng, noisy = np.random.default_rng(2025), 0
    for number in range(WEEKS):
        product = Product(rng, SIZES[number % len(SIZES)], weeks=8)
        found = [
            finding
            for day, of_night, known in nights(product, rules)
            for finding in judge(of_night, known, targets=TARGETS, as_of=day)
        ]
        assert len(found) == 6 * 3 + sum(len(rule.segments) for rule in rules.live.values())
        noisy += any(finding.beyond_chance for finding in found)
    assert noisy <= 10


def found_share(
    rules: AlertPolicy, key: Key, names: set[str], change: Callable[[Point], Point], size: int, products: int
) -> float:
    """In how many of so many products one of the rules opens an alert when the newest value of the series is changed."""
    rng, found = np.random.default_rng(7), 0
    chosen = rules.model_copy(update={"rules": {name: rule for name, rule in rules.live.items() if name in names}})
    of_all = rules.false_alarms_per_week * judged_a_week(chosen) / judged_a_week(rules)
    chosen = chosen.model_copy(update={"false_alarms_per_week": of_all})
    for _ in range(products):
        product = Product(rng, size, weeks=8)
        line = product.series[key]
        points = line.points[: len(line.points) - 2] if key[1] == "day" else line.points  # up to Friday
        changed = {key: replace(line, points=(*points[:-1], change(points[-1])))}
        made = judge(chosen, changed, targets=TARGETS, as_of=points[-1].start if key[1] == "day" else SUNDAY)
        found += any(finding.beyond_chance for finding in made)
    return found / products


def judged_a_week(rules: AlertPolicy) -> float:
    return sum(map(values_a_week, rules.live.values()))


def fewer_hits(share: float) -> Callable[[Point], Point]:
    """The point with so many of its hits."""

    def change(point: Point) -> Point:
        assert point.numerator is not None and point.denominator is not None
        hits = float(round(share * point.numerator))
        return replace(point, numerator=hits, value=100 * hits / point.denominator)

    return change


def fewer(share: float) -> Callable[[Point], Point]:
    """The point with so much of its count."""

    def change(point: Point) -> Point:
        assert point.value is not None
        count = float(round(share * point.value))
        return replace(point, value=count, numerator=count)

    return change


@pytest.mark.parametrize(
    ("size", "kept", "at_least"),
    [(150, 0.1, 0.5), (600, 0.1, 0.95), (600, 0.4, 0.5), (4000, 0.6, 0.9), (4000, 0.8, 0.2)],
)
def test_a_drop_of_activation_in_a_segment_is_found(rules: AlertPolicy, size: int, kept: float, at_least: float) -> None:
    """Of 150 signups a week half are in the segment, of whom a quarter to a third activates; some products scatter threefold."""
    names = {"activation_falls", "unusual_activation", "activation_below_target"}
    assert found_share(rules, ACTIVATION, names, fewer_hits(kept), size, 30) >= at_least


@pytest.mark.parametrize(("size", "kept", "at_least"), [(150, 0.4, 0.9), (600, 0.6, 0.9), (4000, 0.8, 0.9), (40, 0.1, 0.5)])
def test_a_day_on_which_people_stay_away_is_found(rules: AlertPolicy, size: int, kept: float, at_least: float) -> None:
    """On a Friday 0.7 x the signups of a week are active; some products scatter threefold."""
    assert found_share(rules, ACTIVE, {"unusual_active_users"}, fewer(kept), size, 30) >= at_least
