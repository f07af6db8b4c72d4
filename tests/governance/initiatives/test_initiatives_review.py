"""The quarterly review prints what the tables say, as a page and as a CSV, with the drawing of impact and effort."""

import csv
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from plg_orchestration import charts
from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.reports.drawings import Placed, matrix
from plg_orchestration.reports.initiatives_review import write_initiatives_review
from plg_orchestration.warehouse import Warehouse
from tests.governance.initiatives.conftest import Store, plan

Rows = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]


def test_the_review_is_a_page_and_a_csv(store: Store, warehouse: Warehouse, rows: Rows, day: AsOf, tmp_path: Path) -> None:
    store.record("s1", "initiative_spend", '{"tooling_usd": 1000}')
    rows(plan())
    workspace: Any = SimpleNamespace(name="mine", state=tmp_path)
    made = write_initiatives_review(warehouse, as_of=day, workspace=workspace).to_pylist()[0]
    page = (tmp_path / made["path"]).read_text()
    assert (made["initiatives"], made["decisions"]) == (1, 0)
    for said in ("go or no-go", "1,000", "6,000", "dau_mau % change &lt; -15", "not attributable", "no roadmap is configured"):
        assert said in page
    told = list(csv.DictReader((tmp_path / made["path"].replace(".html", ".csv")).read_text().splitlines()))
    assert (told[0]["initiative"], told[0]["status"], float(told[0]["spend_usd"])) == ("plan", "running", 1000.0)


def test_without_initiatives_there_is_no_review(warehouse: Warehouse, day: AsOf, tmp_path: Path) -> None:
    workspace: Any = SimpleNamespace(name="mine", state=tmp_path)
    with pytest.raises(Unavailable, match="holds nothing for 2025-06-30"):
        write_initiatives_review(warehouse, as_of=day, workspace=workspace)


def test_a_matrix_names_every_thing_in_its_cell_and_is_empty_without_any() -> None:
    drawn = matrix(
        [Placed("a < b", "low", "high", "good"), Placed("c", "low", "high")], across="effort", upward="impact", label="l"
    )
    assert drawn.count("font-weight") == 2
    assert "a &lt; b" in drawn
    assert matrix([], across="effort", upward="impact", label="l") == ""


def test_charts_say_why_they_are_empty(store: Store, rows: Rows, warehouse: Warehouse) -> None:
    rows(plan())
    frame = warehouse.connection.execute("select * from governance.initiative_kpis").df()
    assert "no data yet" in str(charts.initiative_targets(frame).to_dict())
    assert "no initiative is registered" in str(charts.impact_effort(frame.head(0)).to_dict())
    listed = warehouse.connection.execute("select * from governance.initiatives").df()
    assert "plan" in str(charts.impact_effort(listed).to_dict())
