"""Stripe's exported tables, as a sync tool lays them out in a warehouse: which table a file holds, and its columns' meaning.

Each row becomes one billing record; what subscriptions follow from the records known together is in
`derived_billed_subscriptions.sql`.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.config import expressions as say
from plg_orchestration.config.canonical import CanonicalColumn, CanonicalSource, Kind
from plg_orchestration.config.sources import Source
from plg_orchestration.ingest.dialects.base import Selection
from plg_orchestration.ingest.dialects.columns import TableBuilder
from plg_orchestration.ingest.reasons import FileRefused

AMOUNT = r"^\d{1,14}(\.\d{1,12})?$"
"""An amount in the currency's smallest unit, which may have decimals: a price of half a cent a seat."""
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("record", "status", "plan", "currency", "billing_interval", "usage", "scheme", "paused"), "text"),
    **dict.fromkeys(("record_id", "subscription_id", "customer_id", "price_id"), "id"),
    **dict.fromkeys(("period_end", "trial_started_at", "trial_ended_at", "created_at", "started_at", "known_at"), "time"),
    **dict.fromkeys(("ended_at", "canceled_at", "cancels_at"), "time"),
    **dict.fromkeys(("quantity", "interval_count", "divided_by"), "integer"),
    **dict.fromkeys(("cancels_at_period_end", "live", "deleted"), "boolean"),
    "rounding": "text", "unit_amount": "text", "exact_amount": "text", "metadata": "json",
}  # fmt: skip
"""The canonical columns of a billing record."""
SHARED = {"record_id": "id", "created_at": "created", "live": "livemode", "deleted": "_fivetran_deleted"}


@dataclass(frozen=True)
class Layout:
    """One exported table: the record that its rows are, what its header tells it by, and which column means what.

    It is that table when the header has all of `has`, one of `one_of`, and none of `lacks`. Of `columns` those that the header
    lacks are left out, but for the ones in `needs`, which every row must have.
    """

    record: str
    has: frozenset[str]
    one_of: frozenset[str]
    lacks: frozenset[str]
    columns: Mapping[str, str]
    needs: frozenset[str]

    def matches(self, header: frozenset[str]) -> bool:
        """Whether the header is that of this table."""
        return self.has <= header and bool(self.one_of & header) and not self.lacks & header


INVOICED = frozenset({"invoice_id", "amount_due", "billing_reason"})
LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "item", frozenset({"id", "subscription_id"}), frozenset({"plan_id", "price_id"}), INVOICED | {"customer_id"},
        {**SHARED, "subscription_id": "subscription_id", "price_id": "plan_id", "quantity": "quantity",
         "period_end": "current_period_end"},
        frozenset({"record_id", "subscription_id", "price_id"}),
    ),
    Layout(
        "subscription", frozenset({"id", "customer_id", "status"}), frozenset({"start_date", "current_period_start"}), INVOICED,
        {**SHARED, "customer_id": "customer_id", "status": "status", "started_at": "start_date", "ended_at": "ended_at",
         "canceled_at": "canceled_at", "cancels_at": "cancel_at", "cancels_at_period_end": "cancel_at_period_end",
         "period_end": "current_period_end", "trial_started_at": "trial_start", "trial_ended_at": "trial_end",
         "paused": "pause_collection_behavior"},
        frozenset({"record_id", "customer_id", "status"}),
    ),
    Layout(
        "price", frozenset({"id", "currency", "recurring_interval"}), frozenset({"unit_amount", "unit_amount_decimal"}),
        frozenset(),
        {**SHARED, "plan": "nickname", "currency": "currency", "billing_interval": "recurring_interval",
         "interval_count": "recurring_interval_count", "usage": "recurring_usage_type", "scheme": "billing_scheme",
         "divided_by": "transform_quantity_divide_by", "rounding": "transform_quantity_round",
         "unit_amount": "unit_amount", "exact_amount": "unit_amount_decimal"},
        frozenset({"record_id", "currency"}),
    ),
    Layout(
        "plan", frozenset({"id", "currency", "interval"}), frozenset({"amount", "amount_decimal"}), INVOICED,
        {**SHARED, "plan": "nickname", "currency": "currency", "billing_interval": "interval",
         "interval_count": "interval_count", "usage": "usage_type", "scheme": "billing_scheme",
         "divided_by": "transform_usage_divide_by", "rounding": "transform_usage_round",
         "unit_amount": "amount", "exact_amount": "amount_decimal"},
        frozenset({"record_id", "currency"}),
    ),
    Layout(
        "customer", frozenset({"id"}), frozenset({"delinquent", "invoice_prefix", "account_balance"}),
        INVOICED | {"subscription_id"}, SHARED, frozenset({"record_id"}),
    ),
)  # fmt: skip
"""The tables that MRR is made of. Subscription items name a plan or a price; both tables may be there."""
TABLES = "subscription, subscription_item, price, plan, customer"


