"""The revenue stage: recurring revenue by account and day, and its movements."""

from collections.abc import Callable
from typing import Any

import dagster as dg

from assets.declare import asset_of, contract_check, key_of
from assets.publishing import Night, publish, work_on
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.revenue import queries


@dg.asset(**asset_of("revenue.mrr_daily", after=["ingest.subscriptions", "ingest.exchange_rates"]))
def mrr_daily(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The monthly recurring revenue of each paying account on each day, as known that day."""
    return publish(
        context, warehouse, "revenue.mrr_daily", at_once=True,
        compute=lambda night: queries.mrr_daily(as_of=night.as_of, first=night.first, currency=night.workspace.revenue.currency),
    )  # fmt: skip


CLOSES = dg.AssetCheckSpec(
    "opening_plus_movements_is_closing", asset=key_of("revenue.mrr_movements"), blocking=True,
    description="Of every account: MRR of the day before + the day's movements = MRR of the day, to the cent.",
)  # fmt: skip
MOVEMENTS: dict[str, Any] = {
    **asset_of("revenue.mrr_movements", after=["ingest.subscriptions", "ingest.exchange_rates", "revenue.mrr_daily"]),
    "check_specs": [contract_check("revenue.mrr_movements"), CLOSES],
}


@dg.asset(**MOVEMENTS)
def mrr_movements(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """New, expansion, contraction, churn and reactivation: every change of an account's revenue is exactly one of them."""
    with work_on(context, warehouse) as work:
        return work.publish(
            "revenue.mrr_movements", at_once=True, check=_closes,
            compute=lambda night: queries.mrr_movements(
                as_of=night.as_of, first=night.first, currency=night.workspace.revenue.currency
            ),
        )  # fmt: skip


WATERFALL = dg.AssetCheckSpec(
    "months_close_with_the_days_mrr", asset=key_of("revenue.mrr_months"), blocking=True,
    description="Opening + movements = closing in every month, and the running month closes with the day's MRR, to the cent.",
)  # fmt: skip
MONTHS: dict[str, Any] = {
    **asset_of("revenue.mrr_months", after=["ingest.subscriptions", "ingest.exchange_rates", "revenue.mrr_daily"]),
    "check_specs": [contract_check("revenue.mrr_months"), WATERFALL],
}


@dg.asset(**MONTHS)
def mrr_months(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The waterfall of the last 13 months, from each month's opening to its closing MRR, as known that night."""
    with work_on(context, warehouse) as work:
        return work.publish(
            "revenue.mrr_months", chart="mrr", check=_months_close,
            compute=lambda night: queries.mrr_months(as_of=night.as_of, currency=night.workspace.revenue.currency),
        )  # fmt: skip


def _months_close(night: Night) -> dg.AssetCheckResult:
    def wrong() -> list[str]:
        found = night.warehouse.rows(queries.unclosed_months(as_of=night.as_of))
        return [
            f"{month:%B %Y} in {currency}: movements reach {reached}, closing is {closing}, the day's MRR {stored}"
            for month, currency, reached, closing, stored in found
        ]

    return _adds_up(WATERFALL, night, "months", wrong)


def _closes(night: Night) -> dg.AssetCheckResult:
    def wrong() -> list[str]:
        found = night.warehouse.rows(queries.mrr_reconciliation(as_of=night.as_of, currency=night.workspace.revenue.currency))
        return [f"{row[0]}: {row[2]} + {row[3]} is not {row[4]} {row[1]}" for row in found if row[5] != 0]

    return _adds_up(CLOSES, night, "accounts", wrong)


def _adds_up(check: dg.AssetCheckSpec, night: Night, what: str, wrong: Callable[[], list[str]]) -> dg.AssetCheckResult:
    """Whether every one of `what` adds up; `wrong` tells of each that does not."""
    asset = check.asset_key
    if not (night.has("revenue.mrr_daily") and night.has(".".join(asset.path))):
        said = "The day's MRR is not built, so there is nothing to add up."
        return dg.AssetCheckResult(check_name=check.name, asset_key=asset, passed=True, description=said)
    found = wrong()
    said = f"{len(found)} {what} do not add up. {'; '.join(found[:3])}." if found else f"All {what} add up to the cent."
    return dg.AssetCheckResult(
        check_name=check.name,
        asset_key=asset,
        passed=not found,
        metadata={f"{what} that do not add up": len(found)},
        description=said,
    )
