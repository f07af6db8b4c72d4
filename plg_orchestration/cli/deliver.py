"""`plg deliver`: send what is pending, or was given up, without waiting for the next night."""

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table as Listing

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.destinations.deliver import Delivered, chosen_destinations, deliver
from plg_orchestration.pql.destinations.tables import DEAD_LETTERS, TABLES
from plg_orchestration.sending.means import Means
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import Query, Warehouse

NEWEST = "select max(day) from meta.publications where table_name = 'pql.decisions' and status = 'built'"
STATES = ("delivered", "pending", "dead", "dry_run", "withdrawn")
SHOWN = 10


def deliver_and_print(workspace: Path | None, *, only: Sequence[str], retry_dead: bool, dry_run: bool) -> int:
    """Deliver and print each destination's states and the dead letters; 0 when nothing is left, 1 else, 2 for a wrong name."""
    from plg_orchestration.config import write_config_tables

    console, here = open_console(), enter(workspace)
    try:
        chosen_destinations(here.pql.destinations, only)
    except (Unavailable, ValueError) as error:
        console.print(str(error), markup=False, soft_wrap=True)
        return 2 if only else 0
    with Warehouse.open(here.state) as warehouse:
        write_config_tables(warehouse, here)
        night = warehouse.scalar(NEWEST)
        if not isinstance(night, dt.date):
            console.print("No night was decided yet: run `plg run` first.")
            return 1
        means = Means(here.root, os.environ, SystemClock())
        done = deliver(
            warehouse, as_of=here.as_of(night), policy=here.pql, means=means, only=only, retry_dead=retry_dead, dry_run=dry_run
        )
        warehouse.republish(TABLES, night)
        console.print(f"Leads of the nights up to {night}, workspace {here.name}")
        console.print(_listing(done))
        for one in done:
            if one.left:
                console.print(f"{one.destination}: {one.left}", markup=False, soft_wrap=True)
        for line in _letters(warehouse, [one.destination for one in done]):
            console.print(line, markup=False, soft_wrap=True)
    return 0 if all(one.complete for one in done) else 1


def _listing(done: Sequence[Delivered]) -> Listing:
    listing = Listing("destination", "kind", *STATES, box=None, padding=(0, 2), header_style="dim")
    for one in done:
        listing.add_row(one.destination, one.kind, *(str(one.states.get(state, 0)) for state in STATES))
    return listing


def _letters(warehouse: Warehouse, names: Sequence[str]) -> list[str]:
    text = f"""select destination, as_of, user_id, attempts, last_answer, remedy from {DEAD_LETTERS.name}
        order by as_of desc, destination, idempotency_key"""
    rows = [row for row in warehouse.rows(Query("dead", text)) if row[0] in names]
    said = [
        f"dead: {name}, user {user} of {night}, {tries} tries: {answer}; {remedy}"
        for name, night, user, tries, answer, remedy in rows[:SHOWN]
    ]
    return said + ([f"... and {len(rows) - SHOWN} more in {DEAD_LETTERS.name}"] if len(rows) > SHOWN else [])
