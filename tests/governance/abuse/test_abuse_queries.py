"""What the rules and the estimate read, from rows by hand: abuse_people, abuse_marks, abuse_invites, leakage_people,
leakage_payers and leakage_caps.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from plg_orchestration import STAGES
from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance.abuse.leakage import Counted, estimate, leakage
from plg_orchestration.governance.abuse.policy import LeakagePolicy
from plg_orchestration.governance.abuse.screening import gather, screen
from plg_orchestration.warehouse import Warehouse, table
from tests.governance.abuse.scenes import POLICY

DAY = AsOf(dt.date(2025, 6, 30))
TABLES = (
    "ingest.users", "ingest.invites", "ingest.subscriptions", "ingest.exchange_rates", "governance.fingerprints",
    "governance.suspicions", "behavior.user_days",
)  # fmt: skip


class Rows:
    """Rows by hand; everything is known since it happened."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        for name in TABLES:
            warehouse.ensure(table(name))

    def put(self, name: str, **values: object) -> None:
        named, marks = ", ".join(f'"{column}"' for column in values), ", ".join("?" for _ in values)
        self.warehouse.connection.execute(f"insert into {name} ({named}) values ({marks})", list(values.values()))

    def known(self, source: str, at: str, **values: object) -> None:
        line = self.warehouse.scalar(f"select count(*) from ingest.{source}")
        self.put(f"ingest.{source}", known_at=at, known_date=at[:10], file_id="f", line=line, **values)

    def user(self, name: str, at: str, account: str | None = None, domain: str | None = None) -> None:
        self.known("users", at, user_id=name, account_id=account, email_domain=domain, signup_at=at, origin="source")

    def pays(self, account: str, mrr: float, start: str, end: str | None = None) -> None:
        number = self.warehouse.scalar("select count(*) from ingest.subscriptions")
        self.known("subscriptions", start, subscription_id=f"s{number}", account_id=account, mrr=mrr, currency="USD",
                   started_at=start, ended_at=end, trial=False)  # fmt: skip

    def day(self, user: str, day: str, *, account: str | None = None, received: str | None = None, **counts: int) -> None:
        zero = {column.name: 0 for column in table("behavior.user_days").columns if column.type == "BIGINT"}
        self.put("behavior.user_days", received_date=received or day, event_date=day, user_id=user, account_id=account,
                 first_at=f"{day} 09:00", last_at=f"{day} 09:30",
                 **{**zero, "events": 1, "qualifying_events": 1, **counts})  # fmt: skip


@pytest.fixture
def rows() -> Iterator[Rows]:
    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'")
    for schema in (*STAGES, "config"):
        connection.execute(f"create schema {schema}")
    yield Rows(Warehouse(connection, Path()))
    connection.close()


def test_people_of_the_window_with_what_they_did_as_known_on_the_day(rows: Rows) -> None:
    rows.user("busy", "2025-06-10 08:00", "a", "A.com")
    rows.day("busy", "2025-06-10", core_events=3, events=5)
    rows.day("busy", "2025-06-12", invites_sent=2)
    rows.day("busy", "2025-06-25", core_events=9)
    rows.day("busy", "2025-06-13", received="2025-07-01", core_events=50)
    rows.user("idle", "2025-06-10 08:00", "b")
    rows.day("idle", "2025-06-10")
    rows.user("payer", "2025-06-11", "c")
    rows.pays("c", 10, "2025-06-12", "2025-06-13")
    rows.user("before", "2024-12-31")
    rows.user("after", "2025-07-01")
    people = gather(rows.warehouse, as_of=DAY, policy=POLICY).people.set_index("user_id")
    assert list(people.index) == ["busy", "idle", "payer"]
    busy = people.loc["busy"]
    assert (busy["email_domain"], busy["days_known"], busy["idle"], busy["paying"]) == ("a.com", 20, False, False)
    assert (busy["events"], busy["core"], busy["sent"], busy["active_days"], busy["busy_seconds"]) == (6, 3, 2, 2, 3600)
    assert people["idle"].to_dict() == {"busy": False, "idle": True, "payer": True}
    assert people["paying"].to_dict() == {"busy": False, "idle": False, "payer": True}


def test_marks_and_invitations_are_those_known_on_the_day(rows: Rows) -> None:
    rows.user("a", "2025-06-10")
    for kind, mark, received in (("device", "d", "2025-06-10"), ("address", "n", "2025-06-11"), ("device", "late", "2025-07-01")):
        rows.put("governance.fingerprints", received_date=received, user_id="a", kind=kind, fingerprint=mark)
    rows.known("invites", "2025-06-11", invite_id="1", inviter_id="x", invitee_user_id="a", sent_at="2025-06-11")
    rows.known("invites", "2025-06-12", invite_id="2", inviter_id="x", invitee_user_id="a", sent_at="2025-06-12")
    rows.known("invites", "2025-07-01", invite_id="3", inviter_id="y", invitee_user_id="a", sent_at="2025-06-12")
    rows.known("invites", "2025-06-12", invite_id="4", inviter_id="a", invitee_user_id="a", sent_at="2025-06-12")
    found = gather(rows.warehouse, as_of=DAY, policy=POLICY)
    assert found.marks.to_numpy().tolist() == [["a", "address", "n"], ["a", "device", "d"]]
    assert found.invites.to_numpy().tolist() == [["x", "a"]]


