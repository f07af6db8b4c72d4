"""Publication: one transaction, then files that a reader never sees half done."""

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration.errors import Unavailable
from plg_orchestration.warehouse import Query, Table, Warehouse, all_tables, columns
from plg_orchestration.warehouse import parts as parts_module

D1, D2, D3, D4 = (dt.date(2025, 1, 31) + dt.timedelta(days=n) for n in range(4))


@pytest.fixture
def snapshot(monkeypatch: pytest.MonkeyPatch) -> Table:
    made = Table(
        "kpis.try_out", "a table for these tests",
        columns(as_of="DATE: the day", name="VARCHAR: who", value="DOUBLE: how much", run="VARCHAR: which run (volatile)"),
        key=("as_of", "name"), owner="team:data-platform", day="as_of", layout="by_month",
    )  # fmt: skip
    monkeypatch.setattr(parts_module, "table", lambda name: made)
    return made


def rows(day: dt.date, value: float = 1.0, run: str = "r1") -> Query:
    text = "select $day as as_of, n as name, $value as value, $run as run from (values ('b'), ('a')) as t(n)"
    return Query("rows", text, {"day": day, "value": value, "run": run})


def test_a_day_replaces_itself_and_leaves_the_others(tmp_path: Path, snapshot: Table):
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1, D2])
        before = warehouse.content_hash(snapshot)
        warehouse.publish(snapshot, lambda day: rows(day, value=5.0), [D2])
        found = warehouse.rows(Query("q", "select as_of, name, value from kpis.try_out order by all"))
        assert found == [(D1, "a", 1.0), (D1, "b", 1.0), (D2, "a", 5.0), (D2, "b", 5.0)]
        warehouse.publish(snapshot, lambda day: rows(day), [D2])
        assert warehouse.content_hash(snapshot) == before


def test_a_history_built_at_once_stands_in_the_declared_order_so_that_readers_of_a_day_skip_the_others(
    tmp_path: Path, snapshot: Table
):
    stored = replace(snapshot, stored_by=("as_of", "value", "name"))
    text = """
        select d.day as as_of, n as name, case n when 'a' then 2.0 else 1.0 end as value, 'r' as run
        from (values ('b'), ('a')) as t(n) cross join (select unnest($days::date[]) as day) as d"""
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish_spans(stored, lambda *_: Query("all", text, {"days": [D3, D1, D2]}), [D1, D2, D3])
        found = warehouse.rows(Query("q", "select as_of, name from kpis.try_out order by rowid"))
    assert found == [(D1, "b"), (D1, "a"), (D2, "b"), (D2, "a"), (D3, "b"), (D3, "a")]


def test_what_a_table_is_stored_by_are_its_columns_the_day_first():
    stored = [declared for declared in all_tables() if declared.stored_by]
    assert stored
    assert all(declared.stored_by[0] == declared.day for declared in stored)
    assert all({*declared.stored_by} <= {*declared.column_names} for declared in stored)


def test_the_content_hash_ignores_order_volatile_columns_and_noise_below_1e_9(tmp_path: Path, snapshot: Table):
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1])
        before = warehouse.content_hash(snapshot)
        warehouse.publish(snapshot, lambda day: rows(day, value=1.0 + 1e-12, run="r2"), [D1])
        assert warehouse.content_hash(snapshot) == before
        warehouse.publish(snapshot, lambda day: rows(day, value=1.0 + 1e-6), [D1])
        assert warehouse.content_hash(snapshot) != before


def test_the_content_hash_tells_null_from_an_empty_text(tmp_path: Path, snapshot: Table):
    def named(name: str | None):
        return pa.table({"as_of": [D1], "name": pa.array([name], pa.string()), "value": [1.0], "run": ["r"]})

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda _: named(""), [D1])
        before = warehouse.content_hash(snapshot)
        warehouse.publish(snapshot, lambda _: named(None), [D1])
        assert warehouse.content_hash(snapshot) != before


def test_a_failing_day_leaves_everything_as_it_was(tmp_path: Path, snapshot: Table):
    def fails_on_the_second(day: dt.date) -> Query:
        if day == D2:
            raise RuntimeError("no")
        return rows(day, value=9.0)

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1, D2])
        before = warehouse.content_hash(snapshot)
        with pytest.raises(RuntimeError):
            warehouse.publish(snapshot, fails_on_the_second, [D1, D2])
        assert warehouse.content_hash(snapshot) == before


def test_unavailable_is_an_empty_day_with_its_reason(tmp_path: Path, snapshot: Table):
    def missing(_: dt.date) -> Query:
        raise Unavailable("needs source 'spend'")

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1, D2])
        done = warehouse.publish(snapshot, missing, [D2])
        assert done.unavailable == "needs source 'spend'"
        assert warehouse.status(snapshot, D2) == ("unavailable", "needs source 'spend'")
        assert warehouse.status(snapshot, D1) == ("built", None)
        assert warehouse.status(snapshot, D3) is None
        assert warehouse.scalar("select count(*) from kpis.try_out where as_of = $d", d=D2) == 0


