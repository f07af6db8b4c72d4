"""Money: which accounts decide to pay, trials, subscriptions, expansion, and why they leave.

The planted hazard of paying stands here. Sales people are in `sales`; what users do in `behavior`. An account's decision on
day d rests on signals up to day d - 1, so nothing that happens while it pays can explain it.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from plg_orchestration.demo import product
from plg_orchestration.demo.batch import Happenings, gather
from plg_orchestration.demo.behavior import Signals, Usage
from plg_orchestration.demo.population import Population
from plg_orchestration.demo.randomness import DAY_MS, HOUR_MS, MINUTE_MS, NEVER, Bools, Floats, Ints, sigmoid, stream
from plg_orchestration.demo.sizes import Calendar

PENALIZED_REGION = "APAC"
PENALTY_HAZARD = 0.30
"""What remains of the hazard of paying in the penalized region and period."""
DESERTED_FACTOR = 0.35
"""What remains of the hazard of an account that all its users have left."""
DIRECT_SHARE, TRIAL_CONVERSION = 0.45, 0.60
CANCEL_A_DAY, EXPAND_A_DAY, CONTRACT_A_DAY = 0.0004, 0.0022, 0.0005
CHAMPION_LEAVES_A_DAY = 0.008
NOT_YET, FREE, TRIAL, PAYING = 0, 1, 2, 3
_NO_DAY = 10**9


@dataclass(frozen=True)
class Version:
    """A subscription as known from `known` on; times in milliseconds since the start, `ended` NEVER while it runs."""

    subscription: int
    account: int
    plan: str
    seats: int
    cents: int
    started: int
    ended: int
    trial: bool
    yearly: bool
    known: int


@dataclass(frozen=True)
class ChampionLoss:
    """The one active user of a paying account stopped, and the account's cancellation that followed (None: it did not)."""

    account: int
    user: int
    stopped_day: int
    cancel_day: int | None


@dataclass(frozen=True)
class Day:
    """What commerce did on a day: event lines, and each account's readiness: its hazard had nobody been penalized."""

    happenings: Happenings
    readiness: Floats


@dataclass
class AtRisk:
    """Account-days on which an account could start to pay, or to leave, and how many did."""

    free_days: int = 0
    paid_days: int = 0
    converted: int = 0
    cancelled: int = 0


