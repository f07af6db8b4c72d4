"""The components of an experiment's page: effect, units, segments, rollout, worth, plan and A/A splits."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plg_orchestration.reports.drawings import Estimate, Moment, forest, trend
from plg_orchestration.reports.experiments.material import TONES, Read, Row
from plg_orchestration.reports.formats import DASH, MINUS, NARROW, count, date, figure, known, share, words
from plg_orchestration.reports.rows import Chip, chip
from plg_orchestration.reports.sheets import Cell, Component, Figure, Sheet, columns, count_cell, text_cell

CRITERIA = (
    ("split", "Split of the arms"), ("retention", "Retention against control"), ("error_rate", "Days with an error"),
    ("feedback", "Feedback, of 10"),
)  # fmt: skip
LOOKS = 42
"""So many looks are drawn, the newest among them."""


@dataclass(frozen=True)
class Tile:
    """A figure of the page's head: its name, value and what is said of it."""

    name: str
    value: str
    notes: tuple[str, ...] = ()


def points(value: object, digits: int = 1) -> str:
    """A difference of shares in points, with its sign.

    >>> points(-0.125)
    '−12.5'
    """
    number = known(value)
    if number is None:
        return DASH
    text = f"{abs(100 * number):.{digits}f}"
    return text if float(text) == 0 else f"{'+' if number > 0 else MINUS}{text}"


def span(low: object, high: object) -> str:
    """An interval in points; '' when an end is not known."""
    return "" if known(low) is None or known(high) is None else f"{points(low)} to {points(high)}"


def tiles(read: Read) -> list[Tile]:
    """Effect, units, days and worth of the first treatment arm."""
    first, plan = read.primary[0], read.registered
    unit = f"points of {words(str(first['metric'])).lower()}"
    effect = Tile("Effect", points(first["difference"]), (unit, f"95 %: {span(first['ci_low'], first['ci_high'])}"))
    if known(first["difference"]) is None:
        effect = Tile("Effect", DASH, (str(first["lacking"]),))
    planned, reached = known(plan.get("planned_units")), min(known(first["n"]) or 0, known(first["n_control"]) or 0)
    units = Tile(
        "Units per arm", DASH if known(first["n"]) is None else count(reached),
        (f"of {count(planned)} planned" if planned else "no plan is registered", f"{count(plan.get('needed_units'))} are needed"
         if planned else f"{count(first['units'])} and {count(first['units_control'])} were exposed"),
    )  # fmt: skip
    day = Tile("Day", count(first["day"]), ("28 to 42 days are usual", f"{date(plan.get('starts'))} to {_end(plan)}"))
    return [effect, units, day, _worth(first)]


def _end(plan: Row) -> str:
    """The last day of exposure, or that there is none yet."""
    ends = plan.get("ends")
    return date(ends) if isinstance(ends, dt.date) else "open end"


def _worth(row: Row) -> Tile:
    if known(row["revenue"]) is None:
        return Tile("Worth a month", DASH, ("revenue is not known, or there is no figure yet",))
    unit = str(row["currency"]).lower()
    ends = f"95 %: {figure(row['revenue_low'], unit)} to {figure(row['revenue_high'], unit)}"
    return Tile("Worth a month", figure(row["revenue"], unit), (ends, f"if all {count(row['cohort'])} units had it"))


def effect(read: Read) -> Component:
    """The effect over the days, every metric with its interval, and the figures."""
    said = read.reason[:1].upper() + read.reason[1:] + "."
    if read.broken:
        return Component("effect", "Effect", said, absent=("the split is broken, and no figure can be trusted",), tone="bad")
    figures = [made for arm in _arms(read) for made in (_over_days(read, arm), _metrics(read, arm)) if made]
    rows = tuple(_contrast_cells(row) for row in read.contrasts)
    heads = columns("Metric", "Arm", "In the arm#", "In control#", "Difference, points#", "At every look#", "p#", "Role")
    sheet = Sheet("contrasts", "Each metric, arm against control", heads, rows, "experiments.readouts", note=(
        "Differences with 95 % intervals, adjusted for the weeks before where that is known; the second interval holds however "
        "often one looks. Guardrails are not corrected, since all of them must hold."
    ))  # fmt: skip
    return Component("effect", "Effect", said, tuple(figures), (sheet,), tone=TONES.get(read.verdict, "none"))


def _arms(read: Read) -> list[str]:
    return list(dict.fromkeys(str(row["arm"]) for row in read.contrasts))


