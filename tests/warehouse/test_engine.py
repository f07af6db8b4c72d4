"""Queries side by side: each has its own connection, and their results come in order."""

from pathlib import Path

import duckdb
import pytest

from plg_orchestration.warehouse import Query, Warehouse


def test_frames_give_each_query_its_result_in_order_beside_an_open_transaction(tmp_path: Path):
    asked = [Query("one", "select $n as n, count(*) as rows from both_sides", {"n": n}) for n in range(7)]
    shared = [Query("both_sides", "select * from range(3)")]
    with Warehouse.open(tmp_path, settings={"threads": "3"}) as warehouse, warehouse.transaction():
        found = warehouse.frames(asked, shared=shared)
        assert [(int(frame["n"][0]), int(frame["rows"][0])) for frame in found] == [(n, 3) for n in range(7)]
        assert warehouse.frames([], shared=shared) == []
        assert warehouse.scalar("select current_setting('threads')") == 3
        with pytest.raises(duckdb.CatalogException):
            warehouse.scalar("select count(*) from both_sides")


def counted(warehouse: Warehouse) -> int:
    """How many rows of the table a lasting relation shows."""
    lasting = Query("shown", "select * from meta.settings where name <> $nothing", {"nothing": ""}, lasting=True)
    ((rows,),) = warehouse.rows(Query("asked", "select count(*) from shown", requires=(lasting,)))
    return int(str(rows))


def note(warehouse: Warehouse, name: str) -> None:
    warehouse.connection.execute("insert into meta.settings values (?, '')", [name])


def test_a_lasting_relation_is_made_once_where_that_was_asked_for_and_anew_after_files_were_taken_in(tmp_path: Path):
    with Warehouse.open(tmp_path) as warehouse:
        note(warehouse, "first")
        assert counted(warehouse) == 1
        note(warehouse, "second")
        assert counted(warehouse) == 2
        warehouse.reuse = True
        assert counted(warehouse) == 2
        note(warehouse, "third")
        warehouse.forget()
        assert counted(warehouse) == 2
        warehouse.forget_lasting()
        assert counted(warehouse) == 3
        warehouse.forget_lasting()
        warehouse.forget()
        with pytest.raises(duckdb.CatalogException):
            warehouse.scalar("select count(*) from shown")


def test_a_lasting_relation_of_another_day_or_of_a_transaction_that_failed_is_made_anew(tmp_path: Path):
    def asked(day: int) -> Query:
        return Query(
            "asked", "select day from shown", requires=(Query("shown", "select $day as day", {"day": day}, lasting=True),)
        )

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.reuse = True
        assert [warehouse.rows(asked(day)) for day in (1, 2, 2, 1)] == [[(1,)], [(2,)], [(2,)], [(1,)]]
        with pytest.raises(RuntimeError), warehouse.transaction():
            warehouse.rows(asked(3))
            raise RuntimeError
        assert warehouse.rows(asked(3)) == [(3,)]
        assert warehouse.rows(Query("asked", "select * from shown", requires=(Query("shown", "select 'other'"),))) == [("other",)]
        assert warehouse.rows(asked(3)) == [(3,)]