def test_a_span_built_at_once_notes_every_day_with_its_rows_or_its_reason(tmp_path: Path, snapshot: Table):
    def build(first: dt.date, last: dt.date) -> Query:
        assert (first, last) == (D1, D3)
        return Query("rows", "select as_of, 'a' as name, 1.0 as value, 'r' as run from (values ($d1), ($d3)) as t(as_of)", days)

    def refuse(first: dt.date, last: dt.date) -> Query:
        raise Unavailable("no such source")

    days: dict[str, object] = {"d1": D1, "d3": D3}
    noted = Query("noted", "select day, status, reason, rows from meta.publications order by day")
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish_spans(snapshot, build, [D1, D2, D3])
        assert warehouse.rows(noted) == [(D1, "built", None, 1), (D2, "built", None, 0), (D3, "built", None, 1)]
        warehouse.publish_spans(snapshot, refuse, [D2, D3])
        assert [(day, reason, count) for day, _, reason, count in warehouse.rows(noted)] == [
            (D1, None, 1), (D2, "no such source", 0), (D3, "no such source", 0),
        ]  # fmt: skip


def test_days_published_together_share_a_file_a_month_and_a_day_alone_has_its_own(tmp_path: Path, snapshot: Table):
    folder = tmp_path / "published" / "kpis" / "try_out"
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1, D2, D3])
        assert sorted(p.name for p in folder.iterdir()) == ["2025-01-31.parquet", "2025-02.parquet"]
        assert pq.read_table(folder / "2025-02.parquet").column("name").to_pylist() == ["a", "b"] * 2
        before = (folder / "2025-02.parquet").stat().st_mtime_ns
        warehouse.publish(snapshot, lambda day: rows(day), [D4])
        assert sorted(p.name for p in folder.iterdir()) == ["2025-01-31.parquet", "2025-02-03.parquet", "2025-02.parquet"]
        assert (folder / "2025-02.parquet").stat().st_mtime_ns == before
    assert pq.read_table(folder / "2025-02.parquet").select(["as_of", "name"]).to_pylist() == [
        {"as_of": day, "name": name} for day in (D2, D3) for name in ("a", "b")
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sets(st.integers(0, 60), min_size=1, max_size=12), min_size=1, max_size=5))
def test_the_files_hold_every_row_of_the_table_once_in_whatever_order_days_come(snapshot: Table, batches: list[set[int]]):
    with tempfile.TemporaryDirectory() as folder, Warehouse.open(Path(folder)) as warehouse:
        for number, batch in enumerate(batches):
            days = sorted(D1 + dt.timedelta(days=n) for n in batch)
            warehouse.publish(snapshot, lambda day, number=number: rows(day, value=float(number)), days)
        held = warehouse.rows(Query("q", "select as_of, name, value from kpis.try_out order by all"))
        files = sorted(Path(folder).glob("published/kpis/try_out/*.parquet"))
        read = pa.concat_tables(pq.read_table(file) for file in files).select(["as_of", "name", "value"]).to_pylist()
    assert sorted(tuple(row.values()) for row in read) == held


def test_a_warehouse_from_before_keeps_its_days_in_the_files_of_their_months(tmp_path: Path, snapshot: Table):
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D2, D3])
        warehouse.connection.execute("drop table meta.parts")
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day, value=2.0), [D3])
    assert [p.name for p in (tmp_path / "published/kpis/try_out").iterdir()] == ["2025-02.parquet"]


def test_files_that_a_kill_left_unwritten_are_written_by_the_next_writer(
    tmp_path: Path, snapshot: Table, monkeypatch: pytest.MonkeyPatch
):
    def killed(path: Path, rows: pa.Table) -> None:
        raise KeyboardInterrupt

    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1])
    with monkeypatch.context() as patched:
        patched.setattr(parts_module, "write_parquet", killed)
        with pytest.raises(KeyboardInterrupt), Warehouse.open(tmp_path) as warehouse:
            warehouse.publish(snapshot, lambda day: rows(day, value=7.0), [D1])
    file = tmp_path / "published" / "kpis" / "try_out" / "2025-01-31.parquet"
    assert pq.read_table(file).column("value").to_pylist() == [1.0, 1.0]
    with Warehouse.open(tmp_path):
        pass
    assert pq.read_table(file).column("value").to_pylist() == [7.0, 7.0]


def test_a_changed_declaration_starts_the_table_anew(tmp_path: Path, snapshot: Table, monkeypatch: pytest.MonkeyPatch):
    wider = Table(
        snapshot.name, snapshot.description, (*snapshot.columns, *columns(more="BIGINT: something new")),
        key=snapshot.key, owner=snapshot.owner, day="as_of", layout="by_month",
    )  # fmt: skip
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(snapshot, lambda day: rows(day), [D1, D2])
        monkeypatch.setattr(parts_module, "table", lambda name: wider)
        text = "select $day as as_of, 'a' as name, 1.0 as value, 'r' as run, 5 as more"
        warehouse.publish(wider, lambda day: Query("q", text, {"day": day}), [D2])
        assert warehouse.days_missing(wider, start=D1, through=D3) == [D1, D3]


def test_a_kept_table_carries_its_rows_over_and_refuses_to_lose_a_column(tmp_path: Path, snapshot: Table):
    kept = replace(snapshot, kept=True)
    more = replace(kept, columns=(*kept.columns, *columns(more="BIGINT: something new")))
    with Warehouse.open(tmp_path) as warehouse:
        warehouse.publish(kept, lambda day: rows(day), [D1])
        warehouse.ensure(more)
        found = warehouse.rows(Query("q", "select as_of, name, value, more from kpis.try_out order by all"))
        assert found == [(D1, "a", 1.0, None), (D1, "b", 1.0, None)]
        assert warehouse.days_missing(more, start=D1, through=D1) == []
        with pytest.raises(ValueError, match="no longer has more; declare it again"):
            warehouse.ensure(kept)


def test_a_query_without_a_value_for_a_parameter_says_which(tmp_path: Path):
    with pytest.raises(ValueError, match=r"query q: no value for \$cut"):
        Query("q", "select $cut -- and not $this").bound()
