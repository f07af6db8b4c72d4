"""The tactical report on growth: channels, virality, funnels, signup cohorts, time to value, retention, lifecycle."""

import datetime as dt
import itertools
from typing import Any

from plg_orchestration.reports.drawings import Bin, histogram
from plg_orchestration.reports.figures import activation, retention
from plg_orchestration.reports.formats import between, count, decimal, figure, known, share, stretch, words
from plg_orchestration.reports.sheets import (
    Cell,
    Component,
    Figure,
    Sheet,
    columns,
    count_cell,
    share_cell,
    text_cell,
    value_cell,
)  # fmt: skip
from plg_orchestration.reports.tactical.material import Material, link_of

BY_CHANNEL = (
    "signups",
    "organic_share",
    "activation_rate",
    "free_to_paid_conversion",
    "cac_by_channel",
    "cac_payback",
    "ltv_to_cac",
)
WAITS = ("15 min", "1 h", "4 h", "12 h", "1 d", "2 d", "3 d", "7 d", "14 d", "30 d", "later")
WAITING = 99
COHORTS = 16
STATUSES = ("new", "returning", "resurrected", "dormant")


def channels(material: Material) -> Component:
    """What each channel brings and costs: signups, activation, conversion, CAC."""
    rows = [row for row in material.rows("dimension_rows") if row["dimension"] == "channel" and row["kpi"] in BY_CHANNEL]
    kpis = [kpi for kpi in BY_CHANNEL if any(row["kpi"] == kpi for row in rows)]
    chosen = {kpi: _period([row for row in rows if row["kpi"] == kpi]) for kpi in kpis}
    cells = {
        (row["dimension_value"], row["kpi"]): row for row in rows if (row["period"], row["period_start"]) == chosen[row["kpi"]]
    }
    made = tuple(
        (text_cell(words(channel)), *(_of_channel(cells.get((channel, kpi)), kpi) for kpi in kpis))
        for channel in sorted({channel for channel, _ in cells})
    )
    heads = [f"{words(kpi)}, {stretch(*chosen[kpi])}#" for kpi in kpis]
    sheet = Sheet("by-channel", "By channel", columns("Channel", *heads), made, "kpis.snapshot", tool=True) if made else None
    lacking = [words(kpi) for kpi in BY_CHANNEL if kpi not in kpis]
    said = f"Without a value by channel: {', '.join(lacking)}." if lacking else ""
    whole = material.shown.get("cac_by_channel")
    if whole is None:
        reasons = [str(row["reason"]) for row in material.kpis if row["kpi"] == "cac_by_channel" and row["reason"]]
        said += f" CAC: {reasons[0]}." if reasons else ""
    return material.component("channels", "Channels and CAC", "dimension_rows", said=said.strip(), sheets=(sheet,))


def _period(rows: list[dict[str, Any]]) -> tuple[str, dt.date]:
    periods = {str(row["period"]) for row in rows}
    period = next(name for name in ("month", "quarter", "week", "day") if name in periods)
    return period, max(row["period_start"] for row in rows if row["period"] == period)


def _of_channel(row: dict[str, Any] | None, kpi: str) -> Cell:
    if row is None:
        return text_cell(None)
    return value_cell(row["value"], row["unit"], link=link_of(kpi), note=f"n = {count(row['n'])}")


def virality(material: Material) -> Component:
    """The viral coefficient in its three forms, with what it is made of."""
    made = tuple(
        (
            text_cell(words(str(row["form"]))),
            Cell(decimal(row["k"]), known(row["k"]), note=between(row["ci_low"], row["ci_high"], "ratio")),
            Cell(decimal(row["invites_each"]), known(row["invites_each"])),
            share_cell(row, "conversion", low="", high=""),
            Cell(share(row["kept"]), known(row["kept"])),
            count_cell(row["users"]),
            count_cell(row["inviters"]),
        )
        for row in material.rows("viral_forms")
    )
    names = ("Form", "k#", "Invites each#", "Of invitees activate#", "Of those stay#", "Users#", "Inviters#")
    sheet = Sheet("viral", "Viral coefficient, with 95 % intervals", columns(*names), made, "cohorts.viral")
    return material.component("virality", "Virality", "viral_forms", sheets=(sheet,))


def funnels(material: Material) -> Component:
    """Each funnel step by step, where most are lost, and a table by channel, region, device and segment."""
    rows = material.rows("funnel_steps")
    sheets: list[Sheet] = []
    said: list[str] = []
    for funnel, unit in dict.fromkeys((str(row["funnel"]), str(row["unit"])) for row in rows):
        own = [row for row in rows if (row["funnel"], row["unit"]) == (funnel, unit)]
        sheets.append(_steps(funnel, unit, own))
        losses = [(float(row["rate_from_previous"]), row, before) for before, row in itertools.pairwise(own)
                  if known(row["rate_from_previous"]) is not None]  # fmt: skip
        if losses and unit == "user":
            rate, row, before = min(losses, key=lambda loss: loss[0])
            said.append(
                f"{words(funnel)}: most users are lost between “{before['name']}” and “{row['name']}” ({share(rate)} go on)."
            )
    groups = tuple(
        (text_cell(words(str(row["funnel"]))), text_cell(row["dimension"]), text_cell(words(str(row["dimension_value"]))),
         text_cell(f"{row['step']}. {row['name']}"), count_cell(row["mature_entrants"]), share_cell(row, "rate_from_first"))
        for row in material.rows("funnel_groups")
    )  # fmt: skip
    names = ("Funnel?", "By?", "Value", "Step?", "Users#", "Of the first step#")
    drill = Sheet("funnel-groups", "Funnels by group", columns(*names), groups, "cohorts.funnel", tool=True)
    return material.component("funnels", "Funnels", "funnel_steps", said=" ".join(said), sheets=(*sheets, drill))


