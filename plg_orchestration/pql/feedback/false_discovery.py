"""How many of a scorer version's leads turned out false, by what is known today: what an automatic rollback rests on."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.feedback import queries
from plg_orchestration.pql.feedback.intervals import NOTHING, Interval, clustered_variance, independent_rows, share
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class FalseDiscovery:
    """The live false discovery rate of one scorer version.

    `leads` counts mature leads, one for each user and night, from `accounts` payers; `rate` is the share of them whose account
    did not reach the outcome in the target's window, with 95 % limits `low` and `high` clustered by account, all None without
    mature leads. `first` and `last` are the nights they come from. `immature` leads still wait for their outcome; `mature_share`
    is the share of all leads that do not.
    """

    scorer: str
    version: str
    leads: int
    accounts: int
    rate: float | None
    low: float | None
    high: float | None
    first: dt.date | None
    last: dt.date | None
    immature: int
    mature_share: float


def live_false_discovery(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion"
) -> tuple[FalseDiscovery, ...]:
    """One `FalseDiscovery` for each scorer version with leads in `pql.scores`, the version with the newest mature leads first.

    Its rows are of the same kind as those of the gate's test part (a user on a night), so `rate` compares with one minus the
    candidate's precision. Empty while nothing was scored. A late outcome changes the figures from the day it is received.
    """
    if not warehouse.exists("pql.scores"):
        return ()
    found = warehouse.rows(queries.false_discoveries(as_of=as_of, policy=policy, target=target))
    return tuple(_made(row) for row in found)


def _made(row: tuple[Any, ...]) -> FalseDiscovery:
    scorer, version, leads, misses, accounts, rows_squared, hits_squared, products, first, last, immature, mature = row
    found: Interval = NOTHING
    if leads:
        variance = clustered_variance(misses, leads, hits_squared=hits_squared, rows_squared=rows_squared, products=products)
        found = share(misses / leads, variance, accounts=accounts, independent=independent_rows(leads, rows_squared))
    return FalseDiscovery(
        scorer, version, leads, accounts, found.value, found.low, found.high, first, last, immature, float(mature)
    )