def test_a_workspace_without_anybody_is_screened_and_finds_nobody(rows: Rows) -> None:
    made = screen(gather(rows.warehouse, as_of=DAY, policy=POLICY), as_of=DAY, policy=POLICY, disposable=())
    assert len(made.suspects) == len(made.scores) == 0
    assert made.screening["suspects"].sum() == made.screening["signups"].sum() == 0


def leaking(rows: Rows) -> None:
    """Two suspects, one cleared; of four others two belong to the account that pays 30; a free account over the cap."""
    for user, account in (("p1", "paying"), ("p2", "paying"), ("n1", "free"), ("n2", "free")):
        rows.user(user, "2025-04-01", account)
    rows.pays("paying", 30, "2025-04-10")
    for user, status in (("s1", "suspected"), ("s2", "confirmed"), ("c", "cleared")):
        rows.user(user, "2025-06-20", user)
        rows.put("governance.suspicions", as_of="2025-06-30", unit_id=user, status=status, last_day="2025-06-30")
    for user in ("n1", "p1", "s1"):
        rows.day(user, "2025-06-29", account={"n1": "free", "p1": "paying"}.get(user, user), invites_sent=11)


def test_leakage_is_people_times_precision_times_conversion_times_revenue_and_caps(rows: Rows) -> None:
    leaking(rows)
    found = leakage(rows.warehouse, as_of=DAY, policy=POLICY, caps=(10, 100), currency="USD").set_index("part")
    # 12 months x 2 suspected x (9 + 1) / 12 rightly x 2 / 4 would pay x 30 / 2 a person = 150; 12 x 1 x 0.25 x 30 = 90.
    assert found["amount"].round(6).to_dict() == {"suspected_free_use": 150, "use_over_caps": 90, "total": 240}
    assert (found.loc["total", "ci_low"] < 240 < found.loc["total", "ci_high"]) and set(found["currency"]) == {"USD"}
    assert found.loc["suspected_free_use", "formula"] == (
        "12 months x 2 suspected x 0.83 rightly x 0.500 would pay x 15.00 USD a paying person"
    )
    assert list(found.reset_index().columns.sort_values()) == sorted(table("governance.leakage").column_names)


def test_leakage_is_unknown_where_nobody_pays(rows: Rows) -> None:
    rows.user("a", "2025-04-01", "a")
    with pytest.raises(Unavailable, match="no account pays"):
        leakage(rows.warehouse, as_of=DAY, policy=POLICY, caps=(10, 100), currency="USD")


def test_leakage_is_unknown_where_prices_cannot_be_added_or_nobody_is_old_enough(rows: Rows) -> None:
    rows.user("young", "2025-06-20", "a")
    rows.pays("a", 10, "2025-06-21")
    with pytest.raises(Unavailable, match="nobody signed up at least 60 days ago"):
        leakage(rows.warehouse, as_of=DAY, policy=POLICY, caps=(10, 100), currency="USD")
    rows.known("subscriptions", "2025-06-22", subscription_id="e", account_id="a", mrr=5, currency="EUR",
               started_at="2025-06-22", trial=False)  # fmt: skip
    with pytest.raises(Unavailable, match="several currencies"):
        leakage(rows.warehouse, as_of=DAY, policy=POLICY, caps=(10, 100), currency="USD")


def test_what_is_not_known_widens_the_interval_and_people_s_words_narrow_it() -> None:
    some = Counted(100, 0, 0, 1000, 200, 0, tuple(float(50 + n % 7) for n in range(100)), (3,) * 100)
    many = Counted(100, 90, 10, 1000, 200, 0, some.mrr, some.members)
    doubtful, certain = (estimate(counted, LeakagePolicy(), currency="USD")[2] for counted in (some, many))
    assert doubtful.amount == pytest.approx(certain.amount)
    assert certain.ci_high - certain.ci_low < 0.75 * (doubtful.ci_high - doubtful.ci_low)
    wronged = estimate(Counted(100, 0, 90, 1000, 200, 0, some.mrr, some.members), LeakagePolicy(), currency="USD")[2]
    assert wronged.amount == pytest.approx(doubtful.amount * (9 / 100) / (9 / 10))


def test_nobody_suspected_and_nobody_over_a_cap_costs_nothing() -> None:
    parts = estimate(Counted(0, 0, 0, 10, 1, 0, (10.0,), (1,)), LeakagePolicy(), currency="USD")
    assert [(part.amount, part.ci_low, part.ci_high) for part in parts] == [(0, 0, 0)] * 3
