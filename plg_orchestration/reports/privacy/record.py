"""The page and the CSV of the record of processing; what stands in it is decided in `governance/privacy/processing.py`."""

import csv
import hashlib
import io
from dataclasses import astuple
from typing import TYPE_CHECKING

from plg_orchestration import __version__
from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.config.fingerprint import sha256
from plg_orchestration.governance.privacy import processing
from plg_orchestration.governance.privacy.processing import NOT_STATED, Processed, Recipient
from plg_orchestration.reports.pages import render
from plg_orchestration.reports.privacy.tables import RECORD_OF_PROCESSING
from plg_orchestration.reports.rows import Chip
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    import pandas as pd

NAME = "record_of_processing"


def write_record(*, as_of: AsOf, workspace: Workspace) -> "pd.DataFrame":
    """Write `<state>/reports/<as_of>/record_of_processing.html` and `.csv`; the row of `reports.record_of_processing`."""
    import pandas as pd

    entries, receivers = processing.processed(workspace), processing.recipients(workspace)
    base = f"reports/{as_of.date}/{NAME}"
    page = record_page(entries, receivers, as_of=as_of, workspace=workspace)
    write_text(workspace.state / f"{base}.html", page)
    write_text(workspace.state / f"{base}.csv", record_csv(entries))
    content = page.encode()
    row = {
        "as_of": as_of.date,
        "path": f"{base}.html",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "tables": len(entries),
        "unnamed": len(processing.unnamed(entries)),
        "digest": sha256([astuple(row) for row in (*entries, *receivers)])[:16],
    }
    return pd.DataFrame([row], columns=list(RECORD_OF_PROCESSING.column_names))


def record_csv(entries: tuple[Processed, ...]) -> str:
    """The tables with personal data, a line each."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(processing.COLUMNS)
    writer.writerows(astuple(entry) for entry in entries)
    return made.getvalue()


def record_page(entries: tuple[Processed, ...], receivers: tuple[Recipient, ...], *, as_of: AsOf, workspace: Workspace) -> str:
    """The page: who answers, the activities with their tables, recipients, sources, stores and safeguards."""
    stated = workspace.governance.privacy.processing
    missing = processing.unnamed(entries)
    who = [
        (label, value or NOT_STATED)
        for label, value in (
            ("Controller", stated.controller),
            ("Contact", stated.contact),
            ("Data protection officer", stated.protection_officer),
            ("Stored in", stated.region),
        )
    ]
    names = dict.fromkeys(entry.activity for entry in sorted(entries, key=lambda entry: (not entry.activity, entry.activity)))
    activities = [_activity(name, [entry for entry in entries if entry.activity == name]) for name in names]
    return render(
        f"{NAME}.html.j2",
        workspace=workspace.name,
        day=as_of.date,
        version=__version__,
        who=[_facts(*one) for one in who],
        open_questions=sum(value == NOT_STATED for _, value in who) + sum(entry.legal_basis == NOT_STATED for entry in entries),
        tables=len(entries),
        unnamed=missing,
        activities=activities,
        receivers=[(one.name, one.kind, one.identity, one.receives) for one in receivers],
        sources=[
            (name, source.format, ", ".join(str(path) for path in _paths(source)))
            for name, source in sorted(workspace.sources.items())
        ],
        stores=processing.stores(),
        safeguards=[_facts(*one) for one in processing.safeguards(workspace)],
    )


def _paths(source: object) -> list[object]:
    path = getattr(source, "path", "")
    return list(path) if isinstance(path, (list, tuple)) else [path]


def _facts(label: str, value: str) -> dict[str, object]:
    return {"label": label, "value": value, "tone": "warn" if value == NOT_STATED else "", "link": None}


def _activity(name: str, entries: list[Processed]) -> dict[str, object]:
    first = entries[0]
    told = ("purpose", "people", "legal_basis", "retention", "region")
    return {
        "name": name.replace("_", " ") or "no activity names these tables",
        "facts": [_facts(what.replace("_", " ").capitalize(), getattr(first, what)) for what in told],
        "rows": [
            (
                entry.table,
                entry.identified_by or Chip("staff only", "none"),
                entry.staff or "–",
                entry.about_them or "–",
                entry.recipients,
            )
            for entry in entries
        ],
    }
