"""The warehouse as a resource: one connection for a run, closed by its end and by an exception."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from plg_orchestration.resources import WarehouseResource
from plg_orchestration.warehouse import Query, Warehouse

Copy = Callable[[str], Path]


@pytest.fixture
def resource(workspace_copy: Copy) -> WarehouseResource:
    return WarehouseResource(workspace_path=str(workspace_copy("run")), wait_seconds=0.2)


def test_a_run_keeps_one_connection_and_each_use_begins_without_temporary_relations(resource: WarehouseResource):
    seen: list[Warehouse] = []
    left: list[object] = []

    @dg.op
    def first(warehouse: WarehouseResource) -> int:
        with warehouse.open() as store:
            store.prepare(Query("scratch_rows", "select 1 as one"))
            store.connection.execute("create temp view scratch_view as select * from scratch_rows")
            seen.append(store)
        return 1

    @dg.op
    def second(warehouse: WarehouseResource, before: int) -> None:
        with warehouse.open() as store:
            left.append(store.scalar("select count(*) from duckdb_tables() where temporary"))
            left.append(store.scalar("select count(*) from duckdb_views() where temporary and not internal"))
            seen.append(store)

    @dg.job(resource_defs={"warehouse": resource})
    def both() -> None:
        second(first())

    assert both.execute_in_process().success
    assert seen[0] is seen[1]
    assert left == [0, 0]
    with resource.open() as free_again:
        assert free_again is not seen[0]


def test_after_an_exception_the_connection_is_closed_and_the_next_use_opens_its_own(resource: WarehouseResource):
    with resource.yield_for_execution(dg.build_init_resource_context()):
        with pytest.raises(ZeroDivisionError), resource.open() as broken:
            raise ZeroDivisionError
        with pytest.raises(Exception, match="closed"):
            broken.scalar("select 1")
        with resource.open() as fresh:
            assert fresh.scalar("select 1") == 1
