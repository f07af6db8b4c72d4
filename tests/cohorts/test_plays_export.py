"""The queue as a file (play_queue.sql): the same bytes for the same rows, and nothing that a spreadsheet runs."""

import csv
import datetime as dt
import io
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.plays import queries
from plg_orchestration.cohorts.plays.export import write_queue
from plg_orchestration.csv_text import RISKY, csv_text
from plg_orchestration.warehouse import Warehouse, table
from tests.cohorts.plays_nights import Nights, only

D0 = dt.date(2025, 3, 10)


def test_the_queue_is_written_as_it_stands_in_the_table(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "state") as warehouse:
        nights = Nights(warehouse, only("activation_rescue"))
        nights.score(D0, "=cmd|' /C calc'!A0", score=50.0)
        nights.score(D0, "Zoë, née Ng", high_potential=True, score=10.0)
        nights.night(D0)
        rows = warehouse.arrow(queries.play_queue(as_of=AsOf(D0)))
        assert set(rows.column_names) == set(table("cohorts.play_queue").column_names)
        path = write_queue(rows, as_of=AsOf(D0), state=tmp_path)
        first = path.read_bytes()
        write_queue(rows, as_of=AsOf(D0), state=tmp_path)
    assert path == tmp_path / "reports" / "2025-03-10" / "play_queue.csv"
    assert path.read_bytes() == first
    assert b"\r" not in first
    read = list(csv.DictReader(io.StringIO(first.decode())))
    assert [row["place"] for row in read] == ["1", "2"]
    assert [row["unit_id"] for row in read] == ["Zoë, née Ng", "'=cmd|' /C calc'!A0"]
    assert read[0]["due_at"] == "2025-03-12T00:00:00Z"
    assert read[1]["due_at"] == ""


def test_an_empty_queue_is_a_file_with_a_header() -> None:
    rows = pa.table({"place": pa.array([], pa.int32()), "play": pa.array([], pa.string())})
    assert csv_text(rows) == '"place","play"\n'


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_no_cell_begins_like_a_formula_and_every_other_text_comes_back(texts: list[str]) -> None:
    written = csv_text(pa.table({"reason": pa.array(texts, pa.string()), "n": pa.array(range(len(texts)))}))
    read = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert len(read) == len(texts)
    for text, (cell, _) in zip(texts, read, strict=True):
        assert not cell.startswith(RISKY)
        assert cell.removeprefix("'") == text.removeprefix("'")
