"""The KPI stage's judgments: the weekly review of the seven layers, claims tested at home, and what a lift would bring."""

from typing import TYPE_CHECKING

import dagster as dg

from assets.declare import asset_of
from assets.publishing import Drawing, Night, publish
from plg_orchestration import charts
from plg_orchestration.kpis.claims.published import claims as tested
from plg_orchestration.kpis.review import queries as review
from plg_orchestration.kpis.what_if.published import what_if as projected
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, table

if TYPE_CHECKING:
    import pandas as pd

PEOPLE = ["ingest.users", "ingest.accounts", "ingest.subscriptions", "ingest.exchange_rates"]
MEMBERS = ["behavior.milestones", "behavior.activity", "ingest.invites"]


@dg.asset(**asset_of("kpis.weekly_review", after=["kpis.snapshot", "pql.decisions", *PEOPLE]))
def weekly_review(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """The seven layers with their metrics, targets and distances to the published medians; the one that leaks most money."""
    return publish(context, warehouse, "kpis.weekly_review", _review, chart=Drawing(charts.layer_leaks))


def _review(night: Night) -> Query:
    for name in ("pql.decisions", "kpis.weekly_review"):
        night.warehouse.ensure(table(name))
    return review.weekly_review(as_of=night.as_of, currency=night.workspace.revenue.currency)


@dg.asset(**asset_of("kpis.what_if", after=[*MEMBERS, *PEOPLE]))
def what_if(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What ARR would be in a year with activation, conversion or the viral coefficient higher, beside the published claim."""
    return publish(context, warehouse, "kpis.what_if", _what_if, chart=Drawing(charts.what_if_bars))


@dg.asset(**asset_of("kpis.claims", after=["kpis.what_if", *MEMBERS, "ingest.crm_outcomes", *PEOPLE]))
def claims(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Published rules of thumb on the workspace's own data: estimate, interval and verdict beside what was published."""
    return publish(context, warehouse, "kpis.claims", _claims, chart=Drawing(charts.claims_against_published))


def _what_if(night: Night) -> "pd.DataFrame":
    policy, currency = night.workspace.kpis, night.workspace.revenue.currency
    return projected(
        night.warehouse, as_of=night.as_of, policy=policy.what_if, windows_of=policy.claims, currency=currency,
        stored=night.has("behavior.activity"),
    )  # fmt: skip


def _claims(night: Night) -> "pd.DataFrame":
    night.warehouse.ensure(table("kpis.what_if"))
    return tested(
        night.warehouse, as_of=night.as_of, policy=night.workspace.kpis.claims, workspace=night.workspace,
        stored=night.has("behavior.activity"),
    )  # fmt: skip
