"""What happens once in a person's time with the product: visits before signing up, onboarding, invites, tickets, surveys.

All of it is drawn before the first day; everyday use is in `behavior`.
"""

from dataclasses import dataclass

import numpy as np

from plg_orchestration.demo.batch import Happenings, gather
from plg_orchestration.demo.population import INVITED, Population, signup_shares
from plg_orchestration.demo.product import ACTIVATION, CODE, ONBOARDING
from plg_orchestration.demo.randomness import DAY_MS, HOUR_MS, MINUTE_MS, NEVER, Bools, Ints, lognormal_ms, stream, time_of_day
from plg_orchestration.demo.sizes import Calendar, Size

VISITORS_PER_SIGNUP = 10
_PAGES = ("page:Home", "page:Features", "page:Pricing", "page:Blog")


@dataclass(frozen=True)
class Ticket:
    """Support tickets, one row each, ordered by opening: who, when, when closed (NEVER: open), topic and satisfaction codes."""

    user: Ints
    opened: Ints
    closed: Ints
    topic: Ints
    satisfaction: Ints  # 0 when not rated


@dataclass(frozen=True)
class Survey:
    """Survey answers ordered by time; `nps` tells the kind (else csat)."""

    user: Ints
    nps: Bools
    score: Ints
    at: Ints


@dataclass(frozen=True)
class Plan:
    """Everything drawn ahead: happenings ordered by time, how many visitors never sign up, tickets and surveys."""

    happenings: Happenings
    visitors: int
    visitor_region: Ints
    tickets: Ticket
    surveys: Survey

    def day(self, day: int) -> Happenings:
        """What was planned for a day."""
        low, high = np.searchsorted(self.happenings.at, [day * DAY_MS, (day + 1) * DAY_MS])
        return self.happenings.take(slice(int(low), int(high)))


def plan(population: Population, size: Size, calendar: Calendar, seed: int) -> Plan:
    """Draw everything that happens once."""
    rng = stream(seed, "plan")
    visits, visitors, visitor_region = _visits(rng, population, size, calendar)
    tickets = _tickets(rng, population, calendar)
    surveys = _surveys(rng, population, tickets, calendar)
    parts = [
        visits,
        _signups(population),
        _onboarding(rng, population),
        _invites(population),
        _integrations(rng, population),
        Happenings.of(tickets.opened, tickets.user, CODE["Ticket Opened"]),
        Happenings.of(surveys.at, surveys.user, CODE["Survey Answered"]),
    ]
    everything = gather(parts)
    inside = (everything.at >= 0) & (everything.at < calendar.end_ms)
    everything = everything.take(inside)
    return Plan(everything.take(np.argsort(everything.at, kind="stable")), visitors, visitor_region, tickets, surveys)


def _visits(rng: np.random.Generator, population: Population, size: Size, calendar: Calendar) -> tuple[Happenings, int, Ints]:
    users = population.users
    total = len(users)
    came = np.flatnonzero(users.how < INVITED)
    pages = rng.integers(1, 5, len(came))
    who = np.repeat(came, pages)
    before = 20_000 + lognormal_ms(rng, 25 * MINUTE_MS, 2.2, len(who))
    own = Happenings.of(users.signup[who] - before, who + total, rng.choice([CODE[p] for p in _PAGES], len(who)))
    visitors = VISITORS_PER_SIGNUP * len(came)
    day = np.searchsorted(np.cumsum(signup_shares(size, calendar)), rng.random(visitors)).clip(0, calendar.days - 1)
    region = population.accounts.region[rng.integers(0, len(population.accounts), visitors)]
    start = day * DAY_MS + time_of_day(rng, region)
    views = np.repeat(np.arange(visitors), rng.choice([1, 1, 1, 2, 3], visitors))
    at = start[views] + rng.integers(0, 6 * MINUTE_MS, len(views))
    others = Happenings.of(at, views + 2 * total, rng.choice([CODE[p] for p in _PAGES], len(views), p=[0.4, 0.2, 0.1, 0.3]))
    return gather([own, others]), visitors, region


def _signups(population: Population) -> Happenings:
    users = population.users
    everyone = np.arange(len(users))
    invited = everyone[users.inviter >= 0]
    web = everyone[(users.how < INVITED) & (everyone % 50 == 7)]
    return gather(
        [
            Happenings.of(users.signup, everyone, CODE["Signed Up"]),
            Happenings.of(users.signup + 400, everyone, CODE["identify:"]),
            Happenings.of(users.signup + 900, everyone, CODE["group:"]),
            Happenings.of(users.signup[web] + 1200, web, CODE["alias:"]),
            Happenings.of(users.signup[invited] + 2500, invited, CODE["Invite Accepted"]),
        ]
    )


