"""What outsiders ask: SELECT over the published files, beside a writer, and nothing else on the machine."""

import datetime as dt

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from plg_orchestration.cli.app import app
from plg_orchestration.warehouse import Warehouse, all_tables, table
from plg_orchestration.warehouse.published import NothingPublished, asked, open_published

DAYS = [dt.date(2025, 3, 1), dt.date(2025, 3, 2)]


@pytest.fixture
def state(tmp_path):
    declared = table("governance.suspects")
    state = tmp_path / "it's" / ".plg"
    with Warehouse.open(state) as warehouse:
        for day in DAYS:
            rows = pd.DataFrame([[day, "u1", day, "invite_ring", "=1+1"]], columns=list(declared.column_names))
            warehouse.publish(declared, lambda _, rows=rows: rows, [day])
    return state


def found(state, text):
    with open_published(state / "published", list(all_tables())) as connection:
        return asked(connection, text).to_pylist()


def test_published_days_are_one_table_also_while_somebody_writes(state):
    with Warehouse.open(state):
        rows = found(state, "select count(*) as n, max(as_of) as newest from governance.suspects")
    assert rows == [{"n": 2, "newest": DAYS[-1]}]


@pytest.mark.parametrize("text", [
    "create table x as select 1", "copy (select 1) to 'x.csv'", "select 1; select 2", "", "attach 'a.duckdb'", "set threads = 1",
])  # fmt: skip
def test_anything_but_one_select_is_refused(state, text):
    with pytest.raises(ValueError, match="one SELECT"):
        found(state, text)


def test_other_files_of_the_machine_cannot_be_read(state, tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(duckdb.PermissionException):
        found(state, f"select * from read_csv('{tmp_path / 'secret.csv'}')")


def test_without_a_published_table_it_says_what_makes_one(tmp_path):
    with pytest.raises(NothingPublished, match="plg run"), open_published(tmp_path, list(all_tables())):
        pass


def test_the_command_prints_rows_as_csv_and_explains_a_wrong_statement(state, monkeypatch):
    (state.parent / "plg.yaml").write_text(
        "workspace: acme\nstart: 2025-01-01\nsources:\n  events: {path: 'data/*.jsonl', format: segment}\n", encoding="utf-8"
    )  # fmt: skip
    monkeypatch.setenv("PLG_WORKSPACE", str(state.parent / "plg.yaml"))
    asked_for = CliRunner().invoke(app, ["query", "--csv", "select as_of, evidence from governance.suspects order by as_of"])
    assert asked_for.stdout == '"as_of","evidence"\n"2025-03-01","\'=1+1"\n"2025-03-02","\'=1+1"\n'
    wrong = CliRunner().invoke(app, ["query", "select nothing from governance.suspects"])
    assert wrong.exit_code == 2 and "nothing" in wrong.stderr
    listed = CliRunner().invoke(app, ["query"])
    assert listed.exit_code == 0 and "governance.suspects" in listed.stdout
