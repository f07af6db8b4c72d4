"""A kill at any moment, then the same command again, gives what an undisturbed run gives."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plg_orchestration.config import load_workspace
from plg_orchestration.warehouse import Warehouse, all_tables


def plg_run(plg_yaml: Path, job: str) -> subprocess.Popen[bytes]:
    day = str(load_workspace(plg_yaml).last_day)
    command = [sys.executable, "-m", "plg_orchestration.cli", "run", "-w", str(plg_yaml), "--day", day, "--job", job]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def content(plg_yaml: Path) -> dict[str, str]:
    with Warehouse.open(load_workspace(plg_yaml).state) as warehouse:
        return {table.name: warehouse.content_hash(table) for table in all_tables() if warehouse.exists(table.name)}


def published(plg_yaml: Path) -> set[str]:
    folder = load_workspace(plg_yaml).state / "published"
    return {str(path.relative_to(folder)) for path in folder.rglob("*.parquet")}


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
@pytest.mark.parametrize(("job", "kills"), [("kpi_snapshot", 2), pytest.param("nightly", 8, marks=pytest.mark.faults)])
def test_killed_runs_and_one_to_the_end_equal_an_undisturbed_run(workspace_copy, job: str, kills: int):
    calm, stormy = workspace_copy("calm"), workspace_copy("stormy")
    began = time.monotonic()
    undisturbed = plg_run(calm, job)
    said = undisturbed.communicate(timeout=300)[0].decode()
    whole = time.monotonic() - began
    assert undisturbed.returncode == 0, said
    chance = random.Random(20250101)
    for kill in range(kills):
        process = plg_run(stormy, job)
        time.sleep(whole * (0.25 + 0.7 * (kill + chance.random()) / kills))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    last = plg_run(stormy, job)
    said = last.communicate(timeout=300)[0].decode()
    assert last.returncode == 0, said
    assert content(stormy) == content(calm)
    assert published(stormy) == published(calm)
