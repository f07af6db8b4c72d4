"""What every asset shares: its declaration from the table's, one publication, the metadata and the contract check.

An asset is a short adapter: day in, library call, publish, metadata. Domain logic belongs to the library.
"""

import base64
import datetime as dt
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.partitions import daily, days_of
from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace, current_workspace
from plg_orchestration.errors import Unavailable
from plg_orchestration.process import this_process
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Publication, Query, Rows, Table, Warehouse, table

if TYPE_CHECKING:
    import altair as alt

warnings.filterwarnings("ignore", category=dg.BetaWarning)

DAILY = daily(current_workspace())
CONTRACT_CHECK = "as_declared"
PROCESS_TAG = "plg/process"
"""A run tag: the process that works on the run, by which a dead run is told from a slow one."""


@dataclass(frozen=True)
class Night:
    """One day's work: the open warehouse, the workspace, the day of knowledge, and whether it is the newest day there is.

    `first` is the first day to build; it differs from the night's own only where a history is built at once.
    """

    warehouse: Warehouse
    workspace: Workspace
    as_of: AsOf
    first: dt.date
    newest: bool
    run_id: str


Compute = Callable[[Night], Rows]
Chart = Callable[[Night], "alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart"]


def key_of(name: str) -> dg.AssetKey:
    """The asset key of the table `stage.table`."""
    return dg.AssetKey(name.split("."))


def spec_of(name: str, *, after: Sequence[str] = (), kinds: Sequence[str] = ("duckdb",)) -> dg.AssetSpec:
    """The asset specification that the table's declaration implies, downstream of the tables `after`."""
    declared = table(name)
    return dg.AssetSpec(
        key_of(name), description=declared.description, group_name=declared.schema, owners=[declared.owner], kinds=set(kinds),
        deps=[key_of(other) for other in after], partitions_def=DAILY, metadata=_columns(declared),
    )  # fmt: skip


def asset_of(name: str, *, after: Sequence[str] = (), kinds: Sequence[str] = ("duckdb", "sql")) -> dict[str, Any]:
    """The keyword arguments of `@dg.asset` for the table `name`; the description is the function's docstring."""
    declared = table(name)
    return {
        "key": key_of(name), "group_name": declared.schema, "owners": [declared.owner], "kinds": set(kinds),
        "deps": [key_of(other) for other in after], "partitions_def": DAILY, "metadata": _columns(declared),
        "backfill_policy": dg.BackfillPolicy.single_run(),
        "check_specs": [contract_check(name)],
    }  # fmt: skip


def contract_check(name: str) -> dg.AssetCheckSpec:
    """The check that every table has: rows are unique by key, or the reason for their absence is known."""
    return dg.AssetCheckSpec(
        CONTRACT_CHECK, asset=key_of(name), description=f"Unique by {', '.join(table(name).key)}; empty only with a reason."
    )


def _columns(declared: Table) -> dict[str, object]:
    listed = [dg.TableColumn(c.name, c.type.lower(), description=c.description) for c in declared.columns]
    return {"dagster/column_schema": dg.TableSchema(columns=listed), "dagster/table_name": declared.name}


def publish(
    context: dg.AssetExecutionContext,
    resource: WarehouseResource,
    name: str,
    compute: Compute,
    *,
    chart: Chart | None = None,
    at_once: bool = False,
) -> dg.MaterializeResult:
    """Publish the run's days of the table `name` and report rows, reasons, the contract check and a chart of the newest day.

    `at_once`: `compute` builds every day from `night.first` to the night in one go, which makes a long history quick.
    """
    declared = table(name)
    claim(context)
    with resource.open() as warehouse:
        workspace = resource.workspace
        days = days_of(context)
        newest = newest_day(warehouse, days[-1])
        if declared.cumulative:
            missing = warehouse.days_missing(declared, start=workspace.start, through=days[-1])
            days = sorted({*days, *missing})

        def night(first: dt.date, last: dt.date) -> Night:
            return Night(warehouse, workspace, workspace.as_of(last), first, last == newest, context.run_id)

        def build(first: dt.date, last: dt.date) -> Rows:
            if reason := missing_need(workspace, declared):
                raise Unavailable(reason)
            return compute(night(first, last))

        if at_once:
            done = warehouse.publish_spans(declared, build, days)
        else:
            done = warehouse.publish(declared, lambda day: build(day, day), days)
        metadata = _metadata(warehouse, done)
        if chart is not None and not done.unavailable:
            metadata["chart"] = picture(chart(night(days[-1], days[-1])))
        return dg.MaterializeResult(metadata=metadata, check_results=[check_contract(warehouse, done)])


def claim(context: dg.AssetExecutionContext) -> None:
    """Note once in the run's tags which process works on it."""
    if PROCESS_TAG not in context.run.tags and context.run_id not in _CLAIMED:
        _CLAIMED.add(context.run_id)
        context.instance.add_run_tags(context.run_id, {PROCESS_TAG: this_process()})


