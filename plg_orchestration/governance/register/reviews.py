"""When each risk was last reviewed and when it is due again, from the governance records that are known."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Warehouse, sql_file


@dataclass(frozen=True)
class Review:
    """A risk's reviews: the last one (None when none is known), and the last day on which the next is in time."""

    reviewed_at: dt.date | None
    due: dt.date

    def overdue(self, day: dt.date) -> bool:
        """Whether the day is past the one on which a review was due."""
        return day > self.due


def reviews_on(warehouse: Warehouse, every: Mapping[str, int], as_of: AsOf) -> dict[str, Review]:
    """The reviews of the risks as known on the day; `every` says after how many days each is due again.

    A risk that was never reviewed is due as many days after the first stored day on which it stood in the register.
    """
    from plg_orchestration.ingest.known import known_governance_records

    found: dict[str, dt.date] = {}
    if warehouse.exists("ingest.governance_records"):
        query = sql_file(
            "governance/register/last_reviews.sql", requires=(known_governance_records(as_of),), **as_of.parameters()
        )
        found = {str(risk): cast("dt.date", at) for risk, at in warehouse.rows(query)}
    since: dict[str, dt.date] = {}
    if warehouse.exists("governance.risks"):
        query = sql_file("governance/register/registered_since.sql", requires=(), as_of=as_of.date)
        since = {str(risk): cast("dt.date", first) for risk, first in warehouse.rows(query)}
    reviews: dict[str, Review] = {}
    for risk, days in every.items():
        last = found.get(risk.upper())
        reviews[risk] = Review(last, (last or since.get(risk, as_of.date)) + dt.timedelta(days=days))
    return reviews
