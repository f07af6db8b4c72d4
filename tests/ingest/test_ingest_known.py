"""What is known at the end of a day, by every `known_*` query, on versions written by hand."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest import ensure_tables, known
from plg_orchestration.ingest.tables import REFERENCES, key_columns
from plg_orchestration.warehouse import Warehouse

FIRST, SECOND, THIRD = (dt.date(2025, 3, day) for day in (10, 11, 12))
SIMPLE = [name for name in REFERENCES if name not in ("users", "accounts")]
"""The tables whose newest version counts as a whole; one test goes through known_subscriptions, known_invites, known_tickets,
known_surveys, known_exposures, known_spend, known_exchange_rates, known_finance, known_crm_outcomes, known_objections,
known_vendors, known_vulnerabilities, known_uptime and known_governance_records."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with Warehouse.open(tmp_path_factory.mktemp("known")) as opened:
        ensure_tables(opened)
        yield opened


def write(warehouse: Warehouse, name: str, day: dt.date, /, *, line: int = 1, **values: object) -> None:
    """Append one version known at noon of the day."""
    row = {**values, "known_at": dt.datetime.combine(day, dt.time(12)), "known_date": day, "file_id": "f", "line": line}
    columns, marks = ", ".join(row), ", ".join(f"${key}" for key in row)
    warehouse.connection.execute(f"insert into ingest.{name} ({columns}) values ({marks})", row)


def known_rows(warehouse: Warehouse, name: str, day: dt.date) -> list[dict[str, Any]]:
    frame = warehouse.frame(getattr(known, f"known_{name}")(AsOf(day))).astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


@pytest.mark.parametrize("name", SIMPLE)
def test_the_newest_version_known_by_the_day_counts(warehouse: Warehouse, name: str):
    table = REFERENCES[name]
    texts = [c.name for c in table.columns if c.type == "VARCHAR" and c.name not in (*key_columns(table), "file_id")]
    numbers = [c.name for c in table.columns if c.type in ("DOUBLE", "DECIMAL(18,2)") and c.name not in key_columns(table)]
    shown, values = (texts[0], ["old", "new", "newest"]) if texts else (numbers[0], [1, 2, 3])
    one = {key: FIRST if key in ("month", "day") else "one" for key in key_columns(table)}
    other = {key: SECOND if key in ("month", "day") else "other" for key in key_columns(table)}
    write(warehouse, name, FIRST, **one, **{shown: values[0]})
    write(warehouse, name, SECOND, line=1, **one, **{shown: values[0]})
    write(warehouse, name, SECOND, line=2, **one, **{shown: values[1]})
    write(warehouse, name, THIRD, **one, **{shown: values[2]})
    write(warehouse, name, SECOND, line=3, **other, **{shown: values[0]})
    assert [row[shown] for row in known_rows(warehouse, name, FIRST)] == values[:1]
    assert sorted(row[shown] for row in known_rows(warehouse, name, SECOND)) == sorted([values[1], values[0]])
    assert sorted(row[shown] for row in known_rows(warehouse, name, THIRD)) == sorted([values[2], values[0]])
    assert known_rows(warehouse, name, FIRST - dt.timedelta(days=1)) == []
    wanted = [c.name for c in table.columns if c.name not in ("known_date", "file_id", "line")]
    assert list(known_rows(warehouse, name, THIRD)[0]) == wanted
    warehouse.connection.execute(f"delete from ingest.{name}")


def test_known_users_prefers_what_was_told_and_fills_gaps_from_events(warehouse: Warehouse):
    at = dt.datetime(2025, 3, 1)
    write(warehouse, "users", FIRST, origin="seen", user_id="u", signup_at=at, country="FR", device="ios", account_id="seen-1")
    write(
        warehouse,
        "users",
        SECOND,
        line=2,
        origin="seen",
        user_id="u",
        signup_at=at,
        country="DE",
        device="web",
        account_id="seen-2",
    )
    write(warehouse, "users", SECOND, line=3, origin="source", user_id="u", signup_at=at - dt.timedelta(days=9), role="viewer")
    write(warehouse, "users", THIRD, line=4, origin="identify", user_id="u", country="US", role=None)
    write(warehouse, "users", THIRD, line=5, origin="group", user_id="u", account_id="told")
    write(warehouse, "users", THIRD, line=6, origin="signup", user_id="u", signup_at=at + dt.timedelta(days=1))
    columns = ("signup_at", "account_id", "country", "device", "role", "known_at")
    days = [tuple(row[name] for name in columns) for day in (FIRST, SECOND, THIRD) for row in known_rows(warehouse, "users", day)]
    noon = [dt.datetime.combine(day, dt.time(12)) for day in (FIRST, SECOND, THIRD)]
    assert days == [
        (at, "seen-1", "FR", "ios", None, noon[0]),
        (at - dt.timedelta(days=9), "seen-2", "FR", "ios", "viewer", noon[1]),
        (at + dt.timedelta(days=1), "told", "US", "ios", "viewer", noon[2]),
    ]


@pytest.mark.parametrize(
    ("employees", "given", "segment"),
    [
        (99, None, "smb"),
        (100, None, "mid_market"),
        (999, None, "mid_market"),
        (1000, None, "enterprise"),
        (5, "enterprise", "enterprise"),
        (None, None, None),
    ],
)
def test_known_accounts_derives_the_segment_from_employees(
    warehouse: Warehouse, employees: int | None, given: str | None, segment: str | None
):
    warehouse.connection.execute("delete from ingest.accounts")
    write(warehouse, "accounts", FIRST, origin="source", account_id="a", employees=employees, segment=given)
    assert [row["segment"] for row in known_rows(warehouse, "accounts", FIRST) if row["account_id"] == "a"] == [segment]


def test_known_accounts_holds_every_account_that_anything_names(warehouse: Warehouse):
    for name in ("accounts", "users", "subscriptions"):
        warehouse.connection.execute(f"delete from ingest.{name}")
    march = [dt.datetime(2025, 3, day) for day in range(1, 10)]
    write(warehouse, "accounts", FIRST, origin="source", account_id="source", signup_at=march[4], name="S")
    write(warehouse, "accounts", FIRST, line=2, origin="seen", account_id="source", signup_at=march[1])
    write(warehouse, "accounts", FIRST, line=3, origin="seen", account_id="event", signup_at=march[2])
    write(warehouse, "users", FIRST, origin="seen", user_id="u", account_id="user", signup_at=march[3])
    write(warehouse, "subscriptions", SECOND, subscription_id="s", account_id="paying", started_at=march[5])
    write(warehouse, "subscriptions", SECOND, line=2, subscription_id="t", account_id="event", started_at=march[0])
    found = {
        day: {row["account_id"]: row["signup_at"] for row in known_rows(warehouse, "accounts", day)} for day in (FIRST, SECOND)
    }
    assert found == {
        FIRST: {"source": march[4], "event": march[2], "user": march[3]},
        SECOND: {"source": march[4], "event": march[0], "user": march[3], "paying": march[5]},
    }
