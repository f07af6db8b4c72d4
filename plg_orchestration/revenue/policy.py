"""What revenue is told: the currency in which money is reported.

Rates are data (the source `exchange_rates`); how they are used is in `booked_periods.sql`.
"""

from typing import Annotated

from pydantic import StringConstraints

from plg_orchestration.config.section import Section


class RevenuePolicy(Section):
    """`currency`: the ISO 4217 code in which money is reported.

    Prices in another one are converted at the rate of the day on which the price starts; while no rate is known they stay as
    they are.
    """

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"
