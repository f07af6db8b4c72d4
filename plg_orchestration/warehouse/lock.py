"""One writer at a time: an operating-system lock on a file, held for as long as the writing process lives.

The kernel releases the lock when its holder dies, however it dies, so a stale lock cannot exist. What is written under the
lock is not decided here.
"""

import fcntl
import json
import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from plg_orchestration.errors import WarehouseBusy


def holder(path: Path) -> str:
    """Who last took the lock at `path`, in words; 'an unknown process' when the note cannot be read."""
    try:
        note = json.loads(path.read_text())
        return f"process {note['pid']} on {note['host']}"
    except (OSError, ValueError, KeyError):
        return "an unknown process"


@contextmanager
def writer_lock(path: Path, *, wait_seconds: float = 30.0) -> Generator[None]:
    """Hold the exclusive lock at `path`; WarehouseBusy when another process still holds it after `wait_seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, path, wait_seconds)
        note = json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, note, 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise WarehouseBusy(
                    f"{path}: {holder(path)} has been writing for more than {wait_seconds:g} s; "
                    "wait for its run to end, or end that process, and start again"
                ) from None
            time.sleep(0.1)
