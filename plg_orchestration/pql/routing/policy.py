"""Who is left alone, who is held back to measure the lift, how long leads wait, and when a contact was in time."""

from typing import Annotated, Literal

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days, Share

BelowOne = Annotated[float, Field(gt=0, lt=1)]


class Suppression(Section):
    """Who is left alone, besides whoever objects to being contacted.

    Handed to the same team, or contacted by anybody, within `contacted_days`; rejected by sales within `rejected_days`; taken
    for a fake account or a bot within `suspected_days`.
    """

    contacted_days: Days
    rejected_days: Days
    suspected_days: AtLeastOne


class Holdout(Section):
    """The share of accounts that is qualified but not contacted, drawn anew each quarter by a hash salted with `salt`.

    The lift that it can detect is computed for a one-sided question at two-sided level `alpha` with probability `power`, over a
    base rate that is taken from matured accounts when there are `min_accounts` of them.
    """

    share: Share
    salt: str
    alpha: BelowOne
    power: BelowOne
    min_accounts: AtLeastOne


class Queue(Section):
    """How leads wait that do not fit into a team's day: the `order` of handing them over, and when they expire."""

    order: Literal["best_first", "oldest_first"]
    expire_days: AtLeastOne


class Sla(Section):
    """Which CRM outcomes say that a lead was contacted, the share that must be in time, and the days that are looked at."""

    contacts: Annotated[tuple[str, ...], Field(min_length=1)]
    goal: Share
    window_days: AtLeastOne


class Overrides(Section):
    """Where people's words on leads are recorded, and for how many days each also holds for the nights to come.

    `file` lies beside `plg.yaml`: it outlives the state folder.
    """

    file: str
    route_days: AtLeastOne
    hold_days: AtLeastOne
    suppress_days: AtLeastOne
