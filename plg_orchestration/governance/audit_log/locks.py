"""Appending and verifying exclude each other: a log that is being written is not read half.

The locks are the operating system's and end with the process; a log on a medium that cannot be locked is read as it is.
"""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from plg_orchestration.warehouse.lock import writer_lock

LOCK = ".lock"
WAIT_SECONDS = 60.0


@contextmanager
def exclusive(log_dir: Path) -> Generator[None]:
    """Hold the log of the folder for writing; WarehouseBusy when another process keeps it."""
    with writer_lock(log_dir / LOCK, wait_seconds=WAIT_SECONDS):
        yield


@contextmanager
def shared(log_dir: Path) -> Generator[None]:
    """Hold the log for reading, after an append that is going on; a copy without a lock file needs none."""
    try:
        descriptor = os.open(log_dir / LOCK, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    break
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
