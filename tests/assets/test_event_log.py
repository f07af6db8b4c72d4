"""Keeping Dagster's engines while a run lasts changes its speed and nothing else."""

import dagster as dg
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from sqlalchemy import create_engine

from jobs import event_log
from jobs.event_log import engines_kept


@dg.asset
def something() -> int:
    """An asset."""
    return 1


def events(home) -> list[str]:
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        done = dg.materialize([something], instance=instance)
        return [record.event_log_entry.dagster_event_type.value for record in instance.get_records_for_run(done.run_id).records
                if record.event_log_entry.is_dagster_event]  # fmt: skip


def test_the_same_events_are_stored_and_dagster_is_as_it_was_afterwards(tmp_path, monkeypatch):
    monkeypatch.setattr(event_log, "_KEEPING", [])  # whatever other tests keep
    for storage in event_log.STORAGES:
        if hasattr(storage, "create_engine"):
            monkeypatch.setattr(storage, "create_engine", create_engine)
    original = sqlite_event_log.create_engine
    usual = events(tmp_path / "usual")
    with engines_kept():
        assert sqlite_event_log.create_engine is not original
        kept = events(tmp_path / "kept")
    assert sqlite_event_log.create_engine is original
    assert sorted(kept) == sorted(usual) and "ASSET_MATERIALIZATION" in kept


def test_a_block_inside_another_joins_it():
    with engines_kept():
        kept = sqlite_event_log.create_engine
        with engines_kept():
            assert sqlite_event_log.create_engine is kept
        assert sqlite_event_log.create_engine is kept
