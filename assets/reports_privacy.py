"""The reports stage's privacy pages: the record of processing of each day, and the yearly assessment for a person to sign."""

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Night, work_on
from plg_orchestration.reports.privacy.assessment import write_assessment
from plg_orchestration.reports.privacy.record import write_record
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows

ASSESSED = ["governance.controls", "governance.privacy", "governance.invite_retention", "reports.record_of_processing"]


@dg.asset(**asset_of("reports.record_of_processing", kinds=("html", "csv")))
def record_of_processing(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which tables hold personal data, what for, how long and who receives it: generated, so that no table is forgotten."""
    with work_on(context, warehouse) as work:
        return work.publish("reports.record_of_processing", _record, newest_only=True)


@dg.asset(**asset_of("reports.privacy_assessment", after=ASSESSED, kinds=("html", "csv")))
def privacy_assessment(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The year's evidence of privacy: controls, requests, purges and changes in processing, for a person to sign."""
    with work_on(context, warehouse) as work:
        return work.publish("reports.privacy_assessment", _assessment, newest_only=True)


def _record(night: Night) -> Rows:
    return write_record(as_of=night.as_of, workspace=night.workspace)


def _assessment(night: Night) -> Rows:
    return write_assessment(night.warehouse, as_of=night.as_of, workspace=night.workspace)
