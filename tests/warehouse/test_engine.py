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
