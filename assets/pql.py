"""The PQL stage: features, scorers, the nightly training, its audit, the champion, and what is decided about whom."""

import json
from collections.abc import Iterator

import dagster as dg

from assets.declare import asset_of, key_of, multi_asset_of, spec_of
from assets.publishing import Drawing, Night, checked_day, publish, work_on
from assets.show import figures, markdown_table, tracking_link
from plg_orchestration import charts
from plg_orchestration.errors import Unavailable
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.actions.approvals import approvals_of
from plg_orchestration.pql.accounts import queries as account_queries
from plg_orchestration.pql.bias.audit import night_audit
from plg_orchestration.pql.bias.contrasts import Audit
from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.pql.features.replay import certify
from plg_orchestration.pql.promotion.champion import champion as decide_champion
from plg_orchestration.pql.promotion.ledger import entries_of
from plg_orchestration.pql.promotion.validity import champion_faults
from plg_orchestration.pql.training.candidate import Training, not_trained, train
from plg_orchestration.resources import TrackingResource, WarehouseResource
from plg_orchestration.tracking import Tracking, log_training, read_record, repeat_entries
from plg_orchestration.verdicts import Verdict
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import Query, Rows, table

KNOWN = [
    "behavior.user_days", "behavior.user_features", "behavior.milestones", "ingest.users", "ingest.accounts",
    "ingest.subscriptions", "ingest.invites", "ingest.crm_outcomes",
]  # fmt: skip

LATEST = 3
"""So many last entries of the ledger are repeated in MLflow each night: what changed after the night before is among them."""
JUDGED = ["pql.candidate", "pql.bias_audit", "pql.features", "behavior.user_days", "ingest.coverage"]


