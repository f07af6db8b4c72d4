"""The scorers of the PQL stage: points, weighted formula, models and hybrid, and beside them triggers and behavioral clusters."""

from collections.abc import Iterator

import dagster as dg

from assets.declare import asset_of, key_of, multi_asset_of, spec_of
from assets.publishing import Night, publish, work_on
from plg_orchestration.pql.scorers import queries
from plg_orchestration.pql.scorers.clusters import Clustered
from plg_orchestration.pql.scorers.clusters import clusters as cluster
from plg_orchestration.pql.scorers.scoring import absent_scorers
from plg_orchestration.pql.scorers.scoring import scores as score_everybody
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Rows, table


@dg.asset(**asset_of("pql.rule_scores", after=["pql.features"]))
def rule_scores(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Points by the published table, with the criteria that each user met and those that are missing; a lead from 65 points."""
    return publish(context, warehouse, "pql.rule_scores", _rule_scores)


@dg.asset(**asset_of("pql.weighted_scores", after=["pql.features"]))
def weighted_scores(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The published weighted formula with its six components; a lead above 70."""
    return publish(context, warehouse, "pql.weighted_scores", _weighted_scores)


@dg.asset(**asset_of("pql.triggers", after=["pql.features", "behavior.user_days", "behavior.user_features"]))
def triggers(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who fired which trigger rule on the day, and what they did; rules that count what nobody mapped are named."""
    done = publish(context, warehouse, "pql.triggers", _triggers)
    workspace = warehouse.workspace
    mapped = {entry.item or entry.event for entry in workspace.roles.get("core_feature", ())}
    if silent := workspace.pql.triggers.unmapped(mapped):
        context.add_asset_metadata({"cannot fire, since none of its core features is mapped": ", ".join(silent)})
    return done


@dg.multi_asset(
    name="clusters",
    **multi_asset_of(
        spec_of("pql.clusters", after=["pql.features"], kinds=("scikitlearn",)),
        spec_of("pql.user_clusters", after=["pql.features"], kinds=("scikitlearn",)),
    ),
)
def clusters(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Ways of using the product, by k-means on standardized usage: fitted every week, everybody assigned every night."""
    with work_on(context, warehouse) as work:
        made: dict[object, Clustered] = {}

        def clustered(night: Night) -> Clustered:
            if night.as_of not in made:
                made[night.as_of] = cluster(night.warehouse, as_of=night.as_of, policy=night.workspace.pql.clusters)
            return made[night.as_of]

        yield work.publish("pql.clusters", lambda night: clustered(night).clusters)
        yield work.publish("pql.user_clusters", lambda night: clustered(night).users)


@dg.asset(
    **asset_of("pql.scores", after=["pql.champion", "pql.rule_scores", "pql.weighted_scores"], kinds=("scikitlearn", "sql"))
)
def scores(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Everybody's score by points, formula, champion model and hybrid, with what speaks for and against those who qualify."""
    with work_on(context, warehouse) as work:
        done = work.publish("pql.scores", _scores, chart="scores")
        absent = absent_scorers(work.warehouse, as_of=work.last.as_of)
    context.add_asset_metadata({f"absent: {name}": reason for name, reason in absent.items()}, asset_key=key_of("pql.scores"))
    return done


def _rule_scores(night: Night) -> Rows:
    return queries.rule_scores(as_of=night.as_of, policy=night.workspace.pql)


def _weighted_scores(night: Night) -> Rows:
    return queries.weighted_scores(as_of=night.as_of, policy=night.workspace.pql)


def _triggers(night: Night) -> Rows:
    before = night.warehouse.status(table("pql.triggers"), night.as_of.minus(1).date)
    return queries.triggers(as_of=night.as_of, policy=night.workspace.pql, built_before=before == ("built", None))


def _scores(night: Night) -> Rows:
    return score_everybody(night.warehouse, as_of=night.as_of, policy=night.workspace.pql, state=night.workspace.state)
