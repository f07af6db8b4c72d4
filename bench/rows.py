"""The measurements: each gives rows of figure, floor or peer, ratio and goal.

How one call is measured is in `measure.py`; what is called, in the modules of each kind of work.
"""

import datetime as dt
import math
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any

from bench import audit_log as chained
from bench import bias as biased
from bench import ingest as lines
from bench import training as scored
from bench import worlds
from bench.measure import MEBIBYTE, Measured, call, middle, turns

SAMPLED_NIGHTS = 7
BACKFILL_MEMORY = {"S": 4096.0, "L": 8192.0}
"""MiB that a backfill may hold."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `points` are what the plot of cost against history shows."""

    name: str
    work: str
    figure: str
    against: str
    ratio: float
    goal: str
    holds: bool
    memory: float
    points: list[dict[str, float]] = field(default_factory=list[dict[str, float]])


def history(data: Path, results: Path, _: int) -> list[Row]:
    """B2: the same nights (one for each raw day) after the whole history and after 28 days with as many people and events.

    With B1, those nights against their floor, and B7, what is not data path in them (Dagster's bookkeeping, and charts too).
    """
    sources = {"long": data, "short": worlds.short_data_of(results, data)}
    days = worlds.nights(data)
    known: dict[str, list[Measured]] = {}
    for name, source in sources.items():
        world = worlds.fresh_world(source, results / f"{data.name}-{name}")
        call("night:night", world / "history.yaml", days[0] - dt.timedelta(days=1))
    for day in days:
        for name in sources:
            measured = call("night:night", results / f"{data.name}-{name}" / "plg.yaml", day)
            known.setdefault(name, []).append(measured)
    length = {name: (worlds.span(source)[1] - worlds.span(source)[0]).days + 1 for name, source in sources.items()}
    volume = {name: call("night:volume", results / f"{data.name}-{name}" / "plg.yaml", *days).result for name in sources}
    points = [
        {"days": float(length[name]), "seconds": float(one.result["total"])} for name, nights in known.items() for one in nights
    ]  # fmt: skip
    read = {name: middle(nights, "read") / MEBIBYTE for name, nights in known.items()}
    took = {name: _total(nights) for name, nights in known.items()}
    peak = max(one.memory for nights in known.values() for one in nights)
    told = {
        name: f"{length[name]} days ({size['people']:,} people, {size['active']:,} active and {size['events']:,} events a night)"
        for name, size in volume.items()
    }
    said = f"a night after {told['long']}, against after {told['short']}"
    world = results / f"{data.name}-long" / "plg.yaml"
    floor = [call("night:floor", world, day) for day in days]
    least = middle(floor)
    beside = median((night.result["run"] - night.result["total"]) / night.result["assets"] for night in known["long"]) * 1000
    return [
        _row("B1", "data path of a night, against reading its raw file and its roll-ups once", f"{took['long']:.2f} s",
             f"{least:.2f} s", took["long"] / least, 6.0, peak),
        _limit("B7", "a night beside its data path, an asset", beside, 250.0, "ms", peak),
        _row("B2", f"bytes read by {said}", f"{read['long']:,.0f} MiB", f"{read['short']:,.0f} MiB", read["long"] / read["short"],
             1.05, peak),
        _row("B2", f"data path of {said}", f"{took['long']:.2f} s", f"{took['short']:.2f} s", took["long"] / took["short"], 1.25,
             peak, points),
    ]  # fmt: skip


def ingest(data: Path, results: Path, times: int) -> list[Row]:
    """B3: raw lines taken in, against DuckDB reading the clean file unchecked."""
    clean, bad = lines.make_lines(data, results / f"{data.name}-lines")
    floor, ours, spoilt = turns(
        [lambda: call("ingest:floor", clean), lambda: call("ingest:ours", clean), lambda: call("ingest:ours", bad)], times
    )
    count = ours[0].result["lines"]
    base, mine, worse = middle(floor), middle(ours), middle(spoilt)
    return [
        _row("B3", f"ingest of {count:,} clean lines, against read_ndjson", f"{mine:.2f} s", f"{base:.2f} s", mine / base, 4.0,
             ours[0].memory),
        _row("B3", "ingest with 3 % bad lines, against clean", f"{worse:.2f} s", f"{mine:.2f} s", worse / mine, 1.3,
             spoilt[0].memory),
    ]  # fmt: skip


