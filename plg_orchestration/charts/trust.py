"""Charts of trust: where the risks stand, and what became of every line that was handed in."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.theme import ACCENT, BAD, GOOD, INK, NEUTRAL, SAND, WARN, WIDTH, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

LEVELS = ("low", "medium", "high")
DAYS = 45


def risk_heatmap(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The register on its grid of likelihood and impact: where each risk stands now, and in brackets where it came from.

    `rows`: risk_id, likelihood, impact, residual_score (likelihood and impact 1 to 3), as in `governance.risks`.
    """
    import altair as alt
    import pandas as pd

    title = "Risks by likelihood and impact"
    if not len(rows):
        return no_data(title, reason or "no risk is registered")
    grid = pd.DataFrame([
        {"likelihood": LEVELS[a - 1], "impact": LEVELS[b - 1], "color": _heat(a * b)} for a in (1, 2, 3) for b in (1, 2, 3)
    ])  # fmt: skip
    names: dict[tuple[int, int], list[str]] = {}
    for risk, likelihood, impact, residual in rows[["risk_id", "likelihood", "impact", "residual_score"]].itertuples(index=False):
        now = int(residual) // int(impact)
        names.setdefault((now, int(impact)), []).append(str(risk))
        if now != int(likelihood):
            names.setdefault((int(likelihood), int(impact)), []).append(f"({risk})")
    text = pd.DataFrame([
        {"likelihood": LEVELS[a - 1], "impact": LEVELS[b - 1], "risks": ", ".join(sorted(found))}
        for (a, b), found in sorted(names.items())
    ])  # fmt: skip
    x = alt.X("impact:O", sort=list(LEVELS), title="impact", axis=alt.Axis(labelAngle=0, domain=False, ticks=False))
    y = alt.Y("likelihood:O", sort=list(reversed(LEVELS)), title="likelihood")
    cells = alt.Chart(grid).mark_rect(opacity=0.26, cornerRadius=3).encode(x=x, y=y, color=alt.Color("color:N", scale=None))
    labels = alt.Chart(text).mark_text(fontSize=13, fontWeight=600, color=INK).encode(x=x, y=y, text="risks:N")
    chart = (cells + labels).properties(width=WIDTH - 60, height=150)
    return finished(chart, title, "Residual position; in brackets, the inherent one where controls have moved the risk.")


def ledger_bars(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Lines by outcome and day (by week beyond 45 days): the accepted above, what was not accepted below on its own scale.

    `rows`: day (date), accepted, duplicates, quarantined, any number a day.
    """
    import altair as alt
    import pandas as pd

    title = "What became of every line"
    known = rows[rows["day"].notna()] if len(rows) else rows
    if not len(known):
        return no_data(title, reason or "no file was handed in")
    outcomes = ["accepted", "duplicates", "quarantined"]
    data = known[["day", *outcomes]].copy()
    data["day"] = pd.to_datetime(data["day"])
    weekly = data["day"].nunique() > DAYS
    if weekly:
        data["day"] = data["day"] - pd.to_timedelta(data["day"].dt.weekday, unit="D")
    summed = data.groupby("day", as_index=False)[outcomes].sum()
    long = summed.melt("day", var_name="outcome", value_name="lines")
    x = alt.X("day:T", title=None, scale=alt.Scale(padding=14), axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    size = max(2, min(18, int(0.75 * WIDTH / len(summed))))
    color = alt.Color("outcome:N", scale=alt.Scale(domain=outcomes, range=[ACCENT, NEUTRAL, SAND]))

    def bars(frame: "pd.DataFrame", height: int) -> "alt.Chart":
        lines = alt.Y("lines:Q", title="lines", axis=alt.Axis(format="~s", tickCount=3))
        return alt.Chart(frame).mark_bar(size=size).encode(x=x, y=lines, color=color).properties(width=WIDTH, height=height)

    accepted = long[long["outcome"] == "accepted"]
    chart = alt.vconcat(bars(accepted, 110), bars(long[long["outcome"] != "accepted"], 70), spacing=10)
    subtitle = f"Lines by {'week' if weekly else 'day'} of the file; duplicates and quarantined lines on their own scale below."
    return finished(chart, title, subtitle)


def _heat(score: int) -> str:
    if score >= 6:
        return BAD
    return WARN if score >= 3 else GOOD
