"""What the references of requirements show on a day: a control's status, a check's outcome, a table's newest rows, a file.

Nothing is judged anew here, and nothing legal is claimed.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.obligations.policy import NOTHING, ROOT, Framework, Reference, references
from plg_orchestration.governance.obligations.tables import OBLIGATIONS
from plg_orchestration.warehouse import Query, Table, Warehouse, table

if TYPE_CHECKING:
    import pandas as pd

DAYS = ("as_of", "known_date", "received_date", "recorded_on")
"""Columns that say of which day a row is, where a table's declaration names none."""


@dataclass(frozen=True)
class Shown:
    """What a reference shows: a status, a sentence, and the day of the evidence."""

    status: str
    evidence: str
    on: dt.date | None = None


@dataclass(frozen=True)
class Outcome:
    """How a check ended on the newest night up to the day; `grave`: its failure is an error and no warning."""

    passed: bool
    said: str
    on: dt.date
    grave: bool = True


def obligations_on(
    warehouse: Warehouse, frameworks: Mapping[str, Framework], *, as_of: AsOf, checks: Mapping[str, Outcome], root: Path = ROOT,
) -> "pd.DataFrame":  # fmt: skip
    """The rows of `governance.obligations` for the day; `checks` are the outcomes by `stage/table:name`.

    A requirement that nothing answers has one row of kind `nothing`. Documents are looked for below `root`.
    """
    import pandas as pd

    named = {one for _, _, one in references(frameworks)}
    shown = {
        **_controls(warehouse, as_of), **_tables(warehouse, {one.name for one in named if one.kind == "table"}, as_of),
        **{one: _check(checks.get(one.name)) for one in named if one.kind == "check"},
        **{one: document(root, one.name) for one in named if one.kind == "document"},
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for name, framework in frameworks.items():
        for place, (key, requirement) in enumerate(framework.requirements.items(), 1):
            base = {
                "as_of": as_of.date, "framework": name, "requirement": key, "title": requirement.title, "place": place,
                "gap": requirement.gap,
            }  # fmt: skip
            if not requirement.references:
                rows.append(
                    {**base, "answered_by": "", "kind": NOTHING, "status": "unanswered", "evidence": "nothing answers it"}
                )
            for one in requirement.references:
                found = shown.get(one) or Shown("no_data", f"{one.name} was not evaluated by {as_of.date}")
                rows.append({**base, "answered_by": one.name, "kind": one.kind, "status": found.status,
                             "evidence": found.evidence, "evidence_date": found.on})  # fmt: skip
    return pd.DataFrame(rows, columns=list(OBLIGATIONS.column_names))


def document(root: Path, name: str) -> Shown:
    """The file's size, digest and day; `missing` where it does not lie beside the library."""
    path = root / name
    if not path.is_file():
        return Shown("missing", f"{name} does not lie beside this installation")
    content = path.read_bytes()
    on = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).date()
    return Shown("written", f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:12]}", on)


def _check(outcome: Outcome | None) -> Shown:
    if outcome is None:
        return Shown("no_data", "no night up to this day has run the check")
    status = "effective" if outcome.passed else "failed" if outcome.grave else "degraded"
    return Shown(status, outcome.said or "no description", outcome.on)


def _controls(warehouse: Warehouse, as_of: AsOf) -> dict[Reference, Shown]:
    if not warehouse.exists("governance.controls"):
        return {}
    rows = warehouse.rows(Query("control_evidence", _NEWEST_CONTROLS, as_of.parameters()))
    return {
        Reference("control", str(control)): Shown(str(status), str(evidence), cast("dt.date", on))
        for control, status, evidence, on in rows
    }


_NEWEST_CONTROLS = """select control_id, status, evidence, as_of from governance.controls
    where as_of <= $as_of qualify row_number() over (partition by control_id order by as_of desc) = 1"""


def _tables(warehouse: Warehouse, names: set[str], as_of: AsOf) -> dict[Reference, Shown]:
    found: dict[Reference, Shown] = {}
    there = [table(name) for name in sorted(names) if warehouse.exists(name)]
    counts = _counts(warehouse, there, as_of)
    for name in sorted(names):
        rows, newest = counts.get(name, (0, None))
        if rows:
            said = f"{rows} {'row' if rows == 1 else 'rows'}" + (f" of {newest}" if newest else "")
            found[Reference("table", name)] = Shown("evidenced", said, newest)
        else:
            found[Reference("table", name)] = Shown("no_data", _why_empty(warehouse, name, as_of))
    return found


def _why_empty(warehouse: Warehouse, name: str, as_of: AsOf) -> str:
    if not warehouse.exists(name):
        return f"{name} has not been built"
    status = warehouse.status(table(name), as_of.date)
    return (status[1] if status else None) or f"{name} holds no row up to {as_of.date}"


def _counts(warehouse: Warehouse, there: Sequence[Table], as_of: AsOf) -> dict[str, tuple[int, dt.date | None]]:
    """Of each table its newest day up to the day of knowledge and the rows of that day; all rows where no column names a day."""
    if not there:
        return {}
    parts: list[str] = []
    for one in there:
        day = day_of(one)
        if day:
            newest = f"(select max({day}) from {one.name} where {day} <= $as_of)"
            parts.append(f"select '{one.name}', count(*), max({day}) from {one.name} where {day} = {newest}")
        else:
            parts.append(f"select '{one.name}', count(*), cast(null as date) from {one.name} where $as_of is not null")
    rows = warehouse.rows(Query("table_evidence", " union all ".join(parts), as_of.parameters()))
    return {str(name): (int(str(count)), cast("dt.date | None", newest)) for name, count, newest in rows}


@cache
def day_of(declared: Table) -> str:
    """The column that says of which day a row is; '' when there is none."""
    names = {column.name for column in declared.columns if column.type.upper() == "DATE"}
    return declared.day or next((name for name in DAYS if name in names), "")
