"""Who there is: accounts, people, and who invited whom; drawn once, before any day is lived.

Belongs here: attributes, sign-up and quitting times, activation, the viral loop. Everyday use is in `behavior`, money in
`commerce`. Times are milliseconds since the start of the first day (UTC); `NEVER` where something does not happen.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plg_orchestration.demo import product
from plg_orchestration.demo.people import ACCEPTANCE, Draw, draw_invites, draw_people
from plg_orchestration.demo.randomness import DAY_MS, MINUTE_MS, NEVER, Bools, Floats, Ints, pick, stream, time_of_day
from plg_orchestration.demo.sizes import Calendar, Size

RING_ACCOUNT_SHARE = 0.006
RING_USERS = 8
RING_SIZE = 3
WITHOUT_CONSENT = 0.034
WITHOUT_CONFIRMATION = 0.02

_COUNTRY_LIST = [country for region in product.COUNTRIES.values() for country in region]
COUNTRY_NAMES = tuple(_COUNTRY_LIST)
FOUNDER, JOINER, INVITED, FAKE = 0, 1, 2, 3


@dataclass(frozen=True)
class Accounts:
    """One row per account, ordered by sign-up; codes are positions in the tables of `product`."""

    signup: Ints
    channel: Ints
    region: Ints
    country: Ints
    industry: Ints
    segment: Ints
    employees: Ints
    engagement: Floats
    inclination: Floats
    in_need: Bools
    ring: Ints  # number of the fake ring, -1 for real accounts

    def __len__(self) -> int:
        return len(self.signup)


@dataclass(frozen=True)
class Users:
    """One row per user, ordered by sign-up."""

    account: Ints
    signup: Ints
    inviter: Ints  # -1 when nobody invited them
    how: Ints
    role: Ints
    country: Ints
    mobile: Bools
    engagement: Floats
    interest: Ints
    arm: Ints  # 1 treatment, 0 control of the checklist experiment, -1 outside
    activated: Ints
    stop: Ints
    back: Ints
    back_stop: Ints
    fingerprint: Ints

    def __len__(self) -> int:
        return len(self.signup)


@dataclass(frozen=True)
class Invites:
    """One row per invite, ordered by the time it was sent."""

    inviter: Ints
    invitee: Ints  # -1 while nobody accepted
    sent: Ints
    accepted: Ints
    opt_in: Ints
    double_opt_in: Ints

    def __len__(self) -> int:
        return len(self.sent)


@dataclass(frozen=True)
class Population:
    """Everybody in the demo."""

    accounts: Accounts
    users: Users
    invites: Invites


def populate(size: Size, calendar: Calendar, seed: int) -> Population:
    """Draw exactly `size.users` people in about a third as many accounts."""
    rng = stream(seed, "population")
    total = max(24, round(size.users / 3.0))
    fakes = max(RING_SIZE, round(total * RING_ACCOUNT_SHARE))
    accounts = _accounts(rng, total - fakes, fakes, size, calendar)
    draw = _grow(rng, accounts, size.users - fakes * RING_USERS, calendar)
    draw, ring_pairs = _add_rings(rng, accounts, draw, calendar)
    users, invites = _number(rng, draw, ring_pairs, calendar)
    return Population(accounts, users, invites)


def signup_shares(size: Size, calendar: Calendar, growth: float = 1.5) -> Floats:
    """The share of sign-ups on each day: growth, weekdays, and the launch wave of the large sizes."""
    day = np.arange(calendar.days)
    weekday = np.array(product.WEEKDAYS)[(calendar.start.weekday() + day) % 7]
    steady = (1 + growth * day / calendar.days) * weekday
    launch = weekday * (day < 14)
    return size.launch_share * launch / launch.sum() + (1 - size.launch_share) * steady / steady.sum()


def _accounts(rng: np.random.Generator, real: int, fakes: int, size: Size, calendar: Calendar) -> Accounts:
    n = real + fakes
    region = pick(rng, product.REGIONS, n)
    channel = pick(rng, product.CHANNELS, n)
    segment = pick(rng, product.SEGMENTS, n)
    days = np.searchsorted(np.cumsum(signup_shares(size, calendar)), rng.random(n)).clip(0, calendar.days - 1)
    ring = np.full(n, -1)
    if fakes:
        ring[real:] = np.arange(fakes) // RING_SIZE
        days[real:] = (calendar.ring_day + 2 * ring[real:]).clip(0, calendar.days - 2)
        channel[real:] = list(product.CHANNELS).index("organic_search")
        segment[real:] = 0
        region[real:] = region[real]
    signup = days * DAY_MS + time_of_day(rng, region)
    if fakes:
        burst = days[real:] * DAY_MS + 13 * 3_600_000
        signup[real:] = burst + rng.integers(0, 40 * MINUTE_MS, fakes)
    low, high = np.array([product.EMPLOYEES[name] for name in product.SEGMENTS], dtype=np.float64).T
    employees = np.exp(np.log(low[segment]) + rng.random(n) * np.log(high[segment] / low[segment])).astype(np.int64)
    lift = np.array([product.CHANNEL_ENGAGEMENT[name] for name in product.CHANNELS])[channel]
    order = np.argsort(signup, kind="stable")
    return Accounts(
        signup=signup[order],
        channel=channel[order],
        region=region[order],
        country=_country(rng, region)[order],
        industry=pick(rng, product.INDUSTRIES, n)[order],
        segment=segment[order],
        employees=employees[order],
        engagement=(lift + 0.9 * rng.standard_normal(n))[order],
        inclination=rng.standard_normal(n)[order],
        in_need=(rng.random(n) < product.IN_NEED_SHARE)[order],
        ring=ring[order],
    )


def _country(rng: np.random.Generator, region: Ints) -> Ints:
    chosen = np.zeros(len(region), dtype=np.int64)
    first = 0
    for number, shares in enumerate(product.COUNTRIES.values()):
        inside = region == number
        chosen[inside] = first + pick(rng, shares, int(inside.sum()))
        first += len(shares)
    return chosen


def _grow(rng: np.random.Generator, accounts: Accounts, target: int, calendar: Calendar) -> Draw:
    """Founders and colleagues, then the viral loop generation by generation, then colleagues up to exactly `target`."""
    real = np.flatnonzero(accounts.ring < 0)
    joiners = max(0, round(0.66 * target) - len(real))
    people = draw_people(rng, accounts, real, accounts.signup[real], FOUNDER, calendar)
    people = people.plus(_joiners(rng, accounts, real, joiners, calendar, 0.12))
    fresh = people
    for _ in range(15):
        invites = draw_invites(rng, fresh, people.count - fresh.count, calendar)
        took = rng.random(len(invites.sent)) < ACCEPTANCE
        took &= invites.accepted < calendar.end_ms
        room = target - people.count
        took &= np.cumsum(took) <= room
        invitee = np.full(len(took), -1)
        invitee[took] = people.count + np.arange(int(took.sum()))
        people = people.with_invites(invites.sent, np.where(took, invites.accepted, NEVER), invites.inviter, invitee)
        inviters = invites.inviter[took]
        fresh = draw_people(rng, accounts, people.account[inviters], invites.accepted[took], INVITED, calendar, inviters)
        people = people.plus(fresh)
        if not took.any():
            break
    return people.plus(_joiners(rng, accounts, real, target - people.count, calendar, 0.25))


def _joiners(rng: np.random.Generator, accounts: Accounts, real: Ints, n: int, calendar: Calendar, wait: float) -> Draw:
    weight = np.array([1.0, 2.6, 6.0])[accounts.segment[real]]
    left = (calendar.end_ms - accounts.signup[real]) / calendar.end_ms
    cumulative = np.cumsum(weight * np.sqrt(left))
    chosen = real[np.searchsorted(cumulative / cumulative[-1], rng.random(n))]
    delay = (rng.exponential(wait, n) * calendar.end_ms).astype(np.int64) + 5 * MINUTE_MS
    begin = accounts.signup[chosen]
    day = (begin + delay % np.maximum(calendar.end_ms - begin, 1)) // DAY_MS
    weekend = np.isin((calendar.start.weekday() + day) % 7, (5, 6)) & (rng.random(n) < 0.6)
    day = np.where(weekend & (day + 2 < calendar.days), day + 2, day)
    signup = day * DAY_MS + time_of_day(rng, accounts.region[chosen])
    signup = np.where(signup > begin, signup, (begin + 5 * MINUTE_MS).clip(max=calendar.end_ms - 1))
    return draw_people(rng, accounts, chosen, signup, JOINER, calendar)


def _add_rings(
    rng: np.random.Generator, accounts: Accounts, people: Draw, calendar: Calendar
) -> tuple[Draw, list[tuple[int, int]]]:
    """Fake accounts: everybody within minutes, one device a ring, invites in a circle; returns the circle's pairs."""
    pairs: list[tuple[int, int]] = []
    for ring in range(int(accounts.ring.max(initial=-1)) + 1):
        members = np.repeat(np.flatnonzero(accounts.ring == ring), RING_USERS)
        signup = accounts.signup[members] + np.tile(np.arange(RING_USERS) * 97_000, len(members) // RING_USERS)
        first = people.count
        fakes = draw_people(rng, accounts, members, signup.clip(max=calendar.end_ms - 1), FAKE, calendar)
        people = people.plus(fakes.as_ring(ring))
        pairs += [(first + i, first + (i + 1) % len(members)) for i in range(len(members))]
    return people, pairs


def _number(
    rng: np.random.Generator, people: Draw, ring_pairs: list[tuple[int, int]], calendar: Calendar
) -> tuple[Users, Invites]:
    """Number users and invites in order of time and decide about consent."""
    order = np.argsort(people.signup, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    named = {name: getattr(people, name)[order] for name in Users.__dataclass_fields__ if name != "inviter"}
    inviter = people.inviter[order]
    users = Users(**named, inviter=np.where(inviter >= 0, rank[inviter], -1))
    circle = np.array(ring_pairs, dtype=np.int64).reshape(-1, 2)
    circle_sent = people.signup[circle].max(axis=1) + 11 * MINUTE_MS
    sent = np.concatenate([people.invite_sent, circle_sent])
    keep = sent < calendar.end_ms
    by_time = np.argsort(sent[keep], kind="stable")
    accepted = np.concatenate([people.invite_accepted, circle_sent + 60_000])[keep][by_time]
    invitee = np.concatenate([people.invite_invitee, circle[:, 1]])[keep][by_time]
    sent_by = rank[np.concatenate([people.invite_inviter, circle[:, 0]])[keep][by_time]]
    sent = sent[keep][by_time]
    late = accepted >= calendar.end_ms
    opt_in, confirmed = _consent(rng, sent)
    return users, Invites(
        inviter=sent_by,
        invitee=np.where((invitee >= 0) & ~late, rank[invitee], -1),
        sent=sent,
        accepted=np.where(late, NEVER, accepted),
        opt_in=opt_in,
        double_opt_in=confirmed,
    )


def _consent(rng: np.random.Generator, sent: Ints) -> tuple[Ints, Ints]:
    n = len(sent)
    opt_in = np.maximum(sent - rng.integers(2 * MINUTE_MS, 3 * 3_600_000, n), 0)
    confirmed = np.minimum(opt_in + rng.integers(20_000, 90_000, n), sent)
    shuffled: npt.NDArray[np.int64] = rng.permutation(n)
    without, unconfirmed = round(WITHOUT_CONSENT * n), round(WITHOUT_CONFIRMATION * n)
    opt_in[shuffled[:without]] = NEVER
    confirmed[shuffled[: without + unconfirmed]] = NEVER
    return opt_in, confirmed
