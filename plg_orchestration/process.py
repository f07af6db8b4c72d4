"""Which process this is, and whether a process that was once named still lives.

Used to close runs whose worker died without a word; what is done about them is decided by the job layer.
"""

import os
import socket
from pathlib import Path


def this_process() -> str:
    """`host/boot id/pid/start time` of the running process: a process id alone may be reused."""
    return f"{socket.gethostname()}/{_boot_id()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(process: str) -> bool:
    """Whether the process that `this_process` once named has ended; False for another machine's, of which nothing is known."""
    host, boot, pid, started = process.split("/")
    if host != socket.gethostname():
        return False
    return boot != _boot_id() or _started(int(pid)) != started


def _boot_id() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else "unknown-boot"


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "not-running"
    state, started = stat.rpartition(")")[2].split()[0], stat.rpartition(")")[2].split()[19]
    return "not-running" if state == "Z" else started
