"""The tactical page: its components in order, its definitions, and the file that it is written to."""

import base64
import hashlib
from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.exclusion import left_out_on
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.reports.definitions import kpi_definitions, table_definitions
from plg_orchestration.reports.executive import Reported
from plg_orchestration.reports.extracts import read_all
from plg_orchestration.reports.figures import revenue
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.sheets import Component
from plg_orchestration.reports.tables import TACTICAL as TABLE
from plg_orchestration.reports.tactical import growth, management, product
from plg_orchestration.reports.tactical.extracts import TACTICAL
from plg_orchestration.reports.tactical.material import Material
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

MANAGEMENT: tuple[Callable[[Material], Component], ...] = (
    management.review, management.dashboard, management.due, management.alerts, management.restatements,
)  # fmt: skip
GROWTH: tuple[Callable[[Material], Component], ...] = (
    growth.channels,
    growth.virality,
    growth.funnels,
    growth.cohort_table,
    growth.time_to_value,
    growth.retentions,
    growth.lifecycle,
)
PRODUCT: tuple[Callable[[Material], Component], ...] = (
    product.onboarding, product.friction, product.deflection, product.gates, product.plays, product.segments,
)  # fmt: skip
PROOF: tuple[Callable[[Material], Component], ...] = (management.claims, management.what_if, product.drilldown)
NEW_PAGES = frozenset({"review", "channels", "onboarding", "revenue", "claims"})
"""Components that begin a new page in print."""


def tactical_report(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> str:
    """The page as text: review, dashboard, alerts, growth, product, revenue, claims, what-if, and every KPI to sort."""
    return _page(warehouse, as_of=as_of, workspace=workspace)[0]


def write_tactical_report(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> "pd.DataFrame":
    """Write the page to `<state>/reports/<as_of>/tactical.html` in one step; returns its row of `reports.tactical`."""
    import pandas as pd

    text, shown = _page(warehouse, as_of=as_of, workspace=workspace)
    path = f"reports/{as_of.date}/tactical.html"
    write_text(workspace.state / path, text)
    content = text.encode()
    row = {
        "as_of": as_of.date,
        "path": path,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "components": sum(1 for component in shown if component.figures or component.sheets),
        "empty": sum(1 for component in shown if component.absent),
    }
    return pd.DataFrame([row], columns=list(TABLE.column_names))


def components(material: Material) -> list[Component]:
    """Every component of the page, in its order."""
    made = [build(material) for build in (*MANAGEMENT, *GROWTH, *PRODUCT)]
    return [*made, revenue(material.found), *(build(material) for build in PROOF)]


def _page(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> tuple[str, list[Component]]:
    from markupsafe import Markup

    material = Material(read_all(warehouse, as_of, TACTICAL))
    shown = components(material)
    script = files("plg_orchestration.reports").joinpath("templates/tables.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    named = {kpi.name for kpi in KPIS} | {str(row["kpi"]) for row in material.kpis} | material.named()
    sources = [source for component in shown for source in component.sources]
    text = render(
        "tactical.html.j2",
        components=shown,
        new_pages=NEW_PAGES,
        workspace=workspace.name,
        as_of=as_of.date,
        timezone=as_of.timezone,
        left_out=left_out_on(warehouse, as_of=as_of),
        version=__version__,
        script=Markup(script),
        script_hash=f"sha256-{digest}",
        kpi_definitions=kpi_definitions(named, material.shown),
        table_definitions=table_definitions(sources),
    )
    return text, shown
