"""The executive report: one self-contained HTML page about a day, made of tables that are already there.

It reads and prints; a table that is missing, empty or unavailable is said on the page and never stops it.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.reports.extracts import Extracted, read_all
from plg_orchestration.reports.formats import count, figure
from plg_orchestration.reports.kpi_parts import SEGMENTS, benchmark_rows, tiles
from plg_orchestration.reports.rows import records
from plg_orchestration.reports.tables import EXECUTIVE
from plg_orchestration.reports.trust_parts import (
    Champion,
    bias_verdicts,
    champion,
    contest,
    findings,
    ledger,
    queue,
    risks,
    unavailable,
)
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


class Reported(Protocol):
    """What the report needs of a workspace: its name and its state folder."""

    @property
    def name(self) -> str:
        """The workspace's name."""
        ...

    @property
    def state(self) -> "Path":
        """The folder that everything computed lives in."""
        ...


@dataclass(frozen=True)
class Headline:
    """One sentence of the summary with its tone: good, warn, bad or none."""

    text: str
    tone: str


def executive_report(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> str:
    """The page as text: KPIs, cohorts, revenue, the champion, bias, tonight's queue, risks, data, and what is lacking."""
    return _render(read_all(warehouse, as_of), as_of=as_of, workspace=workspace)


def write_executive_report(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> "pd.DataFrame":
    """Write the page to `<state>/reports/<as_of>/executive.html` in one step; returns its row of `reports.executive`."""
    import pandas as pd

    found = read_all(warehouse, as_of)
    text = _render(found, as_of=as_of, workspace=workspace)
    path = f"reports/{as_of.date}/executive.html"
    write_text(workspace.state / path, text)
    content = text.encode()
    row = {
        "as_of": as_of.date, "path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "unavailable": len(_lacking(found)),
    }  # fmt: skip
    return pd.DataFrame([row], columns=list(EXECUTIVE.column_names))


def _render(found: dict[str, Extracted], *, as_of: AsOf, workspace: Reported) -> str:
    import jinja2
    from markupsafe import Markup

    from plg_orchestration.reports.pictures import draw

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("plg_orchestration.reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    pictures = {name: Markup(svg) for name, svg in draw(found).items()}
    return environment.get_template("executive.html.j2").render(
        **_context(found),
        pictures=pictures,
        workspace=workspace.name,
        as_of=as_of.date,
        timezone=as_of.timezone,
        version=__version__,
    )


def _context(found: dict[str, Extracted]) -> dict[str, Any]:
    routes, qualified = queue(found["queue"])
    contest_rows, contest_basis = contest(found["contest_rows"])
    context: dict[str, Any] = {
        "tiles": tiles(found["kpi_history"]),
        "segments": SEGMENTS,
        "benchmarks": benchmark_rows(found["kpi_history"]),
        "mrr": [
            (row["currency"], figure(row["mrr"], _currency(row["currency"])), count(row["accounts"]))
            for row in records(found["mrr_now"].rows)
        ],
        "champion": champion(found["champion_row"]),
        "contest": contest_rows,
        "contest_basis": contest_basis,
        "bias": bias_verdicts(found["bias_rows"]),
        "routes": routes,
        "qualified": qualified,
        "risks": risks(found["risk_rows"], found["control_rows"]),
        "ledger": ledger(found["ledger_sources"], found["quarantine_reasons"]),
        "findings": findings(found["finding_rows"]),
        "unavailable": _lacking(found),
        "reasons": {name: extract.reason for name, extract in found.items()},
    }
    reigning = context["champion"]
    return {**context, "headlines": headlines(context), "decisive": decisive(reigning) if reigning else ""}


def _lacking(found: dict[str, Extracted]) -> list[tuple[str, str, str]]:
    return unavailable(found)


def _currency(code: object) -> str:
    return str(code).lower()


def decisive(reigning: Champion) -> str:
    """Which gates decided, by name: the ones that blocked, or that passed with a warning; '' when all simply hold."""
    names = [gate.name.lower() for gate in reigning.gates if gate.verdict.text == reigning.verdict.text != "pass"]
    said = "with a warning from" if reigning.promoted else "because of"
    return f" {said} {' and '.join(names)}" if names else ""


def headlines(context: dict[str, Any]) -> list[Headline]:
    """The page in four sentences: risks, who scores, who qualified, and whether the data adds up."""
    made: list[Headline] = []
    register = context["risks"]
    if register:
        controlled = sum(risk.status.text in ("controlled", "accepted") for risk in register)
        lacking = [risk.id for risk in register if risk.status.text not in ("controlled", "accepted")]
        named = f"; not so {', '.join(lacking)}" if lacking else ""
        made.append(Headline(f"{controlled} of {len(register)} risks are under control{named}.", "warn" if lacking else "good"))
    reigning = context["champion"]
    if reigning is not None:
        since = f" since {reigning.since}" if reigning.since else ""
        made.append(Headline(f"Leads are scored by {reigning.scorer}{since}.", "none"))
        outcome = "was promoted" if reigning.promoted else "was not promoted"
        made.append(
            Headline(
                f"The challenger of {reigning.judged_on} {outcome}{decisive(reigning)}.",
                reigning.verdict.tone,
            )
        )
    if context["routes"]:
        made.append(Headline(f"{count(context['qualified'])} people qualified tonight.", "none"))
    account = context["ledger"]
    if account is not None:
        text = "Every line that was handed in is accounted for" if account.holds else "The ledger does not add up"
        made.append(
            Headline(f"{text}: {count(account.lines)} lines in {count(account.files)} files.", "good" if account.holds else "bad")
        )
    return made
