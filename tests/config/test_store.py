"""The configuration's tables in the warehouse: written when they differ, whole or not at all."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from plg_orchestration.config import load_workspace, write_config_tables
from plg_orchestration.warehouse import Query, Warehouse, lasting

Write = Callable[[str], Path]
ROLES = "select event, role from config.event_roles order by all"


def test_tables_are_written_once_and_again_only_when_something_changed(write: Write, ten_lines: str, tmp_path: Path):
    first, second = load_workspace(write(ten_lines)), load_workspace(write(ten_lines.replace("[Signed Up]", "[Joined]")))
    with Warehouse.open(tmp_path / "state") as warehouse:
        assert write_config_tables(warehouse, first)
        assert not write_config_tables(warehouse, first)
        assert ("Signed Up", "signup") in warehouse.connection.execute(ROLES).fetchall()
        assert write_config_tables(warehouse, second)
        rows = warehouse.connection.execute(ROLES).fetchall()
        assert ("Joined", "signup") in rows
        assert ("Signed Up", "signup") not in rows


def test_lasting_relations_are_made_anew_from_new_tables(write: Write, ten_lines: str, tmp_path: Path):
    first, second = load_workspace(write(ten_lines)), load_workspace(write(ten_lines.replace("[Signed Up]", "[Joined]")))
    signup = lasting(Query("signup_events", "select event from config.event_roles where role = 'signup'"))
    asked = Query("asked", "select event from signup_events", requires=(signup,))
    with Warehouse.open(tmp_path / "state") as warehouse:
        warehouse.reuse = True
        write_config_tables(warehouse, first)
        assert warehouse.rows(asked) == [("Signed Up",)]
        write_config_tables(warehouse, second)
        assert warehouse.rows(asked) == [("Joined",)]


def test_every_table_of_the_configuration_is_there(write: Write, ten_lines: str, tmp_path: Path):
    workspace = load_workspace(write(ten_lines))
    with Warehouse.open(tmp_path / "state") as warehouse:
        write_config_tables(warehouse, workspace)
        for name, rows in workspace.config_tables().items():
            assert warehouse.scalar(f"select count(*) from config.{name}") == rows.num_rows, name


def test_a_lost_table_or_column_is_written_again(write: Write, ten_lines: str, tmp_path: Path):
    workspace = load_workspace(write(ten_lines))
    with Warehouse.open(tmp_path / "state") as warehouse:
        write_config_tables(warehouse, workspace)
        warehouse.connection.execute("drop table config.channels")
        assert write_config_tables(warehouse, workspace)
        warehouse.connection.execute("alter table config.channels drop column organic")
        assert write_config_tables(warehouse, workspace)
        assert not write_config_tables(warehouse, workspace)


def test_a_failure_leaves_the_tables_as_they_were(write: Write, ten_lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from plg_orchestration.config import store

    first, second = load_workspace(write(ten_lines)), load_workspace(write(ten_lines.replace("[Signed Up]", "[Joined]")))
    replace = store._replace  # pyright: ignore[reportPrivateUsage]

    def fail_at_the_last(warehouse: Warehouse, name: str, rows: object) -> None:
        if name == max(second.config_tables()):
            raise duckdb.Error("disk full")
        replace(warehouse, name, rows)  # pyright: ignore[reportArgumentType]

    with Warehouse.open(tmp_path / "state") as warehouse:
        write_config_tables(warehouse, first)
        before = warehouse.connection.execute(ROLES).fetchall()
        monkeypatch.setattr(store, "_replace", fail_at_the_last)
        with pytest.raises(duckdb.Error, match="disk full"):
            write_config_tables(warehouse, second)
        assert warehouse.connection.execute(ROLES).fetchall() == before
        monkeypatch.undo()
        assert not write_config_tables(warehouse, first)
