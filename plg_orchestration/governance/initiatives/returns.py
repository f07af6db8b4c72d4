"""The return on an initiative: only what an experiment attributes to it counts, and what it rests on is said.

ROI = (return - cost) / cost (Phillips, Return on Investment in Training and Performance Improvement Programs, 1997). The return
is lift x worth of a unit x units of a year, as in `experiments/revenue.py`. A KPI that moved since the start is no evidence of a
cause and never enters.
"""

from dataclasses import dataclass

from plg_orchestration.governance.initiatives.decisions import Shown
from plg_orchestration.governance.initiatives.policy import COMPUTED, Initiative


@dataclass(frozen=True)
class Return:
    """Revenue of a year and the ROI with 95 % intervals, None where not attributable; `said` gives the ground or the reason."""

    said: str
    usd: float | None = None
    low: float | None = None
    high: float | None = None
    roi: float | None = None
    roi_low: float | None = None
    roi_high: float | None = None


def return_of(
    initiative: Initiative, shown: Shown, *, metric: str | None, unit: str | None, spend_usd: float | None,
    signups_a_month: float | None,
) -> Return:  # fmt: skip
    """The return of a year from the experiment's effect on `metric` (per `unit`), and the ROI on what was spent so far."""
    from plg_orchestration.experiments.revenue import Stake, revenue_impact

    if initiative.experiment is None:
        return Return("not attributable: it has no experiment, and what a KPI did since the start has many causes")
    if shown.verdict != "met" or shown.effect is None or shown.error is None:
        return Return(f"not attributable: the experiment shows no significant effect ({shown.said})")
    worth = initiative.worth
    if worth is None:
        return Return(f"not attributable: nobody says what one unit more of {metric} is worth; state `worth`")
    units = worth.units_a_year
    if units is None:
        if unit != "user" or signups_a_month is None:
            return Return("not attributable: the units of a year are not known; state `worth.units_a_year`")
        units = round(12 * signups_a_month)
    sign = -1.0 if metric is not None and metric in COMPUTED and COMPUTED[metric].better == "lower" else 1.0
    impact = revenue_impact(
        lift=sign * shown.effect, lift_error=shown.error, stake=Stake(worth.usd, units, worth.error), confidence=0.95
    )
    ground = f"{shown.effect:+.4f} {metric} x USD {worth.usd:g} ({worth.basis}) x {units:,} units a year"
    if not spend_usd:
        return Return(f"{ground}; no ROI, since the spend in money is not known", impact.value, impact.low, impact.high)
    roi, low, high = ((value - spend_usd) / spend_usd for value in (impact.value, impact.low, impact.high))
    return Return(f"{ground}, against USD {spend_usd:,.0f} spent", impact.value, impact.low, impact.high, roi, low, high)
