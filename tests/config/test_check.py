"""What `check_workspace` finds in the files that a workspace names."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from plg_orchestration.config import check_workspace

Write = Callable[[str], Path]


def said(path: Path) -> list[tuple[int, str]]:
    """Line and text of each warning, without the file's path."""
    found = check_workspace(path)
    assert all(p.severity == "warning" for p in found), found
    return [(p.line, str(p).partition("warning: ")[2]) for p in found]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """One event file, so that only the other sources are in question."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text('{"type": "track"}\n')
    return tmp_path / "data"


def with_source(ten_lines: str, line: str) -> str:
    return ten_lines.replace("roles:", f"  {line}\nroles:")


def test_a_complete_workspace_has_no_problem(write: Write, ten_lines: str, events: Path):
    assert check_workspace(write(ten_lines)) == []


def test_a_path_without_files_is_a_warning(write: Write, ten_lines: str):
    assert said(write(ten_lines)) == [
        (4, "sources.events.path: no file is there ('data/*.jsonl'); correct the path, or hand the files in")
    ]


def test_a_file_that_two_sources_read_is_a_warning(write: Write, ten_lines: str, events: Path):
    path = write(with_source(ten_lines, "users: {path: 'data/*', format: jsonl, columns: {user_id: type}}"))
    assert said(path) == [
        (5, "sources.users.path: a.jsonl is also read by source 'events'; narrow one of the two paths, or drop one source")
    ]


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
def test_a_mapped_column_that_the_file_lacks_is_a_warning(write: Write, ten_lines: str, events: Path, kind: str):
    if kind == "csv":
        (events / "users.csv").write_text("userId,plan\n1,pro\n")
    elif kind == "csv.gz":
        (events / "users.csv.gz").write_bytes(gzip.compress(b"userId,plan\n1,pro\n"))
    elif kind == "jsonl":
        (events / "users.json").write_text('{"userId": "1"}\n\n{"plan": "pro"}\n')
    else:
        pq.write_table(pa.table({"userId": ["1"], "plan": ["pro"]}), events / "users.parquet")
    form = kind.removesuffix(".gz")
    columns = "columns: {user_id: userid, role: plan}"
    ((line, text),) = said(write(with_source(ten_lines, f"users: {{path: 'data/users.*', format: {form}, {columns}}}")))
    assert line == 5
    assert text.startswith("sources.users.columns.user_id: users.")
    assert text.endswith("seems to have no column 'userid'; did you mean 'userId'?")


def test_a_file_in_canonical_columns_must_have_the_required_ones(write: Write, ten_lines: str, events: Path):
    (events / "users.csv").write_text("id,country\n1,US\n")
    ((line, text),) = said(write(with_source(ten_lines, "users: {path: data/users.csv, format: csv}")))
    assert (line, "users.csv seems to have no column 'user_id'" in text) == (5, True)


def test_a_lookup_is_looked_at_too(write: Write, ten_lines: str, events: Path):
    (events / "users.csv").write_text("id,team\n1,a\n")
    (events / "teams.csv").write_text("team,company\na,x\n")
    lookup = "{lookup: {path: data/teams.csv, format: csv, key: team, value: account, on: team}}"
    line = f"users: {{path: data/users.csv, format: csv, columns: {{user_id: id, account_id: {lookup}}}}}"
    assert said(write(with_source(ten_lines, line))) == [
        (5, "sources.users.columns.account_id.lookup.value: teams.csv seems to have no column 'account'; "
            "known columns of teams.csv: company, team"),
    ]  # fmt: skip


def test_a_lookup_that_is_not_there_is_a_warning(write: Write, ten_lines: str, events: Path):
    (events / "users.csv").write_text("id,team\n1,a\n")
    lookup = "{lookup: {path: data/teams.csv, format: csv, key: team, value: account, on: team}}"
    line = f"users: {{path: data/users.csv, format: csv, columns: {{user_id: id, account_id: {lookup}}}}}"
    ((_, text),) = said(write(with_source(ten_lines, line)))
    assert "teams.csv cannot be read as csv ([Errno 2] No such file or directory" in text


def test_a_file_of_another_format_is_a_warning(write: Write, ten_lines: str, events: Path):
    (events / "users.parquet").write_text("no parquet")
    ((line, text),) = said(write(with_source(ten_lines, "users: {path: data/users.parquet, format: parquet}")))
    assert (line, "users.parquet cannot be read as parquet" in text) == (5, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is readable for root")
def test_a_file_that_may_not_be_read_is_a_warning(write: Write, ten_lines: str, events: Path):
    (events / "users.csv").write_text("user_id\n1\n")
    (events / "users.csv").chmod(0)
    ((_, text),) = said(write(with_source(ten_lines, "users: {path: data/users.csv, format: csv}")))
    assert "Permission denied" in text
