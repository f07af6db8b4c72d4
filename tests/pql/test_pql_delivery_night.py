"""Delivery in a night: an asset after the routes, for the newest night alone, and `plg deliver` on the morning after."""

import datetime as dt

import dagster as dg
import pandas as pd
import pyarrow.parquet as pq
import pytest

from plg_orchestration.config import load_workspace
from plg_orchestration.warehouse import Query, Warehouse, table
from tests.pql.receiver import Receiver, serve
from tests.sending.still import KEY, RAW_KEY


@pytest.fixture
def receiver():
    made = Receiver(keys=(RAW_KEY,))
    server = serve(made)
    yield made
    server.shutdown()
    server.server_close()
    assert made.faulty == []


@pytest.fixture
def shop(workspace_copy, receiver, monkeypatch):
    """A small workspace with two nights of decisions and a webhook."""
    plg_yaml = workspace_copy("shop")
    monkeypatch.setenv("PLG_HOOK_KEY", KEY)
    entry = f"{{name: hook, kind: webhook, url: '{receiver.address}/leads', key_from: PLG_HOOK_KEY, burst: 99}}"
    added = f"\npql:\n  destination_hosts: [127.0.0.1]\n  destinations:\n    - {entry}\n"
    before = plg_yaml.read_text()
    assert before.count("\npql:\n") == 1
    plg_yaml.write_text(before.replace("\npql:\n", added))
    for days in (1, 0):
        decide(plg_yaml, load_workspace(plg_yaml).last_day - dt.timedelta(days=days))
    return plg_yaml


def decide(plg_yaml, night):
    row = {
        "decision_id": f"d-{night}", "as_of": night, "user_id": f"u-{night}", "target": "conversion", "scorer": "rules",
        "version": "v1", "score": 70.0, "qualified": True, "route": "inside_sales", "sla_hours": 4.0, "holdout": False,
        "queue_rank": 1, "handed_over": True,
    }  # fmt: skip
    with Warehouse.open(load_workspace(plg_yaml).state) as warehouse:
        for name in ("decisions", "champion"):
            declared = table(f"pql.{name}")
            frame = pd.DataFrame([{column: row.get(column) for column in declared.column_names}], dtype=object)
            warehouse.publish(declared, lambda _, frame=frame: frame, [night])


def run_night(definitions, plg_yaml, night):
    """The delivery asset alone, on that night."""
    from assets.pql_destinations import deliveries
    from plg_orchestration.resources import WarehouseResource

    assert definitions.defs.resolve_asset_graph().has(dg.AssetKey(["pql", "dead_letters"]))
    resources = {"warehouse": WarehouseResource(workspace_path=str(plg_yaml))}
    done = dg.materialize([deliveries], partition_key=str(night), resources=resources)
    checks = {found.check_name: found for found in done.get_asset_check_evaluations() if found.asset_key.path[-1] == "deliveries"}
    (shown,) = done.asset_materializations_for_node("deliveries")[:1]
    return shown.metadata, checks


def states(plg_yaml):
    with Warehouse.open(load_workspace(plg_yaml).state) as warehouse:
        return warehouse.rows(Query("asked", "select as_of, state, attempts from pql.deliveries order by as_of"))


def test_the_newest_night_delivers_and_a_backfill_never(definitions, shop, receiver):
    last = load_workspace(shop).last_day
    metadata, checks = run_night(definitions, shop, last - dt.timedelta(days=1))
    assert "only the newest night delivers" in metadata["all: left because"].value and receiver.requests == []
    metadata, checks = run_night(definitions, shop, last)
    assert metadata["hook: delivered"].value == 1 and all(found.passed for found in checks.values())
    assert states(shop) == [(last, "delivered", 1)] and receiver.effects == {f"{last} u-{last}": 1}
    published = pq.read_table(load_workspace(shop).state / "published/pql/deliveries.parquet").to_pylist()
    assert [row["state"] for row in published] == ["delivered"]
    run_night(definitions, shop, last)
    assert len(receiver.requests) == 1


def test_a_night_without_destinations_says_what_to_add(definitions, workspace_copy):
    plg_yaml = workspace_copy("plain")
    metadata, checks = run_night(definitions, plg_yaml, load_workspace(plg_yaml).last_day)
    assert metadata["status"].value == "unavailable" and "add one to pql.destinations" in metadata["reason"].value
    assert all(found.passed for found in checks.values())


def test_a_missing_secret_fails_the_check_and_not_the_night_and_plg_deliver_mends_it(
    definitions, shop, receiver, monkeypatch, capsys
):
    from plg_orchestration.cli.deliver import deliver_and_print

    last = load_workspace(shop).last_day
    monkeypatch.delenv("PLG_HOOK_KEY")
    _, checks = run_night(definitions, shop, last)
    assert not checks["leads_arrived"].passed and "PLG_HOOK_KEY" in str(checks["leads_arrived"].description)
    monkeypatch.setenv("PLG_WORKSPACE", str(shop))
    assert deliver_and_print(shop, only=[], retry_dead=False, dry_run=False) == 1
    monkeypatch.setenv("PLG_HOOK_KEY", KEY)
    receiver.faults = [400]
    assert deliver_and_print(shop, only=[], retry_dead=False, dry_run=False) == 1
    said = capsys.readouterr().out
    assert f"dead: hook, user u-{last} of {last}, 1 tries: 400" in said and "plg deliver --retry-dead" in said and KEY not in said
    assert deliver_and_print(shop, only=["hook"], retry_dead=True, dry_run=False) == 0
    assert states(shop) == [(last, "delivered", 2)]
    assert deliver_and_print(shop, only=["hok"], retry_dead=False, dry_run=False) == 2
    assert "'hok' is no destination; there are: hook" in capsys.readouterr().out
