"""Everyday use: who is active on a day, what they do, and the fading signals that an account's use leaves behind.

A day is drawn at once for all people. Money is in `commerce`; one-time happenings are in `planned`.
"""

import numpy as np
import numpy.typing as npt

from plg_orchestration.demo import product
from plg_orchestration.demo.batch import Happenings
from plg_orchestration.demo.population import Population
from plg_orchestration.demo.randomness import DAY_MS, MINUTE_MS, Bools, Floats, Ints, sigmoid, stream, time_of_day
from plg_orchestration.demo.sizes import Calendar, Size

_LOOKUP = 4096


def _lookup() -> npt.NDArray[np.int16]:
    """Event codes by interest, state and 12 random bits."""
    table = np.zeros((product.INTERESTS, product.STATES, _LOOKUP), dtype=np.int16)
    for interest in range(product.INTERESTS):
        for state in range(product.STATES):
            weights = product.usage_weights(interest, state)
            edges = np.cumsum(np.fromiter(weights.values(), dtype=np.float64))
            position = np.searchsorted(edges / edges[-1], (np.arange(_LOOKUP) + 0.5) / _LOOKUP)
            table[interest, state] = np.array([product.CODE[name] for name in weights])[position]
    return table


class Usage:
    """Draws the everyday use of one day after another; `stop`, `back` and `back_stop` may be moved by what accounts do."""

    def __init__(self, population: Population, size: Size, calendar: Calendar, seed: int) -> None:
        users = population.users
        self._users, self._size, self._calendar, self._seed = users, size, calendar, seed
        self._region = population.accounts.region[users.account].astype(np.int8)
        self._habit: Floats = sigmoid(-1.35 + 0.75 * users.engagement)
        self._volume: Floats = np.where(users.fingerprint < 0, 9.0, 2.0 * np.exp(0.32 * users.engagement))
        self._table = _lookup()
        self.stop: Ints = users.stop.copy()
        self.back: Ints = users.back.copy()
        self.back_stop: Ints = users.back_stop.copy()

    def here(self, day: int) -> Bools:
        """Users who have signed up and not quit (or came back) on a day."""
        start = day * DAY_MS
        signed_up = self._users.signup < start + DAY_MS
        return signed_up & ((self.stop >= start) | ((self.back < start + DAY_MS) & (self.back_stop >= start)))

    def day(self, day: int, here: Bools, paying: Bools, planned: int) -> Happenings:
        """What the users who are `here` do; `paying` tells it by account; `planned` lines are known to come on top."""
        rng = stream(self._seed, "usage", day)
        users = self._users
        candidates = np.flatnonzero(here)
        weekday = product.WEEKDAYS[(self._calendar.start.weekday() + day) % 7]
        joined = users.signup[candidates] >= day * DAY_MS
        habit = self._habit[candidates] * weekday * (1 + 0.2 * paying[users.account[candidates]])
        chance = np.where(joined, 1.0, np.minimum(habit, 0.95))
        active = candidates[rng.random(len(candidates)) < chance]
        volume = self._volume[active] * self._scale(active, weekday, planned)
        second = rng.random(len(active)) < 0.3
        events = rng.poisson(volume)
        begin = day * DAY_MS + time_of_day(rng, self._region[active])
        begin = np.where(users.signup[active] >= day * DAY_MS, np.maximum(begin, users.signup[active] + MINUTE_MS), begin)
        later = begin + rng.integers(90 * MINUTE_MS, 420 * MINUTE_MS, len(active))
        state = np.where(paying[users.account[active]], 2, users.activated[active] < (day + 1) * DAY_MS).astype(np.int64)
        row = np.repeat(np.arange(len(active)), events)
        bits = rng.integers(0, 2**62, len(row))
        code = self._table[users.interest[active][row], state[row], bits % _LOOKUP]
        offset = 1500 + (bits >> 12) % (8 * MINUTE_MS) + (bits >> 32) % (14 * MINUTE_MS)
        start = np.where(second[row] & ((bits >> 52) % 2 == 1), later[row], begin[row])
        session = product.CODE["Session Started"]
        at = np.concatenate([begin, later[second], start + offset])
        actor = np.concatenate([active, active[second], active[row]])
        codes = np.concatenate([np.full(len(active) + int(second.sum()), session, dtype=np.int16), code])
        return Happenings.of(np.minimum(at, (day + 1) * DAY_MS - 1), actor, codes)

    def _scale(self, active: Ints, weekday: float, planned: int) -> float:
        if self._size.events_a_day is None:
            return 1.0
        mean = sum(product.WEEKDAYS) / 7
        wanted = self._size.events_a_day * (0.35 + 0.65 * weekday / mean) - planned - 1.3 * len(active)
        return float(np.clip(wanted / max(self._volume[active].sum(), 1.0), 0.15, 9.0))


class Signals:
    """Account signals that fade with the product's half-life: driver counts, core features in use, active people."""

    def __init__(self, population: Population) -> None:
        self._accounts = len(population.accounts)
        self._account = population.users.account.astype(np.int64)
        self._fade = 0.5 ** (1.0 / product.HALF_LIFE_DAYS)
        self._driver = np.full(len(product.EVENTS), -1)
        for row, names in enumerate(product.DRIVERS.values()):
            for name in names:
                self._driver[product.CODE[name]] = row
        self._feature = np.full(len(product.EVENTS), -1)
        for row, name in enumerate(product.CORE_FEATURES):
            self._feature[product.CODE[name]] = row
        self._counts = np.zeros((len(product.DRIVERS), self._accounts))
        self._features = np.zeros((len(product.CORE_FEATURES), self._accounts))
        self._people = np.zeros(self._accounts)
        self.last_active: Ints = np.full(self._accounts, -1)

    def update(self, happened: Happenings) -> None:
        """Fade by a day and add what known users did."""
        known = happened.actor < len(self._account)
        actor, code = happened.actor[known], happened.code[known]
        account = self._account[actor]
        self._counts = self._counts * self._fade + self._tally(self._driver[code], account, len(product.DRIVERS))
        self._features = self._features * self._fade + self._tally(self._feature[code], account, len(product.CORE_FEATURES))
        present = np.zeros(len(self._account), dtype=np.bool_)
        present[actor] = True
        self._people = self._people * self._fade + np.bincount(self._account[present], minlength=self._accounts)
        self.last_active[account] = actor

    def _tally(self, row: Ints, account: Ints, rows: int) -> Floats:
        counted = row >= 0
        flat = np.bincount(row[counted] * self._accounts + account[counted], minlength=rows * self._accounts)
        return flat.reshape(rows, self._accounts).astype(np.float64)

    def values(self) -> dict[str, Floats]:
        """Each signal as it enters the hazard, by account."""
        named = {name: np.log1p(self._counts[row]) for row, name in enumerate(product.DRIVERS)}
        named["core_breadth"] = (1.0 - np.exp(-self._features)).sum(axis=0)
        named["active_users"] = np.log1p(self._people)
        return named
