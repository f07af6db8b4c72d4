"""Sources: their files, the dates in their paths, and what a column map reads."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from plg_orchestration.config import Source
from plg_orchestration.config.canonical import SOURCES
from plg_orchestration.config.expressions import BaseExpression, Expression, Template
from plg_orchestration.ingest.tables import EVENT_COLUMNS, REFERENCES

ROOT = Path("/2020-02-02/w")


def source(path: str = "data/*", **more: object) -> Source:
    return Source.model_validate({"name": "users", "path": path, "format": "csv", **more})


def test_files_are_sorted_and_folders_are_left_out(tmp_path: Path):
    for name in ("b.csv", "a.csv", "10.csv", "9.csv"):
        (tmp_path / name).touch()
    (tmp_path / "c.csv").mkdir()
    (tmp_path / "c.csv" / "d.csv").touch()
    assert [p.name for p in source("*.csv").files(tmp_path)] == ["10.csv", "9.csv", "a.csv", "b.csv"]
    assert [p.name for p in source("**/*.csv").files(tmp_path)] == ["10.csv", "9.csv", "a.csv", "b.csv", "d.csv"]


def test_a_folder_with_wildcards_in_its_own_name_is_taken_as_it_is(tmp_path: Path):
    root = tmp_path / "w[ab]*"
    root.mkdir()
    (root / "a.csv").touch()
    assert [p.name for p in source("*.csv").files(root)] == ["a.csv"]


@pytest.mark.parametrize(
    ("path", "date"),
    [
        ("data/2025-03-04.csv", dt.date(2025, 3, 4)),
        ("data/events-20250304.jsonl.gz", dt.date(2025, 3, 4)),
        ("data/2025/03/04/part-0.csv", dt.date(2025, 3, 4)),
        ("data/received_date=2025-03-04/part-00001.csv", dt.date(2025, 3, 4)),
        ("data/2025-01-01/2025_03_04.csv", dt.date(2025, 3, 4)),
        ("data/2025-02-30.csv", None),
        ("data/2025-03.csv", None),
        ("data/120250304.csv", None),
        ("data/users.csv", None),
    ],
)
def test_a_date_is_the_last_one_in_the_path_below_the_workspace(path: str, date: dt.date | None):
    assert source().file_date(ROOT / path, root=ROOT) == date
    assert source(date_from_path="none").file_date(ROOT / path, root=ROOT) is None


def test_a_date_below_a_variables_folder_counts_and_one_inside_it_does_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLG_DATA", "/exports/2019-09-09")
    mapped = source("${PLG_DATA}/**/*.csv")
    assert mapped.file_date(Path("/exports/2019-09-09/users.csv"), root=ROOT) is None
    assert mapped.file_date(Path("/exports/2019-09-09/2025-03-04/users.csv"), root=ROOT) == dt.date(2025, 3, 4)


def test_a_pattern_says_which_date_is_meant():
    mapped = source(date_from_path=r"day-(?P<date>\d{8})")
    assert mapped.file_date(ROOT / "data/day-20250304-made-20250506.csv", root=ROOT) == dt.date(2025, 3, 4)
    assert mapped.file_date(ROOT / "data/20250304.csv", root=ROOT) is None


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y_%m_%d"]))
def test_every_date_is_found_however_it_is_written(day: dt.date, form: str):
    assert source().file_date(ROOT / f"x-{day.strftime(form)}.csv", root=ROOT) == day


@pytest.mark.parametrize(
    ("written", "kind", "reads"),
    [
        ("userId", "Column", ("userId",)),
        ({"column": "user id"}, "Column", ("user id",)),
        ({"constant": "US"}, "Constant", ()),
        ({"epoch_ms": "ts"}, "EpochMs", ("ts",)),
        ({"epoch_s": "ts"}, "EpochS", ("ts",)),
        ({"template": "{a}-{b c}!"}, "Template", ("a", "b c")),
        ({"properties": ["a", "b"]}, "Properties", ("a", "b")),
        (["a", "b"], "Properties", ("a", "b")),
        ({"map": {"column": "plan", "values": {"Pro": "pro", "0": False}}}, "Mapped", ("plan",)),
        ({"domain_of": "email"}, "DomainOf", ("email",)),
        ({"lookup": {"path": "b.csv", "format": "csv", "key": "k", "value": "v", "on": "o"}}, "Lookup", ("o",)),
    ],
)
def test_an_expression_knows_what_it_reads(written: object, kind: str, reads: tuple[str, ...]):
    made: BaseExpression = TypeAdapter(Expression).validate_python(written)
    assert (type(made).__name__, made.source_columns) == (kind, reads)


def test_a_template_falls_apart_into_text_and_columns():
    assert Template(template="s-{a}/{b}!").parts == (("s-", "a"), ("/", "b"), ("!", None))


@pytest.mark.parametrize(("rows", "tolerance"), [("±40 % of its weekday", 0.4), ("+-5% of its weekday", 0.05), (None, None)])
def test_an_expectation_is_a_share_of_the_weekday(rows: str | None, tolerance: float | None):
    expect = source(expect={"by": "04:00", "rows": rows}).expect
    assert expect is not None
    assert (expect.by, expect.tolerance) == (dt.time(4), tolerance)


DERIVED = {"known_date", "file_id", "line"}
"""What ingest adds to every reference row; on users and accounts also where the row came from."""


def test_ingest_keeps_exactly_the_canonical_sources():
    assert set(SOURCES) == {"events", *REFERENCES}


def test_ingest_keeps_exactly_the_canonical_columns_of_events():
    own = {"received_date", "kind", "content_hash", "file_id", "line"}
    assert {c.name for c in EVENT_COLUMNS} - own == set(SOURCES["events"].column_names) - {"signup_at"}


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_ingest_keeps_exactly_the_canonical_columns_in_their_types(name: str):
    types = {
        "id": "VARCHAR", "text": "VARCHAR", "time": "TIMESTAMP", "date": "DATE", "integer": "BIGINT", "number": "DOUBLE",
        "decimal": "DECIMAL(18,2)", "boolean": "BOOLEAN",
    }  # fmt: skip
    own = DERIVED | ({"origin"} if name in ("users", "accounts") else set())
    kept = {c.name: c.type for c in REFERENCES[name].columns if c.name not in own}
    assert kept == {c.name: types[c.kind] for c in SOURCES[name].columns}
