"""`plg query`: one SELECT over the published tables, for whoever asks from outside. It holds no lock and changes nothing."""

import sys
from pathlib import Path

from rich.markup import escape
from rich.table import Table as Listing

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.csv_text import csv_text
from plg_orchestration.warehouse import all_tables
from plg_orchestration.warehouse.published import NothingPublished, asked, files_of, open_published

LONGEST = 200
"""So many rows are printed as a table; `--csv` gives all."""


def list_tables(workspace: Path | None) -> int:
    """Print the published tables with what each holds; 1 when there is none."""
    console, here = open_console(), enter(workspace)
    folder = here.state / "published"
    listing = Listing("table", "what it holds", box=None)
    for table in sorted(all_tables(), key=lambda one: one.name):
        if files_of(folder, table):
            listing.add_row(table.name, table.description)
    if not listing.row_count:
        print(f"plg: {folder}: no table is published yet; run `plg run`", file=sys.stderr)
        return 1
    console.print(listing)
    return 0


def query_and_print(workspace: Path | None, text: str, *, as_csv: bool) -> int:
    """Print the rows of a SELECT; 1 when nothing is published, 2 when the statement is none or cannot be run."""
    import duckdb

    here = enter(workspace)
    try:
        with open_published(here.state / "published", list(all_tables())) as connection:
            rows = asked(connection, text)
    except NothingPublished as error:
        print(f"plg: {error}", file=sys.stderr)
        return 1
    except (ValueError, duckdb.Error) as error:
        print(f"plg: {str(error).strip()}\n`plg query` without a statement lists the tables.", file=sys.stderr)
        return 2
    if as_csv:
        print(csv_text(rows), end="")
        return 0
    console = open_console()
    listing = Listing(*rows.column_names, box=None)
    for row in rows.slice(0, LONGEST).to_pylist():
        listing.add_row(*("" if value is None else escape(str(value)) for value in row.values()))
    console.print(listing)
    if len(rows) > LONGEST:
        console.print(f"... and {len(rows) - LONGEST:,} rows more; --csv prints all")
    return 0
