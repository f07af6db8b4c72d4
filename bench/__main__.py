"""`python -m bench`: run the measurements of a size, print one table of ratios, write it as JSON and draw it.

Everything is made in `bench/results/`: data, workspaces, `<size>.json` and `history.png`.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench import rows, worlds
from bench.rows import Row

RESULTS = Path(__file__).resolve().parent / "results"
WORK: dict[str, Callable[[Path, Path, int], list[Row]]] = {
    "B1": rows.history, "B2": rows.history, "B3": rows.ingest, "B4": rows.rollups, "B5": rows.scoring, "B6": rows.auditing,
    "B7": rows.start, "B8": rows.backfill, "B9": rows.retraining, "B10": rows.audit_log, "KPIs": rows.kpis,
}  # fmt: skip
USUAL = "B2,B3,B4,B5,B6,B7,B9,B10,KPIs"


def main() -> int:
    """Run what was asked for; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", default="S", choices=["S", "L"])
    asked = "which, by comma; B1 and B2 go together and make the workspace of B4, B9 and KPIs; B8 takes long and must be named"
    parser.add_argument("--only", default=USUAL, help=asked)
    parser.add_argument("--times", type=int, default=3, help="how often each is measured; medians count")
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    data = worlds.data_of(RESULTS, given.size)
    found: list[Row] = []
    wanted = {WORK[name]: name for name in given.only.split(",")}
    for work, name in wanted.items():
        print(f"{name} ...", flush=True)
        found += work(data, RESULTS, given.times)
    print(table(found))
    machine = {"machine": platform.machine(), "python": platform.python_version(), "system": platform.platform()}
    written = {"size": given.size, **machine, "rows": [asdict(row) for row in found]}
    (RESULTS / f"{given.size}.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    draw(found)
    return 0 if all(row.holds for row in found) else 1


def table(found: list[Row]) -> str:
    """The rows as aligned text."""
    lines = [["", "work", "figure", "floor or peer", "ratio", "goal", "", "peak MiB"]]
    lines += [[r.name, r.work, r.figure, r.against, f"{r.ratio:.2f}", r.goal, _verdict(r), f"{r.memory:,.0f}"] for r in found]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def _verdict(row: Row) -> str:
    if not row.goal:
        return "no goal"
    return "holds" if row.holds else "MISSED"


def draw(found: list[Row]) -> None:
    """The data path of a night by days of history, as `history.png`."""
    points = [point for row in found for point in row.points]
    if not points:
        return
    import altair as alt

    from plg_orchestration import charts
    from plg_orchestration.charts.theme import ACCENT, finished

    base = alt.Chart(alt.Data(values=points)).encode(
        x=alt.X("days:Q", title="days of history", scale=alt.Scale(zero=True)),
        y=alt.Y("seconds:Q", title="seconds", scale=alt.Scale(zero=True)),
    )
    chart = base.mark_point(color=ACCENT, filled=True, size=60).properties(width=420, height=210)
    done = finished(
        chart, "Data path of a night by length of history", "Each point is one night; as many people known, and as many events."
    )
    (RESULTS / "history.png").write_bytes(charts.to_png(done))


if __name__ == "__main__":
    sys.exit(main())
