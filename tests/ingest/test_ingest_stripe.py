"""Stripe's exported tables become subscriptions, each price and date computed by hand.

Exercised here: derived_billed_states, derived_billed_subscriptions, finding_billing_record_without_partner and
finding_subscription_without_fixed_price.
"""

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.config.check import check_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.ingest import ingest_files, queries
from plg_orchestration.revenue import queries as revenue
from plg_orchestration.warehouse import Warehouse

DATA = Path(os.environ.get("PLG_DATA") or Path(__file__).parents[3] / "shared" / "data")
EXPORTS = DATA / "warehouse_exports" / "stripe"
FAR = dt.date(2030, 1, 1)
HEADERS = {
    "subscription": "id,_fivetran_synced,customer_id,status,created,start_date,ended_at,canceled_at,cancel_at,"
    "cancel_at_period_end,current_period_start,current_period_end,trial_start,trial_end,pause_collection_behavior,livemode,metadata",
    "subscription_item": "id,_fivetran_synced,subscription_id,plan_id,quantity,created,_fivetran_deleted",
    "price": "id,_fivetran_synced,nickname,currency,recurring_interval,recurring_interval_count,recurring_usage_type,"
    "billing_scheme,unit_amount,unit_amount_decimal,transform_quantity_divide_by,transform_quantity_round,livemode",
    "customer": "id,_fivetran_synced,delinquent,email,metadata,livemode",
}
USUAL: dict[str, dict[str, object]] = {
    "subscription": {"customer_id": "cus_1", "status": "active", "created": "2025-01-01 00:00:00",
                     "start_date": "2025-01-01 00:00:00", "cancel_at_period_end": "FALSE", "livemode": "TRUE"},
    "subscription_item": {"subscription_id": "sub_1", "plan_id": "p_1", "quantity": 1, "created": "2025-01-01 00:00:00"},
    "price": {"currency": "usd", "recurring_interval": "month", "recurring_interval_count": 1, "recurring_usage_type": "licensed",
              "billing_scheme": "per_unit", "unit_amount": 1000, "livemode": "TRUE"},
    "customer": {"delinquent": "FALSE", "email": "ann@example.com", "livemode": "TRUE"},
}  # fmt: skip


class Shop:
    """A workspace whose exports are handed in one file at a time, and what became of them."""

    def __init__(self, root: Path, warehouse: Warehouse, more: str = "") -> None:
        self.root, self.warehouse, self.files = root, warehouse, 0
        (root / "events.jsonl").write_text("")
        (root / "stripe").mkdir()
        (root / "plg.yaml").write_text(
            "workspace: shop\nstart: 2025-01-01\nsources:\n  events: {path: events.jsonl, format: segment}\n"
            f"  subscriptions: {{path: 'stripe/*.csv', format: stripe{more}}}\n"
        )

    def sync(self, day: str, table: str, *rows: Mapping[str, object]) -> None:
        names = HEADERS[table].split(",")
        filled = [
            {"id": f"{table}_{n}", **USUAL[table], "_fivetran_synced": f"2025-{day} 06:00:00", **row}
            for n, row in enumerate(rows)
        ]
        lines = [HEADERS[table], *(",".join(_cell(row.get(name, "")) for name in names) for row in filled)]
        self.files += 1
        (self.root / "stripe" / f"{self.files:03d}_{table}.csv").write_text("\n".join(lines) + "\n")

    def night(self, day: str) -> "Shop":
        self.summary = ingest_files(self.warehouse, load_workspace(self.root), through=dt.date.fromisoformat(f"2025-{day}"))
        return self

    def known(self, day: str, what: str = "subscription_id, mrr") -> list[tuple[object, ...]]:
        """The subscriptions as known at the end of the day."""
        return self.warehouse.connection.execute(
            f"""select {what} from ingest.subscriptions where known_date <= $day
            qualify row_number() over (partition by subscription_id order by known_at desc) = 1 order by subscription_id""",
            {"day": dt.date.fromisoformat(f"2025-{day}")},
        ).fetchall()

    def paying(self, day: str) -> dict[str, tuple[Decimal, str]]:
        rows = self.warehouse.rows(revenue.mrr_daily(as_of=AsOf(dt.date.fromisoformat(f"2025-{day}"))))
        return {str(row[1]): (row[2], row[3]) for row in rows}  # pyright: ignore[reportReturnType]

    def movements(self, day: str) -> list[tuple[object, ...]]:
        rows = self.warehouse.rows(revenue.mrr_movements(as_of=AsOf(dt.date.fromisoformat(f"2025-{day}"))))
        return [row[1:] for row in rows]

    def finding(self, name: str) -> tuple[object, ...]:
        (row,) = [row for row in self.warehouse.rows(queries.findings(as_of=AsOf(FAR))) if row[1] == name]
        return row[3:]


