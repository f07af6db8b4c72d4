"""The decision as it was on its night, told in sections: what was decided, the exact reasons, who decided, and for whom it holds.

Figures come from `reading.py`; what came later is told in `after.py`.
"""

import json
from collections.abc import Iterator
from typing import Any

from plg_orchestration.pql.features.registry import FEATURES, feature
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.ledger import RISES
from plg_orchestration.pql.scorers.reasons import subject
from plg_orchestration.pql.training.artifacts import MODEL_FILE, StoredModel
from plg_orchestration.reports.dossier.contributions import Contributions
from plg_orchestration.reports.dossier.reading import Found, Row
from plg_orchestration.reports.dossier.trace import Fired, RuleTrace, WeightedTrace
from plg_orchestration.reports.formats import DASH, count, decimal, share, words
from plg_orchestration.reports.shapes import Fact, Grid, Section

BRIEF = 12
MOST_FAILED = 8
"""So many failed contrasts of monitored attributes are listed; all are in `pql.bias_audit`."""
SCALES = {
    "rules": "points", "weighted": "of 100", "model": "probability × 100", "hybrid": "0 to 100, the gate at 50",
}  # fmt: skip
CHOSEN = {
    "operating_point": "the wanted precision, recall and false positive rate, by the conservative ends of their intervals",
    "expected_value": "the highest expected value within the teams' capacity",
    "capacity": "the share of people that the teams can work, since the wanted operating point cannot be met",
}
RATES = {"precision": "precision", "recall": "recall", "fpr": "false positive rate"}
STATUSES = {
    "handed_over": "handed over", "queued": "waits for capacity", "held_out": "held back to measure the lift",
    "suppressed": "left alone",
}  # fmt: skip


def decided(found: Found, policy: PqlPolicy) -> Section:
    """What was decided, with the score's place in the night."""
    row = found.decision
    target = policy.targets.get(row["target"])
    asked = row["target"] if target is None else (
        f"{row['target']}: {words(target.outcome).lower()} within {target.horizon_days} days, "
        f"from {target.gap_days} day after the night"
    )  # fmt: skip
    scored, qualified = count(row["scored_people"]), count(row["qualified_people"])
    facts = (
        Fact("Night", f"{row['as_of']}, everything received before {found.day.cut:%Y-%m-%d %H:%M} UTC"),
        Fact("Question", asked),
        Fact("Scorer and version", f"{row['scorer']} {row['version']}"),
        Fact("Score", f"{decimal(row['score'], 3)} ({SCALES.get(row['scorer'], '')})"),
        Fact("Threshold", f"{decimal(row['threshold'], 3)}: {'reached' if row['qualified'] else 'not reached'}"),
        Fact("Percentile", f"{_percentile(row['percentile'])} of {scored} people who were scored, {qualified} qualified"),
        Fact("Decision", f"{words(row['route'])}, {STATUSES[row['status']]}{_left_alone(row)}"),
        Fact("In words, as recorded", row["top_reasons"] or DASH),
    )  # fmt: skip
    return Section("The decision", facts)


def _percentile(value: float) -> str:
    """One digit, and two where one would claim the very top."""
    return decimal(value, 1 if value < 99.9 else 2)


def _left_alone(row: Row) -> str:
    return f": {row['suppressed_reason']}" if row["suppressed_reason"] else ""


# -- the exact reasons -------------------------------------------------------------------------------------------------


def reasons(found: Found) -> Section:
    """What each input adds, recomputed, and whether it is what was recorded."""
    model = found.then.model
    if model is None:
        trace = found.then.rules if found.decision["scorer"] == "rules" else found.then.weights
        said = "A formula decided: its exact reasons are the trace below" + (
            "." if isinstance(trace, str) else ", which adds up."
        )
        return Section("Exact reasons", said=said)
    if isinstance(model, str):
        return Section("Exact reasons", (Fact("Recomputed", f"not possible: {model}", "bad"),))
    return Section("Exact reasons", tuple(_sums(model)), (_parts(model),), _ADDITIVE)


_ADDITIVE = (
    "Contributions are in log-odds against the average user of the training, exact for this model: with the average user's "
    "log-odds they add up to the score. They are computed anew from the stored file and held against what the night recorded."
)


