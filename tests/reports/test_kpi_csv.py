"""The KPI sheet: the playbook's columns, every KPI, one row a benchmark, safe to open, written in one step. SQL: `kpi_sheet`."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.errors import Unavailable
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.standings import queries
from plg_orchestration.reports.kpi_csv import kpi_sheet, write_kpi_csv
from plg_orchestration.warehouse import Warehouse, table
from tests.kpis.standings.conftest import TONIGHT, Told

DAY = AsOf(TONIGHT)


@dataclass(frozen=True)
class Here:
    state: Path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with Warehouse.open(tmp_path_factory.mktemp("sheet")) as warehouse:
        yield Told(warehouse)


@pytest.fixture
def told(shared: Told) -> Told:
    shared.empty()
    return shared


def rows_of(told: Told) -> list[dict[str, object]]:
    told.warehouse.publish(table("kpis.standings"), lambda _: queries.standings(as_of=DAY), [TONIGHT])
    return kpi_sheet(told.warehouse, as_of=DAY).to_pylist()


def test_the_sheet_begins_with_the_playbooks_columns_and_has_a_row_a_benchmark(told) -> None:
    told.says("activation_rate", 22.0, "2025-03-03", segment="smb", target=25.0, ci_low=18.0, ci_high=27.0)
    told.says("organic_share", 60.0, "2025-03-10")
    sheet = rows_of(told)
    names = ["KPI", "Formula", "Benchmark 25th", "Benchmark 50th", "Benchmark 75th", "Threshold", "Notes"]
    assert list(sheet[0])[:7] == names
    placed = next(row for row in sheet if (row["KPI"], row["Segment"]) == ("activation_rate", "smb"))
    assert [placed[name] for name in names[2:]] == [15, 25, 40, 25, "threshold: target, source table"]
    assert [placed[name] for name in ("Value", "Interval low", "Interval high", "Place", "Source")] == [
        22, 18, 27, "p25_p50", "Amplitude 2023",
    ]  # fmt: skip
    unplaced = [row for row in sheet if row["KPI"] == "organic_share"]
    assert [(row["Value"], row["Benchmark 50th"], row["Threshold"], row["Notes"]) for row in unplaced] == [
        (60, None, 70, "threshold: target, dashboard example")
    ]
    benchmarks = [row for row in sheet if row["Source"] is not None]
    assert len(benchmarks) == len(load_default("kpis", KpiPolicy).benchmarks) == 44
    assert len(sheet) == 45


def test_a_threshold_is_in_the_kpis_own_unit(told) -> None:
    told.says("time_to_value", 0.5, "2025-03-10")
    row = next(row for row in rows_of(told) if (row["KPI"], row["Segment"]) == ("time_to_value", "all"))
    assert row["Unit"] == "days" and row["Threshold"] == pytest.approx(5 / 1440)


def test_what_is_missing_is_empty_with_its_reason_in_the_notes(told) -> None:
    told.says("dau_mau", None, "2025-03-10", reason="nobody was active in the period")
    row = next(row for row in rows_of(told) if row["KPI"] == "dau_mau")
    assert row["Value"] is None and str(row["Notes"]).startswith("nobody was active in the period; source: aim for 20-40 %")


def test_the_file_is_written_once_in_utf8_and_no_cell_is_a_formula(told, tmp_path: Path) -> None:
    told.says("net_churn", -3.5, "2025-02-01", period="month")
    told.says("dau_mau", None, "2025-03-10", reason='=HYPERLINK("http://x"), +1')
    told.warehouse.publish(table("kpis.standings"), lambda _: queries.standings(as_of=DAY), [TONIGHT])
    row = write_kpi_csv(told.warehouse, as_of=DAY, workspace=Here(tmp_path)).to_pylist()[0]
    path = tmp_path / row["path"]
    content = path.read_bytes()
    assert row["path"] == f"reports/{TONIGHT}/kpis.csv" and (row["bytes"], row["rows"]) == (len(content), 45)
    assert row["sha256"] == hashlib.sha256(content).hexdigest() and set(row) == set(table("reports.kpi_csv").column_names)
    read = list(csv.DictReader(io.StringIO(content.decode("utf-8"))))
    assert next(line for line in read if line["KPI"] == "net_churn")["Value"] == "-3.5"
    assert "−" in next(line for line in read if line["KPI"] == "net_churn")["Formula"]
    texts = [cell for line in read for name, cell in line.items() if name not in ("Value", "Interval low", "Interval high")]
    assert not [cell for cell in texts if cell.startswith(("=", "+", "@", "-"))]
    assert [path.name for path in path.parent.iterdir()] == ["kpis.csv"]


def test_without_a_snapshot_there_is_no_sheet(told) -> None:
    with pytest.raises(Unavailable, match="holds nothing for 2025-03-16"):
        kpi_sheet(told.warehouse, as_of=DAY)
