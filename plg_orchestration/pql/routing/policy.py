"""Who is left alone, and who is held back to measure the lift."""

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import Days, Share


class Suppression(Section):
    """Who is left alone: contacted by the same team within `contacted_days`, rejected by sales within `rejected_days`."""

    contacted_days: Days
    rejected_days: Days


class Holdout(Section):
    """The share of accounts that is qualified but not contacted, drawn anew each quarter by a hash salted with `salt`."""

    share: Share
    salt: str
