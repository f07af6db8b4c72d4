"""The ingest stage: one step takes in every new file and reports on each table; another counts what contradicts itself."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from assets.declare import asset_of, key_of, multi_asset_of, spec_of
from assets.publishing import missing_need, publish, work_on
from plg_orchestration.ingest import IngestSummary, ingest_files, queries
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Publication, Warehouse, tables_of

COMPUTED = ("ingest.findings", "ingest.coverage")
"""What is computed from the rows taken in, day by day."""
TAKEN_IN = tuple(table for table in tables_of("ingest") if table.name not in COMPUTED)
LAKE = "ingest.events"
"""Published by the lake itself; the other tables are published as Parquet like every mart."""
FEW = 0.02
CHECKS = (
    dg.AssetCheckSpec(
        "every_line_accounted_for", asset=key_of("ingest.files"), blocking=True,
        description="Of every file: lines = accepted + duplicates + quarantined + blank.",
    ),
    dg.AssetCheckSpec(
        "few_refused_lines", asset=key_of("ingest.quarantine"),
        description="At most 2 % of the lines of any source are quarantined.",
    ),
)  # fmt: skip


@dg.multi_asset(name="ingest_files", **multi_asset_of(*(spec_of(table.name) for table in TAKEN_IN), checks=CHECKS))
def ingest(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Take in every file that is new and dated no later than the day; each file is one transaction."""
    with work_on(context, warehouse) as work:
        summary = ingest_files(work.warehouse, work.workspace, through=work.days[-1])
        published = work.warehouse.republish([table for table in TAKEN_IN if table.name != LAKE], work.days[-1])
        for done in [_lake(work.warehouse, work.days), *published]:
            reason = missing_need(work.workspace, done.table)
            told = replace(done, reasons=((done.days[-1], reason),)) if reason else done
            of_files = done.table.name == "ingest.files"
            yield work.result(
                told, chart="ledger" if of_files else None, more=_counts(summary) if of_files else None,
                checks=_special_checks(work.warehouse, done),
            )  # fmt: skip


@dg.asset(**asset_of("ingest.findings", after=[table.name for table in TAKEN_IN]))
def findings(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What the sources say that cannot all be true: counted with an example, never smoothed over."""
    return publish(context, warehouse, "ingest.findings", lambda night: queries.findings(as_of=night.as_of))


@dg.asset(**asset_of("ingest.coverage", after=["ingest.events"]))
def coverage(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which of the events that the mapping names arrived on the day, and which arrived that it does not name."""
    return publish(context, warehouse, "ingest.coverage", lambda night: queries.coverage(as_of=night.as_of))


def _lake(store: Warehouse, days: tuple[dt.date, ...]) -> Publication:
    events = next(table for table in TAKEN_IN if table.name == LAKE)
    rows = store.scalar("select coalesce(sum(rows), 0) from ingest.parts where received_date <= $day", day=days[-1])
    return Publication(events, (days[-1],), int(str(rows)), ())


def _counts(summary: IngestSummary) -> dict[str, object]:
    counted = {
        "new files": len(summary.files), "lines": summary.lines, "accepted": summary.accepted, "duplicates": summary.duplicates,
        "quarantined": summary.quarantined, "blank": summary.blank,
    }  # fmt: skip
    return {**counted, **{f"quarantined: {reason}": count for reason, count in summary.reasons.items()}}


def _special_checks(store: Warehouse, done: Publication) -> list[dg.AssetCheckResult]:
    if done.table.name == "ingest.files":
        text = "select count(*) from ingest.files where lines <> accepted + duplicates + quarantined + blank"
        wrong = int(str(store.scalar(text)))
        said = f"{wrong} files lost or invented lines" if wrong else "Every line of every file is accounted for."
        return [
            dg.AssetCheckResult(
                check_name="every_line_accounted_for", asset_key=key_of("ingest.files"), passed=wrong == 0, description=said
            )
        ]
    if done.table.name == "ingest.quarantine":
        text = """select coalesce(max(share), 0.0) from (
            select source, sum(quarantined) / sum(lines) as share from ingest.files where lines > 0 group by source) as shares"""
        worst = float(str(store.scalar(text)))
        return [
            dg.AssetCheckResult(
                check_name="few_refused_lines", asset_key=key_of("ingest.quarantine"), passed=worst <= FEW,
                severity=dg.AssetCheckSeverity.WARN,
                description=f"{100 * worst:.2f} % of the lines of the worst source are quarantined.",
            )
        ]  # fmt: skip
    return []
