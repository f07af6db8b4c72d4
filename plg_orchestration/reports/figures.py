"""The drawings of the reports with the numbers behind them: activation, retention, the MRR waterfall, scores, calibration, bias.

Pure functions of the extracts. How a drawing is made is in `drawings`.
"""

from collections.abc import Mapping
from typing import Any

from plg_orchestration.charts.growth import wilson
from plg_orchestration.reports.drawings import Bin, Estimate, Moment, Step, calibration, forest, histogram, trend, waterfall
from plg_orchestration.reports.extracts import Extracted
from plg_orchestration.reports.formats import between, compact, count, decimal, figure, known, share, stretch, words
from plg_orchestration.reports.rows import TONES, records
from plg_orchestration.reports.sheets import Cell, Component, Figure, Sheet, absent, columns, count_cell, text_cell, value_cell

Found = Mapping[str, Extracted]
MOVEMENTS = ("new", "expansion", "reactivation", "contraction", "churn")
COHORTS = 12


def activation(found: Found) -> Figure | None:
    """Seven-day activation of each signup week with its interval, before the band that most published segments share."""
    rows = [row for row in records(found["activation_weeks"].rows) if row["mature_7d"]]
    if not rows:
        return None
    moments, cells = list[Moment](), list[tuple[Cell, ...]]()
    for row in rows:
        hits, n = float(row["activated_7d"]), float(row["mature_7d"])
        low, high = wilson(hits, n)
        moments.append(Moment(f"{row['cohort_week']:%b %d}", 100 * hits / n, 100 * low, 100 * high))
        spread = between(low, high, "share")
        cells.append(
            (text_cell(f"{row['cohort_week']:%Y-%m-%d}"), count_cell(n), count_cell(hits), Cell(share(hits / n), note=spread))
        )
    bands = records(found["activation_band"].rows)
    low, high = (known(bands[0]["p25"]), known(bands[0]["p75"])) if bands else (None, None)
    band = (100 * low, 100 * high) if low is not None and high is not None else None
    shown = moments[-16:]
    drawn = trend(
        shown, shown=lambda mark: compact(mark, "percent"), band=band,
        label=f"Line: share of each signup week activated within 7 days, {shown[0].value:.1f} % to {shown[-1].value:.1f} %",
    )  # fmt: skip
    said = f" Shaded: published quartiles, {band[0]:.0f} to {band[1]:.0f} %." if band else ""
    numbers = Sheet("activation-weeks", "Activation by signup week", columns("Signup week", "Signups#", "Activated#", "Share#"),
                    tuple(cells), "cohorts.signup_cohorts")  # fmt: skip
    return Figure(drawn, f"Activated within 7 days, by signup week; bars are 95 % intervals.{said}", numbers)


def retention(found: Found, name: str = "retention_weeks", *, caption: str = "", id: str = "retention") -> Sheet | None:
    """The heat map as a table: each cohort's size, and the share active in each week after its first."""
    rows = [row for row in records(found[name].rows) if known(row["rate"]) is not None and 1 <= row["index"] <= COHORTS]
    if not rows:
        return None
    cohorts = sorted({row["cohort"] for row in rows})[-COHORTS:]
    cells = {(row["cohort"], row["index"]): row for row in rows if row["cohort"] in cohorts}
    last = max(index for _, index in cells)
    top = max(0.4, *(float(row["rate"]) for row in cells.values()))
    made: list[tuple[Cell, ...]] = []
    for cohort in cohorts:
        size = next(row["size"] for (begun, _), row in cells.items() if begun == cohort)
        made.append(
            (
                text_cell(f"{cohort:%Y-%m-%d}"),
                count_cell(size),
                *(_shade(cells.get((cohort, i)), top) for i in range(1, last + 1)),
            )
        )
    return Sheet(
        id, caption or "Percent of each cohort active in the n-th week after it signed up; open weeks are blank",
        columns("Cohort", "Size#", *(f"{i}#" for i in range(1, last + 1))), tuple(made), "cohorts.retention", heat=True,
    )  # fmt: skip


def _shade(row: Mapping[str, Any] | None, top: float) -> Cell:
    if row is None:
        return Cell("")
    rate = float(row["rate"])
    return Cell(f"{100 * rate:.0f}", rate, heat=100 * rate / top)


def revenue(found: Found) -> Component:
    """The way from opening to closing MRR of the newest complete month in each currency, and the months before."""
    months = records(found["mrr_months"].rows)
    if not any(row["complete"] for row in months):
        reasons = absent(found, "mrr_months") or ("no month with subscriptions is complete",)
        return Component("revenue", "Revenue", absent=reasons)
    figures, sheets, said = list[Figure](), list[Sheet](), list[str]()
    newest = max(row["month"] for row in months)
    largest = sorted((row for row in months if row["month"] == newest), key=lambda row: -float(row["closing"]))
    for currency in dict.fromkeys(str(row["currency"]) for row in (*largest, *months)):
        lines = [row for row in months if row["currency"] == currency]
        whole = [row for row in lines if row["complete"]]
        if whole:
            figures.append(_waterfall(currency, whole[-1]))
            sheets.append(_months(currency, list(reversed(whole[-6:]))))
        now = lines[-1]
        if now["month"] == newest and now["closing"]:
            paying = "account pays" if int(now["accounts"]) == 1 else "accounts pay"
            said.append(f"{figure(now['closing'], currency.lower())} MRR ({count(now['accounts'])} {paying}).")
        broken = [row["month"] for row in lines if abs(_reached(row) - row["closing"]) >= 0.005]
        if broken:
            said.append(f"Opening and movements do not add up to closing in {', '.join(f'{month:%B %Y}' for month in broken)}.")
    told = " ".join(said) + " Trials and free plans do not count; months are as known tonight."
    return Component("revenue", "Revenue", told, tuple(figures), tuple(sheets), tone="bad" if "do not add up" in told else "none")


