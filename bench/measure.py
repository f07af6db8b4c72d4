"""One measurement: a function of this package run in a process of its own, with its seconds, its memory and what it read.

What is measured stands in the sibling modules; this one knows no table.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """What one call cost: wall seconds, CPU seconds, memory above that at its start (MiB), bytes read, and what it returned."""

    seconds: float
    cpu: float
    memory: float
    read: int
    result: Any


def call(function: str, *arguments: object) -> Measured:
    """Run `module:function` of this package in a fresh process; imports are over before the clock starts."""
    command = [sys.executable, "-m", "bench.measure", function, json.dumps([str(argument) for argument in arguments])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{function}{arguments} failed:\n{done.stderr[-4000:]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def turns(calls: list[Callable[[], Measured]], times: int) -> list[list[Measured]]:
    """Each call `times` times, one after the other in turns, so that a slow minute of the machine meets all of them."""
    found: list[list[Measured]] = [[] for _ in calls]
    for _ in range(times):
        for place, each in enumerate(calls):
            found[place].append(each())
    return found


def middle(found: list[Measured], figure: str = "seconds") -> float:
    """The median of a figure."""
    return float(median(getattr(one, figure) for one in found))


def read_bytes() -> int:
    """The bytes that this process has asked the system to read so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def memory() -> float:
    """The most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(function: str, arguments: list[str]) -> None:
    """Run one function and print what it cost as JSON; a function may have a `prepare_<name>` that is not measured."""
    module, name = function.split(":")
    loaded = import_module(f"bench.{module}")
    prepare = getattr(loaded, f"prepare_{name}", None)
    given = prepare(*arguments) if prepare else ()
    before, held, processor, started = read_bytes(), memory(), time.process_time(), time.perf_counter()
    result = getattr(loaded, name)(*arguments, *given)
    seconds, used = time.perf_counter() - started, time.process_time() - processor
    cost = {"seconds": seconds, "cpu": used, "memory": memory() - held, "read": read_bytes() - before, "result": result}
    print(json.dumps(cost))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