def _onboarding(rng: np.random.Generator, population: Population) -> Happenings:
    """Five steps in order; most who activate finish them, most others leave on the way. Tours go beside them."""
    users = population.users
    activated = users.activated < NEVER
    real = users.fingerprint >= 0
    at = users.signup + 15_000
    going = np.ones(len(users), dtype=np.bool_)
    everyone = np.arange(len(users))
    parts: list[Happenings] = []
    for step, name in enumerate(ONBOARDING):
        going &= rng.random(len(users)) < np.where(activated, 0.955, 0.80 if step else 0.92)
        at = at + 30_000 + lognormal_ms(rng, (3 + 25 * step) * MINUTE_MS, 1.5, len(users))
        done = going & ((at < users.stop) | (step < 2)) & (real | (step == 0))
        parts.append(Happenings.of(at[done], everyone[done], CODE[name]))
    parts.append(Happenings.of(users.activated[activated], everyone[activated], CODE[ACTIVATION]))
    toured = rng.random(len(users)) < 0.42
    parts.append(Happenings.of(users.signup[toured] + 40_000, everyone[toured], CODE["Tour Started"]))
    finished = rng.random(len(users)) < np.where(activated, 0.66, 0.42)
    ended = np.where(finished, CODE["Tour Completed"], CODE["Tour Dismissed"])
    parts.append(Happenings.of(users.signup[toured] + 190_000, everyone[toured], ended[toured]))
    return gather(parts)


def _invites(population: Population) -> Happenings:
    invites = population.invites
    return Happenings.of(invites.sent, invites.inviter, CODE["Teammate Invited"])


def _integrations(rng: np.random.Generator, population: Population) -> Happenings:
    users = population.users
    chance = np.where(users.activated < NEVER, 0.24, 0.04) * np.exp(0.3 * users.engagement)
    who = np.flatnonzero(rng.random(len(users)) < chance)
    at = np.minimum(users.signup[who], NEVER) + HOUR_MS + lognormal_ms(rng, 5 * DAY_MS, 1.2, len(who))
    here = at < users.stop[who]
    return Happenings.of(at[here], who[here], CODE["Integration Connected"])


def _tickets(rng: np.random.Generator, population: Population, calendar: Calendar) -> Ticket:
    users = population.users
    stay = np.minimum(users.stop, calendar.end_ms) - users.signup
    who = np.repeat(np.arange(len(users)), rng.poisson(0.05 + 0.006 * stay / DAY_MS))
    opened = users.signup[who] + 5 * MINUTE_MS + (rng.random(len(who)) * stay[who]).astype(np.int64)
    who, opened = who[opened < calendar.end_ms], opened[opened < calendar.end_ms]
    order = np.argsort(opened, kind="stable")
    who, opened = who[order], opened[order]
    closed = opened + lognormal_ms(rng, 9 * HOUR_MS, 1.2, len(who))
    rating = np.clip(np.round(4.1 + 0.5 * users.engagement[who] + rng.standard_normal(len(who))), 1, 5).astype(np.int64)
    rated = rng.random(len(who)) < 0.55
    return Ticket(
        user=who,
        opened=opened,
        closed=np.where(rng.random(len(who)) < 0.97, closed, NEVER),
        topic=rng.integers(0, 4, len(who)),
        satisfaction=np.where(rated, rating, 0),
    )


def _surveys(rng: np.random.Generator, population: Population, tickets: Ticket, calendar: Calendar) -> Survey:
    users = population.users
    asked = np.flatnonzero((users.stop > users.signup + 30 * DAY_MS) & (rng.random(len(users)) < 0.33))
    liking = 7.6 + 1.3 * users.engagement[asked] + 1.8 * rng.standard_normal(len(asked))
    rated = np.flatnonzero((tickets.satisfaction > 0) & (tickets.closed < calendar.end_ms))
    user = np.concatenate([asked, tickets.user[rated]])
    month_later = users.signup[asked] + 30 * DAY_MS + rng.integers(0, 2 * DAY_MS, len(asked))
    at = np.concatenate([month_later, tickets.closed[rated] + HOUR_MS])
    score = np.concatenate([np.clip(np.round(liking), 0, 10).astype(np.int64), tickets.satisfaction[rated]])
    nps = np.arange(len(user)) < len(asked)
    order = np.argsort(at, kind="stable")
    order = order[at[order] < calendar.end_ms]
    return Survey(user[order], nps[order], score[order], at[order])
