"""The reports stage's quarterly review of initiatives: where each stands, and what is to be decided."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from plg_orchestration.reports.initiatives_review import READ, write_initiatives_review
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows


@dg.asset(**asset_of("reports.initiatives_review", after=READ, kinds=("html", "csv")))
def initiatives_review(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Status, KPIs against targets, spend, return and the next decision of every initiative, as a page and a CSV.

    Of a range of days the last one gets its page; any other is made by running that day.
    """
    with work_on(context, warehouse) as work:
        return work.publish("reports.initiatives_review", _review, newest_only=True)


def _review(night: Night) -> Rows:
    return write_initiatives_review(night.warehouse, as_of=night.as_of, workspace=night.workspace)
