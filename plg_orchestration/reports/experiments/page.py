"""The page of each watched experiment: its parts in order, and the files that they are written to."""

import hashlib
from typing import TYPE_CHECKING

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.reports.definitions import table_definitions
from plg_orchestration.reports.executive import Headline, Reported
from plg_orchestration.reports.experiments import parts
from plg_orchestration.reports.experiments.material import TONES, Read, gather
from plg_orchestration.reports.formats import NARROW, words
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.tables import EXPERIMENTS
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

PARTS = (parts.effect, parts.units, parts.rollout, parts.segments, parts.worth, parts.plan, parts.checks)


def write_experiment_pages(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> "pd.DataFrame":
    """Write `<state>/reports/<as_of>/experiments/<name>.html` of each watched experiment; the rows of `reports.experiments`.

    Unavailable when none is watched on the day.
    """
    import pandas as pd

    found, reason = gather(warehouse, as_of)
    if not found:
        raise Unavailable(reason or "no registered experiment is watched")
    rows: list[dict[str, object]] = []
    for read in found:
        text = experiment_page(read, as_of=as_of, workspace=workspace)
        path = f"reports/{as_of.date}/experiments/{read.name}.html"
        write_text(workspace.state / path, text)
        content = text.encode()
        rows.append({
            "as_of": as_of.date, "experiment": read.name, "verdict": read.verdict, "reason": read.reason, "path": path,
            "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(EXPERIMENTS.column_names))


def experiment_page(read: Read, *, as_of: AsOf, workspace: Reported) -> str:
    """The page as text."""
    components = [build(read) for build in PARTS]
    sources = [source for component in components for source in component.sources]
    return render(
        "experiment.html.j2", components=components, tiles=parts.tiles(read), headlines=headlines(read), name=words(read.name),
        verdict=read.verdict, tone=TONES.get(read.verdict, "none"), owner=str(read.registered.get("owner") or "nobody"),
        workspace=workspace.name, as_of=as_of.date, timezone=as_of.timezone, version=__version__,
        table_definitions=table_definitions(sources),
    )  # fmt: skip


def headlines(read: Read) -> list[Headline]:
    """The page in a few sentences: the verdict, where the rollout stands, and whether the figures can be trusted."""
    said = [Headline(f"{read.verdict.capitalize()}: {read.reason}.", TONES.get(read.verdict, "none"))]
    row = read.rollout
    if row:
        lost = [stage for stage in read.stages if stage["earned"] is False]
        standing = f"{row['traffic']}{NARROW}% of the traffic, {row['status']}; tonight: {row['move']}."
        unearned = f" {len(lost)} of its stages were entered before they were earned." if lost else ""
        said.append(Headline(f"The rollout has {standing}{unearned}", "bad" if lost else "none"))
    off = [words(str(check["metric"])) for check in read.checks if check["verdict"] != "pass"]
    if off:
        said.append(Headline(f"A/A splits of the past differ too often or too seldom on {', '.join(off)}.", "warn"))
    return said
