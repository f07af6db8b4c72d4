"""Subscriptions written as a sentence: `a: 100 from 03-01 to 03-10; 100 from 03-20; b: 20 from 03-05` (all in 2025)."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from tests.revenue.books import Books
from tests.warehouses import in_memory

STRETCH = re.compile(
    r"(?:(?P<account>\w+):\s*)?(?P<mrr>[\d.]+)(?: (?P<currency>[A-Z]{3}))?(?P<trial> trial)?"
    r" from (?P<start>\S+)(?: to (?P<end>\S+))?"
)


def day(text: str) -> dt.date:
    month, number = text.split("-")
    return dt.date(2025, int(month), int(number))


def parsed(text: str) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    account = ""
    for number, stretch in enumerate(text.split(";")):
        found = STRETCH.fullmatch(stretch.strip())
        assert found, stretch
        account = found["account"] or account
        rows.append({
            "account_id": account, "subscription_id": f"s{number}", "mrr": Decimal(found["mrr"]),
            "started_at": day(found["start"]), "ended_at": day(found["end"]) if found["end"] else None,
            "currency": found["currency"], "trial": bool(found["trial"]),
        })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def subscriptions() -> Callable[[str], pd.DataFrame]:
    return parsed


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with in_memory(tmp_path / "published") as warehouse:
        yield Books(warehouse)
