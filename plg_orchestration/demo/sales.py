"""What a sales team does with leads: whom it takes, whom it turns away, what comes of it.

The planted injustice stands here: in one period, leads of one region are turned away far more often than others, whatever
they did. Whether an account pays is decided in `commerce`.
"""

from dataclasses import dataclass

import numpy as np

from plg_orchestration.demo import product
from plg_orchestration.demo.commerce import FREE, PENALIZED_REGION
from plg_orchestration.demo.population import Population
from plg_orchestration.demo.randomness import DAY_MS, HOUR_MS, Floats, Ints, stream
from plg_orchestration.demo.sizes import Calendar

ACCEPT_PQL, ACCEPT_MQL, ACCEPT_PENALIZED = 0.72, 0.45, 0.22
REST_DAYS = 45
WARM, WARM_A_DAY, COLD_A_DAY = 0.0018, 0.12, 0.0025
_REASONS = ("no_budget", "too_small", "bad_timing", "no_need", "duplicate")
PENALTY_REASON = "territory_not_covered"


@dataclass(frozen=True)
class Outcome:
    """One step of a lead's way: accepted or rejected, opportunity, won or lost."""

    lead: int
    user: int
    outcome: str
    reason: str
    at: int
    origin: str


class Desk:
    """Collects a day's leads, and tells at the end what became of each."""

    def __init__(self, population: Population, calendar: Calendar, seed: int) -> None:
        self._calendar, self._seed = calendar, seed
        self._region = population.accounts.region
        self._account = population.users.account
        self._rest = np.full(len(population.accounts), -REST_DAYS)
        self._leads: list[tuple[int, int, str]] = []

    def day(self, day: int, readiness: Floats, state: Ints, last_active: Ints) -> None:
        """Free accounts with the highest readiness become product leads, some others marketing leads."""
        rng = stream(self._seed, "sales", day)
        rested = (state == FREE) & (day - self._rest >= REST_DAYS) & (last_active >= 0)
        warm = rested & (readiness > WARM) & (rng.random(len(readiness)) < WARM_A_DAY)
        cold = rested & ~warm & (rng.random(len(readiness)) < COLD_A_DAY)
        for origin, chosen in (("pql", np.flatnonzero(warm)), ("mql", np.flatnonzero(cold))):
            self._rest[chosen] = day
            self._leads += [(day, int(user), origin) for user in last_active[chosen]]

    def outcomes(self, first_paid: Ints) -> list[Outcome]:
        """Every step that had happened by the end, in order of time."""
        rng = stream(self._seed, "sales outcomes")
        first, after = self._calendar.penalty
        penalized = list(product.REGIONS).index(PENALIZED_REGION)
        rows: list[Outcome] = []
        for number, (day, user, origin) in enumerate(self._leads, start=1):
            account = int(self._account[user])
            unjust = first <= day < after and self._region[account] == penalized
            chance = ACCEPT_PENALIZED if unjust else (ACCEPT_PQL if origin == "pql" else ACCEPT_MQL)
            at = (day + 1) * DAY_MS + int(rng.integers(8 * HOUR_MS, 17 * HOUR_MS))
            draws = rng.random(3)
            if draws[0] >= chance:
                reason = PENALTY_REASON if unjust and draws[1] < 0.8 else _REASONS[int(draws[1] * len(_REASONS))]
                rows.append(Outcome(number, user, "rejected", reason, at, origin))
                continue
            rows.append(Outcome(number, user, "accepted", "", at, origin))
            if draws[1] < 0.55:
                rows.append(Outcome(number, user, "opportunity", "", at + 4 * DAY_MS, origin))
            paid = int(first_paid[account])
            if day * DAY_MS < paid < (day + 45) * DAY_MS:
                rows.append(Outcome(number, user, "won", "", max(paid, at) + 2 * HOUR_MS, origin))
            else:
                rows.append(Outcome(number, user, "lost", _REASONS[int(draws[2] * 4)], at + 45 * DAY_MS, origin))
        return sorted((row for row in rows if row.at < self._calendar.end_ms), key=lambda row: (row.at, row.lead))
