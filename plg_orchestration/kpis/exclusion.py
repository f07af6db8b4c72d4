"""Whom every KPI leaves out, as the workspace declares it, and how many that are.

Why somebody is suspected is in `governance.suspicions`; where the KPIs leave them out is in the SQL of their populations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_subscriptions, known_users
from plg_orchestration.warehouse import Query, Warehouse, sql_file

Group = Literal["suspects"]
SUSPICIONS = "governance.suspicions"


@dataclass(frozen=True)
class Excluded:
    """How many people and accounts the day's KPIs leave out; `groups` are those that the configuration names."""

    groups: tuple[str, ...]
    people: int
    accounts: int

    def sentence(self) -> str:
        """What reports say.

        >>> Excluded(("suspects",), 72, 9).sentence()
        'KPIs leave out 72 suspected people and 9 accounts that consist of them (kpis.exclude: [suspects]).'
        >>> Excluded((), 0, 0).sentence()
        'KPIs leave nobody out (kpis.exclude: []).'
        """
        if not self.groups:
            return "KPIs leave nobody out (kpis.exclude: [])."
        people = "1 suspected person" if self.people == 1 else f"{self.people} suspected people"
        accounts = "1 account that consists" if self.accounts == 1 else f"{self.accounts} accounts that consist"
        return f"KPIs leave out {people} and {accounts} of them (kpis.exclude: [{', '.join(self.groups)}])."


def excluded(*, as_of: AsOf, groups: Sequence[str]) -> Query:
    """The relation `excluded`: unit (user or account) and unit_id; empty when the configuration names no group."""
    if not groups:
        return replace(sql_file("kpis/nobody_excluded.sql", requires=()), name="excluded")
    requires = (known_users(as_of), known_subscriptions(as_of))
    return replace(sql_file("kpis/excluded.sql", requires=requires, **as_of.parameters()), lasting=True)


def excluded_on(warehouse: Warehouse, *, as_of: AsOf, groups: Sequence[str]) -> Excluded:
    """How many are left out on the day; nobody where no night has screened signups."""
    if not groups or not warehouse.exists(SUSPICIONS):
        return Excluded(tuple(groups), 0, 0)
    left_out = excluded(as_of=as_of, groups=groups)
    text = "select count(*) filter (where unit = 'user'), count(*) filter (where unit = 'account') from excluded"
    people, accounts = warehouse.rows(Query("left_out", text, {}, (left_out,)))[0]
    return Excluded(tuple(groups), int(str(people)), int(str(accounts)))


def left_out_on(warehouse: Warehouse, *, as_of: AsOf) -> str:
    """One sentence for reports on whom the KPIs leave out; '' where no night has screened signups."""
    if not (warehouse.exists(SUSPICIONS) and warehouse.exists("config.kpi_exclude")):
        return ""
    named, count = warehouse.rows(sql_file("kpis/left_out.sql", requires=(), **as_of.parameters()))[0]
    if not named:
        return "KPIs leave nobody out (kpis.exclude: [])."
    people = "1 person" if count == 1 else f"{count} people"
    return f"KPIs leave out {people} under suspicion of abuse (kpis.exclude: [{named}])."
