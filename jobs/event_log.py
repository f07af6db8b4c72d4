"""Dagster's event log, kept quick for a run in this process.

Its sqlite storage makes an SQLAlchemy engine for every statement and throws it away with its connection and all that it has
compiled: a third of a night's time. Here one engine a database is kept while the block lasts, with its connections; the last one
that closes folds the write-ahead log, which sqlite otherwise does every thousand pages. Nothing is changed in what is stored, nor
in when it is safe on the disk.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy.pool import QueuePool

STORAGES: tuple[Any, ...] = (sqlite_event_log, sqlite_run_storage)
_KEEPING: list[bool] = []


@contextmanager
def engines_kept() -> Generator[None]:
    """Let Dagster's sqlite storages use one engine a database until the block ends; a block inside another joins it.

    Without effect where the storages make no engines.
    """
    if _KEEPING:
        yield
        return
    made: dict[tuple[object, ...], Any] = {}
    with_pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": -1}
    originals = [(storage, storage.create_engine) for storage in STORAGES if hasattr(storage, "create_engine")]

    def keeping(original: Any) -> Any:
        def engine(address: str, **options: Any) -> Any:
            key = (original, address, repr(options))
            if key not in made:
                made[key] = original(address, **{**options, **with_pool})
                # The storage disposes of its engine after every use.
                made[key].dispose = lambda *_, **__: None
            return made[key]

        return engine

    for storage, original in originals:
        storage.create_engine = keeping(original)
    _KEEPING.append(True)
    try:
        yield
    finally:
        _KEEPING.clear()
        for storage, original in originals:
            storage.create_engine = original
        for engine in made.values():
            del engine.dispose
            engine.dispose()
