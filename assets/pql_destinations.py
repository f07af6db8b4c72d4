"""Delivering the teams' leads: a thin layer over `plg_orchestration.pql.destinations`, part of the PQL stage."""

import os
from collections.abc import Iterator, Sequence

import dagster as dg

from assets.declare import key_of, multi_asset_of, spec_of
from assets.publishing import Night, missing_need, work_on
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.destinations.deliver import Delivered, deliver
from plg_orchestration.pql.destinations.tables import DELIVERIES, TABLES
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.sending.means import NOT_NEWEST, Means
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import Publication

ARRIVED = "leads_arrived"


@dg.multi_asset(
    name="deliveries",
    can_subset=True,  # so that a night without destinations reports on one table, not on three empty ones
    **multi_asset_of(
        *(spec_of(table.name, after=["pql.routes"], kinds=("python",)) for table in TABLES),
        checks=(
            dg.AssetCheckSpec(
                ARRIVED,
                asset=key_of(DELIVERIES.name),
                description="Every lead arrived; none is pending or dead.",
            ),
        ),
    ),
)
def deliveries(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """Bring the newest night's handed-over leads to where the teams work, each once in effect; nothing unless configured."""
    with work_on(context, warehouse) as work:
        try:
            if reason := missing_need(work.workspace, DELIVERIES):
                raise Unavailable(reason)
            done = _deliver(work.last)
        except Unavailable as error:
            work.warehouse.ensure(DELIVERIES)
            nothing = Publication(DELIVERIES, (work.days[-1],), 0, ((work.days[-1], str(error)),))
            yield work.result(nothing)
            return
        for published in work.warehouse.republish(TABLES, work.days[-1]):
            if published.table is DELIVERIES:
                yield work.result(published, more=_figures(done), checks=[_arrived(done)])
            elif key_of(published.table.name) in context.selected_asset_keys:
                yield work.result(published)


def _deliver(night: Night) -> list[Delivered]:
    if not night.newest and night.workspace.pql.destinations:
        return [Delivered("all", "", {}, 0, NOT_NEWEST)]
    means = Means(night.workspace.root, os.environ, SystemClock())
    return deliver(night.warehouse, as_of=night.as_of, policy=night.workspace.pql, means=means)


def _figures(done: Sequence[Delivered]) -> dict[str, object]:
    said: dict[str, object] = {f"{one.destination}: left because": one.left for one in done if one.left}
    return said | {f"{one.destination}: {state}": number for one in done for state, number in sorted(one.states.items())}


def _arrived(done: Sequence[Delivered]) -> dg.AssetCheckResult:
    lacking = [one for one in done if not one.complete]
    dead = any(one.states.get("dead") for one in lacking)
    described = "; ".join(
        f"{one.destination}: {one.states.get('pending', 0)} pending, {one.states.get('dead', 0)} dead"
        f"{f' ({one.left})' if one.left else ''}"
        for one in lacking
    )
    return dg.AssetCheckResult(
        check_name=ARRIVED, asset_key=key_of(DELIVERIES.name), passed=not lacking,
        severity=dg.AssetCheckSeverity.ERROR if dead else dg.AssetCheckSeverity.WARN,
        description=described or "Nothing is pending or dead.",
    )  # fmt: skip
