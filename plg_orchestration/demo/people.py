"""One person at a time, many at once: activation, staying, quitting, and whom they invite.

The functions draw rows for accounts that exist; how rows are combined into a population is in `population`.
"""

from dataclasses import dataclass, fields, replace
from typing import Protocol

import numpy as np

from plg_orchestration.demo import product
from plg_orchestration.demo.randomness import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    NEVER,
    Bools,
    Floats,
    Ints,
    lognormal_ms,
    pick,
    sigmoid,
)
from plg_orchestration.demo.sizes import Calendar

ACCEPTANCE = 0.46
"""The chance that somebody invited signs up (before the data set ends)."""

INVITES_IF_ACTIVATED, INVITES_OTHERWISE = 1.35, 0.30
CHECKLIST_LIFT = 0.85
"""Log-odds of activating that the treatment of the checklist experiment adds."""
DROP_FACTOR = 0.15
"""What remains of the activation probability in the planted week."""
_FAKE = 3


class AccountRows(Protocol):
    """What a person takes from the account."""

    @property
    def country(self) -> Ints:
        """The country, as a position."""
        ...

    @property
    def segment(self) -> Ints:
        """The size segment, as a position."""
        ...

    @property
    def engagement(self) -> Floats:
        """How much the account likes the product."""
        ...

    @property
    def in_need(self) -> Bools:
        """Whether the free plan is too small."""
        ...


@dataclass(frozen=True)
class Draw:
    """People as drawn (any order) and the invites that they sent; see `population.Users` and `population.Invites`."""

    account: Ints
    signup: Ints
    inviter: Ints
    how: Ints
    role: Ints
    country: Ints
    mobile: Bools
    engagement: Floats
    interest: Ints
    arm: Ints
    activated: Ints
    stop: Ints
    back: Ints
    back_stop: Ints
    fingerprint: Ints
    invite_sent: Ints
    invite_accepted: Ints
    invite_inviter: Ints
    invite_invitee: Ints

    @property
    def count(self) -> int:
        """How many people there are."""
        return len(self.signup)

    def plus(self, other: "Draw") -> "Draw":
        """Both groups, this one first."""
        return Draw(**{f.name: np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)})

    def with_invites(self, sent: Ints, accepted: Ints, inviter: Ints, invitee: Ints) -> "Draw":
        """The same people, having sent more invites."""
        return replace(
            self,
            invite_sent=np.concatenate([self.invite_sent, sent]),
            invite_accepted=np.concatenate([self.invite_accepted, accepted]),
            invite_inviter=np.concatenate([self.invite_inviter, inviter]),
            invite_invitee=np.concatenate([self.invite_invitee, invitee]),
        )

    def as_ring(self, ring: int) -> "Draw":
        """The same people on one shared device, gone after three days and never back."""
        return replace(
            self,
            fingerprint=np.full(self.count, -1 - ring),
            activated=np.full(self.count, NEVER),
            stop=self.signup + 3 * DAY_MS,
            back=np.full(self.count, NEVER),
            back_stop=np.full(self.count, NEVER),
            arm=np.full(self.count, -1),
        )


@dataclass(frozen=True)
class InviteDraw:
    """Invites before anybody answered: when sent, when they would be accepted, by whom (position in the whole draw)."""

    sent: Ints
    accepted: Ints
    inviter: Ints


def draw_people(
    rng: np.random.Generator,
    accounts: AccountRows,
    account: Ints,
    signup: Ints,
    how: int,
    calendar: Calendar,
    inviter: Ints | None = None,
) -> Draw:
    """Draw one person per entry of `account` and `signup`."""
    n = len(account)
    day = signup // DAY_MS
    engagement = accounts.engagement[account] + 0.55 * rng.standard_normal(n)
    first, after = calendar.checklist
    arm = np.where((day >= first) & (day < after) & (how != _FAKE), rng.integers(0, 2, n), -1)
    chance = sigmoid(-0.65 + 0.95 * engagement + 0.40 * (inviter is not None) + CHECKLIST_LIFT * (arm == 1))
    first, after = calendar.drop
    dropped = (day >= first) & (day < after) & (accounts.segment[account] == 0)
    chance = np.where(dropped, chance * DROP_FACTOR, chance)
    activates = rng.random(n) < chance
    activated = np.where(activates, signup + 3 * MINUTE_MS + lognormal_ms(rng, 15 * HOUR_MS, 1.7, n), NEVER)
    activated = np.where(activated < calendar.end_ms, activated, NEVER)
    stop = _stop(rng, signup, activated, engagement)
    returns = rng.random(n) < 0.07
    back = np.where(returns, stop + rng.integers(25 * DAY_MS, 60 * DAY_MS, n), NEVER)
    empty = np.zeros(0, dtype=np.int64)
    return Draw(
        account=account,
        signup=signup,
        inviter=np.full(n, -1) if inviter is None else inviter,
        how=np.full(n, how),
        role=pick(rng, product.ROLES, n),
        country=accounts.country[account],
        mobile=rng.random(n) < 0.24,
        engagement=engagement,
        interest=rng.integers(0, product.TASTES, n) + product.TASTES * accounts.in_need[account],
        arm=arm,
        activated=activated,
        stop=stop,
        back=back,
        back_stop=np.where(returns, back + (rng.exponential(20, n) * DAY_MS).astype(np.int64), NEVER),
        fingerprint=rng.integers(0, 2**62, n),
        invite_sent=empty,
        invite_accepted=empty,
        invite_inviter=empty,
        invite_invitee=empty,
    )


def _stop(rng: np.random.Generator, signup: Ints, activated: Ints, engagement: Floats) -> Ints:
    """When somebody quits: half of those who never activate on the first day, the others after weeks or months."""
    n = len(signup)
    loyal = rng.exponential(1.0, n) * 62 * np.exp(0.55 * engagement)
    curious = np.where(rng.random(n) < 0.5, 0.02, 0.5 + rng.exponential(7.0, n))
    stays = np.where(activated < NEVER, loyal, curious) * DAY_MS
    stop = signup + stays.astype(np.int64)
    return np.where(activated < NEVER, np.maximum(stop, activated + HOUR_MS), stop)


def draw_invites(rng: np.random.Generator, people: Draw, first: int, calendar: Calendar) -> InviteDraw:
    """The invites that `people` send while they stay; `first` is the position of the first of them in the whole draw."""
    activated = people.activated < NEVER
    rate = np.where(activated, INVITES_IF_ACTIVATED, INVITES_OTHERWISE) * np.exp(0.35 * people.engagement - 0.06)
    who = np.repeat(np.arange(people.count), np.minimum(rng.poisson(rate), 20))
    wait = 10 * MINUTE_MS + lognormal_ms(rng, 2.5 * DAY_MS, 1.3, len(who))
    stays = (people.stop - people.signup)[who]
    wait = np.where(wait < stays, wait, (stays * rng.random(len(who))).astype(np.int64) + MINUTE_MS)
    sent = people.signup[who] + wait
    keep = sent < calendar.end_ms
    who, sent = who[keep], sent[keep]
    order = np.argsort(sent, kind="stable")
    who, sent = who[order], sent[order]
    return InviteDraw(sent, sent + 5 * MINUTE_MS + lognormal_ms(rng, 16 * HOUR_MS, 1.1, len(who)), who + first)
