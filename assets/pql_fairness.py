"""The PQL stage's weekly audit: live decisions and routing outcomes by group, and whether gaps persist over trainings."""

from collections.abc import Iterator

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Drawing, Night, work_on
from plg_orchestration import charts
from plg_orchestration.pql.bias.weekly import queries
from plg_orchestration.pql.bias.weekly.history import bias_history
from plg_orchestration.pql.bias.weekly.live import live_bias
from plg_orchestration.pql.bias.weekly.routing import routing_bias
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows

DECIDED = ["pql.scores", "pql.champion", "pql.decisions", "pql.features"]
LIVE = dg.AssetCheckSpec(
    "live_parity", asset=key_of("pql.live_bias"), description="No protected group became leads too seldom or too often lately."
)
ROUTED = dg.AssetCheckSpec(
    "fair_treatment", asset=key_of("pql.routing_bias"), description="The teams treat the leads of every protected group alike."
)
PERSISTENT = dg.AssetCheckSpec(
    "no_persistent_gap", asset=key_of("pql.bias_history"), description="No protected gap of the challengers persists."
)  # fmt: skip
SAID = 3
CHECKED = ((LIVE, queries.live_failures), (ROUTED, queries.routing_failures), (PERSISTENT, queries.lasting_gaps))


@dg.multi_asset(
    name="fairness",
    **multi_asset_of(
        spec_of("pql.live_bias", after=DECIDED, kinds=("duckdb", "python")),
        spec_of("pql.routing_bias", after=[*DECIDED, "pql.sla", "ingest.crm_outcomes"], kinds=("duckdb", "python")),
        spec_of("pql.bias_history", after=["pql.bias_audit", "pql.candidate"], kinds=("duckdb", "python")),
        checks=[LIVE, ROUTED, PERSISTENT],
    ),
)
def fairness(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # fmt: skip
    """How groups fared in the trailing weeks, with the champion and with the teams, and which gaps do not go away."""
    with work_on(context, warehouse) as work:
        yield work.publish("pql.live_bias", _live, chart=Drawing(charts.bias_contrasts, queries.live_selection))
        yield work.publish("pql.routing_bias", _routing, chart=Drawing(charts.routing_outcomes, queries.protected_outcomes))
        yield work.publish("pql.bias_history", _history, chart=Drawing(charts.bias_history, queries.protected_history))
        for spec, query in CHECKED:
            yield _warned(work.last, spec, query(work.last.as_of))


def _live(night: Night) -> Rows:
    return live_bias(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _routing(night: Night) -> Rows:
    return routing_bias(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _history(night: Night) -> Rows:
    return bias_history(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _warned(night: Night, spec: dg.AssetCheckSpec, query: Query) -> dg.AssetCheckResult:
    found = [str(row[0]) for row in night.warehouse.rows(query)]
    named = "; ".join(found[:SAID]) + (f"; and {len(found) - SAID} more" if len(found) > SAID else "")
    return dg.AssetCheckResult(
        check_name=spec.name, asset_key=spec.asset_key, passed=not found, severity=dg.AssetCheckSeverity.WARN,
        description=named or str(spec.description), metadata={"found": len(found)},
    )  # fmt: skip
