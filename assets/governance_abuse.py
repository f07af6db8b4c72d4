"""The governance stage's abuse detection: devices, the screening of recent signups, standing suspicions, and what it costs."""

from collections.abc import Iterator

import dagster as dg

from assets.declare import asset_of, multi_asset_of, spec_of
from assets.publishing import Drawing, Night, publish, work_on
from plg_orchestration import charts
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance.abuse import queries
from plg_orchestration.governance.abuse.leakage import leakage as estimate
from plg_orchestration.governance.abuse.screening import Screening, gather, screen
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows, table

SCREENED = ["governance.fingerprints", "ingest.users", "ingest.invites", "ingest.subscriptions", "behavior.user_days"]
SUSPECTS, SUSPICIONS = "governance.suspects", "governance.suspicions"
SCORES, SCREENING = "governance.abuse_scores", "governance.abuse_screening"


@dg.asset(**asset_of("governance.fingerprints", after=["ingest.events"]))
def fingerprints(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """From which devices and addresses people signed up and invited, as became known each day: the ground of the abuse rules."""
    return publish(
        context,
        warehouse,
        "governance.fingerprints",
        at_once=True,
        compute=lambda night: queries.fingerprints(as_of=night.as_of, first=night.first),
    )


@dg.multi_asset(
    name="screen_signups",
    **multi_asset_of(
        spec_of(SUSPECTS, after=SCREENED, kinds=("duckdb", "python")),
        spec_of(SUSPICIONS, after=["ingest.governance_records"]),
        spec_of(SCORES, after=SCREENED, kinds=("duckdb", "python")),
        spec_of(SCREENING, after=SCREENED, kinds=("duckdb", "python")),
    ),
)
def screen_signups(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Recent signups judged by explainable rules, an anomaly model beside them; nobody is suspected without a rule."""
    with work_on(context, warehouse) as work:
        found = {day: _screened(work.night(day)) for day in work.days}
        by_week = Drawing(charts.suspects_by_rule, query=queries.suspects_by_week)
        made = [
            work.publish(SUSPECTS, lambda night: found[night.as_of.date].suspects, chart=by_week),
            work.publish(SUSPICIONS, _suspicions),
            work.publish(SCORES, lambda night: _scores(found[night.as_of.date]), chart=Drawing(charts.odd_behavior)),
            work.publish(SCREENING, lambda night: found[night.as_of.date].screening),
        ]
    yield from made


@dg.asset(**asset_of(
    "governance.leakage", kinds=("duckdb", "python"),
    after=[SUSPICIONS, "ingest.users", "ingest.subscriptions", "ingest.exchange_rates", "behavior.user_days"],
))  # fmt: skip
def leakage(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What abuse of the free plan costs in the months ahead, estimated in money with its interval and every assumption named."""
    return publish(context, warehouse, "governance.leakage", _leakage)


def _screened(night: Night) -> Screening:
    policy = night.workspace.governance
    evidence = gather(night.warehouse, as_of=night.as_of, policy=policy.abuse)
    return screen(evidence, as_of=night.as_of, policy=policy.abuse, disposable=policy.disposable_domains)


def _suspicions(night: Night) -> Rows:
    night.warehouse.ensure(table("ingest.governance_records"))
    return queries.suspicions(as_of=night.as_of)


def _scores(found: Screening) -> Rows:
    if found.unscored:
        raise Unavailable(found.unscored)
    return found.scores


def _leakage(night: Night) -> Rows:
    here = night.workspace
    caps = (here.governance.limits.invites_per_day, here.governance.limits.invites_per_month)
    return estimate(night.warehouse, as_of=night.as_of, policy=here.governance.abuse, caps=caps, currency=here.revenue.currency)