def rollups(data: Path, results: Path, times: int) -> list[Row]:
    """B4: roll-ups and features of the last day, against pandas; every value of all must be the same.

    The goal holds against the notebook that pandas users write: it reads every event in the lake, since nobody keeps a state for
    it. Shown beside it, without a goal, is pandas that is handed the state which the system's earlier nights left.
    """
    file, day = results / f"{data.name}-long" / "plg.yaml", worlds.nights(data)[-1]
    ours, peer = turns([lambda: call("rollups:ours", file, day), lambda: call("rollups:peer", file, day)], times)
    notebook = [call("rollups:notebook", file, day)]
    found = {peers: call("rollups:differences", file, day, peers).result for peers in ("peer", "notebook")}
    counted = ((p, t, column, n) for p, tables in found.items() for t, columns in tables.items() for column, n in columns.items())
    off = {f"{peers} {table}.{column}": count for peers, table, column, count in counted if column != "rows" and count}
    if off:
        raise ValueError(f"pandas and the system differ on {day}, in so many rows: {off}")
    rows = sum(columns["rows"] for columns in found["peer"].values())
    said = f"roll-ups and features of a day ({rows:,} rows of {len(found['peer'])} tables)"
    made: list[Row] = []
    for against, measured, goals in (
        ("a pandas notebook over the lake", notebook, (5.0, 0.2)), ("pandas handed our state", peer, (0.0, math.inf)),
    ):  # fmt: skip
        seconds, peers = middle(ours), middle(measured)
        memory, held = middle(ours, "memory"), middle(measured, "memory")
        made += [
            _row("B4", f"{said}, against {against} (times faster)", f"{seconds:.2f} s", f"{peers:.2f} s", peers / seconds,
                 goals[0], memory, at_least=True),
            _row("B4", f"its memory, against {against}", f"{memory:,.0f} MiB", f"{held:,.0f} MiB", memory / held, goals[1],
                 memory),
        ]  # fmt: skip
    return made


def scoring(_: Path, __: Path, times: int) -> list[Row]:
    """B5: a million users by rules, weights and champion, against one `predict_proba`; the reasons of the routed apart."""
    ours, peer = turns([lambda: call("training:scoring", scored.USERS), lambda: call("training:boosting", scored.USERS)], times)
    mine, theirs = float(median(one.result["total"] for one in ours)), middle(peer)
    reasons, routed = float(median(one.result["reasons"] for one in ours)), ours[0].result["routed"]
    against, memory = f"{theirs:.2f} s", middle(ours, "memory")
    return [
        _row("B5", f"{scored.USERS:,} users by rules, weights and champion, against predict_proba of boosting", f"{mine:.2f} s",
             against, mine / theirs, 3.0, memory),
        _row("B5", f"reasons of the {routed:,.0f} best, apart", f"{reasons:.2f} s", against, reasons / theirs, math.inf,
             memory),
    ]  # fmt: skip


def auditing(_: Path, __: Path, times: int) -> list[Row]:
    """B6: the bias audit of a million decisions with its bootstrap, against `MetricFrame` without one; every rate must be equal.

    The peer takes minutes and is measured once.
    """
    (ours,) = turns([lambda: call("bias:ours", biased.DECISIONS)], times)
    peer = call("bias:peer", biased.DECISIONS)
    mine, theirs = ours[0].result["rates"], peer.result["rates"]
    off = [group for group in theirs if max(abs(a - b) for a, b in zip(mine[group], theirs[group], strict=True)) > 1e-12]
    if off or mine.keys() != theirs.keys():
        raise ValueError(f"the audit and Fairlearn differ in {off or mine.keys() ^ theirs.keys()}")
    told = f"{biased.DECISIONS:,} decisions, {len(biased.ATTRIBUTES)} attributes and pairs, {ours[0].result['rounds']:,} rounds"
    seconds = middle(ours)
    return [
        _row("B6", f"bias audit of {told}, against MetricFrame without bootstrap (times faster)", f"{seconds:.2f} s",
             f"{peer.seconds:.1f} s", peer.seconds / seconds, 50.0, middle(ours, "memory"), at_least=True),
    ]  # fmt: skip


def retraining(data: Path, results: Path, _: int) -> list[Row]:
    """B9: a night's training, audit, judgment and record, against fitting each candidate once, and against its time budget."""
    file, day = results / f"{data.name}-long" / "plg.yaml", worlds.nights(data)[-1]
    ours, once = call("training:retraining", file, day), call("training:fitting_once", file, day)
    told = f"{ours.result['rows']:,} rows, tested on {ours.result['tested']:,}"
    return [
        _row("B9", f"retraining on {told}, against fitting each candidate once", f"{ours.seconds:.1f} s", f"{once.seconds:.1f} s",
             ours.seconds / once.seconds, 15.0, ours.memory),
        _limit("B9", "the same, inside the configured time budget", ours.seconds, ours.result["budget"], "s", ours.memory),
    ]  # fmt: skip