def _cell(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if {",", '"'} & set(text) else text


@pytest.fixture
def shop(store: Warehouse, tmp_path: Path) -> Shop:
    (tmp_path / "shop").mkdir()
    return Shop(tmp_path / "shop", store)


def day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2025-{text}")


PRICES: list[tuple[dict[str, object], object, str | None, str]] = [
    ({"unit_amount": 2999}, 1, "29.99", "month"),
    ({"unit_amount": 2999}, 3, "89.97", "month"),
    ({"unit_amount": 29990, "recurring_interval": "year"}, 1, "24.99", "year"),
    ({"unit_amount": 8000, "recurring_interval_count": 3}, 2, "53.33", "quarter"),
    ({"unit_amount": 1000, "recurring_interval": "week"}, 1, "43.33", "week"),
    ({"unit_amount": 1000, "recurring_interval": "week", "recurring_interval_count": 2}, 1, "21.67", "2 weeks"),
    ({"unit_amount": 100, "recurring_interval": "day"}, 1, "30.42", "day"),
    ({"unit_amount": 150000, "recurring_interval_count": 6}, 1, "250.00", "6 months"),
    ({"unit_amount": 980, "currency": "jpy"}, 2, "1960.00", "month"),
    ({"unit_amount": 1000, "currency": "jpy", "recurring_interval": "year"}, 1, "83.33", "year"),
    ({"unit_amount": 12500, "currency": "kwd"}, 1, "12.50", "month"),
    ({"unit_amount": "", "unit_amount_decimal": "0.5"}, 250, "1.25", "month"),
    ({"unit_amount": 500, "transform_quantity_divide_by": 10, "transform_quantity_round": "up"}, 21, "15.00", "month"),
    ({"unit_amount": 500, "transform_quantity_divide_by": 10, "transform_quantity_round": "down"}, 29, "10.00", "month"),
    ({"unit_amount": 0}, 4, "0.00", "month"),
    ({"recurring_usage_type": "metered"}, "", None, "metered"),
    ({"billing_scheme": "tiered", "unit_amount": ""}, 5, None, "tiered"),
]  # fmt: skip


def test_a_price_in_the_smallest_unit_counts_by_the_month(shop: Shop) -> None:
    shop.sync("02-01", "price", *({"id": f"p_{n:02d}", **price} for n, (price, *_) in enumerate(PRICES)))
    shop.sync("02-01", "subscription", {"id": "sub_1"})
    items = ({"id": f"si_{n:02d}", "plan_id": f"p_{n:02d}", "quantity": row[1]} for n, row in enumerate(PRICES))
    shop.sync("02-01", "subscription_item", *items)
    shop.night("02-01")
    expected = [(None if mrr is None else Decimal(mrr), period) for _, _, mrr, period in PRICES]
    for case, found, told in zip(PRICES, shop.known("02-01", "mrr, billing_period"), expected, strict=True):
        assert found == told, case
    assert shop.finding("subscription_without_fixed_price")[:2] == (2, len(PRICES))


def test_the_items_of_a_subscription_add_up_by_account(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"}, {"id": "p_2", "unit_amount": 250, "nickname": "Seat"})
    shop.sync("02-01", "subscription", {"id": "sub_1"})
    shop.sync("02-01", "subscription_item", {"id": "si_1"}, {"id": "si_2", "plan_id": "p_2", "quantity": 4})
    shop.night("02-01")
    assert shop.known("02-01", "subscription_id, account_id, plan, seats, mrr, currency, started_at, ended_at") == [
        ("si_1", "cus_1", "p_1", 1, Decimal("10.00"), "USD", day("01-01"), None),
        ("si_2", "cus_1", "Seat", 4, Decimal("10.00"), "USD", day("01-01"), None),
    ]
    assert shop.paying("02-01") == {"cus_1": (Decimal("20.00"), "USD")}


def test_a_trial_pays_from_the_day_after_it_and_only_once_stripe_says_so(shop: Shop) -> None:
    trial = {"id": "sub_1", "trial_start": "2025-01-01 00:00:00", "trial_end": "2025-01-15 00:00:00"}
    shop.sync("01-01", "price", {"id": "p_1"})
    shop.sync("01-01", "subscription_item", {"id": "si_1"})
    shop.sync("01-01", "subscription", {**trial, "status": "trialing"})
    shop.sync("01-15", "subscription", trial)
    shop.night("01-20")
    assert shop.known("01-10", "subscription_id, trial, started_at, ended_at") == [
        ("si_1~trial", True, day("01-01"), day("01-15")),
    ]
    assert shop.known("01-20", "subscription_id, trial, started_at, ended_at") == [
        ("si_1", False, day("01-15"), None), ("si_1~trial", True, day("01-01"), day("01-15")),
    ]  # fmt: skip
    assert shop.paying("01-14") == {}
    assert shop.movements("01-15") == [("cus_1", "new", Decimal("10.00"), "USD")]


def test_a_trial_that_is_canceled_never_pays(shop: Shop) -> None:
    trial = {"id": "sub_1", "trial_start": "2025-01-01 00:00:00", "trial_end": "2025-01-15 00:00:00"}
    shop.sync("01-01", "price", {"id": "p_1"})
    shop.sync("01-01", "subscription_item", {"id": "si_1"})
    shop.sync("01-01", "subscription", {**trial, "status": "trialing"})
    shop.sync("01-08", "subscription", {**trial, "status": "canceled", "ended_at": "2025-01-08 00:00:00"})
    shop.night("01-20")
    assert shop.known("01-20", "subscription_id, trial, started_at, ended_at") == [
        ("si_1", False, day("01-15"), day("01-15")), ("si_1~trial", True, day("01-01"), day("01-08")),
    ]  # fmt: skip
    assert shop.paying("01-16") == {}
    assert shop.finding("subscription_ends_before_start")[0] == 0


def test_a_cancellation_ends_when_stripe_says_and_not_when_it_was_asked_for(shop: Shop) -> None:
    asked = {"id": "sub_1", "canceled_at": "2025-02-03 00:00:00", "current_period_end": "2025-03-01 00:00:00"}
    shop.sync("02-01", "price", {"id": "p_1"})
    shop.sync("02-01", "subscription_item", {"id": "si_1"})
    shop.sync("02-01", "subscription", {"id": "sub_1"})
    shop.sync("02-03", "subscription", {**asked, "cancel_at_period_end": "TRUE"})
    shop.sync("02-05", "subscription", {**asked, "cancel_at": "2025-02-20 00:00:00"})
    shop.sync("02-20", "subscription", {**asked, "status": "canceled", "ended_at": "2025-02-20 00:00:00"})
    shop.night("03-01")
    ends = [shop.known(text, "ended_at")[0][0] for text in ("02-01", "02-03", "02-05", "02-20")]
    assert ends == [None, day("03-01"), day("02-20"), day("02-20")]
    assert shop.movements("02-20") == [("cus_1", "churn", Decimal("-10.00"), "USD")]
    assert shop.warehouse.scalar("select count(*) from ingest.subscriptions") == 3, "a status alone makes no version"


def test_another_price_or_quantity_is_one_movement_on_the_day_it_became_known(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"}, {"id": "p_2", "unit_amount": 400})
    shop.sync("02-01", "subscription", {"id": "sub_1"})
    shop.sync("02-01", "subscription_item", {"id": "si_1"})
    shop.sync("02-10", "subscription_item", {"id": "si_1", "quantity": 3})
    shop.sync("02-20", "subscription_item", {"id": "si_1", "quantity": 3, "plan_id": "p_2"})
    shop.night("03-01")
    assert shop.known("03-01", "subscription_id, mrr, started_at, ended_at") == [
        ("si_1", Decimal("10.00"), day("01-01"), day("02-10 06:00")),
        ("si_1~2", Decimal("30.00"), day("02-10 06:00"), day("02-20 06:00")),
        ("si_1~3", Decimal("12.00"), day("02-20 06:00"), None),
    ]
    assert shop.movements("02-10") == [("cus_1", "expansion", Decimal("20.00"), "USD")]
    assert shop.movements("02-20") == [("cus_1", "contraction", Decimal("-18.00"), "USD")]
    assert shop.paying("02-09") == {"cus_1": (Decimal("10.00"), "USD")}


def test_a_pause_is_churn_and_its_end_a_reactivation(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"})
    shop.sync("02-01", "subscription_item", {"id": "si_1"})
    shop.sync("02-01", "subscription", {"id": "sub_1"})
    shop.sync("02-10", "subscription", {"id": "sub_1", "pause_collection_behavior": "void"})
    shop.sync("02-20", "subscription", {"id": "sub_1"})
    shop.sync("02-25", "subscription", {"id": "sub_1", "status": "unpaid"})
    shop.night("03-01")
    found = {text: shop.movements(text) for text in ("02-10", "02-20", "02-25")}
    assert [rows[0][1] for rows in found.values()] == ["churn", "reactivation", "churn"]
    assert (shop.paying("02-15"), shop.paying("02-22")) == ({}, {"cus_1": (Decimal("10.00"), "USD")})


def test_an_item_added_later_starts_then_and_a_deleted_one_ends(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"})
    shop.sync("02-01", "subscription", {"id": "sub_1"})
    shop.sync("02-01", "subscription_item", {"id": "si_1"})
    shop.sync("02-10", "subscription_item", {"id": "si_2", "created": "2025-02-10 01:00:00"})
    shop.sync("02-20", "subscription_item", {"id": "si_1", "_fivetran_deleted": "TRUE"})
    shop.night("03-01")
    assert shop.movements("02-10") == [("cus_1", "expansion", Decimal("10.00"), "USD")]
    assert shop.movements("02-20") == [("cus_1", "contraction", Decimal("-10.00"), "USD")]


def test_statuses_that_owe_nothing_and_the_test_mode_pay_nothing(shop: Shop) -> None:
    statuses = ("incomplete", "incomplete_expired", "unpaid", "paused", "past_due")
    shop.sync("02-01", "price", {"id": "p_1"})
    shop.sync("02-01", "subscription", *({"id": status, "status": status, "customer_id": status} for status in statuses),
              {"id": "toy", "livemode": "FALSE", "customer_id": "toy"})  # fmt: skip
    shop.sync("02-01", "subscription_item", *({"id": f"si_{name}", "subscription_id": name} for name in (*statuses, "toy")))
    shop.night("02-01")
    assert shop.paying("02-01") == {"past_due": (Decimal("10.00"), "USD")}


def test_the_account_is_what_the_metadata_name(store: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    shop = Shop(tmp_path / "shop", store, ", account_key: workspace.id")
    shop.sync("02-01", "price", {"id": "p_1"})
    shop.sync("02-01", "subscription", {"id": "sub_1", "metadata": '{"workspace.id": "acme"}'}, {"id": "sub_2"},
              {"id": "sub_3", "customer_id": "cus_2", "metadata": "{}"}, {"id": "sub_4", "metadata": "{broken"})  # fmt: skip
    shop.sync("02-01", "subscription_item", *({"id": f"si_{n}", "subscription_id": f"sub_{n}"} for n in (1, 2, 3)))
    shop.night("02-01")
    shop.sync("02-02", "customer", {"id": "cus_1", "metadata": '{"workspace.id": "beta"}'})
    shop.night("02-02")
    assert [row[0] for row in shop.known("02-01", "account_id")] == ["acme", "cus_1", "cus_2"]
    assert [row[0] for row in shop.known("02-02", "account_id")] == ["acme", "beta", "cus_2"]
    assert shop.movements("02-02") == [], "who pays was corrected: nobody came or went"
    assert store.connection.execute("select reason, detail from ingest.quarantine").fetchall() == [("type", "metadata {broken")]
    stored = store.connection.execute("select * from ingest.billing_records where record = 'customer'").fetchall()
    assert "ann@example.com" not in str(stored)


def test_every_line_ends_in_one_place_and_a_file_of_another_table_is_refused_whole(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"}, {"id": "p_1"}, {"id": "p_2", "unit_amount": "ten"}, {"id": "p_3", "currency": ""})
    (shop.root / "stripe" / "invoice.csv").write_text("id,invoice_id,amount_due,subscription_id,plan_id\nin_1,x,5,sub_1,p_1\n")
    shop.night("02-01")
    prices, invoice = (file for file in shop.summary.files if file.source == "subscriptions")
    assert (prices.lines, prices.accepted, prices.duplicates, prices.quarantined) == (4, 1, 1, 2)
    assert invoice.note is not None and "none of Stripe's tables that MRR is made of" in invoice.note
    refused = shop.warehouse.connection.execute("select reason, detail from ingest.quarantine where line > 0 order by line")
    assert refused.fetchall() == [("number", "unit_amount ten"), ("missing", "currency")]


def test_a_row_synced_again_unchanged_is_a_duplicate(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"})
    shop.sync("02-02", "price", {"id": "p_1"})
    shop.night("02-02")
    taken = [(file.accepted, file.duplicates) for file in shop.summary.files if file.source == "subscriptions"]
    assert taken == [(1, 0), (0, 1)]


def test_tables_may_come_in_any_order_and_in_any_number_of_nights(shop: Shop, tmp_path: Path) -> None:
    rows = (
        ("subscription_item", {"id": "si_1"}), ("subscription", {"id": "sub_1"}), ("price", {"id": "p_1"}),
        ("subscription_item", {"id": "si_1", "quantity": 2}), ("subscription", {"id": "sub_1", "status": "unpaid"}),
        ("customer", {"id": "cus_1"}),
    )  # fmt: skip
    for number, (table, row) in enumerate(rows, start=1):
        shop.sync(f"02-0{number}", table, row)
        shop.night(f"02-0{number}")
    text = "select * exclude (file_id) from ingest.subscriptions order by subscription_id, known_at"
    singly = shop.warehouse.connection.execute(text).fetchall()
    with Warehouse.open(tmp_path / "other") as warehouse:
        ingest_files(warehouse, load_workspace(shop.root), through=FAR)
        at_once = warehouse.connection.execute(text).fetchall()
    (tmp_path / "reverse").mkdir()
    with Warehouse.open(tmp_path / "third") as warehouse:
        back = Shop(tmp_path / "reverse", warehouse)
        for number, (table, row) in reversed(list(enumerate(rows, start=1))):
            back.sync(f"02-0{number}", table, row)
        back.night("02-07")
        backwards = warehouse.connection.execute(text).fetchall()
    assert singly == at_once == backwards
    assert len(singly) == 5


def test_items_and_subscriptions_without_each_other_are_said(shop: Shop) -> None:
    shop.sync("02-01", "subscription_item", {"id": "si_1"}, {"id": "si_2", "subscription_id": "lost"})
    shop.sync("02-01", "subscription", {"id": "sub_1"}, {"id": "bare"})
    shop.night("02-01")
    rows, of_rows, _, example, detail = shop.finding("billing_record_without_partner")
    assert (rows, of_rows, example) == (2, 4, "bare")
    assert "1 items, 1 subscriptions" in str(detail)
    assert shop.known("02-01", "subscription_id, mrr, billing_period") == [("si_1", None, None)], "its price is not there"


def faults(tmp_path: Path, source: str) -> str:
    (tmp_path / "events.jsonl").write_text("")
    (tmp_path / "plg.yaml").write_text(
        "workspace: shop\nstart: 2025-01-01\nsources:\n  events: {path: events.jsonl, format: segment}\n" + source
    )
    with pytest.raises(InvalidConfiguration) as error:
        load_workspace(tmp_path)
    return str(error.value)


def test_a_configuration_that_makes_no_sense_is_told_with_its_line(tmp_path: Path) -> None:
    told = faults(tmp_path, "  users:\n    path: u.csv\n    format: stripe\n")
    assert "plg.yaml:7" in told and "the stripe dialect describes subscriptions only" in told
    told = faults(tmp_path, "  subscriptions:\n    path: u.csv\n    format: csv\n    account_key: x\n")
    assert "plg.yaml:8" in told and "account_key belongs to format: stripe" in told
    told = faults(tmp_path, "  subscriptions: {path: u.csv, format: stripe, columns: {plan: x}}\n")
    assert "the stripe dialect says what its fields mean; remove columns, or write format: csv" in told


def test_the_check_names_a_file_that_is_no_table_of_mrr(shop: Shop) -> None:
    shop.sync("02-01", "price", {"id": "p_1"})
    assert [str(problem) for problem in check_workspace(shop.root) if "stripe" in str(problem)] == []
    (shop.root / "stripe" / "charge_data.csv").write_text("id,amount\nch_1,5\n")
    (problem,) = check_workspace(shop.root)
    assert (problem.line, problem.severity) == (5, "warning") and "charge_data.csv" in problem.message


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if not EXPORTS.is_dir():
        pytest.skip(f"{EXPORTS} is not there; set PLG_DATA to the data's folder")
    root = tmp_path_factory.mktemp("exported")
    with Warehouse.open(root / "state") as warehouse:
        shop = Shop(root, warehouse)
        (root / "plg.yaml").write_text((root / "plg.yaml").read_text().replace("stripe/*.csv", f"{EXPORTS}/*.csv"))
        shop.summary = ingest_files(warehouse, load_workspace(root), through=FAR)
        yield shop


def test_the_published_exports_are_taken_in_whole(exported: Shop) -> None:
    found = {
        Path(file.path).stem: (file.accepted, file.duplicates, file.quarantined, file.note)
        for file in exported.summary.files
        if file.source == "subscriptions"
    }
    assert {name: made[:3] for name, made in found.items() if not made[3]} == {
        "customer_data": (12, 0, 0), "plan_data": (13, 0, 0), "price_data": (4, 0, 0), "subscription_data": (2, 0, 0),
        "subscription_item_data": (14, 0, 0),
    }  # fmt: skip
    assert {name for name, made in found.items() if made[3]} == {"invoice_data", "invoice_line_item_data"}


def test_the_published_exports_say_what_is_owed_a_month(exported: Shop) -> None:
    """Both subscriptions ended in 2021, before their items were made; 1500.00 a month each, the second for two."""
    assert exported.warehouse.connection.execute(
        "select subscription_id, account_id, mrr, seats, trial, started_at, ended_at from ingest.subscriptions order by 1"
    ).fetchall() == [
        ("bea81c1795a612d8fc3a232b15646701", "sdf6547", Decimal("1500.00"), 1, False,
         dt.datetime(2024, 7, 1, 10), dt.datetime(2024, 7, 1, 10)),
        ("bea81c1795a612d8fc3a232b15646701~trial", "sdf6547", Decimal("1500.00"), 1, True,
         dt.datetime(2021, 2, 18, 14, 16, 37), dt.datetime(2021, 2, 19, 14, 16, 37)),
        ("bea81c1795a612d8fc3a232b15646702", "123fsdf", Decimal("3000.00"), 2, False,
         dt.datetime(2024, 7, 2, 10, 30), dt.datetime(2024, 7, 2, 10, 30)),
        ("bea81c1795a612d8fc3a232b15646702~trial", "123fsdf", Decimal("3000.00"), 2, True,
         dt.datetime(2021, 2, 18, 14, 16, 37), dt.datetime(2021, 2, 19, 14, 16, 37)),
    ]  # fmt: skip
    rows, of_rows, _, _, detail = exported.finding("billing_record_without_partner")
    assert (rows, of_rows) == (12, 16) and "12 items, 0 subscriptions" in str(detail)
