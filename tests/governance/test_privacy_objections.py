"""Whoever objects to being contacted is in no target's population: neither scored nor learnt from, while it holds."""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.load import load_workspace
from plg_orchestration.pql.targets import queries
from plg_orchestration.warehouse import Warehouse, table

DAY = AsOf(dt.date(2025, 3, 11))
PEOPLE = [("free", "a1"), ("objects", "a1"), ("of_company", "a2"), ("again", None), ("tomorrow", None), ("pays", "a3")]
OBJECTIONS = [
    ("o1", "objects", None, "2025-03-11 09:00", None), ("o2", None, "a2", "2025-03-01", None),
    ("o3", "again", None, "2025-03-01", "2025-03-10 12:00"), ("o4", "tomorrow", None, "2025-03-12 09:00", None),
]  # fmt: skip


@pytest.fixture
def policy(tmp_path):
    (tmp_path / "plg.yaml").write_text(
        "workspace: w\nstart: 2025-01-01\nsources:\n  events: {path: '*.jsonl', format: segment}\n"
    )
    return load_workspace(tmp_path / "plg.yaml").pql


@pytest.mark.parametrize(("target", "wanted"), [("conversion", ["again", "free", "tomorrow"]), ("expansion", ["pays"])])
def test_an_objection_of_a_person_or_an_account_takes_people_out_while_it_holds(tmp_path, policy, target, wanted):
    with Warehouse.open(tmp_path / "state") as warehouse:
        for name in ("pql.features", "ingest.objections"):
            warehouse.ensure(table(name))
        for user, account in PEOPLE:
            warehouse.connection.execute(
                "insert into pql.features by name select $d as as_of, $u as user_id, $a as account_id, $p as is_paying, "
                "false as in_sales",
                {"d": DAY.date, "u": user, "a": account, "p": user == "pays"},
            )
        for objection, user, account, at, until in OBJECTIONS:
            warehouse.connection.execute(
                "insert into ingest.objections by name select $o as objection_id, $u as user_id, $a as account_id, "
                "cast($f as timestamp) as \"at\", cast($t as timestamp) as withdrawn_at, timestamp '2025-03-01' as known_at, "
                "date '2025-03-01' as known_date, 'f' as file_id, 1 as line",
                {"o": objection, "u": user, "a": account, "f": at, "t": until},
            )
        found = warehouse.rows(queries.population(as_of=DAY, target=policy.targets[target]))
    assert sorted(row[0] for row in found) == wanted
