"""The yearly privacy assessment: what a year's nights say of controls, requests, purges and changes, for a person to sign.

It judges nothing itself. Who has signed it enters a governance record of kind `privacy_assessment`, which a control asks for.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.governance.privacy.retention_proof import read_proofs
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.privacy.tables import PRIVACY_ASSESSMENT
from plg_orchestration.reports.rows import Chip, records
from plg_orchestration.warehouse import Warehouse, sql_file
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

NAME = "privacy_assessment"
RISK = "R1"
YEAR = 365
READS = {
    "controls": "governance.controls", "requests": "governance.privacy", "purges": "governance.invite_retention",
    "changes": "reports.record_of_processing",
}  # fmt: skip
TONES = {"effective": "good", "degraded": "warn", "failed": "bad", "done": "good", "late": "warn", "open": "none",
         "overdue": "bad", "incomplete": "bad"}  # fmt: skip


@dataclass(frozen=True)
class Assessed:
    """The year's evidence: rows by what they are about; None where the table is not there."""

    controls: list[dict[str, Any]] | None
    requests: list[dict[str, Any]] | None
    purges: list[dict[str, Any]] | None
    changes: list[dict[str, Any]] | None

    @property
    def not_effective(self) -> int:
        """Nights on which a control failed, was degraded or had no data, over all controls."""
        return sum(row["nights"] - row["effective"] for row in self.controls or ())

    @property
    def purging_nights(self) -> int:
        """Nights that purged something, by the store that did so most often."""
        return max((row["purging_nights"] for row in self.purges or ()), default=0)


def write_assessment(warehouse: Warehouse, *, as_of: AsOf, workspace: Workspace) -> "pd.DataFrame":
    """Write `<state>/reports/<as_of>/privacy_assessment.html` and `.csv` over the 365 days up to the day; the table's row."""
    import pandas as pd

    found = assessed(warehouse, as_of=as_of)
    base = f"reports/{as_of.date}/{NAME}"
    page = assessment_page(found, as_of=as_of, workspace=workspace)
    write_text(workspace.state / f"{base}.html", page)
    write_text(workspace.state / f"{base}.csv", assessment_csv(found))
    content = page.encode()
    row = {
        "as_of": as_of.date, "path": f"{base}.html", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "controls": len(found.controls or ()), "not_effective": found.not_effective, "requests": len(found.requests or ()),
        "purges": found.purging_nights, "changes": len(found.changes or ()),
    }  # fmt: skip
    return pd.DataFrame([row], columns=list(PRIVACY_ASSESSMENT.column_names))


def assessed(warehouse: Warehouse, *, as_of: AsOf) -> Assessed:
    """The evidence of the 365 days up to the day."""
    values: dict[str, object] = {**as_of.parameters(), "year_start": as_of.minus(YEAR).date, "risk": RISK}

    def rows(name: str) -> list[dict[str, Any]] | None:
        if not warehouse.exists(READS[name]):
            return None
        return records(warehouse.frame(sql_file(f"reports/privacy/assessment_{name}.sql", requires=(), **values)))

    return Assessed(rows("controls"), rows("requests"), rows("purges"), rows("changes"))


def assessment_csv(found: Assessed) -> str:
    """Every figure of the evidence: what it is about, of what, its name and its value."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(("about", "of", "name", "value"))
    for about in READS:
        for row in getattr(found, about) or ():
            of, *others = row.items()
            writer.writerows((about, of[1], name, "" if value is None else value) for name, value in others)
    return made.getvalue()


def assessment_page(found: Assessed, *, as_of: AsOf, workspace: Workspace) -> str:
    """The page: the evidence, and the lines that a person fills in."""
    proofs = [
        told for told in read_proofs(workspace.state) if as_of.minus(YEAR).date.isoformat() < told["as_of"] <= str(as_of.date)
    ]
    return render(
        f"{NAME}.html.j2",
        workspace=workspace.name,
        first=as_of.minus(YEAR - 1).date,
        day=as_of.date,
        version=__version__,
        headlines=_headlines(found),
        absent=[f"{table} has not been built" for name, table in READS.items() if getattr(found, name) is None],
        controls=[
            (
                row["control_id"],
                row["question"],
                row["nights"],
                row["effective"],
                row["degraded"],
                row["failed"],
                row["no_data"],
                _chip(row["newest_status"]),
                row["newest_evidence"],
            )
            for row in found.controls or ()
        ],
        requests=[
            (
                row["request_id"],
                _day(row["requested_at"]),
                _day(row["due_on"]),
                _day(row["done_at"]),
                _chip(row["status"]),
                row["reason"],
            )
            for row in found.requests or ()
        ],
        purges=[
            (row["store"], row["nights"], row["dropped"], row["left_over"], row["nights_with_rest"]) for row in found.purges or ()
        ],
        proofs=[(told["as_of"], sum(told["dropped"].values()), told["verdict"], told["digest"][:16]) for told in proofs[-12:]],
        proof_count=len(proofs),
        changes=[(_day(row["as_of"]), row["tables"], row["unnamed"], _day(row["since"])) for row in found.changes or ()],
    )


def _headlines(found: Assessed) -> list[dict[str, str]]:
    nights = sum(row["nights"] for row in found.controls or ())
    bad = [row["control_id"] for row in found.controls or () if row["newest_status"] != "effective"]
    waiting = [row for row in found.requests or () if row["status"] in ("overdue", "incomplete", "late")]
    rest = sum(row["left_over"] or 0 for row in found.purges or ())
    lines = [
        (
            "none" if not nights else "warn" if found.not_effective else "good",
            f"{len(found.controls or ())} controls, {nights} evaluations, {found.not_effective} of them not effective",
        ),
        (
            "bad" if bad else "good" if nights else "none",
            f"not effective now: {', '.join(bad)}"
            if bad
            else "every control is effective now"
            if nights
            else "no control has been evaluated",
        ),
        (
            "bad" if waiting else "good",
            f"{len(found.requests or ())} requests to be forgotten, {len(waiting)} late, overdue or incomplete",
        ),
        (
            "none" if not found.purges else "bad" if rest else "good",
            f"{sum(row['dropped'] for row in found.purges or ())} fields of invited people purged, {rest} left too long",
        ),
        ("none", f"the processing changed on {len(found.changes or ())} recorded days"),
    ]
    return [{"tone": tone, "text": f"{text[0].upper()}{text[1:]}."} for tone, text in lines]


def _chip(status: str) -> Chip:
    return Chip(str(status).replace("_", " "), TONES.get(status, "none"))


def _day(value: object) -> str:
    return "–" if value is None or str(value) == "NaT" else str(value)[:10]
