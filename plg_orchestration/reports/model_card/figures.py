"""The card's figures: metrics with intervals, the threshold, the groups, the gates, mitigations, and what changed.

What the version is and is not for is told in `purpose.py`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from plg_orchestration.reports.formats import DASH, count, decimal, known, words
from plg_orchestration.reports.model_card.reading import Facts, Row
from plg_orchestration.reports.shapes import Fact, Grid, Section

SHOWN = (
    ("auc", "ROC-AUC", False), ("pr_auc", "Average precision", False), ("lift", "Lift at capacity", False),
    ("precision_at_capacity", "Precision at capacity", True), ("precision", "Precision at the threshold", True),
    ("recall", "Recall at the threshold", True), ("fpr", "False positive rate", True), ("ece", "Calibration error", False),
    ("brier", "Brier score", False), ("log_loss", "Log loss", False),
)  # fmt: skip
RATES = (
    ("base_rate", "Base rate"), ("selection_rate", "Selected"), ("true_positive_rate", "True positives"),
    ("false_positive_rate", "False positives"), ("precision", "Precision"),
)  # fmt: skip
COMPARED = (
    ("auc", "ROC-AUC"), ("lift", "Lift at capacity"), ("precision", "Precision at the threshold"),
    ("recall", "Recall at the threshold"), ("ece", "Calibration error"),
)  # fmt: skip
SIZES = (("threshold", "Threshold"), ("train_rows", "Rows trained on"))
SETTINGS = (
    ("algorithm", "Algorithm"), ("settings", "Settings"), ("calibration", "Calibration"), ("threshold_policy", "Threshold for"),
    ("train_from", "Trained from"), ("train_to", "Trained to"), ("test_to", "Tested to"), ("code_version", "Code"),
    ("config_hash", "Configuration"),
)  # fmt: skip
WORST = ("fail", "warn", "insufficient", "pass")
TONES = {"pass": "good", "warn": "warn", "fail": "bad", "insufficient": "none"}


def performance(facts: Facts) -> Section:
    """Every scorer on the same unseen rows, with 95 % intervals clustered by account."""
    scored = [row for row in facts.candidates if row["metrics"]]
    parsed = [json.loads(row["metrics"]) for row in scored]
    rows = tuple(
        (title, *(_span(metrics.get(name, (None, None, None)), percent=percent) for metrics in parsed))
        for name, title, percent in SHOWN
    )
    model = facts.model
    rate = _span(parsed[0].get("base_rate", (None, None, None)), percent=True)
    said = (
        f"{count(model['test_rows'])} rows of {model['test_from']} to {model['test_to']}, never seen in training; "
        f"{count(model['test_positives'])} converting accounts, base rate {rate}. Permuted labels rank as well with probability "
        f"{decimal(model['permutation_p'], 4)}. Value with 95 % interval, clustered by account."
    )
    names = ("Metric", *(words(row["scorer"]) for row in scored))
    return Section("Metrics on unseen rows", grids=(Grid("", names, rows, tuple(range(1, len(names)))),), said=said, wide=True)


def _span(figures: Sequence[float | None], *, percent: bool = False) -> str:
    value, low, high = figures
    if value is None:
        return DASH
    shown = (lambda x: decimal(100 * x, 1)) if percent else (lambda x: decimal(x, 3))
    text = f"{shown(value)} %" if percent else shown(value)
    return text if low is None or high is None else f"{text} [{shown(low)}, {shown(high)}]"


def thresholds(facts: Facts) -> Section:
    """Which threshold applies, and what each policy could have given on validation rows."""
    model = facts.model
    rows: list[tuple[str, ...]] = []
    for name, one in sorted(json.loads(model["thresholds"] or "{}").items()):
        if name == "applied":
            continue
        met = "applied" if name == model["threshold_policy"] else "could be met" if one["met"] else "not met"
        rates = (_span(one["best"][rate], percent=True) for rate in ("precision", "recall", "fpr"))
        rows.append((words(name), met, decimal(one["best"]["threshold"], 4), *rates))
    names = ("Policy", "", "Probability", "Precision", "Recall", "False positive rate")
    chosen = words(model["threshold_policy"]).lower()
    said = f"A lead from probability {decimal(model['threshold'], 4)} on, chosen on validation rows for: {chosen}."
    return Section("Threshold", grids=(Grid("", names, tuple(rows), (2, 3, 4, 5)),), said=said, wide=True)


# -- groups -------------------------------------------------------------------------------------------------------------


def groups(facts: Facts) -> Section:
    """Protected attributes group by group; of monitored ones the worst verdict. Small groups are listed without figures."""
    least = facts.policy.bias.min_group
    protected = [row for row in facts.audit if row["status"] == "protected"]
    declared = sorted({row["attribute"] for row in protected})
    rows = tuple(_group(name, group, facts.audit) for name in declared for group in _groups_of(facts.audit, name))
    names = ("Group", "Rows", *(title for _, title in RATES), "Against the rest", "Verdict")
    others = sorted({row["attribute"] for row in facts.audit} - set(declared))
    single = [name for name in others if " & " not in name]
    monitored = tuple(_attribute(name, facts.audit) for name in single)
    pairs = [row for row in facts.audit if " & " in row["attribute"] and row["status"] != "protected" and row["verdict"]]
    said = (
        f"Protected attributes gate the promotion. Groups under {least} rows are listed without figures, and others where a "
        "small one could be told from them. Rates in percent; differences in points with 95 % intervals clustered by account."
    )
    if pairs:
        failed = sum(row["verdict"] == "fail" for row in pairs)
        said += f" Of {count(len(pairs))} contrasts of pairs of attributes, explored only, {failed} fail."
    grids = (
        Grid("Protected", names, rows, (1, 2, 3, 4, 5, 6)),
        Grid("Monitored: the worst of each attribute", ("Attribute", "Groups", "Verdict", "Why"), monitored, (1,)),
    )
    shown = tuple(grid for grid in grids if grid.rows)
    across = tuple(
        Fact(f"{words(name)}, across groups", _across(name, facts.gaps)) for name in declared if _across(name, facts.gaps)
    )
    return Section("Groups", across, shown, said if facts.audit else "No audit is recorded.", wide=True)


def _groups_of(audit: Sequence[Row], attribute: str) -> list[str]:
    return sorted({str(row["grp"]) for row in audit if row["attribute"] == attribute})


def hidden(row: Mapping[str, Any]) -> bool:
    """Whether the figures of the audit's row stay in the warehouse: the group is too small, or would give a small one away."""
    return row["n"] is None or bool(row.get("hidden"))