_CLAIMED: set[str] = set()


def missing_need(workspace: Workspace, declared: Table) -> str | None:
    """Why the table cannot be computed in this workspace, or None."""
    return next((reason for need in declared.needs if (reason := workspace.missing(need))), None)


def checked_day(context: dg.AssetCheckExecutionContext) -> dt.date:
    """The newest day of the run that a check belongs to."""
    tags = context.run.tags
    return dt.date.fromisoformat(tags.get("dagster/partition") or tags["dagster/asset_partition_range_end"])


def newest_day(warehouse: Warehouse, last: dt.date) -> dt.date | None:
    """`last` when no night later than it was ever decided, else None: pointers move only for the newest day."""
    text = "select max(day) from meta.publications where table_name = 'pql.champion'"
    decided = warehouse.scalar(text)
    return None if isinstance(decided, dt.date) and decided > last else last


def check_contract(warehouse: Warehouse, done: Publication) -> dg.AssetCheckResult:
    """Whether the published days hold what the declaration promises."""
    declared = done.table
    keys = ", ".join(f'"{column}"' for column in declared.key)
    scope = f"where {declared.day} between $a and $b" if declared.day else ""
    text = f"select count(*) from (select 1 from {declared.name} {scope} group by {keys} having count(*) > 1) as repeated"
    bounds = {"a": done.days[0], "b": done.days[-1]} if declared.day else {}
    repeated = warehouse.scalar(text, **bounds)
    found = {"rows": done.rows, "repeated keys": dg.MetadataValue.int(int(str(repeated)))}
    if done.unavailable:
        return dg.AssetCheckResult(
            check_name=CONTRACT_CHECK, passed=True, severity=dg.AssetCheckSeverity.WARN,
            description=f"Unavailable: {done.unavailable}", metadata=found,
        )  # fmt: skip
    passed = repeated == 0
    said = f"Unique by {', '.join(declared.key)}." if passed else f"{repeated} keys stand more than once in {declared.name}."
    return dg.AssetCheckResult(check_name=CONTRACT_CHECK, passed=passed, description=said, metadata=found)


def _metadata(warehouse: Warehouse, done: Publication) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(done.rows),
        "days": dg.MetadataValue.text(f"{len(done.days)}: {done.days[0]} to {done.days[-1]}"),
        "status": dg.MetadataValue.text("unavailable" if done.unavailable else "built"),
    }
    if done.unavailable:
        metadata["reason"] = dg.MetadataValue.text(done.unavailable)
    else:
        metadata["sample"] = dg.MetadataValue.md(sample(warehouse, done.table, done.days[-1]))
    return metadata


def sample(warehouse: Warehouse, declared: Table, day: dt.date, *, rows: int = 5) -> str:
    """The first rows of the day as a Markdown table, for the asset's page."""
    names = [c.name for c in declared.columns if c.type.upper() not in {"BLOB", "JSON"}][:12]
    listed = ", ".join(f'"{name}"' for name in names)
    scope = f"where {declared.day} = $day" if declared.day else ""
    order = ", ".join(f'"{column}"' for column in declared.key)
    text = f"select {listed} from {declared.name} {scope} order by {order} limit {rows}"
    found = warehouse.rows(Query("sample", text, {"day": day}))
    return markdown_table(names, found)


def markdown_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers are rounded to four digits after the point, empty cells are shown as a dash."""

    def cell(value: object) -> str:
        if value is None:
            return "–"
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
        return text.replace("|", "\\|").replace("\n", " ")[:80]

    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def picture(chart: "alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart") -> dg.MarkdownMetadataValue:
    """The chart as a PNG that Dagster shows on the asset's page."""
    from plg_orchestration import charts

    encoded = base64.b64encode(charts.to_png(chart)).decode()
    return dg.MetadataValue.md(f"![chart](data:image/png;base64,{encoded})")


def tracking_link(path: str) -> dg.UrlMetadataValue:
    """A link into the MLflow UI that `plg ui` serves (`PLG_MLFLOW_URL` names another address)."""
    return dg.MetadataValue.url(f"{os.environ.get('PLG_MLFLOW_URL', 'http://127.0.0.1:5000')}/#/{path}")


def figures(values: Mapping[str, float | int | str | None]) -> dict[str, dg.MetadataValue]:
    """Figures as Dagster metadata, by their types; None is said as 'none'."""
    made: dict[str, dg.MetadataValue] = {}
    for name, value in values.items():
        if isinstance(value, float):
            made[name] = dg.MetadataValue.float(value)
        elif isinstance(value, int):
            made[name] = dg.MetadataValue.int(value)
        else:
            made[name] = dg.MetadataValue.text("none" if value is None else value)
    return made
