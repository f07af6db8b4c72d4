"""The PQL stage's routing: decisions with people's words in them, the teams' queues, service levels and the holdout."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.declare import asset_of, contract_check, key_of, multi_asset_of, spec_of
from assets.publishing import Night, Work, checked_day, work_on
from assets.show import figures, markdown_table, tracking_link
from plg_orchestration.governance.audit_log.decisions import logged_decisions
from plg_orchestration.pql.routing import night as routing
from plg_orchestration.pql.routing import overrides as people
from plg_orchestration.pql.routing import queries
from plg_orchestration.pql.routing.power import holdout_rows
from plg_orchestration.pql.routing.records import read_records, restore
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Rows, table

RECORDED = dg.AssetCheckSpec(
    "every_word_is_kept", asset=key_of("pql.overrides"),
    description="The file of overrides is readable and agrees with the table, and every override is in its decision.",
)  # fmt: skip
FOLLOWED = ["pql.decisions", "ingest.crm_outcomes"]


WORDS: dict[str, Any] = {
    **asset_of("pql.overrides", kinds=("python",)), "check_specs": [contract_check("pql.overrides"), RECORDED],
}  # fmt: skip


@dg.asset(**WORDS)
def overrides(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """What people decided otherwise, as recorded beside `plg.yaml`; what a kill kept from taking effect takes effect now."""
    with work_on(context, warehouse) as work:
        here = work.workspace
        found = list(restore(work.warehouse, read_records(here.root / here.pql.routing.overrides.file)))
        for night in sorted({late.as_of for late in people.unsettled(work.warehouse)}):
            people.settle(work.warehouse, as_of=here.as_of(night), policy=here.pql, state=here.state)
        found += [f"override {left.number}: its decision of {left.as_of} is gone" for left in people.unsettled(work.warehouse)]
        done = work.warehouse.republish([table("pql.overrides")], work.days[-1])[0]
        kept = dg.AssetCheckResult(
            check_name=RECORDED.name, asset_key=key_of("pql.overrides"), passed=not found,
            description="; ".join(found) or "Every override is recorded and in its decision.", metadata={"problems": len(found)},
        )  # fmt: skip
        return work.result(done, checks=[kept])


@dg.asset(
    **asset_of(
        "pql.decisions",
        after=[
            "pql.scores",
            "pql.overrides",
            "governance.suspects",
            "governance.suspicions",
            "ingest.crm_outcomes",
            "ingest.objections",
        ],
    )
)
def decisions(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Who is a lead, on which route and by when, who is held back to measure the lift, and who is left alone and why."""
    became = [list(row) for row in warehouse.workspace.pql.routing.matrix.published_rows()]
    listed = dg.MetadataValue.md(markdown_table(["published row", "became"], became))
    context.add_asset_metadata({"routing matrix": listed})
    with work_on(context, warehouse) as work:
        result = work.publish("pql.decisions", _decisions)
        told = _dossier(work)
    context.add_asset_metadata(told)
    return result


