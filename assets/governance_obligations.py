"""The governance stage's end: what answers each requirement, and the night's governance, whole, in MLflow for auditors."""

from collections.abc import Iterable, Iterator

import dagster as dg

from assets.declare import asset_of, key_of
from assets.publishing import Night, work_on
from assets.show import tracking_link
from plg_orchestration.config import Workspace
from plg_orchestration.config.problems import InvalidConfiguration, Problem, choose
from plg_orchestration.governance.obligations.evidence import Outcome, obligations_on
from plg_orchestration.governance.obligations.policy import packaged_references, references
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import TrackingUnavailable, complete_governance
from plg_orchestration.warehouse import Rows, tables_of

NAME = "governance.obligations"
LATER = {NAME, "reports.risk_report"}
"""What is made after the map and cannot be waited for; it answers with what an earlier night left."""
ANSWERING = sorted(
    ({one.table for one in packaged_references()} | {t.name for stage in ("governance", "experiments") for t in tables_of(stage)})
    - {""} - LATER
)  # fmt: skip
LOOKED_AT = 10
"""So many evaluations of a check are looked at for one of a night up to the day."""
DAY_TAGS = ("dagster/partition", "dagster/asset_partition_range_end")


@dg.asset(**asset_of(NAME, after=ANSWERING, kinds=("duckdb", "mlflow")))
def obligations(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> dg.MaterializeResult:
    """What NIST AI RMF, EU AI Act and GDPR ask, and what here answers it on the day; and all of governance in MLflow's run."""
    with work_on(context, warehouse) as work:
        result = work.publish(NAME, lambda night: _map(context.instance, night))
        try:
            logged = complete_governance(tracking.open(), work.warehouse, as_of=work.last.as_of)
            link: dg.MetadataValue = tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}")
        except TrackingUnavailable as error:
            link = dg.MetadataValue.text(str(error))
    context.add_asset_metadata({"governance in MLflow": link}, asset_key=key_of(NAME))
    return result


def refuse_unknown_checks(assets: Iterable[dg.AssetsDefinition], workspace: Workspace) -> None:
    """InvalidConfiguration when a requirement names a check that no asset has."""
    known = {f"{key.asset_key.to_user_string()}:{key.name}" for asset in assets for key in asset.check_keys}
    problems = [
        Problem(
            str(workspace.path), 1, f"governance.obligations.{framework}.requirements.{requirement}",
            f"check {one.name!r} does not exist", choose(one.name, known, what="checks"),
        )
        for framework, requirement, one in references(workspace.governance.obligations)
        if one.kind == "check" and one.name not in known
    ]  # fmt: skip
    if problems:
        raise InvalidConfiguration(problems)


def _map(instance: dg.DagsterInstance, night: Night) -> Rows:
    frameworks = night.workspace.governance.obligations
    names = sorted({one.name for _, _, one in references(frameworks) if one.kind == "check"})
    checks = {name: found for name in names for found in _outcomes(instance, name, night)}
    return obligations_on(night.warehouse, frameworks, as_of=night.as_of, checks=checks)


def _outcomes(instance: dg.DagsterInstance, name: str, night: Night) -> Iterator[Outcome]:
    """How the check ended on the newest night up to this one; nothing when no such night ran it."""
    import datetime as dt

    path, _, check = name.partition(":")
    key = dg.AssetCheckKey(dg.AssetKey(path.split("/")), check)
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=LOOKED_AT):
        event = record.event.dagster_event if record.event else None
        if event is None or event.event_type != dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            continue
        run = instance.get_run_by_id(record.run_id)
        day = next((run.tags[tag] for tag in DAY_TAGS if tag in run.tags), None) if run else None
        if day is None or (on := dt.date.fromisoformat(day)) > night.as_of.date:
            continue
        found = event.asset_check_evaluation_data
        grave = found.severity is dg.AssetCheckSeverity.ERROR
        yield Outcome(passed=found.passed, said=found.description or "", on=on, grave=grave)
        return
