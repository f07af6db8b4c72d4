"""The KPI sheet as a file: what a spreadsheet opens."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from plg_orchestration.reports.kpi_csv import write_kpi_csv
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows


@dg.asset(**asset_of("reports.kpi_csv", after=["kpis.snapshot", "kpis.standings"], kinds=("csv",)))
def kpi_csv(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every KPI with its formula, benchmark percentiles, threshold and notes, and its values by segment, as one CSV file.

    Of a range of days the last one gets its file; any other is made by running that day.
    """
    with work_on(context, warehouse) as work:
        return work.publish("reports.kpi_csv", _sheet, newest_only=True)


def _sheet(night: Night) -> Rows:
    return write_kpi_csv(night.warehouse, as_of=night.as_of, workspace=night.workspace)