def layout_of(header: tuple[str, ...]) -> Layout | None:
    """The exported table that has this header; None when MRR is not made of it (invoices, charges, refunds, discounts ...)."""
    return next((layout for layout in LAYOUTS if layout.matches(frozenset(header))), None)


@dataclass(frozen=True)
class _Mapped:
    """A table's column map, in the shape of a source."""

    canonical: CanonicalSource
    columns: dict[str, say.Expression]
    timezone: str
    name: str = "billing_records"


class StripeDialect:
    """Stripe's tables of one source; each file is one of them, known by its header."""

    def select(
        self, source: Source, *, header: tuple[str, ...] | None, timezone: str, root: Path, instants: frozenset[str] = frozenset()
    ) -> Selection:
        """The selection of billing records; FileRefused when MRR is not made of such a table.

        Times without a zone are UTC, as sync tools write them. A version is known since the sync tool wrote it
        (`_fivetran_start` of a history table, else `_fivetran_synced`).
        """
        layout = layout_of(header or ())
        if layout is None:
            raise FileRefused(
                f"none of Stripe's tables that MRR is made of ({TABLES}) has the columns {', '.join(header or ())[:120]}; "
                "leave the file out of the source's path"
            )
        there = frozenset(header or ())
        mapped = _mapping(layout, there, keyed=source.account_key is not None)
        columns = tuple(CanonicalColumn(name, KINDS[name], name in layout.needs) for name in mapped)
        table = _Mapped(CanonicalSource("billing_records", "", columns), mapped, source.timezone or "UTC")
        return _finished(TableBuilder(table, header, timezone, root, instants).selection(), source.account_key)


def _mapping(layout: Layout, there: frozenset[str], *, keyed: bool) -> dict[str, say.Expression]:
    made: dict[str, say.Expression] = {"record": say.Constant(constant=layout.record)}
    for name, usual in layout.columns.items():
        column = "price_id" if name == "price_id" and usual not in there else usual
        if column in there:
            made[name] = say.Column(column=column)
    known = next((name for name in ("_fivetran_start", "_fivetran_synced") if name in there), None)
    if known is not None:
        made["known_at"] = say.Column(column=known)
    if keyed and layout.record in ("subscription", "customer") and "metadata" in there:
        made["metadata"] = say.Column(column="metadata")
    return made


def _finished(selection: Selection, key: str | None) -> Selection:
    """Amounts read exactly, currencies written as ISO 4217 does, and of the metadata the account's id alone."""
    given = dict(selection.expressions)
    amounts = [given.pop(name) for name in ("exact_amount", "unit_amount") if name in given]
    problem, parameters = selection.problem, dict(selection.parameters)
    if amounts:
        text = f"coalesce({', '.join(amounts)})" if len(amounts) > 1 else amounts[0]
        given["unit_amount"] = f"case when regexp_matches({text}, '{AMOUNT}') then try_cast({text} as decimal(28, 12)) end"
        wrong = f"{text} is not null and not regexp_matches({text}, '{AMOUNT}')"
        problem = f"coalesce({problem}, case when {wrong} then 'number|unit_amount ' || left({text}, 60) end)"
    if "currency" in given:
        given["currency"] = f"upper({given['currency']})"
    if "metadata" in given:
        parameters["account_path"] = f'$."{key}"'
        given["account_id"] = f"nullif(trim(json_extract_string({given.pop('metadata')}, $account_path)), '')"
    return dataclasses.replace(selection, expressions=given, problem=problem, parameters=parameters)