class Commerce:
    """The state of every account, moved on by one day at a time."""

    def __init__(self, population: Population, usage: Usage, calendar: Calendar, seed: int) -> None:
        accounts = population.accounts
        n = len(accounts)
        self._accounts, self._users, self._usage = accounts, population.users, usage
        self._calendar, self._seed = calendar, seed
        self.state = np.zeros(n, dtype=np.int64)
        self.first_paid = np.full(n, NEVER)
        self.versions: list[Version] = []
        self.losses: list[ChampionLoss] = []
        self.at_risk = AtRisk()
        self._open: dict[int, Version] = {}
        self._numbers = 0
        self._pay_day, self._card_day = np.full(n, _NO_DAY), np.full(n, _NO_DAY)
        self._trial_end, self._cancel_day = np.full(n, _NO_DAY), np.full(n, _NO_DAY)
        self._had_trial = np.zeros(n, dtype=np.bool_)
        self._founder = np.full(n, -1)
        order = np.arange(len(population.users))[::-1]
        self._founder[population.users.account[order]] = order
        names = list(product.SEGMENTS)
        coefficient = product.COEFFICIENTS
        fit = (accounts.segment == names.index("mid_market")) * coefficient["mid_market"]
        fit = fit + (accounts.segment == names.index("enterprise")) * coefficient["enterprise"]
        self._constant: Floats = product.INTERCEPT + fit + coefficient["inclination"] * accounts.inclination
        self._penalized: Bools = accounts.region == list(product.REGIONS).index(PENALIZED_REGION)

    def paying(self) -> Bools:
        """Whether each account pays now."""
        return self.state == PAYING

    def running(self) -> list[Version]:
        """The subscriptions and trials that run now."""
        return list(self._open.values())

    def readiness(self, signals: Signals, here: Bools) -> Floats:
        """Each account's chance of deciding to pay, were all treated alike; 0 unless free, less when no user is `here`."""
        log_odds = self._constant.copy()
        for name, value in signals.values().items():
            log_odds += product.COEFFICIENTS[name] * value
        inhabited = np.bincount(self._users.account[here], minlength=len(log_odds)) > 0
        open_to_it = (self.state == FREE) & (self._accounts.ring < 0) & (self._pay_day == _NO_DAY)
        return np.where(open_to_it, sigmoid(log_odds) * np.where(inhabited, 1.0, DESERTED_FACTOR), 0.0)

    def hazard(self, day: int, readiness: Floats) -> Floats:
        """The chance of deciding on `day` as it really is: reduced in the penalized region and period."""
        first, after = self._calendar.penalty
        return np.where(self._penalized & (first <= day < after), readiness * PENALTY_HAZARD, readiness)

    def day(self, day: int, signals: Signals, here: Bools) -> Day:
        """Decide, start and end trials, bill, expand and cancel; returns the event lines of the day."""
        rng = stream(self._seed, "commerce", day)
        self.state[(self.state == NOT_YET) & (self._accounts.signup < (day + 1) * DAY_MS)] = FREE
        self.at_risk.free_days += int(((self.state == FREE) | (self.state == TRIAL)).sum())
        self.at_risk.paid_days += int((self.state == PAYING).sum())
        readiness = self.readiness(signals, here)
        hazard = self.hazard(day, readiness)
        decided = np.flatnonzero(rng.random(len(hazard)) < hazard)
        parts = [self._decide(rng, day, decided, signals.last_active)]
        abandoned = (self.state == FREE) & (self._pay_day == _NO_DAY) & (rng.random(len(hazard)) < 0.25 * hazard)
        self._card_day[np.flatnonzero(abandoned)] = day
        cards = np.flatnonzero(self._card_day == day)
        parts.append(self._lines(rng, day, cards, 11, "Payment Details Added", signals.last_active))
        parts.append(self._bill(rng, day, here, signals.last_active))
        lapsed = np.flatnonzero((self._trial_end == day) & (self.state == TRIAL))
        for account in lapsed.tolist():
            self._end(account, day * DAY_MS + 12 * HOUR_MS)
        self.state[lapsed] = FREE
        parts += self._change(rng, day, here, signals.last_active)
        parts.append(self._leave(rng, day, here, signals.last_active))
        return Day(gather(parts), readiness)

    def _decide(self, rng: np.random.Generator, day: int, decided: Ints, last_active: Ints) -> Happenings:
        """Some buy at once or within days, others try for two weeks first."""
        n = len(decided)
        direct = (rng.random(n) < DIRECT_SHARE) | self._had_trial[decided]
        wait = np.where(rng.random(n) < 0.5, 0, rng.integers(1, 5, n))
        buyers, triers = decided[direct], decided[~direct]
        self._pay_day[buyers] = day + wait[direct]
        self._card_day[buyers] = np.maximum(self._pay_day[buyers] - rng.integers(0, 2, len(buyers)), day)
        self._trial_end[triers] = day + product.TRIAL_DAYS
        self.state[triers], self._had_trial[triers] = TRIAL, True
        converts = rng.random(len(triers)) < TRIAL_CONVERSION
        pays = day + product.TRIAL_DAYS - rng.integers(0, 5, len(triers))
        self._pay_day[triers[converts]] = pays[converts]
        early = np.where(rng.random(len(triers)) < 0.5, 0, rng.integers(1, 8, len(triers)))
        cards = np.where(converts | (rng.random(len(triers)) < 0.15), pays - early, _NO_DAY)
        self._card_day[triers] = cards
        for account in triers.tolist():
            self._start(account, day * DAY_MS + 12 * HOUR_MS, seats=5, cents=0, trial=True, yearly=False)
        pricing = self._lines(rng, day, decided, 10, "Pricing Viewed", last_active)
        return gather([pricing, self._lines(rng, day, triers, 12, "Trial Started", last_active)])

    def _bill(self, rng: np.random.Generator, day: int, here: Bools, last_active: Ints) -> Happenings:
        payers = np.flatnonzero((self._pay_day == day) & (self.state != PAYING))
        self._pay_day[self._pay_day == day] = _NO_DAY
        people = np.bincount(self._users.account[here], minlength=len(self.state))
        at = day * DAY_MS + 12 * HOUR_MS
        for account in payers.tolist():
            self._end(account, at)
            yearly = bool(rng.random() < product.YEARLY_SHARE)
            seats = max(1, int(people[account])) + int(rng.integers(0, 3))
            self._start(account, at, seats=seats, cents=self._price(account, seats, yearly), trial=False, yearly=yearly)
        self.first_paid[payers] = np.minimum(self.first_paid[payers], at)
        self.state[payers] = PAYING
        self.at_risk.converted += len(payers)
        self._cancel_day[payers] = _NO_DAY
        newly = np.zeros(len(self.state), dtype=np.bool_)
        newly[payers] = True
        stays_on = here & newly[self._users.account]
        stays_on[np.where(last_active[payers] >= 0, last_active[payers], self._founder[payers])] = True
        staying = np.flatnonzero(stays_on)
        stays = day * DAY_MS + (rng.exponential(800, len(staying)) * DAY_MS).astype(np.int64)
        self._usage.stop[staying] = np.maximum(self._usage.stop[staying], stays)
        return self._lines(rng, day, payers, 12, "Plan Upgraded", last_active)

    def _change(self, rng: np.random.Generator, day: int, here: Bools, last_active: Ints) -> list[Happenings]:
        """More or fewer seats: the running subscription ends and another starts at the same instant."""
        chance = rng.random(len(self.state))
        inhabited = np.bincount(self._users.account[here], minlength=len(self.state)) > 0
        grows = np.flatnonzero((self.state == PAYING) & inhabited & (chance < EXPAND_A_DAY))
        shrinks = np.flatnonzero((self.state == PAYING) & inhabited & (chance > 1 - CONTRACT_A_DAY))
        at = day * DAY_MS + 13 * HOUR_MS
        growing, shrunk = set(grows.tolist()), list[int]()
        for account in [*grows.tolist(), *shrinks.tolist()]:
            now = self._open[account]
            more = int(rng.integers(1, 5)) if account in growing else -1
            if now.seats + more < 1 or now.started >= at:
                continue
            self._end(account, at)
            seats = now.seats + more
            cents = self._price(account, seats, now.yearly)
            self._start(account, at, seats=seats, cents=cents, trial=False, yearly=now.yearly)
            if more < 0:
                shrunk.append(account)
        grown = self._lines(rng, day, grows, 13, "Plan Upgraded", last_active)
        return [grown, self._lines(rng, day, np.array(shrunk, dtype=np.int64), 13, "Plan Downgraded", last_active)]

    def _leave(self, rng: np.random.Generator, day: int, here: Bools, last_active: Ints) -> Happenings:
        """Champions who stop, accounts that lose everybody, and those who cancel for other reasons."""
        n = len(self.state)
        paying = (self.state == PAYING) & (self._cancel_day == _NO_DAY)
        people = np.bincount(self._users.account[here], minlength=n)
        single = np.flatnonzero(paying & (people == 1) & (rng.random(n) < CHAMPION_LEAVES_A_DAY))
        champion = np.full(n, -1)
        inside = np.flatnonzero(here)
        champion[self._users.account[inside]] = inside
        for account in single.tolist():
            user = int(champion[account])
            self._usage.stop[user] = day * DAY_MS - 1
            self._usage.back[user] = NEVER
            cancels = int(day + rng.integers(12, 31)) if rng.random() < 0.9 else None
            self._cancel_day[account] = _NO_DAY - 1 if cancels is None else cancels
            self.losses.append(ChampionLoss(account, user, day, cancels))
        deserted = np.flatnonzero(paying & (people == 0) & (self._cancel_day == _NO_DAY))
        self._cancel_day[deserted] = day + rng.integers(40, 120, len(deserted))
        other = paying & (people > 0) & (rng.random(n) < CANCEL_A_DAY)
        leavers = np.flatnonzero((self.state == PAYING) & ((self._cancel_day == day) | other))
        for account in leavers.tolist():
            self._end(account, day * DAY_MS + 14 * HOUR_MS)
        self.state[leavers] = FREE
        self.at_risk.cancelled += len(leavers)
        self._cancel_day[leavers] = _NO_DAY
        gone = np.zeros(n, dtype=np.bool_)
        gone[leavers] = True
        users = np.flatnonzero(here & gone[self._users.account])
        left = day * DAY_MS + (rng.exponential(8, len(users)) * DAY_MS).astype(np.int64)
        self._usage.stop[users] = np.minimum(self._usage.stop[users], left)
        return self._lines(rng, day, leavers, 14, "Subscription Cancelled", last_active)

    def _price(self, account: int, seats: int, yearly: bool) -> int:
        price = list(product.PLANS.values())[int(self._accounts.segment[account])][1]
        return round(seats * price * 100 * (1 - product.YEARLY_DISCOUNT * yearly))

    def _start(self, account: int, at: int, *, seats: int, cents: int, trial: bool, yearly: bool) -> None:
        plan = list(product.PLANS.values())[int(self._accounts.segment[account])][0]
        self._numbers += 1
        version = Version(self._numbers, account, plan, seats, cents, at, NEVER, trial, yearly, at + MINUTE_MS)
        self._open[account] = version
        self.versions.append(version)

    def _end(self, account: int, at: int) -> None:
        running = self._open.pop(account, None)
        if running is not None:
            self.versions.append(replace(running, ended=at, known=at + MINUTE_MS))

    def _lines(
        self, rng: np.random.Generator, day: int, accounts: npt.NDArray[np.integer], hour: int, event: str, last_active: Ints
    ) -> Happenings:
        """One line an account, by the user seen last, within the half hour before the given hour (UTC)."""
        actor = np.where(last_active[accounts] >= 0, last_active[accounts], self._founder[accounts])
        at = day * DAY_MS + hour * HOUR_MS - rng.integers(MINUTE_MS, 30 * MINUTE_MS, len(accounts))
        return Happenings.of(np.maximum(at, self._users.signup[actor] + MINUTE_MS), actor, product.CODE[event])
