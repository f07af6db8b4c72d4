"""Whether the champion of a day is what it should be: recorded, readable, approved where that is asked, and borne out so far.

Only looking: what follows from a fault is decided when the champion scores, or by a person.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.approvals import Approvals, all_from
from plg_orchestration.pql.promotion.ledger import Entry, entries_of, standing
from plg_orchestration.pql.promotion.pointers import Row, champion_on, unreadable
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class Fault:
    """Something about the champion that a person should know: `fail` must be mended, `warn` be looked at."""

    verdict: Verdict
    target: str
    reason: str


def champion_faults(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, state: Path, approvals: Approvals
) -> tuple[Fault, ...]:  # fmt: skip
    """Every fault of the day's champions, target by target; none when all is well."""
    found: list[Fault] = []
    for target in (name for name, declared in policy.targets.items() if declared.nightly):
        row = champion_on(warehouse, as_of=as_of, target=target)
        if row is None:
            found.append(Fault(Verdict.FAIL, target, f"no champion is recorded for {as_of.date}; build pql.champion"))
            continue
        entries = entries_of(warehouse, target=target, through=as_of.date)
        said = (*_recorded(row, entries, policy), *_usable(entries, policy, state, approvals, as_of.date), *_live(row, entries))
        found += [Fault(verdict, target, reason) for verdict, reason in said]
    return tuple(found)


def _recorded(row: Row, entries: tuple[Entry, ...], policy: PqlPolicy) -> Iterator[tuple[Verdict, str]]:
    route = standing(entries).route(policy)
    if any(row[name] != route[name] for name in ("scorer", "version", "digest")):
        reason = f"pql.champion names {row['version']}, the ledger {route['version']}; build the day's pql.champion again"
        yield Verdict.FAIL, reason


def _usable(
    entries: tuple[Entry, ...], policy: PqlPolicy, state: Path, approvals: Approvals, day: dt.date
) -> Iterator[tuple[Verdict, str]]:
    champion = standing(entries).champion
    if champion is None:
        return
    if broken := unreadable(champion, state):
        yield Verdict.FAIL, broken
    if policy.promotion.mode != "manual":
        return
    if approvals.problem:
        yield Verdict.FAIL, approvals.problem
    given = [a for a in (*all_from([champion.approval]), approvals.of(champion.target, champion.version)) if a is not None]
    if not given:
        yield Verdict.WARN, f"{champion.version} was promoted without an approval, before pql.promotion.mode was manual"
    elif (until := max(a.expires_on for a in given)) < day:
        remedy = f"add an approval with a later date to {approvals.place}, or `plg rollback`"
        yield Verdict.FAIL, f"the approval of {champion.version} expired on {until}; {remedy}"


def _live(row: Row, entries: tuple[Entry, ...]) -> Iterator[tuple[Verdict, str]]:
    for entry in entries:
        if entry.as_of == row["as_of"] and entry.kind == "automatic_rollback":
            yield Verdict.FAIL, f"{entry.previous} was taken back by the {entry.actor}, {entry.version} routes: {entry.reason}"
    for judged in json.loads(row["live"] or "[]"):
        if judged["verdict"] == Verdict.WARN and judged["version"] == row["version"]:
            yield Verdict.WARN, f"{judged['version']}: {judged['reason']}"