def _reached(month: Mapping[str, Any]) -> float:
    return float(month["opening"]) + sum(float(month[kind]) for kind in MOVEMENTS)


def _waterfall(currency: str, month: Mapping[str, Any]) -> Figure:
    unit = currency.lower()
    steps = [Step("Opening", month["opening"], total=True), *(Step(words(kind), month[kind]) for kind in MOVEMENTS),
             Step("Closing", month["closing"], total=True)]  # fmt: skip
    name = stretch("month", month["month"])
    label = f"Waterfall: MRR of {name}, from {figure(month['opening'], unit)} to {figure(month['closing'], unit)}"

    def shown(amount: float, total: bool) -> str:
        return figure(amount, unit) if total or amount <= 0 else f"+{figure(amount, unit)}"

    drawn, base = waterfall(steps, label=label, shown=shown)
    cut = f" The bars begin at {figure(base, unit)}." if base else ""
    rows = tuple((text_cell(step.name), value_cell(step.amount, unit)) for step in steps)
    numbers = Sheet(f"waterfall-{unit}", f"MRR of {name}", columns("Step", f"{currency}#"), rows, "revenue.mrr_months")
    return Figure(drawn, f"MRR of {name}, {currency}: opening, movements, closing.{cut}", numbers)


def _months(currency: str, months: list[dict[str, Any]]) -> Sheet:
    unit = currency.lower()
    names = ("opening", *MOVEMENTS, "closing")
    rows = tuple(
        (text_cell(stretch("month", line["month"])), *(value_cell(line[name], unit) for name in names)) for line in months
    )
    return Sheet(f"mrr-{unit}", f"MRR month by month, {currency}", columns("Month", *(f"{words(name)}#" for name in names)), rows,
                 "revenue.mrr_months")  # fmt: skip


def scores(found: Found, scorers: Mapping[str, str]) -> Figure | None:
    """How many people have which score tonight."""
    rows = records(found["score_bins"].rows)
    if not rows:
        return None
    top, people = float(rows[0]["top"]), {int(row["bin"]): int(row["people"]) for row in rows}
    bins = [Bin(f"{top * i / 24:.0f}" if i % 6 == 0 else "", people.get(i, 0)) for i in range(24)]
    scorer = str(rows[0]["scorer"])
    drawn = histogram(
        bins, axis="score", logarithmic=True,
        label=f"Histogram: scores of {count(sum(people.values()))} people tonight, 0 to {top:.0f}, most of them low",
    )  # fmt: skip
    cells = tuple(
        (text_cell(f"{top * i / 24:.1f} to {top * (i + 1) / 24:.1f}"), count_cell(people[i])) for i in sorted(people)
    )  # fmt: skip
    numbers = Sheet("score-bins", "People by score", columns("Score", "People#"), cells, "pql.scores")
    return Figure(drawn, f"Scores tonight by {scorers.get(scorer, scorer)}; people on a logarithmic scale", numbers)


def calibrated(found: Found) -> Figure | None:
    """Predicted against observed share in ten bins."""
    rows = [row for row in records(found["calibration_bins"].rows) if known(row["predicted"]) is not None]
    if not rows:
        return None
    points = [(float(row["predicted"]), float(row["observed"]), int(row["n"])) for row in rows]
    drawn = calibration(points, label="Line: predicted against observed share of conversions in ten bins of equal size")
    cells = tuple(
        (text_cell(row["bin"]), Cell(share(row["predicted"])), Cell(share(row["observed"])), count_cell(row["n"])) for row in rows
    )
    numbers = Sheet("calibration-bins", "Predicted and observed", columns("Bin", "Predicted#", "Observed#", "People#"), cells,
                    "pql.test_predictions")  # fmt: skip
    return Figure(drawn, "Predicted and observed share on unseen rows; on the dashed line they agree", numbers)


def contrasts(found: Found) -> Figure | None:
    """The difference in selection rate of each group against everybody else, with intervals."""
    every = [
        row
        for row in records(found["bias_rows"].rows)
        if row["metric"] == "selection_rate" and known(row["difference"]) is not None
    ]
    rows = [row for row in every if row["status"] == "protected" or row["verdict"] in ("warn", "fail")]
    if not rows:
        return None
    estimates = [
        Estimate(f"{row['group_value']} ({row['attribute']})", 100 * row["difference"],
                 _hundredfold(row["ci_low"]), _hundredfold(row["ci_high"]), TONES.get(str(row["verdict"]), "none"))
        for row in rows
    ]  # fmt: skip
    drawn = forest(
        estimates, axis="points more or less than the rest", shown=_points,
        label=f"Forest plot: difference in selection rate of {len(rows)} groups against everybody else, with 95 % intervals",
    )  # fmt: skip
    cells = tuple(
        (text_cell(row["group_value"]), text_cell(words(str(row["attribute"]))), Cell(decimal(100 * row["difference"], 2)),
         text_cell(between(row["ci_low"], row["ci_high"], "share")), text_cell(row["verdict"]))
        for row in every
    )  # fmt: skip
    numbers = Sheet(
        "contrasts",
        "Differences in selection rate",
        columns("Group", "Attribute", "Points#", "95 % interval", "Verdict"),
        cells,
        "pql.bias_audit",
    )
    return Figure(drawn, "Selection rate against everybody else: protected groups, and others that stand out", numbers)


def _hundredfold(value: object) -> float | None:
    number = known(value)
    return None if number is None else 100 * number


def _points(mark: float) -> str:
    return f"{mark:+.3g}".replace("-", "\u2212") if mark else "0"
