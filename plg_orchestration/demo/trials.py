"""The two experiments: a checklist that really helps people activate, and a pricing page whose split is broken.

Who was exposed to what, and how the second experiment lost people of one arm.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from plg_orchestration.demo.columns import labels, lookup
from plg_orchestration.demo.population import Population
from plg_orchestration.demo.randomness import DAY_MS, NEVER, Bools, Ints, stream
from plg_orchestration.demo.sizes import Calendar
from plg_orchestration.demo.tables import times

CHECKLIST, PRICING = "onboarding_checklist", "pricing_page_layout"
CONTAMINATED = 6
LOST_MOBILE, LOST_DESKTOP = 0.75, 0.22
LONG_ENOUGH = 240
ARMS = {CHECKLIST: ("control", "checklist"), PRICING: ("classic", "compact")}


@dataclass(frozen=True)
class Exposures:
    """First exposures, ordered by time: which experiment (0 checklist, 1 pricing), who, arm (1: the new one), when."""

    experiment: Ints
    user: Ints
    arm: Ints
    at: Ints


def expose(population: Population, calendar: Calendar, seed: int) -> Exposures:
    """Everybody who signed up during the first experiment, and a third of those around during the second."""
    rng = stream(seed, "experiments")
    users = population.users
    first = np.flatnonzero(users.arm >= 0)
    crossed = np.sort(rng.choice(first, min(CONTAMINATED, len(first)), replace=False))
    begin, end = (day * DAY_MS for day in calendar.pricing_test)
    around = np.flatnonzero((users.signup < end) & (users.stop > begin) & (users.fingerprint >= 0))
    asked = around[rng.random(len(around)) < 0.75]
    arm = rng.integers(0, 2, len(asked))
    lost = (arm == 1) & (rng.random(len(asked)) < np.where(users.mobile[asked], LOST_MOBILE, LOST_DESKTOP))
    asked, arm = asked[~lost], arm[~lost]
    low = np.maximum(users.signup[asked] + 60_000, begin)
    high = np.maximum(np.minimum(users.stop[asked], end), low + 1)
    seen = (low + rng.random(len(asked)) * (high - low)).astype(np.int64)
    at = np.concatenate([users.signup[first] + 3000, users.signup[crossed] + 2 * DAY_MS, seen])
    experiment = np.repeat([0, 0, 1], [len(first), len(crossed), len(asked)])
    who = np.concatenate([first, crossed, asked])
    arms = np.concatenate([users.arm[first], 1 - users.arm[crossed], arm])
    order = np.argsort(at, kind="stable")
    order = order[at[order] < calendar.end_ms]
    return Exposures(experiment[order], who[order], arms[order], at[order])


def exposures(rows: Exposures, calendar: Calendar) -> pa.Table:
    """One row per user and arm seen."""
    names = [name for experiment in (CHECKLIST, PRICING) for name in ARMS[experiment]]
    return pa.table(
        {
            "experiment": lookup([CHECKLIST, PRICING], rows.experiment),
            "unit_id": labels("u", rows.user),
            "arm": lookup(names, rows.experiment * 2 + rows.arm),
            "exposed_at": times(calendar, rows.at),
            "known_at": times(calendar, rows.at + 1000),
        }
    )


def rollout(calendar: Calendar) -> tuple[tuple[int, int], ...]:
    """The stages of the checklist's rollout: percent of the traffic and first day; none in a demo that is too short for them.

    A stage begins when what is known on the evening before allows it: feedback of 30 people takes six weeks.
    """
    begin, end = calendar.checklist
    return ((10, begin), (25, begin + 50), (50, begin + 57), (100, end)) if calendar.days >= LONG_ENOUGH else ()


def activated_within_week(population: Population, chosen: Bools) -> float:
    """Share of the chosen users who activated within seven days of signing up."""
    users = population.users
    reached = (users.activated < NEVER) & (users.activated < users.signup + 7 * DAY_MS)
    return float(reached[chosen].mean()) if chosen.any() else float("nan")
