"""What happens when an asset runs: day in, library call, one publication, metadata and the contract check out.

Domain logic belongs to the library; an asset hands in a function of the night.
"""

import datetime as dt
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from assets.declare import CONTRACT_CHECK, key_of
from assets.partitions import days_of
from assets.show import figures, picture, sample
from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.errors import Unavailable
from plg_orchestration.process import this_process
from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Publication, Query, Rows, Table, Warehouse, table

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

PROCESS_TAG = "plg/process"
"""A run tag: the process that works on the run, by which a dead run is told from a slow one."""
_CLAIMED: set[str] = set()


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

    def has(self, name: str) -> bool:
        """Whether the table `name` is published, with rows, for this night's day."""
        return self.warehouse.status(table(name), self.as_of.date) == ("built", None)


Compute = Callable[[Night], Rows]


@dataclass(frozen=True)
class Drawing:
    """A chart of an asset's own rows: `make` draws what `query` gives, by default every row of the newest day."""

    make: "Callable[[pd.DataFrame], Chart]"
    query: Callable[[AsOf], Query] | None = None


@dataclass(frozen=True)
class Work:
    """What a run asks of an asset: the days, oldest first, over an open warehouse."""

    warehouse: Warehouse
    workspace: Workspace
    days: tuple[dt.date, ...]
    run_id: str

    def night(self, day: dt.date, first: dt.date | None = None) -> Night:
        """The night of a day; pointers may move only on the newest day of all that were ever decided."""
        newest = day == self.days[-1] and not decided_later(self.warehouse, day)
        return Night(self.warehouse, self.workspace, self.workspace.as_of(day), first or day, newest, self.run_id)

    @property
    def last(self) -> Night:
        """The newest night of the run."""
        return self.night(self.days[-1])

    def publish(
        self, name: str, compute: Compute, *, chart: str | Drawing | None = None, at_once: bool = False,
        newest_only: bool = False, check: Callable[[Night], dg.AssetCheckResult] | None = None,
    ) -> dg.MaterializeResult:  # fmt: skip
        """Publish the days of the table `name`: rows, reasons, the contract check and the chart of the newest day.

        `check` looks at the newest night once its rows are published.

        `chart` is a drawing of the table's rows, or the name of a picture that the reports show too.

        `at_once`: `compute` builds every day from `night.first` to the night in one go, which makes a long history quick.
        `newest_only`: of a range, only the last day is built.
        """
        declared = table(name)
        missing: list[dt.date] = []
        if declared.cumulative:
            self.warehouse.ensure(declared)
            missing = self.warehouse.days_missing(declared, start=self.workspace.start, through=self.days[-1])

        def build(first: dt.date, last: dt.date) -> Rows:
            if reason := missing_need(self.workspace, declared):
                raise Unavailable(reason)
            return compute(self.night(last, first))

        days = [self.days[-1]] if newest_only else sorted({*self.days, *missing})
        if at_once:
            done = self.warehouse.publish_spans(declared, build, days)
        else:
            done = self.warehouse.publish(declared, lambda day: build(day, day), days)
        return self.result(done, chart=chart, checks=[check(self.last)] if check else ())

    def result(
        self,
        done: Publication,
        *,
        chart: str | Drawing | None = None,
        more: Mapping[str, object] | None = None,
        checks: Sequence[dg.AssetCheckResult] = (),
    ) -> dg.MaterializeResult:
        """The publication as Dagster sees it, with `more` figures and `checks` beside the contract check."""
        shown: dict[str, object] = {"days": f"{len(done.days)}: {done.days[0]} to {done.days[-1]}", "status": "built"}
        if done.unavailable:
            shown |= {"status": "unavailable", "reason": done.unavailable}
        metadata: dict[str, dg.MetadataValue] = (
            {"chart": self.picture(chart, done.table)} if chart and not done.unavailable else {}
        )
        metadata |= {"dagster/row_count": dg.MetadataValue.int(done.rows), **figures({**shown, **(more or {})})}
        if not done.unavailable:
            metadata["sample"] = dg.MetadataValue.md(sample(self.warehouse, done.table, done.days[-1]))
        found = [check_contract(self.warehouse, done), *checks]
        return dg.MaterializeResult(asset_key=key_of(done.table.name), metadata=metadata, check_results=found)

    def picture(self, chart: str | Drawing, declared: Table) -> dg.MarkdownMetadataValue:
        """The drawing of the table's rows, or the report's picture of that name, on the newest day."""
        from plg_orchestration.reports.pictures import picture_of

        as_of = self.last.as_of
        if isinstance(chart, str):
            return picture(picture_of(self.warehouse, chart, as_of=as_of))
        of_day = Query("of_day", f"select * from {declared.name} where {declared.day} = $as_of", as_of.parameters())
        return picture(chart.make(self.warehouse.frame(chart.query(as_of) if chart.query else of_day)))


