"""The executive report: one self-contained HTML page about a day, made of tables that are already there.

It reads and prints; a table that is missing, empty or unavailable is said on the page and never stops it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.exclusion import left_out_on
from plg_orchestration.reports.alert_parts import alerts_sheet, standing
from plg_orchestration.reports.definitions import kpi_definitions, table_definitions
from plg_orchestration.reports.extracts import Extracted, read_all
from plg_orchestration.reports.figures import activation, calibrated, contrasts, retention, revenue, scores
from plg_orchestration.reports.formats import count, segment_name, words
from plg_orchestration.reports.kpi_parts import SEGMENTS, TILES, benchmark_rows, shown_rows, stated, tiles
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.rows import records
from plg_orchestration.reports.tables import EXECUTIVE
from plg_orchestration.reports.trust_parts import (
    SCORERS,
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


DEFINED = (
    "kpis.alerts", "kpis.snapshot", "kpis.benchmarks", "revenue.mrr_months", "cohorts.signup_cohorts",
    "cohorts.retention", "pql.champion", "pql.candidate", "pql.scores", "pql.decisions", "pql.test_predictions", "pql.bias_audit",
    "governance.risks", "governance.controls", "ingest.files", "ingest.quarantine", "ingest.findings",
)  # fmt: skip
"""The tables whose numbers are on the page; each is defined in its appendix."""


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
    left_out = left_out_on(warehouse, as_of=as_of)
    return _render(read_all(warehouse, as_of), as_of=as_of, workspace=workspace, left_out=left_out)


def write_executive_report(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> "pd.DataFrame":
    """Write the page to `<state>/reports/<as_of>/executive.html` in one step; returns its row of `reports.executive`."""
    import pandas as pd

    found = read_all(warehouse, as_of)
    text = _render(found, as_of=as_of, workspace=workspace, left_out=left_out_on(warehouse, as_of=as_of))
    path = f"reports/{as_of.date}/executive.html"
    write_text(workspace.state / path, text)
    content = text.encode()
    row = {
        "as_of": as_of.date, "path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "unavailable": len(unavailable(found)),
    }  # fmt: skip
    return pd.DataFrame([row], columns=list(EXECUTIVE.column_names))


def _render(found: dict[str, Extracted], *, as_of: AsOf, workspace: Reported, left_out: str) -> str:
    return render(
        "executive.html.j2", **_context(found), workspace=workspace.name, as_of=as_of.date, timezone=as_of.timezone,
        left_out=left_out, version=__version__,
    )  # fmt: skip


def _context(found: dict[str, Extracted]) -> dict[str, Any]:
    routes, qualified = queue(found["queue"])
    contest_rows, contest_basis = contest(found["contest_rows"])
    rows = stated(found["kpi_history"], found["earlier_periods"])
    shown = shown_rows(rows)
    compared, alerts = benchmark_rows(rows), records(found["alert_rows"].rows)
    register = risks(found["risk_rows"], found["control_rows"])
    drawn = {
        "activation": activation(found),
        "scores": scores(found, SCORERS),
        "calibration": calibrated(found),
        "bias": contrasts(found),
    }
    standing_alerts = standing(alerts)
    context: dict[str, Any] = {
        "tiles": tiles(rows, records(found["percentiles"].rows), found["kpi_history"].reason),
        "segments": [segment_name(segment) for segment in SEGMENTS],
        "benchmarks": compared,
        "drawn": drawn,
        "retention": retention(found),
        "revenue": revenue(found),
        "alerts": alerts_sheet(standing_alerts, rows, name="alerts", tool=False),
        "quiet": len(alerts) - len(standing_alerts),
        "champion": champion(found["champion_row"]),
        "contest": contest_rows,
        "contest_basis": contest_basis,
        "bias": bias_verdicts(found["bias_rows"]),
        "routes": routes,
        "qualified": qualified,
        "risks": register,
        "ledger": ledger(found["ledger_sources"], found["quarantine_reasons"]),
        "findings": findings(found["finding_rows"]),
        "unavailable": unavailable(found),
        "reasons": {name: extract.reason for name, extract in found.items()},
    }
    reigning = context["champion"]
    named = {name for name, _ in TILES} | {name for name, row in shown.items() if row} | _named_by(standing_alerts)
    return {
        **context,
        "headlines": headlines({**context, "open_alerts": standing_alerts, "built_alerts": not found["alert_rows"].unbuilt}),
        "decisive": decisive(reigning) if reigning else "",
        "kpi_definitions": kpi_definitions(named, shown),
        "table_definitions": table_definitions(DEFINED),
    }


def _named_by(alerts: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(row[name]) for row in alerts for name in ("kpi", "lagging_kpi") if row.get(name)}


def decisive(reigning: Champion) -> str:
    """Which gates decided, by name: the ones that blocked, or that passed with a warning; '' when all simply hold."""
    names = [gate.name.lower() for gate in reigning.gates if gate.verdict.text == reigning.verdict.text != "pass"]
    said = "with a warning from" if reigning.promoted else "because of"
    return f" {said} {' and '.join(names)}" if names else ""


def headlines(context: dict[str, Any]) -> list[Headline]:
    """The page in five sentences: alerts, risks, who scores, who qualified, and whether the data adds up."""
    made: list[Headline] = []
    if context.get("built_alerts"):
        made.append(_alerted(context["open_alerts"]))
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


def _alerted(alerts: Sequence[Mapping[str, Any]]) -> Headline:
    if not alerts:
        return Headline("No alert stands.", "good")
    high = [row for row in alerts if row.get("severity") == "high"]
    names = dict.fromkeys(words(str(row.get("kpi") or row.get("rule"))) for row in high or alerts)
    number = "1 alert stands" if len(alerts) == 1 else f"{count(len(alerts))} alerts stand"
    gravest = f"{count(len(high))} of high severity" if high else "none of high severity"
    return Headline(f"{number}, {gravest}: {', '.join(names)}.", "bad" if high else "warn")
