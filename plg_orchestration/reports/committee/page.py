"""Writing the pack: the page, and in the folder beside it the map of requirements and every table as CSV."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.csv_text import csv_text
from plg_orchestration.reports.committee.decisions import Decision, decisions
from plg_orchestration.reports.committee.material import Material, gather
from plg_orchestration.reports.committee.parts import MAP, components, obligations_map
from plg_orchestration.reports.definitions import table_definitions
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.tables import RISK_REPORT
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.governance.policy import GovernancePolicy

NAME = "risk_report"
NEW_PAGES = ("controls", "experiments", "obligations")


class Governed(Protocol):
    """What the pack needs of a workspace: its name, its state folder and its register."""

    @property
    def name(self) -> str:
        """The workspace's name."""
        ...

    @property
    def state(self) -> Path:
        """The folder that everything computed lives in."""
        ...

    @property
    def governance(self) -> "GovernancePolicy":
        """The register, with the frameworks whose requirements are shown."""
        ...


@dataclass(frozen=True)
class Pack:
    """The page, its files by name, and what they hold."""

    page: str
    files: Mapping[str, str]
    material: Material
    decisions: tuple[Decision, ...]
    absent: int


def make_pack(warehouse: Warehouse, *, as_of: AsOf, workspace: Governed) -> Pack:
    """The pack of the day's quarter up to the day."""
    material = gather(warehouse, as_of)
    shown = components(material, workspace.governance.obligations)
    asked = decisions(material)
    files = {f"{name}.csv": _csv(rows) for name, rows in material.files.items()}
    about: dict[str, Any] = {"workspace": workspace.name, "as_of": as_of.date, "timezone": as_of.timezone, "version": __version__}
    files[MAP.rpartition("/")[2]] = render(
        "obligations.html.j2", components=obligations_map(material, workspace.governance.obligations), **about,
        table_definitions=table_definitions(["governance.obligations"]),
    )  # fmt: skip
    sources = [source for component in shown for source in component.sources]
    page = render(
        "risk_report.html.j2", components=shown, decisions=asked, incomplete=incomplete(material), new_pages=NEW_PAGES,
        quarter=material.quarter, stored=len(material.stored), days=material.days, files=sorted(files), folder=NAME, **about,
        table_definitions=table_definitions(list(dict.fromkeys(sources))),
    )  # fmt: skip
    return Pack(page, files, material, tuple(asked), sum(1 for component in shown if component.absent))


def write_risk_report(warehouse: Warehouse, *, as_of: AsOf, workspace: Governed) -> "pd.DataFrame":
    """Write `<state>/reports/<as_of>/risk_report.html` and the files in the folder of its name; returns its row."""
    import pandas as pd

    pack = make_pack(warehouse, as_of=as_of, workspace=workspace)
    base = f"reports/{as_of.date}/{NAME}"
    for old in (workspace.state / base).glob("*.*"):
        if old.name not in pack.files:
            old.unlink()
    for name, text in pack.files.items():
        write_text(workspace.state / base / name, text)
    write_text(workspace.state / f"{base}.html", pack.page)
    content = pack.page.encode()
    row: dict[str, Any] = {
        "as_of": as_of.date, "quarter": pack.material.quarter.name, "path": f"{base}.html", "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "files": len(pack.files), "decisions": len(pack.decisions),
        "days_stored": len(pack.material.stored), "days": pack.material.days, "absent": pack.absent,
    }  # fmt: skip
    return pd.DataFrame([row], columns=list(RISK_REPORT.column_names))


def incomplete(material: Material) -> str:
    """A sentence on a quarter that has not ended or of which days are missing; '' when all its days are stored."""
    said: list[str] = []
    if material.as_of < material.quarter.last:
        said.append(f"The quarter ends on {material.quarter.last}; this pack goes to {material.as_of}.")
    if len(material.stored) < material.days:
        have = f"{len(material.stored)} of the {material.days} days up to then"
        said.append(f"Controls were evaluated and kept on {have}: figures over the quarter count those days only.")
    return " ".join(said)


def _csv(rows: "pd.DataFrame") -> str:
    import pyarrow as pa

    return csv_text(pa.Table.from_pandas(rows, preserve_index=False)) if len(rows.columns) else "\n"
