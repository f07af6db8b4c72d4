"""Dagster's event log, kept quick for a run in this process.

Its sqlite storage makes an SQLAlchemy engine for every statement and throws it away with all that it has compiled: a fifth of a
night's time. Here one engine a database is kept while the block lasts. Nothing is changed in what is stored.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage

STORAGES: tuple[Any, ...] = (sqlite_event_log, sqlite_run_storage)


@contextmanager
def engines_kept() -> Generator[None]:
    """Let Dagster's sqlite storages use one engine a database until the block ends; without effect where they make none."""
    made: dict[tuple[object, ...], Any] = {}
    originals = [(storage, storage.create_engine) for storage in STORAGES if hasattr(storage, "create_engine")]

    def keeping(original: Any) -> Any:
        def engine(address: str, **options: Any) -> Any:
            key = (original, address, repr(options))
            if key not in made:
                made[key] = original(address, **options)
            return made[key]

        return engine

    for storage, original in originals:
        storage.create_engine = keeping(original)
    try:
        yield
    finally:
        for storage, original in originals:
            storage.create_engine = original
        for engine in made.values():
            engine.dispose()