def _sums(model: Contributions) -> Iterator[Fact]:
    rest = sum(part.adds for part in model.parts[BRIEF:])
    top = sum(part.adds for part in model.parts[:BRIEF])
    yield Fact("The average user", _signed(model.baseline))
    yield Fact(f"The {min(BRIEF, len(model.parts))} strongest inputs", _signed(top))
    if len(model.parts) > BRIEF:
        yield Fact(f"The other {len(model.parts) - BRIEF} inputs", _signed(rest))
    sums = f"{_signed(model.total)} log-odds, which is {decimal(model.score, 6)} as a score"
    yield Fact("Together", sums, "good" if model.adds_up else "bad")
    held = "the same" if model.agrees else "NOT the same; the features, the file or the code changed"
    yield Fact("As recorded", f"{decimal(model.recorded, 6)}: {held}", "good" if model.agrees else "bad")


def _parts(model: Contributions) -> Grid:
    rows = tuple(
        (words(subject(part.input)), said_value(part.value), feature(part.input).window, _signed(part.adds))
        for part in model.parts
    )
    return Grid("Inputs of the model as used that night", ("Input", "Value", "Window", "Adds"), rows, (1, 3), BRIEF)


def rule_trace(found: Found) -> Section:
    """Which criteria fired, with the points of each."""
    trace = found.then.rules
    title = "Rule trace"
    if isinstance(trace, str):
        return Section(title, (Fact("Recomputed", f"not possible: {trace}", "warn"),))
    rows = tuple(_criterion(one) for one in trace.fired)
    grid = Grid("Criteria of the points table", ("Criterion", "Seen", "Wanted", "Outcome", "Points"), rows, (1, 4))
    return Section(title, (_points(trace),), (grid,))


def _points(trace: RuleTrace) -> Fact:
    fired = sum(one.outcome == "fired" for one in trace.fired)
    held = "as recorded" if trace.agrees else f"but {count(trace.recorded)} were recorded"
    return Fact(
        "Points", f"{trace.points} from {fired} of {len(trace.fired)} criteria, {held}", "good" if trace.agrees else "bad"
    )


def _criterion(one: Fired) -> tuple[str, ...]:
    criterion, signal = one.criterion, one.signal
    faded = f" × {decimal(signal.factor, 2)} with time" if one.counts and signal.factor < 1 else ""
    seen = said_value(signal.value) + (f" ({signal.note})" if signal.note else "")
    wanted = f"{criterion.operator} {criterion.threshold:g}".replace(">=", "≥").replace("<=", "≤")
    if feature(criterion.feature).type == "BOOLEAN":
        seen = DASH if signal.value is None else "yes" if signal.value else "no"
        wanted = "yes" if criterion.threshold >= 1 and criterion.operator in (">=", "=", ">") else wanted
    points = f"{one.points:g} of {criterion.points}{faded}" if one.counts else f"0 of {criterion.points}"
    return (criterion.criterion, seen, wanted, one.outcome, points)


def weighted_trace(found: Found) -> Section:
    """The six components of the weighted formula."""
    trace = found.then.weights
    title = "Weighted formula"
    if isinstance(trace, str):
        return Section(title, (Fact("Recomputed", f"not possible: {trace}", "warn"),))
    rows = tuple((words(c.name), decimal(c.value, 1), share(c.weight, 0), decimal(c.adds, 2)) for c in trace.components)
    grid = Grid("Components, each from 0 to 100", ("Component", "Value", "Weight", "Adds"), rows, (1, 2, 3))
    return Section(title, (_weighted(trace),), (grid,))


def _weighted(trace: WeightedTrace) -> Fact:
    held = "as recorded" if trace.agrees else f"but {decimal(trace.recorded, 2)} was recorded"
    return Fact("Score", f"{decimal(trace.score, 2)}, {held}", "good" if trace.agrees else "bad")


def scorers(found: Found) -> Section:
    """What every scorer said of the person that night, the deciding one among them."""
    rows = tuple(
        (
            str(row["scorer"]), str(row["version"]), decimal(row["score"], 2), _percentile(row["percentile"]),
            "lead" if row["is_pql"] else "no lead",
        )
        for row in found.then.scores
    )  # fmt: skip
    grid = Grid("The same person by every scorer", ("Scorer", "Version", "Score", "Percentile", "Says"), rows, (2, 3))
    return Section("Other scorers", grids=(grid,)) if rows else Section("Other scorers", said="No score of that night is stored.")


def other_features(found: Found, *, named: bool) -> Section:
    """What was known beside the model's inputs; what describes the person is told to an operator alone."""
    row = found.then.features
    if row is None:
        return Section("Features", said="The night's features of this person are not stored any more.")
    shown: list[tuple[str, ...]] = []
    model = isinstance(found.then.model, Contributions)
    for one in FEATURES:
        if model and one.use == "scoring":
            continue
        use = {"scoring": "scoring", "audit": "groups of the audit; no input", "outcome_signal": "points only; no model input"}[
            one.use
        ]
        value = "withheld" if one.personal and not named else said_value(row[one.name])
        shown.append((words(subject(one.name)), value, one.window, use))
    title = "Known, but no input of the model" if model else "Features as used that night"
    columns = ("Feature", "Value", "Window", "Used for")
    return Section(title, grids=(Grid("", columns, tuple(shown), (1,), None if model else BRIEF),))


