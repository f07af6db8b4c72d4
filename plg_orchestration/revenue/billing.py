"""How a price becomes monthly: a weekly one counts × 52/12, a yearly one / 12, to the cent, half a cent upwards.

`monthly` says it for a value and `monthly_sql` for a column; both count in whole cents.
"""

from collections.abc import Mapping
from decimal import Decimal

PERIODS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("day", "daily"), (365, 12)),
    **dict.fromkeys(("week", "weekly"), (52, 12)),
    **dict.fromkeys(("month", "monthly"), (1, 1)),
    **dict.fromkeys(("quarter", "quarterly"), (1, 3)),
    **dict.fromkeys(("year", "yearly", "annual", "annually"), (1, 12)),
}
"""By the name of a billing period, how many of it are how many months."""


def monthly(price: Decimal, period: str | None) -> Decimal:
    """The monthly price of `price` a period (a month when None); ValueError when the period is none of `PERIODS`."""
    times, parts = PERIODS.get((period or "month").strip().lower(), (0, 0))
    if not times:
        raise ValueError(f"billing_period {period!r} is none of {', '.join(PERIODS)}")
    return Decimal((int(price * 100) * times * 2 + parts) // (parts * 2)) / 100


def monthly_sql(price: str, period: str) -> str:
    """The expression for the monthly price; null when the period is none of `PERIODS`."""
    cents = f"cast({price} * 100 as bigint)"
    cases = " ".join(
        f"when '{name}' then ({cents} * {times * 2} + {parts}) // {parts * 2}" for name, (times, parts) in PERIODS.items()
    )
    return f"cast(cast(case lower(coalesce({period}, 'month')) {cases} end as decimal(18, 0)) * 0.01 as decimal(18, 2))"