def _steps(funnel: str, unit: str, rows: list[dict[str, Any]]) -> Sheet:
    made = tuple(
        (
            text_cell(f"{row['step']}. {row['name']}"),
            count_cell(row["mature_entrants"]),
            share_cell(row, "rate_from_first", bar=True),
            Cell(share(row["rate_from_previous"]), known(row["rate_from_previous"])),
            text_cell(_wait(row["from_previous_p50"])),
        )
        for row in rows
    )
    days = f"{float(rows[0]['window_days']):g}"
    immature = known(rows[0]["immature_share"])
    note = f"{share(immature)} of those who entered still have time; they are not counted." if immature else ""
    caption = f"{words(funnel)}: {unit}s, each with {days} days from the first step"
    names = ("Step", f"{unit.capitalize()}s#", "Of the first#", "Of the one before#", "Median wait")
    return Sheet(f"funnel-{funnel}-{unit}", caption, columns(*names), made, "cohorts.funnel", note=note, narrow=True)


def _wait(seconds: object) -> str | None:
    value = known(seconds)
    if value is None:
        return None
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if value >= 1.5 * size:
            return f"{decimal(value / size, 1)} {unit}"
    return f"{decimal(value, 0)} seconds"


def cohort_table(material: Material) -> Component:
    """Signups by week, and how many of each week activated and paid, as far as their windows are over."""
    rows = material.rows("signup_weeks")[:COHORTS]
    made = tuple(
        (text_cell(f"{row['cohort_week']:%Y-%m-%d}"), count_cell(row["signups"]), _of(row, "activated_24h", "mature_24h"),
         _of(row, "activated_7d", "mature_7d"), _of(row, "paid_30d", "mature_30d"))
        for row in rows
    )  # fmt: skip
    names = ("Signup week", "Signups#", "Activated in 24 h#", "Activated in 7 days#", "Paying in 30 days#")
    note = "Of those whose time is over; a dash where nobody's is."
    sheet = Sheet(
        "cohorts-by-week", "Signup cohorts by week", columns(*names), made, "cohorts.signup_cohorts", tool=True, note=note
    )
    return material.component(
        "cohorts", "Signup cohorts", "signup_weeks", figures=(activation(material.found),), sheets=(sheet,)
    )  # fmt: skip


def _of(row: dict[str, Any], hits: str, of: str) -> Cell:
    n = known(row[of])
    if not n:
        return text_cell(None)
    rate = float(row[hits]) / n
    return Cell(share(rate), rate, note=f"{count(row[hits])} of {count(n)}", bar=100 * rate)


def time_to_value(material: Material) -> Component:
    """How long the last 90 days' signups needed to activate; who has not is said beside it."""
    people = {int(row["bin"]): int(row["users"]) for row in material.rows("value_times")}
    waiting, reached = people.get(WAITING, 0), sum(users for place, users in people.items() if place != WAITING)
    if not reached:
        return material.component(
            "time-to-value", "Time to value", "value_times", said="Nobody of the last 90 days' signups has activated."
        )
    bins = [Bin(label, people.get(place, 0)) for place, label in enumerate(WAITS)]
    drawn = histogram(
        bins, label=f"Histogram: time from signup to activation of {count(reached)} users", axis="up to, since signup"
    )
    cells = tuple((text_cell(one.label), count_cell(one.count), _part(one.count, reached)) for one in bins)
    numbers = Sheet("value-times", "Users by time to value", columns("Up to", "Users#", "Share#"), cells, "behavior.milestones")
    shown = material.shown.get("time_to_value")
    median = (
        f" Median of {stretch(str(shown['period']), shown['period_start'])}: {figure(shown['value'], shown['unit'])}."
        if shown
        else ""
    )
    total = reached + waiting
    activated = f"{count(reached)} of {count(total)} users who signed up in the last 90 days have activated"
    said = f"{activated} ({share(reached / total)}).{median}"
    return material.component(
        "time-to-value",
        "Time to value",
        said=said,
        figures=(Figure(drawn, "Time from signup to activation, activated users only", numbers),),
    )


def _part(users: int, of: int) -> Cell:
    return Cell(share(users / of), users / of, bar=100 * users / of)


def retentions(material: Material) -> Component:
    """Two heat maps: active in a week, and active in a week or later."""
    bounded = retention(
        material.found, caption="Bounded: percent of each cohort active in the n-th week after signup", id="retention-bounded"
    )
    unbounded = retention(
        material.found,
        "retention_unbounded",
        caption="Unbounded: percent active in the n-th week or later",
        id="retention-unbounded",
    )
    said = "Darker is more; weeks that are still open are blank. The newest weeks of the unbounded form can still rise."
    lacking = material.component("retention", "Retention", "retention_weeks", "retention_unbounded", sheets=(bounded, unbounded))
    return Component(lacking.id, lacking.title, said if lacking.sheets else "", sheets=lacking.sheets, absent=lacking.absent)


def lifecycle(material: Material) -> Component:
    """New, returning, resurrected and dormant users of the last weeks."""
    rows = material.rows("lifecycle_weeks")
    weeks = sorted({row["period_start"] for row in rows}, reverse=True)[:8]
    users = {(row["period_start"], row["status"]): row["users"] for row in rows}
    made = tuple(
        (text_cell(f"{week:%Y-%m-%d}"), *(count_cell(users.get((week, status), 0)) for status in STATUSES)) for week in weeks
    )
    names = ("Week of", *(f"{words(status)}#" for status in STATUSES))
    sheet = Sheet("lifecycle-weeks", "Users by lifecycle", columns(*names), made, "cohorts.lifecycle")
    return material.component("lifecycle", "Lifecycle", "lifecycle_weeks", sheets=(sheet,))