@contextmanager
def work_on(context: dg.AssetExecutionContext, resource: WarehouseResource) -> Generator[Work]:
    """The run's work with the warehouse open until the block ends; the run is claimed by this process."""
    claim(context)
    with resource.open() as warehouse:
        yield Work(warehouse, resource.workspace, tuple(days_of(context)), context.run_id)


def publish(
    context: dg.AssetExecutionContext, resource: WarehouseResource, name: str, compute: Compute, *,
    chart: str | Drawing | None = None, at_once: bool = False,
) -> dg.MaterializeResult:  # fmt: skip
    """Publish the run's days of one table, as `Work.publish` does."""
    with work_on(context, resource) as work:
        return work.publish(name, compute, chart=chart, at_once=at_once)


def claim(context: dg.AssetExecutionContext) -> None:
    """Note once in the run's tags which process works on it."""
    if PROCESS_TAG not in context.run.tags and context.run_id not in _CLAIMED:
        _CLAIMED.add(context.run_id)
        context.instance.add_run_tags(context.run_id, {PROCESS_TAG: this_process()})


def missing_need(workspace: Workspace, declared: Table) -> str | None:
    """Why the table cannot be computed in this workspace, or None."""
    return next((reason for need in declared.needs if (reason := workspace.missing(need))), None)


def decided_later(warehouse: Warehouse, day: dt.date) -> bool:
    """Whether a night after `day` has decided on a champion already."""
    last = warehouse.scalar("select max(day) from meta.publications where table_name = 'pql.champion'")
    return isinstance(last, dt.date) and last > day


def checked_day(context: dg.AssetCheckExecutionContext) -> dt.date:
    """The newest day of the run that a check belongs to."""
    tags = context.run.tags
    return dt.date.fromisoformat(tags.get("dagster/partition") or tags["dagster/asset_partition_range_end"])


def check_contract(warehouse: Warehouse, done: Publication) -> dg.AssetCheckResult:
    """Whether the published days hold what the declaration promises."""
    declared = done.table
    keys = ", ".join(f'"{column}"' for column in declared.key)
    scope = f"where {declared.day} between $a and $b" if declared.day else ""
    bounds = {"a": done.days[0], "b": done.days[-1]} if declared.day else {}
    text = f"select count(*) from (select 1 from {declared.name} {scope} group by {keys} having count(*) > 1) as repeated"
    repeated = int(str(warehouse.scalar(text, **bounds)))
    found = {"rows": done.rows, "repeated keys": repeated}
    if done.unavailable and not repeated:
        return dg.AssetCheckResult(
            check_name=CONTRACT_CHECK, asset_key=key_of(declared.name), passed=True,
            description=f"Unavailable: {done.unavailable}", metadata=found,
        )  # fmt: skip
    said = f"{repeated} keys stand more than once in {declared.name}." if repeated else f"Unique by {', '.join(declared.key)}."
    return dg.AssetCheckResult(
        check_name=CONTRACT_CHECK, asset_key=key_of(declared.name), passed=not repeated, description=said, metadata=found
    )