def audit_log(_: Path, results: Path, times: int) -> list[Row]:
    """B10: verification of 200,000 decisions in the log, against SHA-256 over the same bytes, and records a second."""
    log = chained.make_log(results / "audit-log")
    ours, floor = turns([lambda: call("audit_log:ours", log), lambda: call("audit_log:floor", log)], times)
    count, mine, base, memory = ours[0].result["records"], middle(ours), middle(floor), middle(ours, "memory")
    return [
        _row("B10", f"verifying {count:,} records of the decision log, against SHA-256 over the same bytes", f"{mine:.2f} s",
             f"{base:.2f} s", mine / base, 5.0, memory),
        _row("B10", "records verified a second, against 250,000", f"{count / mine:,.0f}", "250,000", count / mine / 250_000, 1.0,
             memory, at_least=True),
    ]  # fmt: skip


def kpis(data: Path, results: Path, times: int) -> list[Row]:
    """KPIs: all of a night, against 10 seconds; with the periods before, without a goal; scans of the largest roll-ups."""
    file, day = results / f"{data.name}-long" / "plg.yaml", worlds.nights(data)[-1]
    night, history = turns(
        [lambda: call("kpis:night", file, day, "night"), lambda: call("kpis:night", file, day, "history")], times
    )
    scans: dict[str, int] = history[0].result["scans"]
    most = max(scans[name] for name in scans if name.startswith("behavior."))
    read = ", ".join(f"{name} {count}" for name, count in sorted(scans.items()) if name.startswith("behavior."))
    took = [float(median(one.result["seconds"] for one in measured)) for measured in (night, history)]
    spent = [float(median(one.result["processor"] for one in measured)) for measured in (night, history)]
    counted = [measured[0].result["rows"] for measured in (night, history)]
    more = f"the same with the periods before, {counted[1]:,} rows ({spent[1]:.1f} s of processor), against without"
    peak = middle(history, "memory")
    return [
        _limit("KPIs", f"all KPIs of a night, {counted[0]:,} rows ({spent[0]:.1f} s of processor)", took[0], 10.0, "s", peak),
        _row("KPIs", more, f"{took[1]:.2f} s", f"{took[0]:.2f} s", took[1] / took[0], math.inf, peak),
        _limit("KPIs", f"scans of the roll-ups in them ({read})", most, 5, "scans", peak),
    ]  # fmt: skip


def start(_: Path, __: Path, times: int) -> list[Row]:
    """B7: how long until something is there."""
    loaded, usage = turns([lambda: call("night:definitions"), lambda: call("night:usage")], times)
    return [
        _limit("B7", "loading the definitions", middle(loaded), 3.0, "s", middle(loaded, "memory")),
        _limit("B7", "plg --help", middle(usage), 0.5, "s", middle(usage, "memory")),
    ]


def backfill(data: Path, results: Path, _: int) -> list[Row]:
    """B8: ingest, roll-ups and revenue of all days from raw lines in one run, against the sum of single nights, from a sample.

    Both are the seconds of the same tables. Between the sampled nights the days are caught up with, which is not counted.
    """
    raw = worlds.raw_data_of(results, data)
    first, last = worlds.span(raw)
    days = (last - first).days + 1
    whole = call("night:night", worlds.fresh_world(raw, results / f"{data.name}-backfill") / "plg.yaml", last)
    file = worlds.fresh_world(raw, results / f"{data.name}-nights") / "plg.yaml"
    sampled: list[float] = []
    for number in range(SAMPLED_NIGHTS):
        day = first + dt.timedelta(days=round((number + 1) * days / SAMPLED_NIGHTS) - 1)
        call("night:night", file, day - dt.timedelta(days=1))
        sampled.append(_groundwork(call("night:night", file, day)))
    mine, singles = _groundwork(whole), fmean(sampled) * days
    return [
        _row("B8", f"ingest and roll-ups of {days} days at once, against {days} nights ({len(sampled)} sampled)", f"{mine:.1f} s",
             f"{singles:.1f} s", mine / singles, 1 / 3, whole.memory),
        _limit("B8", "its memory", whole.memory, BACKFILL_MEMORY[data.name], "MiB", whole.memory),
    ]  # fmt: skip


def _groundwork(night: Measured) -> float:
    return sum(seconds for name, seconds in night.result.items() if name.split(".")[0] in ("ingest", "behavior", "revenue"))


def _total(nights: list[Measured]) -> float:
    return float(median(one.result["total"] for one in nights))


def _row(name: str, work: str, figure: str, against: str, ratio: float, limit: float, memory: float, points: Any = None, *,
         at_least: bool = False) -> Row:  # fmt: skip
    holds = ratio >= limit if at_least else ratio <= limit
    goal = f"{'>=' if at_least else '<='} {limit:.3g}" if 0 < limit < math.inf else ""
    return Row(name, work, figure, against, ratio, goal, holds, memory, points or [])


def _limit(name: str, work: str, value: float, limit: float, unit: str, memory: float) -> Row:
    digits = 2 if unit == "s" else 0
    return _row(name, work, f"{value:,.{digits}f} {unit}", f"limit {limit:,g} {unit}", value / limit, 1.0, memory)
