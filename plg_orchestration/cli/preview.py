"""`plg preview`: who would be routed otherwise under a changed policy; nothing is written but the list that was asked for."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
from rich.table import Table as Listing

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.csv_text import csv_text

SHOWN = 10
MODELS = ("model", "hybrid")


def preview_and_print(workspace: Path | None, file: Path, *, day: dt.date | None, output: Path | None) -> int:
    """Print decisions by route before and after and the first users that change; 0 when nobody does, else 1."""
    from plg_orchestration.pql.scorers.preview import changed_policy, preview

    console, here = open_console(), enter(workspace)
    found = preview(here, changed_policy(here.pql, file), day=day)
    console.print(
        f"[bold]preview[/] of {file} on {found.day}, workspace {here.name}: {len(found.changes):,} decisions differ",
        soft_wrap=True,
    )
    for target, scorer, version in found.champions:
        console.print(f"{target}: {scorer} {version} routes" + ("; it is not trained anew here" if scorer in MODELS else ""))
    listing = Listing("route", "decisions", "", "leads", "", "handed over", "", box=None, padding=(0, 2), header_style="dim")
    for row in found.routes.itertuples(index=False):
        figures = [int(str(value)) for value in row[2:]]
        pairs = [(figures[place], figures[place + 1]) for place in (0, 2, 4)]
        cells = [text for was, now in pairs for text in (f"{was:,} -> {now:,}", f"{now - was:+,}" if now != was else "")]
        listing.add_row(str(row[1]), *cells)
    console.print(listing)
    for change in found.changes.head(SHOWN).to_dict("records"):
        reasons = f" ({change['reasons']})" if change["reasons"] else ""
        line = f"  {change['user_id']}: {change['change']}{reasons}"
        console.print(line, markup=False, soft_wrap=True)
    if len(found.changes) > SHOWN:
        console.print(f"  and {len(found.changes) - SHOWN:,} more" + ("" if output else "; --output FILE writes them all"))
    if output is not None:
        output.write_text(csv_text(pa.Table.from_pandas(found.changes, preserve_index=False)), encoding="utf-8")
        console.print(f"written to {output}", markup=False)
    return 1 if len(found.changes) else 0