def _group(attribute: str, group: str, audit: Sequence[Row]) -> tuple[str, ...]:
    own = {row["metric"]: row for row in audit if (row["attribute"], str(row["grp"])) == (attribute, group)}
    verdict = _worst(row["verdict"] for row in own.values() if row["verdict"])
    selection = own.get("selection_rate", next(iter(own.values())))
    label = f"{words(attribute)}: {group}"
    if hidden(selection):
        return (label, DASH, *(DASH for _ in RATES), "too small: no figures", verdict)
    rates = tuple(DASH if name not in own or hidden(own[name]) else _percent(own[name]["value_group"]) for name, _ in RATES)
    return (label, count(selection["n"]), *rates, _difference(selection), verdict)


def _across(attribute: str, gaps: Sequence[Row]) -> str:
    """The attribute's metrics over all groups at once, as Fairlearn defines them; they are reported and gate nothing."""
    own = [row for row in gaps if row["attribute"] == attribute]
    return "; ".join(f"{words(row['metric']).lower()} {decimal(row['value'], 3)} (worst: {row['worst_group']})" for row in own)


def _percent(value: object) -> str:
    return DASH if known(value) is None else decimal(100 * float(str(value)), 1)


def _difference(row: Mapping[str, Any]) -> str:
    if row["difference"] is None:
        return DASH
    low, high = row["ci_low"], row["ci_high"]
    return f"selected {_points(row['difference'])} [{_points(low)}, {_points(high)}]"


def _points(value: float | None) -> str:
    return DASH if value is None else f"{100 * value:+.1f}".replace("-", "−")


def _worst(verdicts: Any) -> str:
    return min((str(v) for v in verdicts), key=WORST.index, default="insufficient")


def _attribute(attribute: str, audit: Sequence[Row]) -> tuple[str, ...]:
    judged = [row for row in audit if row["attribute"] == attribute and row["verdict"]]
    if not judged:
        return (words(attribute), "0", "insufficient", "no contrast is judged")
    worst = min(judged, key=lambda row: (WORST.index(str(row["verdict"])), str(row["grp"]), str(row["metric"])))
    why = f"{worst['grp']}, {words(worst['metric']).lower()}: {worst['reason']}"
    return (words(attribute), count(len({row["grp"] for row in judged})), str(worst["verdict"]), why)


# -- judgment -------------------------------------------------------------------------------------------------------------


def gates(facts: Facts) -> Section:
    """Every gate; the reason where it did not simply pass."""
    rows = tuple(
        (words(gate["name"]), _number(gate["figure"]), _number(gate["limit"]), str(gate["verdict"]), str(gate["reason"]))
        for gate in facts.gates
        if gate["verdict"] != "pass"
    )
    passed = [gate for gate in facts.gates if gate["verdict"] == "pass"]
    lines = (
        [Fact(f"{len(passed)} of {len(facts.gates)} pass", "; ".join(_passed(gate) for gate in passed))] if facts.gates else []
    )
    grids = (Grid("The others", ("Gate", "Figure", "Limit", "Verdict", "Why"), rows, (1, 2)),) if rows else ()
    said = f"{words(str(facts.judgment['outcome']))}: {facts.judgment['verdict']}." if facts.judgment else "Not judged."
    if facts.instead:
        return Section("Gates", said=f"Not judged: the day keeps the judgment on {facts.instead}.", wide=True)
    return Section("Gates", tuple(lines), grids, said, wide=True)


