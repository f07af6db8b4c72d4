"""Random histories against a reference that counts day by day: versions, prices, seats, currencies, trials, gaps and overlaps."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import revenue

JANUARY = dt.date(2025, 1, 1)
LAST = dt.date(2025, 4, 30)
CENT = Decimal("0.01")
A_MONTH = {
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "year": Fraction(1, 12),
}
Balance = dict[tuple[str, str], Decimal]


def day_of(offset: int) -> dt.date:
    return JANUARY + dt.timedelta(days=offset)


@dataclass(frozen=True)
class Row:
    """One version of a subscription, as a source states it; days are counted from the first of January."""

    account: str
    subscription: int
    cents: int
    seats: int
    per_seat: bool
    period: str
    currency: str
    starts: int
    lasts: int | None
    trial: bool
    known: int

    @property
    def mrr(self) -> Decimal:
        exact = Fraction(self.cents * (self.seats if self.per_seat else 1)) * A_MONTH[self.period]
        return Decimal(int(exact + Fraction(1, 2))) / 100


rows = st.builds(
    Row, st.sampled_from("abcdef"), st.integers(0, 3), st.sampled_from([0, 1, 999, 1000, 12345]), st.integers(1, 4),
    st.booleans(), st.sampled_from(sorted(A_MONTH)), st.sampled_from(["USD", "USD", "EUR", "CHF"]), st.integers(0, 100),
    st.one_of(st.none(), st.integers(0, 60)), st.sampled_from([False, False, False, True]), st.integers(0, 119),
)  # fmt: skip
histories = st.lists(rows, min_size=1, max_size=40)
known_rates = st.dictionaries(st.integers(-5, 110), st.sampled_from([0.5, 1.1, 1.0834, 2.0]), max_size=5)


def frame(history: list[Row]) -> pd.DataFrame:
    return pd.DataFrame({
        "account_id": [f"{row.account}" for row in history],
        "subscription_id": [f"{row.account}{row.subscription}" for row in history],
        "price": [Decimal(row.cents) / 100 for row in history],
        "seats": [row.seats for row in history], "per_seat": [row.per_seat for row in history],
        "billing_period": [row.period for row in history], "currency": [row.currency for row in history],
        "started_at": [day_of(row.starts) for row in history],
        "ended_at": [None if row.lasts is None else day_of(row.starts + row.lasts) for row in history],
        "trial": [row.trial for row in history], "known_at": [day_of(row.known) for row in history],
    })  # fmt: skip


def rates_of(euro: dict[int, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [("EUR", day_of(offset), rate) for offset, rate in sorted(euro.items())], columns=["currency", "day", "rate"]
    )


def balances(history: list[Row], euro: dict[int, float], as_of: dt.date) -> list[Balance]:
    """What each account pays in each currency at the end of every day, straight from the definitions."""
    newest: dict[str, Row] = {}
    for row in sorted(history, key=lambda row: row.known):  # a stable sort: of two learnt on one day the later one counts
        if day_of(row.known) <= as_of:
            newest[f"{row.account}{row.subscription}"] = row
    days: list[Balance] = []
    for offset in range((as_of - JANUARY).days + 1):
        total: Balance = defaultdict(Decimal)
        for row in newest.values():
            running = row.starts <= offset and (row.lasts is None or offset < row.starts + row.lasts)
            if running and not row.trial and row.mrr:
                currency, amount = booked(row, euro)
                total[row.account, currency] += amount
        days.append({key: amount for key, amount in total.items() if amount})
    return days


def booked(row: Row, euro: dict[int, float]) -> tuple[str, Decimal]:
    near = [offset for offset in euro if row.starts - 31 < offset <= row.starts] if row.currency == "EUR" else []
    if not near:
        return row.currency, row.mrr
    return "USD", (row.mrr * Decimal(str(euro[max(near)]))).quantize(CENT, ROUND_HALF_UP)


def expected(days: list[Balance], steps: list[int]) -> list[tuple[dt.date, str, str, Decimal, str]]:
    """The movements between the day before each step and the day before the next one."""
    found: list[tuple[dt.date, str, str, Decimal, str]] = []
    paid: set[str] = set()
    for start, end in zip(steps, [*steps[1:], len(days)], strict=True):
        before: Balance = days[start - 1] if start else {}
        after = days[end - 1]
        for account in sorted({account for account, _ in (*before, *after)}):
            opening = sum(amount for (name, _), amount in before.items() if name == account)
            closing = sum(amount for (name, _), amount in after.items() if name == account)
            for currency in sorted({currency for name, currency in (*before, *after) if name == account}):
                change = after.get((account, currency), Decimal(0)) - before.get((account, currency), Decimal(0))
                if not opening:
                    kind = "reactivation" if account in paid else "new"
                elif not closing:
                    kind = "churn"
                else:
                    kind = "expansion" if change > 0 else "contraction"
                if change:
                    found.append((day_of(start), account, kind, change, currency))
        paid |= {account for account, _ in after}
    return found


def records(movements: pd.DataFrame) -> list[tuple[dt.date, str, str, Decimal, str]]:
    return [tuple(row) for row in movements.itertuples(index=False)]  # pyright: ignore[reportReturnType]


def month_starts(as_of: dt.date) -> list[int]:
    return [offset for offset in range((as_of - JANUARY).days + 1) if day_of(offset).day == 1]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, euro=known_rates, as_of=st.integers(0, 119).map(day_of))
def test_every_movement_is_that_of_a_day_by_day_count(history: list[Row], euro: dict[int, float], as_of: dt.date) -> None:
    rows, rates, days = frame(history), rates_of(euro), balances(history, euro, as_of)
    daily = revenue.mrr_movements(rows, grain="day", as_of=as_of, exchange_rates=rates)
    monthly = revenue.mrr_movements(rows, grain="month", as_of=as_of, exchange_rates=rates)
    assert records(daily) == expected(days, list(range(len(days))))
    assert records(monthly) == expected(days, month_starts(as_of))
    balance: Balance = defaultdict(Decimal)
    net: dict[tuple[dt.date, str, str], Decimal] = defaultdict(Decimal)
    moves = records(daily)
    for offset, closing in enumerate(days):
        while moves and moves[0][0] == day_of(offset):
            date, account, movement, amount, currency = moves.pop(0)
            balance[account, currency] += amount
            net[date.replace(day=1), account, currency] += amount
            alive = {name for name, _ in closing}
            assert (movement == "churn") == (account not in alive), (
                "churn is the end of the last paid subscription, and of no other"
            )
        assert {key: amount for key, amount in balance.items() if amount} == closing, "opening + movements = closing"
    found = {(date, account, currency): amount for date, account, _, amount, currency in records(monthly)}
    assert found == {key: amount for key, amount in net.items() if amount}, "a month is the sum of its days"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories)
def test_revenue_that_is_kept_is_at_most_all_of_it_and_at_most_what_is_kept_and_gained(history: list[Row]) -> None:
    """GRR and NRR by their definitions are those that the movements of the month make."""
    dollars = [Row(**{**vars(row), "currency": "USD"}) for row in history]
    days = balances(dollars, {}, LAST)
    monthly = revenue.mrr_movements(frame(dollars), grain="month", as_of=LAST)
    starts = month_starts(LAST)
    for start, end in zip(starts[1:], [*starts[2:], len(days)], strict=True):
        opening, closing = days[start - 1], days[end - 1]
        total = sum(opening.values())
        if not total:
            continue
        kept = sum(min(amount, closing.get(key, Decimal(0))) for key, amount in opening.items()) / total
        all_of_them = sum(closing.get(key, Decimal(0)) for key in opening) / total
        moved = monthly[monthly["date"] == day_of(start)].groupby("movement")["amount"].sum()
        lost = moved.get("churn", 0) + moved.get("contraction", 0)
        assert kept == (total + lost) / total <= 1
        assert kept <= all_of_them == (total + lost + moved.get("expansion", 0)) / total


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, euro=known_rates, later=st.dictionaries(st.integers(101, 119), st.sampled_from([0.1, 9.0]), min_size=1))
def test_a_rate_that_moves_after_the_prices_started_makes_no_movement(
    history: list[Row], euro: dict[int, float], later: dict[int, float]
) -> None:
    before = revenue.mrr_movements(
        frame(history), as_of=LAST, exchange_rates=rates_of({k: v for k, v in euro.items() if k <= 100})
    )
    after = revenue.mrr_movements(
        frame(history), as_of=LAST, exchange_rates=rates_of({**{k: v for k, v in euro.items() if k <= 100}, **later})
    )
    pd.testing.assert_frame_equal(before, after)


CORRECTED = ["account_id", "subscription_id", "price", "started_at", "ended_at", "known_at"]


@pytest.mark.parametrize(
    ("as_of", "found"),
    [
        (day_of(40), [(day_of(0), "new", 50), (day_of(20), "expansion", 30)]),
        (day_of(50), [(day_of(0), "new", 50), (day_of(20), "expansion", 30), (day_of(30), "contraction", -30)]),
        (day_of(60), [(day_of(0), "new", 50)]),
    ],
)
def test_an_end_and_a_refund_that_are_learnt_later_change_the_history_known_later(as_of: dt.date, found: list[object]) -> None:
    rows = pd.DataFrame([
        ("a", "s", 50, day_of(0), None, day_of(0)), ("a", "more", 30, day_of(20), None, day_of(20)),
        ("a", "more", 30, day_of(20), day_of(30), day_of(45)),  # its end, learnt a fortnight later
        ("a", "more", 30, day_of(20), day_of(20), day_of(55)),  # given back in full
    ], columns=CORRECTED)  # fmt: skip
    movements = revenue.mrr_movements(rows, as_of=as_of)
    assert [(row.date, row.movement, int(row.amount)) for row in movements.itertuples()] == found