# -- who decided ----------------------------------------------------------------------------------------------------------


def version(found: Found, policy: PqlPolicy) -> Section:
    """The version behind the decision: data, code, file, threshold, and who let it route."""
    then = found.then
    if found.decision["scorer"] in ("rules", "weighted"):
        formula = getattr(policy, found.decision["scorer"])
        today = found.decision["threshold"] == float(formula.threshold)
        chosen = "set by the policy" + ("" if today else f" of that day; today it is {formula.threshold:g}")
        return Section("Version and threshold", (
            Fact("Scorer", f"{found.decision['scorer']} {found.decision['version']}: a formula, nothing is trained"),
            Fact("Threshold", f"{found.decision['threshold']:g}, {chosen}"),
        ))  # fmt: skip
    facts = [*_training(then.training), *_file_facts(then.stored), *_threshold(found), *_promotions(found)]
    return Section("Version and threshold", tuple(facts))


def _training(training: Row | None) -> Iterator[Fact]:
    if training is None:
        yield Fact("Training", "no record of this version's training is stored", "bad")
        return
    known = training.get
    calibrated = f", {known('calibration')} calibration" if known("calibration") else ""
    yield Fact("Algorithm", f"{words(str(known('algorithm')))} {known('settings')}{calibrated}")
    yield Fact(
        "Trained on", f"{count(known('train_rows'))} rows, {known('train_from')} to {known('train_to')}; "
        f"tested on {count(known('test_rows'))} later rows to {known('test_to')}",
    )  # fmt: skip
    yield Fact("Data snapshot", str(known("data_hash")))
    yield Fact("Code and settings", f"{known('code_version')}, configuration {known('config_hash')}")
    if known("from_manifest"):
        yield Fact("Record", "the day was trained again since; this is what the manifest beside the model's file says", "warn")


def _file_facts(stored: StoredModel | None) -> Iterator[Fact]:
    if stored is None:
        yield Fact("Model file", "no record names the file and its digest", "bad")
        return
    yield Fact("Recorded digest", f"SHA-256 {stored.digest}")
    found = digest_of(stored)
    if found == stored.digest:
        yield Fact("Stored file", f"has it ({stored.folder.name}/{MODEL_FILE})", "good")
    else:
        yield Fact("Stored file", f"does NOT have it: {found}", "bad")


def digest_of(stored: StoredModel) -> str:
    """The digest of the file as it lies there, or why it cannot be read."""
    import hashlib

    try:
        return hashlib.sha256((stored.folder / MODEL_FILE).read_bytes()).hexdigest()
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def _threshold(found: Found) -> Iterator[Fact]:
    training = found.then.training
    probability = found.decision["threshold"] / 100.0
    if training is None or not training["thresholds"]:
        yield Fact("Threshold", f"probability {decimal(probability, 4)}")
        return
    applied = training["threshold_policy"]
    yield Fact(
        "Threshold", f"probability {decimal(probability, 4)}, chosen on validation rows for {CHOSEN.get(applied, applied)}"
    )
    for name, one in sorted(json.loads(training["thresholds"]).items()):
        if name == "applied":
            continue
        best = one["best"]
        rates = ", ".join(f"{RATES[rate]} {_span(best[rate])}" for rate in RATES)
        missed = ", ".join(RATES[rate] for rate in one.get("missed", []))
        met = "applied" if name == applied else "could be met" if one["met"] else f"not met ({missed})"
        yield Fact(words(name), f"{met}; at {decimal(best['threshold'], 4)}: {rates}")


def _span(figures: list[float | None]) -> str:
    value, low, high = figures
    if value is None:
        return DASH
    return share(value) if low is None or high is None else f"{share(value)} ({share(low)} to {share(high)})"


def _promotions(found: Found) -> Iterator[Fact]:
    if not found.then.entries:
        yield Fact("Promotion", "the ledger of that night does not name this version", "bad")
    for entry in found.then.entries:
        what = "promoted" if entry.kind in RISES else entry.kind.replace("_", " ")
        yield Fact(words(entry.kind), f"{entry.as_of} by {entry.actor}, {what} over {entry.previous}: {entry.reason}")
        if entry.approval:
            given: dict[str, Any] = json.loads(entry.approval)
            yield Fact(
                "Approval", f"{given['reviewer']} on {str(given['approved_at'])[:10]}, asked by {given['requested_by']}, "
                f"until {given['expires_on']}: {given['rationale']}",
            )  # fmt: skip