def _over_days(read: Read, arm: str) -> Figure | None:
    looks = [row for row in read.effects if row["arm"] == arm]
    if not looks:
        return None
    every = max(1, -(-len(looks) // LOOKS))
    drawn = looks[::-1][::every][::-1]
    moments = [
        Moment(f"day {row['day']}", 100 * row["difference"], 100 * row["always_valid_low"], 100 * row["always_valid_high"])
        for row in drawn
    ]  # fmt: skip
    last = looks[-1]
    picture = trend(
        moments, shown=_mark, target=0.0,
        label=f"Line: effect on {words(str(last['metric'])).lower()} by day, {points(last['difference'])} points on day "
        f"{last['day']}, with the interval that holds at every look",
    )  # fmt: skip
    cells = tuple(
        (text_cell(f"{row['date']:%Y-%m-%d}"), count_cell(row["n"]), count_cell(row["n_control"]),
         Cell(points(row["difference"]), row["difference"], note=span(row["always_valid_low"], row["always_valid_high"])))
        for row in looks
    )  # fmt: skip
    heads = columns("Look on", f"{words(arm)}#", "Control#", "Difference, points#")
    numbers = Sheet(f"looks-{arm}", f"Looks at {words(arm).lower()}", heads, cells, "experiments.effects")
    caption = f"{words(arm)}: points more than control, by day; bars are the interval that holds at every look"
    return Figure(picture, caption, numbers)


def _metrics(read: Read, arm: str) -> Figure | None:
    rows = [row for row in read.contrasts if row["arm"] == arm and known(row["difference"]) is not None]
    if not rows:
        return None
    estimates = [
        Estimate(words(str(row["metric"])), 100 * row["difference"], 100 * row["ci_low"], 100 * row["ci_high"], _tone(row))
        for row in rows
    ]  # fmt: skip
    label = f"Forest plot: difference from control of {len(rows)} metrics, with 95 % intervals"
    return Figure(forest(estimates, label=label, shown=_mark, axis="points more or less than control"),
                  f"{words(arm)}: every metric against control, with 95 % intervals")  # fmt: skip


def _tone(row: Row) -> str:
    return "good" if row["ci_low"] > 0 else "bad" if row["ci_high"] < 0 else "none"


def _mark(value: float) -> str:
    return f"{value:+.3g}".replace("-", MINUS) if value else "0"


def _contrast_cells(row: Row) -> tuple[Cell, ...]:
    head = (text_cell(words(str(row["metric"]))), text_cell(words(str(row["arm"]))))
    role = str(row["role"] or "primary")
    if known(row["difference"]) is None:
        return (*head, text_cell(None), text_cell(None), text_cell(None), text_cell(None), text_cell(None),
                Cell(role, note=str(row["lacking"])))  # fmt: skip
    p_value = known(row["p_adjusted"])
    always = span(row["always_valid_low"], row["always_valid_high"])
    adjusted = known(row["variance_reduction"])
    note = f"variance less {share(adjusted, 0)} by adjustment" if adjusted is not None and adjusted > 0.005 else ""
    return (
        *head, Cell(share(row["value"]), note=f"n = {count(row['n'])}"),
        Cell(share(row["value_control"]), note=f"n = {count(row['n_control'])}"),
        Cell(points(row["difference"]), note=span(row["ci_low"], row["ci_high"])), Cell(always),
        Cell(DASH if p_value is None else "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"),
        Cell(role, note=note or (f"corrected: {row['correction']}" if row["correction"] not in ("", "none") else "")),
    )  # fmt: skip


def units(read: Read) -> Component:
    """Who is in which arm, whether that is as planned, and how many of them can be counted."""
    first, plan = read.primary[0], read.registered
    p_value = known(first["split_p"])
    test = "no unit was exposed yet" if p_value is None else f"p = {p_value:.2g}; under 0.001 the read-out stops"
    said = f"{'The arms are not split as planned' if read.broken else 'The arms are split as planned'}: {test}."
    if p_value is None:
        said = "No unit was exposed yet."
    control = [(str(plan.get("control", "control")), first["units_control"], first["n_control"])]
    listed = [*control, *((str(row["arm"]), row["units"], row["n"]) for row in read.primary)]
    rows = tuple(
        (text_cell(words(arm)), count_cell(came), count_cell(ripe), count_cell(plan.get("planned_units")),
         count_cell(plan.get("needed_units"))) for arm, came, ripe in listed
    )  # fmt: skip
    left = f"{count(first['several_arms'])} units saw several arms and are left out. Planned arms: {plan.get('arms', DASH)}."
    heads = columns("Arm", "Exposed#", "Judged#", "Planned#", "Needed#")
    sheet = Sheet("units", "Units by arm", heads, rows, "experiments.readouts", note=(
        f"{left} Judged are units with a mature, known outcome, up to the planned look; planned and needed are those of the "
        "smallest arm."
    ))  # fmt: skip
    return Component("units", "Split and units", said, sheets=(sheet,), tone="bad" if read.broken else "good")


def segments(read: Read) -> Component:
    """The primary metric by segment; nothing is decided by it."""
    rows = [row for row in read.segments if known(row["difference"]) is not None]
    small = [f"{row['segment']} {row['segment_value']}" for row in read.segments if known(row["difference"]) is None]
    if not read.segments:
        return Component("segments", "Segments", absent=("no segment is known of the units, or the split is broken",))
    said = "Exploratory: nothing is decided by segments, and their p-values are corrected together."
    if small:
        said += f" Too few units to be judged: {', '.join(small)}."
    made = tuple(_segment_figure([row for row in rows if row["arm"] == arm], arm) for arm in _arms(read))
    cells = tuple(
        (text_cell(words(str(row["segment"]))), text_cell(row["segment_value"]),
         Cell(share(row["value"]), note=f"n = {count(row['n'])}"),
         Cell(share(row["value_control"]), note=f"n = {count(row['n_control'])}"),
         Cell(points(row["difference"]), note=span(row["ci_low"], row["ci_high"])),
         Cell("< 0.001" if row["p_adjusted"] < 0.001 else f"{row['p_adjusted']:.3f}")) for row in rows
    )  # fmt: skip
    heads = columns("Segment", "Value", "In the arm#", "In control#", "Difference, points#", "p, corrected#")
    sheet = Sheet("by-segment", "Primary metric by segment", heads, cells, "experiments.readouts") if cells else None
    return Component("segments", "Segments", said, tuple(one for one in made if one), (sheet,) if sheet else ())


def _segment_figure(rows: Sequence[Row], arm: str) -> Figure | None:
    if not rows:
        return None
    estimates = [
        Estimate(f"{row['segment']} {row['segment_value']}", 100 * row["difference"], 100 * row["ci_low"], 100 * row["ci_high"])
        for row in rows
    ]  # fmt: skip
    label = f"Forest plot: effect in {len(rows)} segments, with 95 % intervals"
    return Figure(forest(estimates, label=label, shown=_mark, axis="points more or less than control"),
                  f"{words(arm)}: effect by segment, exploratory")  # fmt: skip


def rollout(read: Read) -> Component:
    """Where the rollout stands, the criteria of the night, and the stages with whether they were earned."""
    row = read.rollout
    if not row:
        return Component("rollout", "Rollout", absent=(read.reasons["experiment_rollouts"] or "no rollout is watched",))
    since = f" since {date(row['since'])}" if row["since"] else ""
    said = f"{row['traffic']}{NARROW}% of the traffic{since}, {row['status']}. Tonight: {row['move']}; {row['reason']}."
    limits = {"retention": points(row["retention_limit"]), "error_rate": share(row["error_rate_limit"], 0),
              "feedback": _plain(row["feedback_limit"])}  # fmt: skip
    shown = {"retention": points(row["retention"]), "error_rate": share(row["error_rate"]), "feedback": _plain(row["feedback"])}
    criteria = tuple(
        (text_cell(title), Cell(shown.get(name, DASH)), Cell(limits.get(name, DASH)), _chip_cell(row[f"{name}_verdict"]),
         text_cell(row[f"{name}_reason"])) for name, title in CRITERIA
    )  # fmt: skip
    sheets = [Sheet("criteria", "Rollback criteria of the night", columns("Criterion", "Figure#", "Limit#", "Verdict", "Why"),
                    criteria, "experiments.rollouts")]  # fmt: skip
    if read.stages:
        listed = tuple(
            (text_cell(f"{stage['traffic']}{NARROW}%"), text_cell(date(stage["since"])), _earned(stage),
             text_cell(stage["judged_by"]))
            for stage in read.stages
        )  # fmt: skip
        sheets.append(Sheet("stages", "Stages as registered, and what the evidence allowed",
                            columns("Traffic", "Since", "Earned", "Why"), listed, "experiments.stages"))  # fmt: skip
    tone = {"fail": "bad", "warn": "warn", "pass": "good"}.get(str(row["verdict"]), "none")
    absent = () if read.stages else ("no stages are registered; the experiment had all of its traffic from the start",)
    return Component("rollout", "Rollout", said, sheets=tuple(sheets), absent=absent, tone=tone)


def _earned(stage: Row) -> Cell:
    if stage["traffic"] == 0:
        word = str(stage["post_mortem"])
        tone = {"filed": "good", "filed late": "warn", "due": "warn", "overdue": "bad"}.get(word, "none")
        return Cell("", chip=Chip(f"post-mortem {word}", tone))
    return Cell("", chip=Chip("earned", "good") if stage["earned"] else Chip("not earned", "bad"))


def _chip_cell(verdict: object) -> Cell:
    return Cell("", chip=chip(verdict)) if verdict is not None else text_cell("not judged")


def _plain(value: object) -> str:
    number = known(value)
    return DASH if number is None else f"{number:.1f}"


def worth(read: Read) -> Component:
    """Lift times revenue per unit times the cohort."""
    rows = [row for row in read.primary if known(row["revenue"]) is not None]
    if not rows:
        why = "there is no effect to multiply yet" if known(read.primary[0]["difference"]) is None else "revenue is not known"
        return Component("worth", "What it is worth", absent=(f"{why}, or the experiment is not on users",))
    said = (
        "MRR more each month if everybody exposed so far had the arm: lift times the difference in MRR between people with and "
        "without the outcome times the cohort. That difference went along with the outcome in the past half year; it is not "
        "proven to follow from it."
    )
    cells = tuple(_worth_cells(row) for row in rows)
    heads = columns("Arm", "Lift, points#", "MRR a person more#", "Cohort#", "Worth a month#")
    return Component("worth", "What it is worth", said,
                     sheets=(Sheet("revenue", "Worth a month", heads, cells, "experiments.readouts"),))  # fmt: skip


def _worth_cells(row: Row) -> tuple[Cell, ...]:
    unit = str(row["currency"]).lower()
    ends = f"{figure(row['revenue_low'], unit)} to {figure(row['revenue_high'], unit)}"
    return (text_cell(words(str(row["arm"]))), Cell(points(row["difference"])), Cell(figure(row["arpu_delta"], unit)),
            count_cell(row["cohort"]), Cell(figure(row["revenue"], unit), note=ends))  # fmt: skip


def plan(read: Read) -> Component:
    """What was registered before the launch."""
    row = read.registered
    if not row:
        return Component("plan", "Plan", absent=(read.reasons["experiment_registry"] or "it is not registered",))
    mde = known(row["mde"])
    effect = DASH if mde is None else f"{points(mde)} points" if row["mde_kind"] == "absolute" else f"{mde:+.0%}"
    told: list[tuple[str, Any]] = [
        ("Hypothesis", row["hypothesis"]), ("Otherwise", row["null_hypothesis"]), ("Primary metric", words(str(row["metric"]))),
        ("Guardrails", row["guardrails"] or "retention, by the rule for all"), ("Arms", row["arms"]),
        ("Days", f"{date(row['starts'])} to {_end(row)}"), ("Baseline", share(row["baseline"])), ("Smallest effect", effect),
        ("Units of the smallest arm", f"{count(row['planned_units'])} planned, {count(row['needed_units'])} needed"),
        ("Owner", row["owner"]),
    ]  # fmt: skip
    cells = tuple((text_cell(name), text_cell(value)) for name, value in told)
    said = "" if mde is not None else "No plan is registered: nothing says how many units are enough."
    return Component("plan", "Plan", said, sheets=(Sheet("registered", "As registered", columns("What", "Registered"), cells,
                     "experiments.registry"),), tone="none" if mde is not None else "warn")  # fmt: skip


def checks(read: Read) -> Component:
    """Whether read-outs can be trusted: how often A/A splits of the past differ."""
    if not read.checks:
        return Component("checks", "A/A self-check", absent=(read.reasons["experiment_checks"] or "no split was made",))
    off = [row for row in read.checks if row["verdict"] != "pass"]
    cells = tuple(
        (text_cell(words(str(row["metric"]))), count_cell(row["units"]), count_cell(row["rounds"]),
         Cell(share(row["false_alarms"]), note=f"{share(row['low'])} to {share(row['high'])}"), Cell(share(row["alpha"], 0)),
         _chip_cell(row["verdict"])) for row in read.checks
    )  # fmt: skip
    said = (
        "Random splits of past people differ about as often as promised." if not off
        else "Random splits of past people do not differ as often as promised: read-outs are not to be trusted."
    )  # fmt: skip
    heads = columns("Metric", "People#", "Splits#", "Found a difference#", "Promised#", "Verdict")
    sheet = Sheet("self-checks", "A/A splits of who signed up in the last half year", heads, cells, "experiments.self_checks")
    return Component("checks", "A/A self-check", said, sheets=(sheet,), tone="warn" if off else "good")
