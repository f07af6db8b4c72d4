"""Queries side by side: each has its own connection, and their results come in order."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from plg_orchestration.warehouse import Query, Table, Warehouse, columns, lasting, parts


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


def things(name: str, day: str | None = None) -> Table:
    return Table(name, "Things.", columns(day="DATE: the day", n="BIGINT: a number"), key=("n",), owner="team:data", day=day)


def doubled(table: Table) -> Query:
    """The sum of twice the table's numbers, by a lasting relation over one that is not."""
    twice = Query("twice", f"select 2 * n as n from {table.name} -- kpis.other is not read")
    total = lasting(Query("total", "select coalesce(sum(n), 0) as n from twice", requires=(twice,)))
    return Query("asked", "select n, (select count(*) from total) as rows from total", requires=(total,))


def number(n: int) -> Query:
    return Query("given", "select date '2025-01-01' as day, $n as n", {"n": n})


JANUARY = dt.date(2025, 1, 1)


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> tuple[Table, Table]:
    read, other = things("kpis.read", "day"), things("kpis.other")
    monkeypatch.setattr(parts, "table", {"kpis.read": read, "kpis.other": other}.__getitem__)
    return read, other


def test_a_lasting_relation_is_made_anew_when_a_table_changes_that_it_or_what_it_requires_reads(
    tmp_path: Path, declared: tuple[Table, Table]
):
    read, other = declared
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.reuse = True
        warehouse.publish(read, lambda _: number(1), [JANUARY])
        assert warehouse.rows(doubled(read)) == [(2, 1)]
        warehouse.connection.execute(f"update {read.name} set n = 50")
        assert warehouse.rows(doubled(read)) == [(2, 1)]
        warehouse.publish(other, lambda _: number(5), [JANUARY])
        warehouse.forget_lasting(other.name)
        assert warehouse.rows(doubled(read)) == [(2, 1)]
        warehouse.publish(read, lambda _: number(3), [JANUARY])
        assert warehouse.rows(doubled(read)) == [(6, 1)]
        warehouse.insert(read, number(4))
        assert warehouse.rows(doubled(read)) == [(14, 1)]
        warehouse.insert_given(read, number(1))
        assert warehouse.rows(doubled(read)) == [(16, 1)]


def test_a_table_built_from_itself_neither_sees_its_old_rows_nor_hides_the_new(tmp_path: Path, declared: tuple[Table, Table]):
    read, _ = declared
    next_one = Query("next_one", "select date '2025-01-01' as day, n + 1 as n from total", requires=doubled(read).requires)
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.reuse = True
        warehouse.publish(read, lambda _: number(7), [JANUARY])
        assert warehouse.rows(doubled(read)) == [(14, 1)]
        warehouse.publish(read, lambda _: next_one, [JANUARY])
        assert warehouse.scalar(f"select n from {read.name}") == 1
        assert warehouse.rows(doubled(read)) == [(2, 1)]


def test_a_publication_that_failed_leaves_no_lasting_relation_of_its_rows(tmp_path: Path, declared: tuple[Table, Table]):
    read, _ = declared

    def fails(_: dt.date) -> Query:
        warehouse.insert(read, number(9))
        assert warehouse.rows(doubled(read)) == [(18, 1)]
        raise RuntimeError

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.reuse = True
        warehouse.publish(read, lambda _: number(1), [JANUARY])
        assert warehouse.rows(doubled(read)) == [(2, 1)]
        with pytest.raises(RuntimeError):
            warehouse.publish(read, fails, [JANUARY])
        assert warehouse.rows(doubled(read)) == [(2, 1)]


def test_a_look_at_another_day_leaves_the_lasting_relations_of_the_first_one_aside_until_they_are_stale(tmp_path: Path):
    def of(day: int) -> Query:
        seen = lasting(Query("seen", "select $day as day, name from meta.settings", {"day": day}))
        return Query("asked", "select day, count(*) from seen group by day", requires=(seen,))

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.reuse = True
        note(warehouse, "first")
        assert warehouse.rows(of(1)) == [(1, 1)]
        note(warehouse, "second")
        assert [warehouse.rows(of(day)) for day in (2, 1, 2, 1)] == [[(2, 2)], [(1, 1)], [(2, 2)], [(1, 1)]]
        warehouse.forget()
        assert [warehouse.rows(of(day)) for day in (2, 1)] == [[(2, 2)], [(1, 1)]]
        assert warehouse.rows(of(3)) == [(3, 2)]
        assert [warehouse.rows(of(day)) for day in (1, 2)] == [[(1, 1)], [(2, 2)]]
        warehouse.forget_lasting("meta.settings")
        warehouse.forget()
        assert [warehouse.rows(of(day)) for day in (1, 2)] == [[(1, 2)], [(2, 2)]]
