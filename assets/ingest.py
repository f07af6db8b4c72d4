"""The ingest stage: one step takes in every new file and reports on each table; another counts what contradicts itself."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.declare import asset_of, contract_check, key_of, multi_asset_of, spec_of
from assets.publishing import Drawing, Night, Work, missing_need, publish, work_on
from plg_orchestration import charts
from plg_orchestration.governance.privacy.retention import newest_retention
from plg_orchestration.ingest import IngestSummary, ingest_files, queries
from plg_orchestration.ingest.instrumentation import (
    COVERAGE_QUESTIONS,
    DRIFT_QUESTIONS,
    Finding,
    coverage_findings,
    drift_findings,
)
from plg_orchestration.ingest.policy import InstrumentationPolicy
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Publication, Query, Warehouse, table, tables_of

if TYPE_CHECKING:
    import pandas as pd

COMPUTED = ("ingest.findings", "ingest.coverage", "ingest.property_drift")
"""What is computed from the rows taken in, day by day."""
Find = Callable[["pd.DataFrame", InstrumentationPolicy], tuple[Finding, ...]]
TAKEN_IN = tuple(table for table in tables_of("ingest") if table.name not in COMPUTED)
LAKE = "ingest.events"
"""Published by the lake itself; the other tables are published as Parquet like every mart."""
FEW = 0.02
CHECKS = (
    dg.AssetCheckSpec(
        "every_line_accounted_for", asset=key_of("ingest.files"), blocking=True,
        description="Of every file: lines = accepted + duplicates + quarantined + blank + erased.",
    ),
    dg.AssetCheckSpec(
        "few_refused_lines", asset=key_of("ingest.quarantine"),
        description="At most 2 % of the lines of any source are quarantined.",
    ),
)  # fmt: skip


def _asked(name: str, questions: Mapping[str, str], *, after: Sequence[str]) -> dict[str, Any]:
    """The keyword arguments of the asset `name`, which has one check a question beside its contract check."""
    asked = [dg.AssetCheckSpec(check, asset=key_of(name), description=question) for check, question in questions.items()]
    return {**asset_of(name, after=after), "check_specs": [contract_check(name), *asked]}


@dg.multi_asset(name="ingest_files", **multi_asset_of(*(spec_of(table.name) for table in TAKEN_IN), checks=CHECKS))
def ingest(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Take in every file that is new and dated no later than the day; each file is one transaction."""
    with work_on(context, warehouse) as work:
        summary = ingest_files(
            work.warehouse, work.workspace, through=work.days[-1],
            retention=newest_retention(work.warehouse, work.workspace, work.last.as_of),
        )  # fmt: skip
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


@dg.asset(**_asked("ingest.coverage", COVERAGE_QUESTIONS, after=["ingest.events"]))
def coverage(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which expected events came, which came unannounced, and whether number, names and lag are as they should be."""

    def of_night(night: Night) -> Query:
        policy = night.workspace.instrumentation
        return queries.coverage(as_of=night.as_of, policy=policy, noted_to=_noted_to(night, "ingest.coverage"))

    with work_on(context, warehouse) as work:
        done = work.publish("ingest.coverage", of_night, chart=Drawing(charts.event_volumes))
        return _with_findings(work, done, "ingest.coverage", coverage_findings)


@dg.asset(**_asked("ingest.property_drift", DRIFT_QUESTIONS, after=["ingest.coverage"]))
def property_drift(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which properties came with each event, and which of them are new, have vanished or changed their type."""

    def of_night(night: Night) -> Query:
        noted_to, counted_to = _noted_to(night, "ingest.property_drift"), _noted_to(night, "ingest.coverage")
        policy = night.workspace.instrumentation
        return queries.property_drift(as_of=night.as_of, policy=policy, noted_to=noted_to, counted_to=counted_to)

    with work_on(context, warehouse) as work:
        return _with_findings(work, work.publish("ingest.property_drift", of_night), "ingest.property_drift", drift_findings)


def _noted_to(night: Night, name: str) -> dt.date:
    """The last day before which nothing of the table is missing in the weeks that the night looks back to."""
    first = max(night.as_of.minus(night.workspace.instrumentation.history_days).date, night.workspace.start)
    yesterday = night.as_of.minus(1).date
    missing = night.warehouse.days_missing(table(name), start=first, through=yesterday)
    return missing[0] - dt.timedelta(days=1) if missing else yesterday


def _with_findings(work: Work, done: dg.MaterializeResult, name: str, find: Find) -> dg.MaterializeResult:
    """The result with a check for each finding on the newest day's rows; none of them stops the night."""
    text = f"select * from {name} where as_of = $as_of"
    rows = work.warehouse.frame(Query("of_day", text, work.last.as_of.parameters()))
    checks = [
        dg.AssetCheckResult(
            check_name=finding.name, asset_key=key_of(name), passed=finding.passed, severity=dg.AssetCheckSeverity.WARN,
            description=finding.reason, metadata=finding.figures,
        )
        for finding in find(rows, work.workspace.instrumentation)
    ]  # fmt: skip
    return dg.MaterializeResult(
        asset_key=done.asset_key, metadata=done.metadata, check_results=[*(done.check_results or ()), *checks]
    )


def _lake(store: Warehouse, days: tuple[dt.date, ...]) -> Publication:
    events = next(table for table in TAKEN_IN if table.name == LAKE)
    rows = store.scalar("select coalesce(sum(rows), 0) from ingest.parts where received_date <= $day", day=days[-1])
    return Publication(events, (days[-1],), int(str(rows)), ())


def _counts(summary: IngestSummary) -> dict[str, object]:
    counted = {
        "new files": len(summary.files), "lines": summary.lines, "accepted": summary.accepted, "duplicates": summary.duplicates,
        "quarantined": summary.quarantined, "blank": summary.blank, "erased": summary.erased,
    }  # fmt: skip
    return {**counted, **{f"quarantined: {reason}": count for reason, count in summary.reasons.items()}}


def _special_checks(store: Warehouse, done: Publication) -> list[dg.AssetCheckResult]:
    if done.table.name == "ingest.files":
        text = "select count(*) from ingest.files where lines <> accepted + duplicates + quarantined + blank + erased"
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
