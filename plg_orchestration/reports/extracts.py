"""What a report reads: one SQL file an extract, the tables that it needs, and the reason when there is nothing.

How the rows are shown is decided in `kpi_parts.py` and `trust_parts.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Warehouse, sql_file, table
from plg_orchestration.warehouse.engine import WHOLE

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Extract:
    """One question to the warehouse: the file `reports/<folder><name>.sql`, and the tables it reads, the decisive one first."""

    name: str
    tables: tuple[str, ...]
    folder: str = ""


EXTRACTS: tuple[Extract, ...] = (
    Extract("kpi_history", ("kpis.snapshot",)),
    Extract("earlier_periods", ("kpis.history",)),
    Extract("percentiles", ("kpis.benchmarks",)),
    Extract("alert_rows", ("kpis.alerts",)),
    Extract("activation_weeks", ("cohorts.signup_cohorts",)),
    Extract("activation_band", ("config.benchmarks",)),
    Extract("retention_weeks", ("cohorts.retention",)),
    Extract("mrr_months", ("revenue.mrr_months",)),
    Extract("champion_row", ("pql.champion",)),
    Extract("contest_rows", ("pql.candidate",)),
    Extract("calibration_bins", ("pql.test_predictions",)),
    Extract("bias_rows", ("pql.bias_audit", "pql.champion")),
    Extract("score_bins", ("pql.scores", "pql.champion")),
    Extract("queue", ("pql.decisions",)),
    Extract("risk_rows", ("governance.risks",)),
    Extract("control_rows", ("governance.controls",)),
    Extract("ledger_sources", ("ingest.files",)),
    Extract("quarantine_reasons", ("ingest.quarantine", "ingest.files")),
    Extract("finding_rows", ("ingest.findings",)),
    Extract("unavailable_outputs", ("meta.publications",)),
)
"""What the executive report reads."""

CHARTED: tuple[Extract, ...] = (
    Extract("score_values", ("pql.scores", "pql.champion")),
    Extract("ledger_days", ("ingest.files",)),
)
"""What only the charts of assets' pages read."""


@dataclass(frozen=True)
class Extracted:
    """The rows of an extract; `reason` says why there are none, and is empty when there are some.

    `unbuilt` names the table whose building is still to come, '' when an empty result is a fact and not a gap.
    """

    rows: "pd.DataFrame"
    reason: str
    unbuilt: str = ""


def read_all(warehouse: Warehouse, as_of: AsOf, extracts: Sequence[Extract] = EXTRACTS) -> dict[str, Extracted]:
    """The extracts by name. A table that is not there, or was unavailable on the day, gives no rows and its reason."""
    return {extract.name: read_extract(warehouse, extract, as_of) for extract in extracts}


def read(warehouse: Warehouse, name: str, as_of: AsOf) -> Extracted:
    """One extract by name; ValueError when none has that name."""
    for extract in (*EXTRACTS, *CHARTED):
        if extract.name == name:
            return read_extract(warehouse, extract, as_of)
    raise ValueError(f"no extract {name!r}; choose one of {', '.join(extract.name for extract in (*EXTRACTS, *CHARTED))}")


def read_extract(warehouse: Warehouse, extract: Extract, as_of: AsOf, **parameters: object) -> Extracted:
    """The rows of one extract; its file may name `parameters` beside those of the day."""
    import pandas as pd

    lacking = [name for name in extract.tables if not warehouse.exists(name)]
    if lacking:
        return Extracted(pd.DataFrame(), f"{lacking[0]} has not been built", lacking[0])
    rows = warehouse.frame(
        sql_file(f"reports/{extract.folder}{extract.name}.sql", requires=(), **as_of.parameters(), whole=WHOLE, **parameters)
    )
    if len(rows):
        return Extracted(rows, "")
    decisive = extract.tables[0]
    status = warehouse.status(table(decisive), as_of.date) if decisive in _declared() else ("built", None)
    if status is None:
        return Extracted(rows, f"{decisive} was not built for {as_of.date}", decisive)
    return Extracted(rows, status[1] or f"{decisive} holds nothing for {as_of.date}")


@cache
def _declared() -> frozenset[str]:
    from plg_orchestration.warehouse import all_tables

    return frozenset(declared.name for declared in all_tables())