@dg.asset(**asset_of("pql.features", after=["behavior.activity", *KNOWN]))
def features(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Every user's features as known on the day; the very query that builds training rows for past days."""
    return publish(context, warehouse, "pql.features", _features)


@dg.asset_check(
    asset=key_of("pql.features"), blocking=True,
    description="Features of an earlier night, rebuilt without any later row, are what they were on that night.",
)  # fmt: skip
def replay_certificate(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A feature that looks ahead stops the night; rows that other settings made only warn."""
    here = warehouse.workspace
    with warehouse.open() as store:
        as_of = here.as_of(checked_day(context))
        found = certify(store, as_of=as_of, build=lambda past: feature_queries.features(as_of=past, policy=here.pql))
    if found is None:
        return dg.AssetCheckResult(passed=True, description="No earlier night is stored yet, so there is nothing to replay.")
    return dg.AssetCheckResult(
        passed=found.verdict is Verdict.PASS,
        severity=dg.AssetCheckSeverity.ERROR if found.verdict is Verdict.FAIL else dg.AssetCheckSeverity.WARN,
        description=f"{found.day}: {found.reason}",
        metadata={"day": str(found.day), "stored": found.stored, "replayed": found.replayed},
    )


@dg.multi_asset(
    name="candidate",
    **multi_asset_of(
        spec_of("pql.candidate", after=["pql.features", *KNOWN], kinds=("scikitlearn", "mlflow")),
        spec_of("pql.contest", after=["pql.features", *KNOWN], kinds=("scikitlearn",)),
        spec_of("pql.mitigation", after=["pql.features", *KNOWN], kinds=("scikitlearn", "fairlearn")),
        spec_of("pql.test_predictions", after=["pql.features", *KNOWN], kinds=("scikitlearn",)),
        spec_of("pql.suggestions", after=["pql.features", *KNOWN], kinds=("python",)),
        spec_of("pql.references", after=["pql.features", *KNOWN]),
    ),
)
def candidate(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Train tonight's candidate on matured labels and test it forward in time, beside the points and the weighted formula."""
    with work_on(context, warehouse) as work:
        trained: dict[object, Training] = {}

        def training(night: Night) -> Training:
            if night.as_of not in trained:
                trained[night.as_of] = _train(night)
            return trained[night.as_of]

        yield work.publish("pql.candidate", lambda night: training(night).candidate, chart="calibration")
        yield work.publish("pql.contest", lambda night: training(night).contest)
        tradeoff = Drawing(charts.mitigation_tradeoff)
        yield work.publish("pql.mitigation", lambda night: training(night).mitigation, chart=tradeoff)
        yield work.publish("pql.test_predictions", lambda night: training(night).predictions)
        yield work.publish("pql.suggestions", lambda night: _suggestions(training(night)))
        yield work.publish("pql.references", lambda night: training(night).references)


@dg.multi_asset(
    name="bias_audit",
    **multi_asset_of(
        spec_of("pql.bias_audit", after=["pql.test_predictions"], kinds=("fairlearn", "python")),
        spec_of("pql.bias_groups", after=["pql.test_predictions"], kinds=("python",)),
        spec_of("pql.bias_gaps", after=["pql.test_predictions"], kinds=("fairlearn", "python")),
    ),
)
def bias_audit(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Is any group treated differently? Every scorer, attribute and pair: each group against the rest, and across all groups."""
    with work_on(context, warehouse) as work:
        made: dict[object, Audit] = {}

        def audited(night: Night) -> Audit:
            if night.as_of not in made:
                made[night.as_of] = night_audit(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)
            return made[night.as_of]

        yield work.publish("pql.bias_audit", lambda night: audited(night).contrasts, chart="bias")
        yield work.publish("pql.bias_groups", lambda night: audited(night).groups)
        yield work.publish("pql.bias_gaps", lambda night: audited(night).gaps)


@dg.multi_asset(
    name="champion",
    **multi_asset_of(
        spec_of("pql.champion", after=JUDGED, kinds=("python", "mlflow")),
        spec_of("pql.promotions", after=JUDGED, kinds=("python",)),
    ),
)
def champion(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, tracking: TrackingResource
) -> Iterator[dg.MaterializeResult]:
    """Judge the candidate by every gate; it becomes champion only if all hold, and only on the newest day.

    The training is shown in MLflow once it is judged; the alias moves after everything else is committed.
    """
    store = tracking.open()
    with work_on(context, warehouse) as work:
        judged = work.publish("pql.champion", _champion)
        failpoint("champion.published")
        promotions = work.result(work.warehouse.republish([table("pql.promotions")], work.days[-1])[0])
        shown = _show(work.last, store)
    failpoint("champion.shown")
    context.add_asset_metadata(shown, asset_key=key_of("pql.champion"))
    yield judged
    yield promotions


@dg.asset(**asset_of("pql.account_scores", after=["pql.scores", "pql.champion", "pql.features"]))
def account_scores(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Which accounts are qualified, by the champion's scores of their users: the best one, how many leads, and their share."""
    return publish(
        context, warehouse, "pql.account_scores",
        lambda night: account_queries.account_scores(as_of=night.as_of, policy=night.workspace.pql),
    )  # fmt: skip


@dg.asset_check(asset=key_of("pql.bias_audit"), description="No protected contrast of the candidate fails its limit.")
def bias_within_policy(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A disparity over the limit fails; too little data warns. Either keeps the candidate from promotion."""
    text = """select attribute, grp, metric, verdict from pql.bias_audit where as_of = $day and scorer = 'model'
        and status = 'protected' and correction = 'holm' and verdict in ('fail', 'insufficient') order by all"""
    with warehouse.open() as store:
        found = store.rows(Query("found", text, {"day": checked_day(context)}))
    failed = [row for row in found if row[3] == "fail"]
    said = "; ".join(f"{row[2]} of {row[0]}={row[1]}: {row[3]}" for row in (failed or found))
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        description=said or "No protected contrast is over its limit.", metadata={"over the limit": len(failed)},
    )  # fmt: skip


@dg.asset_check(asset=key_of("pql.champion"), description="The champion is recorded, readable, approved and borne out.")
def champion_is_valid(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A changed model file, an expired approval or a champion taken back turns red; a doubtful live figure warns."""
    here = warehouse.workspace
    with warehouse.open() as store:
        found = champion_faults(
            store, as_of=here.as_of(checked_day(context)), policy=here.pql, state=here.state, approvals=approvals_of(here)
        )  # fmt: skip
    failed = [fault for fault in found if fault.verdict is Verdict.FAIL]
    said = "; ".join(f"{fault.target}: {fault.reason}" for fault in found)
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        description=said or "Every champion is recorded, readable and approved where that is asked.",
        metadata={"faults": len(failed)},
    )  # fmt: skip


def _features(night: Night) -> Rows:
    return feature_queries.features(as_of=night.as_of, policy=night.workspace.pql, stored=night.has("behavior.activity"))


def _train(night: Night) -> Training:
    if not night.newest:
        return not_trained(as_of=night.as_of, policy=night.workspace.pql)
    clock = SystemClock().monotonic
    return train(night.warehouse, as_of=night.as_of, policy=night.workspace.pql, state=night.workspace.state, clock=clock)


def _suggestions(training: Training) -> Rows:
    if isinstance(training.suggestions, str):
        raise Unavailable(training.suggestions or training.reason)
    return training.suggestions


def _champion(night: Night) -> Rows:
    here = night.workspace
    rows, _ = decide_champion(
        night.warehouse, as_of=night.as_of, policy=here.pql, newest=night.newest, state=here.state, approvals=approvals_of(here)
    )
    return rows


def _show(night: Night, store: Tracking) -> dict[str, dg.MetadataValue]:
    state = night.workspace.state
    record = read_record(night.warehouse, as_of=night.as_of, state=state, dagster_run_id=night.run_id)
    if record is None:
        return {}
    logged = log_training(store, record)
    failpoint("champion.logged")
    if night.newest:
        latest = entries_of(night.warehouse, target=record.target)[-LATEST:]
        routing = record.champion
        repeat_entries(
            store, latest, target=record.target, scorer=str(routing["scorer"]), version=str(routing["version"])
        )  # fmt: skip
    link = tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}")
    gates = json.loads(str(record.champion["gates"]))
    listed = markdown_table(
        ["gate", "verdict", "figure", "limit", "reason"],
        [[gate[name] for name in ("name", "verdict", "figure", "limit", "reason")] for gate in gates],
    )
    said = figures({"other changes": record.champion["change"], "live outcomes": record.champion["live"]})
    return {"training in MLflow": link, "gates": dg.MetadataValue.md(listed), **said}
