"""`plg run`: a job for some days, through Dagster, in this process, with progress as it goes."""

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from plg_orchestration.cli.home import dagster_home, enter, open_console
from plg_orchestration.clock import days_between
from plg_orchestration.config import Workspace
from plg_orchestration.outcome import RunOutcome, Step
from plg_orchestration.warehouse import Warehouse, table


def run_and_print(workspace: Path | None, *, job: str, day: dt.date | None, since: dt.date | None, to: dt.date | None) -> int:
    """Run the job and print the summary of the last day; 0 when every asset was built or is unavailable with its reason."""
    console = open_console()
    here = enter(workspace)
    days = days_to_run(here, day=day, since=since, to=to)
    if not days:
        console.print("Nothing to do: every day of data is built. Name a day with --day to build it again.")
        return 0
    outcome = run_days(console, here, job=job, days=days)
    if outcome.success and job == "nightly":
        from plg_orchestration.cli.summary import print_summary

        print_summary(console, here, days[-1])
    return 0 if outcome.success else 1


def days_to_run(workspace: Workspace, *, day: dt.date | None, since: dt.date | None, to: dt.date | None) -> list[dt.date]:
    """The days asked for; without any, the data's days on which no night was ever finished."""
    if day:
        return [day]
    last = to or last_day_of_data(workspace)
    if since:
        return list(days_between(since, last))
    with Warehouse.open(workspace.state) as warehouse:
        missing = warehouse.days_missing(table("governance.risks"), start=workspace.start, through=last)
    return list(days_between(missing[0], last)) if missing else []


def last_day_of_data(workspace: Workspace) -> dt.date:
    """The workspace's `last_day`; else the newest date in its event files' names; else yesterday."""
    if workspace.last_day:
        return workspace.last_day
    dated = [date for date in workspace.event_dates() if date is not None]
    return max(dated, default=dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1))


def run_days(
    console: Console, workspace: Workspace, *, job: str, days: Sequence[dt.date], only: Sequence[str] = ()
) -> RunOutcome:  # fmt: skip
    """Run the job for the days (with `only`: of other assets the last day) and print a line for every asset as it ends."""
    home = dagster_home(workspace)
    every = f", every {(days[1] - days[0]).days} days" if len(days) > 1 and (days[1] - days[0]).days > 1 else ""
    span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]} ({len(days)} days{every})"
    span = f"{days[-1]}, and {', '.join(only)} for {span}" if only else span
    console.print(f"[bold]{job}[/] for {span}, workspace {workspace.name}")
    from plg_orchestration.definitions import run_job

    outcome = run_job(job, days, home=home, only=only, report=lambda step: _print_step(console, step))
    for failed in outcome.failed_checks:
        console.print(f"  [yellow]check[/]  {failed}", soft_wrap=True)
    verdict = "[green]done[/]" if outcome.success else "[red]failed[/]"
    console.print(f"{verdict} in {outcome.seconds:.1f} s, Dagster run {outcome.run_id[:8]}")
    sys.stdout.flush()
    return outcome


def _print_step(console: Console, step: Step) -> None:
    if step.error:
        console.print(f"  [red]failed[/] {step.asset:<28} {step.error}", soft_wrap=True)
    elif step.unavailable:
        console.print(f"  [yellow]--[/]     {step.asset:<28} unavailable: {step.unavailable}", soft_wrap=True)
    else:
        rows = "" if step.rows is None else f"{step.rows:>10,} rows"
        console.print(f"  [green]ok[/]     {step.asset:<28} {rows:<16} {step.seconds:>6.1f} s")
