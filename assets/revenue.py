"""The revenue stage: recurring revenue by account and day, and its movements."""

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
    if not (night.has("revenue.mrr_daily") and night.has("revenue.mrr_months")):
        said = "The day's MRR is not built, so there is nothing to add up."
        return dg.AssetCheckResult(check_name=WATERFALL.name, asset_key=WATERFALL.asset_key, passed=True, description=said)
    found = night.warehouse.frame(queries.unclosed_months(as_of=night.as_of))
    wrong = len(found)
    said = f" The first: {found.iloc[0].to_dict()}." if wrong else ""
    return dg.AssetCheckResult(
        check_name=WATERFALL.name, asset_key=WATERFALL.asset_key, passed=not wrong, metadata={"months that do not close": wrong},
        description=f"{wrong} months do not add up.{said}" if wrong else "Every month adds up to the cent.",
    )  # fmt: skip


def _closes(night: Night) -> dg.AssetCheckResult:
    if not (night.has("revenue.mrr_daily") and night.has("revenue.mrr_movements")):
        said = "The day's MRR is not built, so there is nothing to add up."
        return dg.AssetCheckResult(check_name=CLOSES.name, asset_key=CLOSES.asset_key, passed=True, description=said)
    found = night.warehouse.frame(queries.mrr_reconciliation(as_of=night.as_of, currency=night.workspace.revenue.currency))
    wrong = found[found["difference"] != 0]
    said = "".join(f" {row.account_id}: {row.opening} + {row.moved} is not {row.closing}." for row in wrong.head(3).itertuples())
    return dg.AssetCheckResult(
        check_name=CLOSES.name, asset_key=CLOSES.asset_key, passed=wrong.empty, metadata={"accounts": len(found)},
        description=f"{len(wrong)} accounts do not add up.{said}" if said else "Every account adds up to the cent.",
    )  # fmt: skip
