"""What a drift review asks people to do: one rule a finding, from the rows of the night's tables. Nothing is read here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.reports.formats import decimal, share

Row = Mapping[str, Any]
WORTH_ASKING = 0.05
"""The share of the false leads from which one reason is worth a talk with sales."""


@dataclass(frozen=True)
class Action:
    """Something to do, who does it, why, and how urgent it looks (bad, warn or none)."""

    what: str
    owner: str
    why: str
    tone: str


def actions(drift: Sequence[Row], live: Sequence[Row], reasons: Sequence[Row]) -> list[Action]:
    """The actions that follow from the rows of `pql.drift`, `pql.live_performance` and the reasons of false positives."""
    made = [*_performance(live), *_drift(drift), *_lift(live), *_reasons(reasons)]
    order = {"bad": 0, "warn": 1, "none": 2}
    return sorted(made, key=lambda action: order[action.tone])


def _performance(live: Sequence[Row]) -> list[Action]:
    return [
        Action(
            f"Roll {row['version']} back or let a better challenger take its place.", "team:growth", str(row["reason"]), "bad"
        )
        for row in live
        if row["metric"] == "false_discovery_rate" and row["verdict"] == "warn"
    ]  # fmt: skip


def _drift(drift: Sequence[Row]) -> list[Action]:
    made: list[Action] = []
    drifted = [row for row in drift if row["verdict"] == "drifted"]
    for row in drifted:
        if row["kind"] == "label":
            why = f"{row['reason']}. Probabilities and thresholds learnt before no longer fit."
            made.append(Action("Retrain on newer outcomes, and look at the threshold.", "team:data", why, "bad"))
        elif row["subject"] == "score":
            why = f"{row['reason']}. More or fewer people pass the threshold than it was chosen for."
            made.append(
                Action("Retrain; until then trust the order of the leads, not the probabilities.", "team:data", why, "bad")
            )
    gone = [row for row in drifted if "missing" in str(row["reason"])]
    for row in gone:
        why = f"missing {share(row['missing'])} of the rows, {share(row['reference_missing'])} in the reference"
        made.append(Action(f"Repair what tells {_spoken(row)}: look at the sources and the coverage.", "team:data", why, "bad"))
    moved = [row for row in drifted if row not in gone and row["kind"] != "label" and row["subject"] != "score"]
    if moved:
        named = ", ".join(f"{_spoken(row)} ({decimal(row['population_stability_index'])})" for row in moved)
        what = "Find out whether these changes are real (a release, a campaign, growth) or a fault in the tracking."
        made.append(Action(what, "team:data", f"population stability index: {named}", "warn"))
    unclear = [row for row in drift if row["verdict"] == "insufficient" and row["kind"] != "label"]
    if unclear:
        why = f"{len(unclear)} of {len(drift)} comparisons say nothing, for example {_spoken(unclear[0])}: {unclear[0]['reason']}"
        made.append(Action("Nothing to repair: judge these by hand until there are more accounts.", "team:data", why, "none"))
    return made


def _lift(live: Sequence[Row]) -> list[Action]:
    made: list[Action] = []
    for row in live:
        if row["metric"] != "lift" or row["period"] != "history":
            continue
        if row["verdict"] == "warn":
            made.append(
                Action("Look at what teams do with leads: contacting them shows no lift.", "team:sales", row["reason"], "bad")
            )
        elif row["verdict"] == "insufficient":
            made.append(Action("Wait, or hold back a larger share of accounts.", "team:sales", row["reason"], "none"))
    return made


def _reasons(reasons: Sequence[Row]) -> list[Action]:
    given = [row for row in reasons if row["reason"] and row["share"] >= WORTH_ASKING]
    if not given:
        return []
    first = given[0]
    spoken = str(first["reason"]).replace("_", " ")
    why = f"{first['leads']} leads that did not convert were {first['outcome']} for it, {share(first['share'])} of the false ones"
    return [
        Action(f"Ask whether leads can be kept from sales that will be turned down for: {spoken}.", "team:sales", why, "warn")
    ]


def _spoken(row: Row) -> str:
    return str(row["subject"]).replace("_", " ")
