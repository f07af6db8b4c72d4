"""The reports stage's records for auditors: the model cards of the night."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from assets.show import tracking_link
from plg_orchestration.reports.model_card import earlier_cards, write_model_cards
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import Tracking, log_card
from plg_orchestration.warehouse import Query, Rows

if TYPE_CHECKING:
    from plg_orchestration.reports.model_card import Card

JUDGED = ["pql.champion", "pql.promotions", "pql.bias_audit", "pql.candidate", "pql.test_predictions", "ingest.files"]


@dg.asset(**asset_of("reports.model_card", after=JUDGED, kinds=("html", "mlflow")))
def model_card(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> dg.MaterializeResult:
    """One page that an auditor can print, of tonight's training and of every version whose place changed; also in MLflow."""
    store = tracking.open()
    with work_on(context, warehouse) as work:
        earlier = earlier_cards(work.warehouse, as_of=work.last.as_of)
        result = work.publish("reports.model_card", lambda night: _cards(night, store, earlier), newest_only=True)
        text = """select mlflow_experiment_id, mlflow_run_id from reports.model_card
            where as_of = $as_of and mlflow_run_id is not null order by trained_on desc, version limit 1"""
        shown = work.warehouse.rows(Query("shown", text, work.last.as_of.parameters()))
    for experiment, run in shown:
        context.add_asset_metadata({"training in MLflow": tracking_link(f"experiments/{experiment}/runs/{run}")})
    return result


def _cards(night: Night, store: Tracking, earlier: list[dict[str, Any]]) -> Rows:
    def show(card: "Card", page: str, text: str) -> dict[str, str | None]:
        return asdict(log_card(store, target=card.target, version=card.version, page=page, text=text))

    return write_model_cards(
        night.warehouse, as_of=night.as_of, workspace=night.workspace, show=show, dagster_run_id=night.run_id, earlier=earlier
    )  # fmt: skip
