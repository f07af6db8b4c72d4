"""The PQL stage's feedback: drift against the champion's training, live performance, and what sales made of the leads."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Drawing, Night, work_on
from plg_orchestration import charts
from plg_orchestration.pql.drift import queries as drift_queries
from plg_orchestration.pql.drift.nightly import drift as drifted
from plg_orchestration.pql.feedback import queries
from plg_orchestration.pql.feedback.estimates import estimates
from plg_orchestration.pql.feedback.live import live_performance
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

if TYPE_CHECKING:
    import pandas as pd

SCORED = ["pql.scores", "pql.champion"]
SAID = 3
"""So many findings a check names; all are in the table."""
NO_DRIFT = dg.AssetCheckSpec(
    "no_drift", asset=key_of("pql.drift"), description="No feature, score or base rate has drifted from the champion's reference."
)
PRECISION = dg.AssetCheckSpec(
    "live_precision", asset=key_of("pql.live_performance"),
    description="The champion's leads turn out false no more often than its test promised, and contacting leads pays.",
)  # fmt: skip


@dg.multi_asset(
    name="drift",
    **multi_asset_of(
        spec_of("pql.estimates", after=SCORED),
        spec_of("pql.live_performance", after=[*SCORED, "pql.decisions", "pql.candidate"]),
        spec_of("pql.outcomes", after=["pql.decisions", "ingest.crm_outcomes"]),
        spec_of("pql.drift", after=[*SCORED, "pql.features", "pql.references"]),
        checks=[NO_DRIFT, PRECISION],
    ),
)
def drift(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # fmt: skip
    """What the champion promises tonight, what came of earlier promises and leads, and whether people still look as trained."""
    with work_on(context, warehouse) as work:
        yield work.publish("pql.estimates", lambda night: _of_targets(night, _estimates))
        precision = Drawing(charts.live_precision, queries.week_precision)
        yield work.publish("pql.live_performance", lambda night: _of_targets(night, _live), chart=precision)
        yield work.publish(
            "pql.outcomes", lambda night: _of_targets(night, _outcomes), chart=Drawing(charts.holdout_lift, queries.lifts)
        )
        strips = Drawing(charts.drift_strips, drift_queries.recent_nights)
        yield work.publish("pql.drift", lambda night: _of_targets(night, _drift), chart=strips)
        yield _warned(work.last, NO_DRIFT, drift_queries.drifted_subjects(as_of=work.last.as_of))
        yield _warned(work.last, PRECISION, queries.worse_than_promised(as_of=work.last.as_of))


def _of_targets(night: Night, compute: "Callable[[Night, str], pd.DataFrame]") -> Rows:
    import pandas as pd

    targets = [name for name, target in sorted(night.workspace.pql.targets.items()) if target.nightly]
    made = [compute(night, target) for target in targets]
    return made[0] if len(made) == 1 else pd.concat(made, ignore_index=True)


def _estimates(night: Night, target: str) -> "pd.DataFrame":
    return estimates(night.warehouse, as_of=night.as_of, target=target)


def _live(night: Night, target: str) -> "pd.DataFrame":
    return live_performance(night.warehouse, as_of=night.as_of, policy=night.workspace.pql, target=target)


def _outcomes(night: Night, target: str) -> "pd.DataFrame":
    return night.warehouse.frame(queries.outcomes(as_of=night.as_of, policy=night.workspace.pql, target=target))


def _drift(night: Night, target: str) -> "pd.DataFrame":
    return drifted(night.warehouse, as_of=night.as_of, policy=night.workspace.pql, target=target)


def _warned(night: Night, spec: dg.AssetCheckSpec, query: Query) -> dg.AssetCheckResult:
    found = [str(row[0]) for row in night.warehouse.rows(query)]
    named = "; ".join(found[:SAID]) + (f"; and {len(found) - SAID} more" if len(found) > SAID else "")
    return dg.AssetCheckResult(
        check_name=spec.name, asset_key=spec.asset_key, passed=not found, severity=dg.AssetCheckSeverity.WARN,
        description=named or str(spec.description), metadata={"found": len(found)},
    )  # fmt: skip
