"""Charts of trust: where the risks stand and stood, and what became of every line that was handed in."""

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


def register_trend(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """The register over time: each risk's residual score as steps, and below how many controls stood how on each day.

    `rows`: as_of (date), risk_id, residual_score, failed, degraded, unknown (controls of the risk), a row a day and risk.
    """
    import altair as alt
    import pandas as pd

    title = "Residual scores and controls over time"
    if not len(rows):
        return no_data(title, reason or "no night has judged the risks yet")
    data = rows.assign(as_of=pd.to_datetime(rows["as_of"]), residual_score=rows["residual_score"].astype(int))
    risks = sorted(data["risk_id"].astype(str).unique())
    lanes = data.assign(risk=data["risk_id"].astype(str), color=[_heat(int(score)) for score in data["residual_score"]])
    days = (data["as_of"].max() - data["as_of"].min()).days + 1
    width = max(2, min(26, int(0.8 * WIDTH / days)))
    x = alt.X("as_of:T", title=None, scale=alt.Scale(padding=16), axis=alt.Axis(format="%d %b", tickCount=6, labelOverlap=True))
    y = alt.Y("risk:N", sort=risks, title="residual score", axis=alt.Axis(domain=False, ticks=False))
    cells = alt.Chart(lanes).mark_rect(width=width, opacity=0.3).encode(x=x, y=y, color=alt.Color("color:N", scale=None))
    lanes = lanes.sort_values(["risk", "as_of"], ignore_index=True)
    before = lanes.groupby("risk")["residual_score"].shift()
    marks = lanes[(before != lanes["residual_score"]) | (lanes["as_of"] == lanes["as_of"].max())]
    text = alt.Chart(marks).mark_text(fontSize=11, fontWeight=600, color=INK).encode(x=x, y=y, text="residual_score:Q")
    scores = (cells + text).properties(width=WIDTH, height=26 * len(risks))
    kinds = {"failed": BAD, "degraded": WARN, "unknown": NEUTRAL}
    long = data.groupby("as_of", as_index=False)[list(kinds)].sum().melt("as_of", var_name="state", value_name="controls")
    names = {"unknown": "no data"}
    long["state"] = [names.get(str(state), str(state)) for state in long["state"]]
    color = alt.Color(
        "state:N", scale=alt.Scale(domain=[names.get(kind, kind) for kind in kinds], range=list(kinds.values())), title=None
    )
    most = int(long.groupby("as_of")["controls"].sum().max())
    ticks = list(range(0, most + 1, max(1, -(-most // 3))))
    count = alt.Y("controls:Q", title="controls", axis=alt.Axis(values=ticks, format="d"))
    bars = alt.Chart(long).mark_bar(size=width).encode(x=x, y=count, color=color).properties(width=WIDTH, height=80)
    chart = alt.vconcat(scores, bars, spacing=12).resolve_scale(color="independent")
    return finished(chart, title, "Residual score of each risk where it changed; below, controls that were not effective.")


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