def bias(found: Found) -> Section:
    """The bias verdict of the version as it was known: the worst of each attribute, protected ones first."""
    rows, title = found.then.audit, "Bias verdict of this version"
    gate = _bias_gate(found)
    if not rows:
        return Section(title, (*gate, Fact("Audit", "no audit of this version is stored", "warn" if gate else "bad")))
    order = ("fail", "warn", "insufficient", "pass")
    tones = {"fail": "bad", "warn": "warn", "insufficient": "none", "pass": "good"}
    protected = [row for row in rows if row["status"] == "protected"]
    worst = min((str(row["verdict"]) for row in protected), key=order.index, default="insufficient")
    said = ", ".join(f"{sum(row['verdict'] == v for row in protected)} {v}" for v in order)
    facts = (
        *gate,
        Fact("Protected contrasts", f"{worst}: {said}", tones[worst]),
        Fact("Audited", f"{rows[0]['as_of']}, {len(rows)} contrasts in all; groups under the minimum size have no figures"),
    )
    failed = [row for row in rows if row["status"] != "protected" and row["verdict"] == "fail"]
    listed = [*protected, *failed[:MOST_FAILED]]
    columns = ("Group", "Metric", "Status", "Verdict", "Why")
    grid = Grid("Protected contrasts, and what failed of the others", columns, tuple(_contrast(row) for row in listed))
    return Section(title, facts, (grid,))


def _bias_gate(found: Found) -> tuple[Fact, ...]:
    """What the bias gate said when the version rose, by the ledger, which nothing replaces."""
    risen = next((entry for entry in reversed(found.then.entries) if entry.kind in RISES and entry.gates), None)
    gates: list[Row] = json.loads(str(risen.gates)) if risen is not None else []
    tones = {"fail": "bad", "warn": "warn", "pass": "good"}
    return tuple(
        Fact("Gate at its promotion", f"{gate['verdict']}: {gate['reason']}", tones.get(gate["verdict"], "none"))
        for gate in gates
        if gate["name"] == "bias"
    )


def _contrast(row: Row) -> tuple[str, ...]:
    group = f"{words(row['attribute'])}: {row['grp']}"
    return (group, words(row["metric"]), str(row["status"]), str(row["verdict"]), str(row["reason"] or ""))


# -- for whom it holds ----------------------------------------------------------------------------------------------------


def consent(found: Found) -> Section:
    """What the person agreed or objected to as known that night, and what kept them from being contacted."""
    then, row = found.then, found.decision
    facts = [*_objected(then.objections, "As known that night")]
    now = [one for one in found.after.objections if one not in then.objections]
    facts += [Fact("Since then", _objection(one), "warn") for one in now]
    if then.invites:
        for one in then.invites:
            agreed = one["double_opt_in_at"] or one["opt_in_at"]
            kind = "confirmed twice" if one["double_opt_in_at"] else "agreed once" if one["opt_in_at"] else "did NOT agree to it"
            when = f" on {agreed:%Y-%m-%d}" if agreed else ""
            facts.append(Fact("Invitation", f"sent {one['sent_at']:%Y-%m-%d}, {kind}{when}", "good" if agreed else "warn"))
    else:
        facts.append(Fact("Invitation", "came without one; no consent to an invitation was needed"))
    suspected = "; ".join(f"{one['rule'].replace('_', ' ')} since {one['as_of']}" for one in then.suspicions[:3])
    facts.append(Fact("Suspected fake or bot", suspected or "no", "warn" if suspected else "none"))
    facts.append(Fact("Suppressed", row["suppressed_reason"] or "no", "warn" if row["suppressed_reason"] else "none"))
    return Section("Consent, objection and suppression", tuple(facts))


def _objected(objections: tuple[Row, ...], label: str) -> list[Fact]:
    if not objections:
        return [Fact("Objection to marketing", f"{label.lower()}: none")]
    return [Fact("Objection to marketing", f"{label.lower()}: {_objection(one)}", "warn") for one in objections]


def _objection(one: Row) -> str:
    until = f", withdrawn {one['withdrawn_at']:%Y-%m-%d}" if one["withdrawn_at"] else ""
    return f"by the {one['objector']} on {one['at']:%Y-%m-%d}{until}"


def said_value(value: object) -> str:
    """A feature's value for a reader: flags as yes and no, unknown as a dash."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return count(value) if float(value).is_integer() else decimal(value, 3)
    return str(value)


def _signed(value: float) -> str:
    text = decimal(abs(value), 4)
    return f"{'−' if value < 0 else '+'}{text}"
