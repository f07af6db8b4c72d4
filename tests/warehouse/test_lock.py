"""One writer at a time: a living holder is waited for, a dead one leaves no lock behind."""

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from plg_orchestration.errors import WarehouseBusy
from plg_orchestration.process import is_gone, this_process
from plg_orchestration.warehouse.lock import writer_lock


def hold(path: str, taken: str) -> None:
    with writer_lock(Path(path)):
        Path(taken).write_text(this_process())
        time.sleep(60)


def holder(tmp_path: Path) -> tuple[multiprocessing.Process, str]:
    taken = tmp_path / "taken"
    process = multiprocessing.get_context("spawn").Process(target=hold, args=(str(tmp_path / "lock"), str(taken)), daemon=True)
    process.start()
    while not (taken.exists() and taken.read_text()):
        time.sleep(0.01)
    return process, taken.read_text()


def test_a_second_writer_is_told_who_writes_and_a_killed_one_leaves_no_lock(tmp_path: Path):
    process, named = holder(tmp_path)
    with pytest.raises(WarehouseBusy, match=f"process {process.pid} on"), writer_lock(tmp_path / "lock", wait_seconds=0.2):
        pass
    assert not is_gone(named)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with writer_lock(tmp_path / "lock", wait_seconds=1):
        pass
    assert is_gone(named)


def test_a_process_of_another_machine_is_never_declared_dead():
    _, boot, pid, started = this_process().split("/")
    assert not is_gone(f"elsewhere/{boot}/{pid}/{started}")
    assert is_gone("/".join([this_process().split("/")[0], "another-boot", pid, started]))
