"""What an asset's page shows: figures, sample rows, charts and links as Dagster metadata."""

import base64
import datetime as dt
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from plg_orchestration.resources import TrackingResource
from plg_orchestration.tracking import TrackingUnavailable, log_page
from plg_orchestration.warehouse import Query, Table, Warehouse

if TYPE_CHECKING:
    from plg_orchestration.charts.theme import Chart

WIDEST_SAMPLE = 9
WIDEST_CELL = 60
NEVER_SHOWN = frozenset({"invitee_hash"})
"""What identifies an invited person is kept for some days only, and an event log keeps its samples for longer."""


def sample(warehouse: Warehouse, declared: Table, day: dt.date, *, rows: int = 5) -> str:
    """The first rows of the day as a Markdown table; bytes, JSON, what is never shown and columns beyond the ninth are not."""
    shown = [c.name for c in declared.columns if c.type.upper() not in {"BLOB", "JSON"} and c.name not in NEVER_SHOWN]
    names = shown[:WIDEST_SAMPLE]
    listed = ", ".join(f'"{name}"' for name in names)
    scope = f"where {declared.day} = $day" if declared.day else ""
    order = ", ".join(f'"{column}"' for column in declared.key)
    text = f"select {listed} from {declared.name} {scope} order by {order} limit {rows}"
    return markdown_table(names, warehouse.rows(Query("sample", text, {"day": day})))


def markdown_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers are rounded to four digits, empty cells are shown as a dash.

    >>> print(markdown_table(["who", "share"], [("a|b", 0.123456), ("c", None)]))
    | who | share |
    |---|---|
    | a\\|b | 0.1235 |
    | c | – |
    """

    def cell(value: object) -> str:
        if value is None:
            return "–"
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
        text = f"{value:,.0f}" if whole else f"{value:.4g}" if isinstance(value, float) else str(value)
        return text.replace("|", "\\|").replace("\n", " ")[:WIDEST_CELL]

    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def picture(chart: "Chart") -> dg.MarkdownMetadataValue:
    """The chart as an image that Dagster shows on the asset's page."""
    from plg_orchestration import charts

    encoded = base64.b64encode(charts.to_image(chart)).decode()
    return dg.MetadataValue.md(f"![chart](data:image/svg+xml;base64,{encoded})")


def tracking_link(path: str) -> dg.UrlMetadataValue:
    """A link into the MLflow UI that `plg ui` serves (`PLG_MLFLOW_URL` names another address)."""
    return dg.MetadataValue.url(f"{os.environ.get('PLG_MLFLOW_URL', 'http://127.0.0.1:5000')}/#/{path}")


def logged_page(tracking: TrackingResource, page: Path, *, as_of: dt.date) -> dict[str, dg.MetadataValue]:
    """The page where it lies, and in MLflow's run of the night; a store that cannot be written is said, the page stays."""
    where: dict[str, dg.MetadataValue] = {"page": dg.MetadataValue.path(str(page))}
    try:
        logged = log_page(tracking.open(), as_of=as_of, page=page)
    except TrackingUnavailable as error:
        return {**where, "in MLflow": dg.MetadataValue.text(str(error))}
    return {**where, "in MLflow": tracking_link(f"experiments/{logged.experiment_id}/runs/{logged.run_id}/artifacts")}


def figures(values: Mapping[str, object]) -> dict[str, dg.MetadataValue]:
    """Figures as Dagster metadata, by their types; None is said as 'none'."""
    made: dict[str, dg.MetadataValue] = {}
    for name, value in values.items():
        if isinstance(value, float):
            made[name] = dg.MetadataValue.float(value)
        elif isinstance(value, int):
            made[name] = dg.MetadataValue.int(value)
        else:
            made[name] = dg.MetadataValue.text("none" if value is None else str(value))
    return made