def _passed(gate: Row) -> str:
    name = words(gate["name"]).lower()
    return name if gate["figure"] is None else f"{name} {_number(gate['figure'])} (limit {_number(gate['limit'])})"


def _number(value: float | None) -> str:
    if value is None:
        return DASH
    return count(value) if float(value).is_integer() else f"{value:.3g}"


def approval(facts: Facts) -> Section:
    """Who let it route, and everything that the ledger says of it since."""
    asked = next((gate for gate in facts.gates if gate["name"] == "approval"), None)
    lines = [Fact("A person's approval", f"asked for: {asked['reason']}" if asked else "not asked for: the gates alone decide")]
    for entry in facts.entries:
        about = "rose" if entry.version == facts.version else "was replaced"
        said = f"{about} by {entry.kind.replace('_', ' ')}, by {entry.actor}: {entry.version} after {entry.previous}"
        lines.append(Fact(f"{entry.as_of}", said))
        if entry.approval and entry.version == facts.version:
            given: Row = json.loads(entry.approval)
            said = (
                f"{given['reviewer']} on {str(given['approved_at'])[:10]}, asked by {given['requested_by']}: {given['rationale']}"
            )
            lines.append(Fact("Approved", f"{said} (until {given['expires_on']})", "good"))
    if not facts.entries:
        lines.append(Fact("Ledger", "no entry: it never routed a lead"))
    return Section("Approval and routing", tuple(lines))


def mitigations(facts: Facts) -> Section:
    """What was tried against disparity, at what cost."""
    title = "Mitigations tried"
    if facts.mitigation is None:
        return Section(title, said="No contest of mitigations is recorded in this workspace.")
    if not facts.mitigation:
        return Section(title, said="None: the challenger failed no protected contrast on its validation rows.")
    rows = tuple(
        (
            words(str(row["variant"])), str(row["kind"]), decimal(row["lift"], 2), decimal(row["disparity"], 2),
            str(row["verdict"] or DASH), ("chosen: " if row["chosen"] else "") + str(row["reason"] or ""),
        )
        for row in facts.mitigation
    )  # fmt: skip
    names = ("Variant", "Kind", "Lift", "Disparity", "Verdict", "")
    said = "Lift at capacity and the largest protected gap as a multiple of its limit, on unseen rows. Bounds never route."
    return Section(title, grids=(Grid("", names, rows, (2, 3)),), said=said, wide=True)


# -- what changed ----------------------------------------------------------------------------------------------------------


def changes(facts: Facts) -> Section:
    """The version against the champion that it was held against: settings, data, inputs, and figures on the same rows."""
    before = facts.judgment.get("previous") if facts.judgment else None
    title = "Change against the previous champion"
    if not before:
        return Section(title, said="There was no champion before it.")
    gained = _gains(facts)
    if facts.previous is None:
        formula = next((row for row in facts.candidates if row["version"] == before), None)
        if formula is None:
            return Section(title, tuple(gained), said=f"Before, {before} routed; its training is not stored.", wide=True)
        figures = tuple((name, _number(formula[key]), _number(facts.model[key])) for key, name in COMPARED)
        grid = Grid("", ("On the same unseen rows", str(before), facts.version), figures, (1, 2))
        return Section(title, tuple(gained), (grid,), f"Before, {before} routed: a formula, without training.", wide=True)
    settings = tuple((title, str(facts.previous[key] or DASH), str(facts.model[key] or DASH)) for key, title in SETTINGS)
    figures = tuple((name, _number(facts.previous[key]), _number(facts.model[key])) for key, name in (*SIZES, *COMPARED))
    names = ("Each on its own unseen rows", str(before), facts.version)
    return Section(title, (*gained, *_input_changes(facts)), (Grid("", names, (*settings, *figures), (1, 2)),), wide=True)


def _gains(facts: Facts) -> list[Fact]:
    """Differences on the same rows, paired by account."""
    found: Row = json.loads(facts.model["gains"] or "{}")
    over = "champion" if "champion" in found else "rules" if str(facts.judgment.get("previous", "")).startswith("rules") else ""
    if over not in found:
        return [Fact("On the same unseen rows", "not compared: its file could not be used")]
    named = "the champion before" if over == "champion" else "the points"
    lines: list[Fact] = []
    for metric, title in (("auc", "ROC-AUC"), ("precision_at_capacity", "Precision at capacity")):
        value, low, high = found[over].get(metric, (None, None, None))
        if value is not None:
            said = f"{value:+.3f} [{low:+.3f}, {high:+.3f}]".replace("-", "−")
            lines.append(Fact(f"{title} gained over {named}", f"{said}, on the same rows"))
    return lines


def _input_changes(facts: Facts) -> list[Fact]:
    if not facts.inputs or not facts.previous_inputs:
        return [Fact("Inputs", "not compared: a manifest cannot be read")]
    new, gone = set(facts.inputs) - set(facts.previous_inputs), set(facts.previous_inputs) - set(facts.inputs)
    if not new and not gone:
        return [Fact("Inputs", f"the same {len(facts.inputs)}")]
    said = "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in (("new", new), ("gone", gone)) if names)
    return [Fact("Inputs", said)]
