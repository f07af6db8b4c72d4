"""Charts of initiatives: impact against effort, and how far each target has come."""

from typing import TYPE_CHECKING

from plg_orchestration.charts.review import words
from plg_orchestration.charts.theme import ACCENT, BAD, GOOD, GRID, INK, MUTED, NEUTRAL, TEAL, WARN, finished, no_data

if TYPE_CHECKING:
    import pandas as pd

    from plg_orchestration.charts.theme import Chart

LEVELS = ("low", "medium", "high")
STATUSES = {
    "planned": NEUTRAL, "running": ACCENT, "go": GOOD, "done": TEAL, "undecided": WARN, "no_go": WARN,
    "rollback_recommended": BAD,
}  # fmt: skip
VERDICTS = {"met": GOOD, "uncertain": WARN, "missed": BAD}
CELL, ROW, LABELS = 150, 22, 320
FARTHEST = 2.0
"""Beyond twice the way, or as far back, a target is drawn at the edge."""


def impact_effort(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """Every initiative by name in its cell of impact (upward) and effort (rightward), in the color of its status.

    `rows`: initiative, impact, effort, status, priority_score, as in `governance.initiatives` for one day.
    """
    import altair as alt
    import pandas as pd

    title = "Initiatives by impact and effort"
    if not len(rows):
        return no_data(title, reason or "no initiative is registered")
    ordered = rows.sort_values(["priority_score", "initiative"], ascending=[False, True], na_position="last", kind="stable")
    place = ordered.groupby(["impact", "effort"]).cumcount()
    scores = ["" if pd.isna(score) else f" ({int(score)})" for score in ordered["priority_score"]]
    frame = pd.DataFrame({
        "name": [f"{words(str(name))}{score}" for name, score in zip(ordered["initiative"], scores, strict=True)],
        "x": [LEVELS.index(str(effort)) for effort in ordered["effort"]],
        "y": [LEVELS.index(str(impact)) + 0.34 - 0.2 * n for impact, n in zip(ordered["impact"], place, strict=True)],
        "status": [words(str(status)) for status in ordered["status"]],
    })  # fmt: skip
    used = [status for status in STATUSES if status in set(ordered["status"])]
    named = "datum.value == 0 ? 'low' : datum.value == 1 ? 'medium' : 'high'"
    scale = alt.Scale(domain=[-0.5, 2.5], nice=False)
    axis = alt.Axis(values=[0, 1, 2], labelExpr=named, grid=False)
    x = alt.X("x:Q", title="effort", scale=scale, axis=axis)
    y = alt.Y("y:Q", title="impact", scale=scale, axis=axis)
    borders = alt.Chart(pd.DataFrame({"at": [0.5, 1.5]}))
    lines = borders.mark_rule(color=GRID).encode(x=alt.X("at:Q", scale=scale)) + borders.mark_rule(color=GRID).encode(
        y=alt.Y("at:Q", scale=scale)
    )
    texts = alt.Chart(frame).mark_text(fontSize=11, fontWeight=600).encode(
        x=x, y=y, text="name:N",
        color=alt.Color(
            "status:N", scale=alt.Scale(domain=[words(s) for s in used], range=[STATUSES[s] for s in used]),
            legend=alt.Legend(symbolType="square"),
        ),
    )  # fmt: skip
    chart = (lines + texts).properties(width=3 * CELL, height=2 * CELL)
    return finished(chart, title, "Priority score in brackets; the most for the least is at the top left.")


def initiative_targets(rows: "pd.DataFrame", *, reason: str = "") -> "Chart":
    """How far each target has come from its baseline (0) to what is wanted (1), for targets of which both are known.

    `rows`: initiative, role, kpi, compared, condition, way, verdict, as in `governance.initiative_kpis` for one day.
    """
    import altair as alt
    import pandas as pd

    title = "Targets of initiatives: share of the way"
    targets = rows[rows["role"] == "target"] if len(rows) else rows
    known = targets[targets["way"].notna()] if len(targets) else targets
    if not len(known):
        return no_data(title, reason or "no initiative that runs has a target with a baseline and a value after its start")
    frame = pd.DataFrame({
        "name": [
            f"{words(str(r['initiative']))}: {words(str(r['kpi']))} {r['condition']}{' %' if r['compared'] == 'change' else ''}"
            for r in known.to_dict("records")
        ],
        "way": [max(-FARTHEST, min(FARTHEST, float(way))) for way in known["way"]],
        "verdict": [words(str(verdict)) for verdict in known["verdict"]],
    })  # fmt: skip
    used = [name for name in VERDICTS if name in set(known["verdict"])]
    colors = alt.Scale(domain=[words(name) for name in used], range=[VERDICTS[name] for name in used])
    low, high = min(0.0, float(frame["way"].min())), max(1.0, float(frame["way"].max()))
    x = alt.X("way:Q", title="share of the way from baseline to target", scale=alt.Scale(domain=[low, high]),
              axis=alt.Axis(format="%", grid=True, tickCount=6))  # fmt: skip
    y = alt.Y("name:N", title=None, sort=list(frame["name"]), axis=alt.Axis(labelLimit=LABELS, labelColor=INK))
    bars = alt.Chart(frame).mark_bar(height=10).encode(x=x, y=y, color=alt.Color("verdict:N", scale=colors))
    goal = alt.Chart(alt.Data(values=[{}])).mark_rule(color=MUTED).encode(x=alt.datum(1.0))
    chart = (bars + goal).properties(width=300, height=ROW * len(frame))
    unknown = len(targets) - len(known)
    return finished(chart, title, f"{unknown} of {len(targets)} targets have no known way." if unknown else "")
