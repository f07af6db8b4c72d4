"""What the version is for and what it is not, the data it comes from, and the weaknesses that the data show.

Figures are told in `figures.py`.
"""

import json
from collections.abc import Iterator

from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.reports.formats import count, decimal, words
from plg_orchestration.reports.model_card.figures import hidden
from plg_orchestration.reports.model_card.reading import Facts
from plg_orchestration.reports.shapes import Fact, Section

POPULATIONS = {
    "free": "users on a free plan or a trial, whose account neither pays nor talks to sales, and who did not object",
    "paying": "users of accounts that pay",
}
OUTCOMES = {"paid": "the account begins to pay", "expansion": "the account's recurring revenue grows"}
FEEDING = ("events", "users", "accounts", "subscriptions", "invites", "tickets", "crm_outcomes")
STALE_DAYS = 7
FEW_POSITIVES = 100
MOST_NAMED = 8
USES = (
    "Not for people outside its population, other products, or an outcome other than the declared one.",
    "Not for a person's rights: prices, credit, access, employment. It orders sales contacts, and people may overrule it.",
    "Not as a cause: it ranks who is likely to convert, not who converts because of a contact (see the holdout).",
    "Not without its threshold, calibration and audit: another threshold needs another audit.",
)  # fmt: skip


def purpose(facts: Facts) -> Section:
    """What it predicts, about whom, for which use."""
    target = facts.policy.targets.get(facts.target)
    lines = [Fact("Use", "to order and route product-qualified leads to sales and success teams, each night")]
    if target is not None:
        window = f"day {target.gap_days + 1} to day {target.window_days} after the night"
        lines.append(Fact("Predicts", f"the calibrated probability that {OUTCOMES[target.outcome]} from {window}"))
        lines.append(Fact("Population", POPULATIONS[target.population]))
    model = facts.model
    made = f"{words(model['algorithm'])} {model['settings']}, {model['calibration']} calibration, {len(facts.inputs)} inputs"
    stood = f"the simplest that nobody beat beyond chance was {words(str(model['standing'])).lower()}"
    lines += [Fact("Model", made), Fact("Chosen", f"{model['selection']}, inside the training part; {stood}")]
    return Section("Purpose", tuple(lines))


def data(facts: Facts) -> Section:
    """The window, the snapshot and the file, by their hashes."""
    model = facts.model
    train, test = (
        f"{count(model[f'{part}_rows'])} rows, {model[f'{part}_from']} to {model[f'{part}_to']}, "
        f"{count(model[f'{part}_positives'])} accounts converted"
        for part in ("train", "test")
    )
    return Section("Data", (
        Fact("Known on", f"{facts.trained_on.date} ({facts.trained_on.timezone}); nothing received later was used"),
        Fact("Trained on", f"{train}; each account weighs the same on each date"),
        Fact("Tested on", f"{test}; a whole label window later"),
        Fact("Data, SHA-256", str(model["data_hash"])), Fact("File, SHA-256", str(model["digest"])),
        Fact("Policy, SHA-256", str(model["config_hash"])),
        Fact("Code", str(model["code_version"])),
    ))  # fmt: skip


def limits() -> Section:
    """What it must not be used for."""
    return Section("Not to be used", points=USES)


def weaknesses(facts: Facts) -> Section:
    """What the training, the audit and the sources say against relying on it."""
    found = [*_of_training(facts), *_of_groups(facts), *_of_sources(facts)]
    return Section("Known weaknesses", points=tuple(found) or ("None that the data show.",))


def _of_training(facts: Facts) -> Iterator[str]:
    model = facts.model
    if model["threshold_policy"] != "operating_point":
        chosen = words(model["threshold_policy"]).lower()
        yield f"The wanted precision, recall and false positive rate are not met; the threshold was chosen for {chosen}."
    if (positives := model["test_positives"] or 0) < FEW_POSITIVES:
        yield f"Only {count(positives)} converting accounts in the test part: intervals are wide."
    if model["leaking"]:
        yield f"Inputs that nearly tell the outcome: {model['leaking']}."
    for note in json.loads(model["notes"] or "[]"):
        yield f"{words(str(note))}."


def _of_groups(facts: Facts) -> Iterator[str]:
    small = sorted({f"{words(r['attribute'])} {r['grp']}" for r in facts.audit if hidden(r) and " & " not in r["attribute"]})
    if small:
        yield f"Groups too small to be shown: {_listed(small)}."
    cold: dict[str, dict[str, list[str]]] = {}
    for row in facts.audit:
        if row["verdict"] == "insufficient" and " & " not in row["attribute"] and not hidden(row):
            cold.setdefault(str(row["metric"]), {}).setdefault(str(row["attribute"]), []).append(str(row["grp"]))
    for metric, attributes in sorted(cold.items()):
        named = "; ".join(f"{words(name).lower()} {_listed(groups)}" for name, groups in sorted(attributes.items()))
        yield f"Too few conversions, or too wide an interval, to judge the {words(metric).lower()} of: {named}."


def _of_sources(facts: Facts) -> Iterator[str]:
    ages = {str(row["source"]): int(row["age_days"]) for row in facts.sources}
    stale = [f"{words(name).lower()} ({age} days)" for name, age in ages.items() if name in FEEDING and age > STALE_DAYS]
    if stale:
        yield f"Sources whose newest row was old that night: {_listed(stale)}."
    named = [str(row["table_name"]).removeprefix("ingest.") for row in facts.lacking]
    missing = [words(name).lower() for name in named if name in (*FEEDING, "objections")]
    if missing:
        yield f"Sources that were not there: {_listed(missing)}."


def _listed(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def inputs(facts: Facts) -> Section:
    """Every input, what is kept for the audit alone, and what is never used since it is the outcome."""
    strongest = json.loads(facts.model["importance"] or "[]")
    named = ", ".join(
        f"{name.replace('_', ' ')} {decimal(weight, 2)}{f' ({way})' if way else ''}"
        for name, weight, way in strongest[:MOST_NAMED]
    )
    lines = [Fact("Strongest (log-odds)", named)] if named else []
    listed = facts.inputs or tuple(f.name for f in FEATURES if f.use == "scoring")
    lines.append(Fact(f"All {len(listed)}", ", ".join(listed)))
    for use, title in (("audit", "For the audit only"), ("outcome_signal", "Never: the outcome itself")):
        lines.append(Fact(title, ", ".join(f.name for f in FEATURES if f.use == use)))
    return Section("Inputs", tuple(lines), wide=True)
