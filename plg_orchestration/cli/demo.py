"""`plg demo`: make the demonstration workspace, run its night, say what was built and where to look."""

import datetime as dt
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import cast

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.demo import EventFormat, generate

WEEKS_BEFORE = 1
"""For so many weeks before the last day `ALSO_BEFORE` is built too: the review and restatements compare with it."""
ALSO_BEFORE = ("governance/suspicions", "kpis/snapshot", "kpis/weekly_review")
QUARTERLY = "risk_committee"
"""The job that is run once for the last day too, so that a newcomer finds the committee's pack of the quarter so far."""
NEEDED_LATER = ("skops.io", "dagster", "mlflow", "altair", "vl_convert", "dagster_duckdb")


def make(folder: Path, *, size: str, users: int | None, days: int | None, seed: int, events: str | None) -> int:
    """Generate the workspace's data, replacing an earlier demonstration; 2 when the folder holds something else."""
    console = open_console()
    if folder.exists() and not (folder / "truth.json").exists() and any(folder.iterdir()):
        console.print(f"{folder} is not empty and holds no demonstration; name another folder, or empty it")
        return 2
    shutil.rmtree(folder, ignore_errors=True)
    generate(
        folder, size=size, users=users, days=days, seed=seed, events=cast("EventFormat | None", events),
        progress=lambda line: console.print(f"  {line}"),
    )  # fmt: skip
    return 0


def make_and_run(folder: Path, options: list[str]) -> int:
    """Generate the data in a process of its own, run the night, print the summary; 0 when everything was built.

    `options` are those of the command line. What the night needs is imported while the data is being made.
    """
    console = open_console()
    console.print(f"[bold]1/2[/] the data of an imagined product, in {folder}/data")
    sys.stdout.flush()
    made = subprocess.Popen([sys.executable, "-m", "plg_orchestration.cli", "demo", str(folder), *options, "--generate-only"])
    for module in NEEDED_LATER:
        with suppress(ImportError):  # whoever needs it says so better
            import_module(module)
    if code := made.wait():
        return code
    workspace = enter(folder / "plg.yaml")
    last = workspace.last_day
    if last is None:
        raise ValueError(f"{workspace.path}: a demonstration has a last_day")
    from plg_orchestration.cli.run import run_days
    from plg_orchestration.cli.summary import print_summary

    console.print("\n[bold]2/2[/] the night: everything for one day, training included, and the KPIs of the week before")
    weeks = [last - dt.timedelta(weeks=back) for back in range(WEEKS_BEFORE, -1, -1)]
    days = [day for day in weeks if day >= workspace.start]
    night = run_days(console, workspace, job="nightly", days=days, only=ALSO_BEFORE if len(days) > 1 else ())
    pack = run_days(console, workspace, job=QUARTERLY, days=[last]) if night.success else night
    print_summary(console, workspace, last)
    return 0 if pack.success else 1
