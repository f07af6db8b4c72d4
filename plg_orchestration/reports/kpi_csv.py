"""The KPI sheet: every KPI with its formula, benchmark percentiles, threshold and notes as CSV, and its values beside them.

It reads and writes; values, bands and targets are those of the KPI stage. What a cell may begin with is decided in `csv_text.py`.
"""

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.csv_text import csv_text
from plg_orchestration.errors import Unavailable
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.standings.queries import kpi_facts
from plg_orchestration.warehouse import Warehouse, sql_file, table
from plg_orchestration.warehouse.parquet import write_text

if TYPE_CHECKING:
    from pathlib import Path

READ = ("kpis.snapshot", "kpis.standings")
COLUMNS = pa.schema([
    ("KPI", pa.string()), ("Formula", pa.string()), ("Benchmark 25th", pa.float64()), ("Benchmark 50th", pa.float64()),
    ("Benchmark 75th", pa.float64()), ("Threshold", pa.float64()), ("Notes", pa.string()), ("Group", pa.string()),
    ("Question", pa.string()), ("Segment", pa.string()), ("Dimension", pa.string()), ("Period", pa.string()),
    ("Period start", pa.date32()), ("Value", pa.float64()), ("Interval low", pa.float64()), ("Interval high", pa.float64()),
    ("Population", pa.int64()), ("Unit", pa.string()), ("Direction", pa.string()), ("Place", pa.string()),
    ("Benchmark kind", pa.string()), ("Benchmark period", pa.string()), ("Source", pa.string()), ("Owner", pa.string()),
    ("Definition", pa.string()),
])  # fmt: skip


class Reported(Protocol):
    """What the sheet needs of a workspace: its state folder."""

    @property
    def state(self) -> "Path":
        """The folder that everything computed lives in."""
        ...


def kpi_sheet(warehouse: Warehouse, *, as_of: AsOf) -> pa.Table:
    """The sheet of the day: a row for each KPI, segment and benchmark, in the registry's order, in the period of its review.

    Benchmark figures and the threshold are in the KPI's unit. The threshold is the target; what is missing is empty, and the
    notes say why. Unavailable when the day has no snapshot.
    """
    for name in READ:
        warehouse.ensure(table(name))
    rows = warehouse.arrow(sql_file("reports/kpi_sheet.sql", requires=(kpi_facts(),), **as_of.parameters())).to_pylist()
    if not rows:
        raise Unavailable(f"kpis.snapshot holds nothing for {as_of.date}")
    declared = {kpi.name: kpi for kpi in KPIS}
    made: list[dict[str, Any]] = []
    for row in rows:
        kpi = declared[row["kpi"]]
        made.append(
            {
                "KPI": kpi.name, "Formula": kpi.formula, "Benchmark 25th": row["p25"], "Benchmark 50th": row["p50"],
                "Benchmark 75th": row["p75"], "Threshold": row["target"], "Notes": row["notes"], "Group": kpi.group,
                "Question": kpi.question, "Segment": row["segment"], "Dimension": row["dimension"], "Period": row["period"],
                "Period start": row["period_start"], "Value": row["value"], "Interval low": row["ci_low"],
                "Interval high": row["ci_high"], "Population": row["n"], "Unit": row["unit"], "Direction": kpi.better,
                "Place": row["place"], "Benchmark kind": row["kind"], "Benchmark period": row["benchmark_period"],
                "Source": row["source"], "Owner": kpi.owner, "Definition": row["definition_hash"],
            }
        )  # fmt: skip
    return pa.Table.from_pylist(made, schema=COLUMNS)


def write_kpi_csv(warehouse: Warehouse, *, as_of: AsOf, workspace: Reported) -> pa.Table:
    """Write the sheet to `<state>/reports/<as_of>/kpis.csv` in one step; returns its row of `reports.kpi_csv`."""
    sheet = kpi_sheet(warehouse, as_of=as_of)
    text = csv_text(sheet)
    path = f"reports/{as_of.date}/kpis.csv"
    write_text(workspace.state / path, text)
    content = text.encode()
    return pa.table(
        {
            "as_of": [as_of.date], "path": [path], "bytes": [len(content)], "sha256": [hashlib.sha256(content).hexdigest()],
            "rows": [sheet.num_rows],
        }
    )  # fmt: skip