@dg.asset(**asset_of("pql.routes", after=["pql.decisions"], kinds=("duckdb", "sql", "csv")))
def routes(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Each team's queue of the day, best lead first, and how many fit into its capacity; also as CSV beside the reports."""
    with work_on(context, warehouse) as work:
        result = work.publish("pql.routes", _routes)
        shown = _queue(work)
    context.add_asset_metadata(shown, asset_key=key_of("pql.routes"))
    return result


@dg.multi_asset(
    name="follow_leads",
    **multi_asset_of(
        spec_of("pql.queue_changes", after=["pql.decisions", "pql.features"]),
        spec_of("pql.sla", after=FOLLOWED),
        spec_of("pql.sla_adherence", after=FOLLOWED),
        spec_of("pql.holdout", after=["pql.decisions", "pql.candidate", "ingest.subscriptions"], kinds=("duckdb", "python")),
    ),
)
def follow_leads(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:
    """What became of leads: who left a queue and why, who was contacted in time, and what the holdout can tell."""
    with work_on(context, warehouse) as work:
        made = [
            work.publish("pql.queue_changes", _queue_changes), work.publish("pql.sla", _sla),
            work.publish("pql.sla_adherence", _sla_adherence), work.publish("pql.holdout", _holdout),
        ]  # fmt: skip
        shown = _detectable(work)
    context.add_asset_metadata(shown, asset_key=key_of("pql.holdout"))
    yield from made


@dg.asset_check(asset=key_of("pql.sla_adherence"), description="This week's leads were contacted in time, in every team.")
def sla_is_kept(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> dg.AssetCheckResult:
    """A team whose whole interval is below the goal turns red; one below it by its share, or with nothing due, warns."""
    text = """select route, verdict, in_time, due, goal from pql.sla_adherence
        where as_of = $day and period = 'week' and period_start = date_trunc('week', $day::date) order by route"""
    with warehouse.open() as store:
        found = store.rows(Query("found", text, {"day": checked_day(context)}))
    failed = [row for row in found if row[1] == "fail"]
    below = [row for row in found if row[1] == "warn"]
    doubtful = failed or below or [row for row in found if row[0] == "all" and row[1] != "pass"]
    said = "; ".join(f"{row[0]}: {row[2]} of {row[3]} in time" if row[3] else "no lead was due this week" for row in doubtful)
    if not found:
        doubtful, said = [("all",)], "nothing is known about contacts"
    return dg.AssetCheckResult(
        passed=not doubtful, severity=dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN,
        description=said or "Every team kept its goal.", metadata={"teams below the goal": len(failed)},
    )  # fmt: skip


def _decisions(night: Night) -> Rows:
    return logged_decisions(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _dossier(work: Work) -> dict[str, dg.MetadataValue]:
    """How one of the night's decisions is explained, and the training of the version behind them."""
    text = """select d.decision_id, d.target, d.version, c.mlflow_experiment_id, c.mlflow_run_id
        from pql.decisions as d
        left join reports.model_card as c on c.target = d.target and c.version = d.version and c.mlflow_run_id is not null
        where d.as_of = $as_of and d.queue_rank is not null
        order by d.handed_over desc, d.queue_rank, d.route, c.as_of desc limit 1"""
    work.warehouse.ensure(table("reports.model_card"))
    found = work.warehouse.rows(Query("explained", text, work.last.as_of.parameters()))
    example = f" (such as {found[0][0]})" if found else ""
    command = f"`plg explain DECISION_ID -w {work.workspace.path.name}`{example}, or the job explain_decision"
    shown: dict[str, dg.MetadataValue] = {"dossier of a decision": dg.MetadataValue.md(command)}
    for _, target, version, experiment, run in found:
        shown["version that decided"] = dg.MetadataValue.text(str(version))
        shown["versions in MLflow"] = tracking_link(f"models/{work.workspace.name}-pql-{target}")
        if run:
            shown["training in MLflow"] = tracking_link(f"experiments/{experiment}/runs/{run}")
    return shown


def _routes(night: Night) -> Rows:
    rows = night.warehouse.arrow(queries.routes(as_of=night.as_of))
    routing.write_lead_queue(rows, as_of=night.as_of, state=night.workspace.state)
    return rows


def _queue_changes(night: Night) -> Rows:
    return routing.queue_changes(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _sla(night: Night) -> Rows:
    return routing.sla(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _sla_adherence(night: Night) -> Rows:
    return routing.sla_adherence(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _holdout(night: Night) -> Rows:
    return holdout_rows(night.warehouse, as_of=night.as_of, policy=night.workspace.pql)


def _queue(work: Work) -> dict[str, dg.MetadataValue]:
    rows = work.warehouse.rows(queries.queue_summary(as_of=work.last.as_of))
    names = [
        "team", "handed over", "waiting", "capacity", "due first (UTC)", "waiting since", "held out", "left alone", "by a person"
    ]  # fmt: skip
    return {"leads by team": dg.MetadataValue.md(markdown_table(names, rows))}


def _detectable(work: Work) -> dict[str, dg.MetadataValue]:
    text = """select quarter, held_out, accounts, holdout_share, detectable_lift, reason from pql.holdout
        where as_of = $as_of order by quarter desc, target limit 1"""
    rows = work.warehouse.rows(Query("newest", text, work.last.as_of.parameters()))
    if not rows:
        return figures({"holdout": "no lead has been decided on in the last four quarters"})
    quarter, held_out, accounts, share, lift, reason = rows[0]
    said = f"none: {reason or 'no base rate above 0 is known'}"
    if lift is not None:
        said = f"{float(str(lift)):.2f} times the base rate, or more"
    drawn = f"{held_out} of {accounts} accounts, drawn with probability {share}"
    return figures({"quarter": quarter, "held out": drawn, "detectable lift": said})
