"""Which variant becomes tonight's challenger: a pure choice on validation rows, with its reason.

The test rows are for the gates; nobody is chosen on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from plg_orchestration.verdicts import Verdict


@dataclass(frozen=True)
class Standing:
    """A contestant on the validation rows: lift at capacity, disparity as a multiple of the limit, worst verdict.

    `barred` says why it may not become the challenger whatever its figures are; '' when it may.
    """

    variant: str
    lift: float
    disparity: float | None
    verdict: str
    barred: str = ""


@dataclass(frozen=True)
class Choice:
    """The chosen variant, None when the plain challenger stays, and why."""

    variant: str | None
    reason: str


def choose_variant(plain: Standing, variants: Sequence[Standing], *, lift_given_up: float = 0.0) -> Choice:
    """The fairest of the variants with the highest lift within every limit, else the least disparity that fails none.

    Lifts that fall short of the highest by no more than the share `lift_given_up` count as equal to it.

    Only variants that are fairer than the plain challenger count. Where even that one is within every limit on the validation
    rows (it failed on later ones), the least disparity decides. Equal figures go to the one that was declared first.
    """
    able = [v for v in variants if not v.barred and v.disparity is not None]
    sound = [v for v in able if v.verdict != Verdict.FAIL.value and _far(v) < _far(plain)]
    if not sound:
        nearest = min(able, key=_far, default=None)
        said = f"; nearest is {_said(nearest)}" if nearest else ""
        return Choice(None, f"no variant mends what fails: the plain challenger stays ({_said(plain)} on validation rows){said}")
    within = [v for v in sound if _far(v) <= 1]
    if within and _far(plain) > 1:
        top = max(v.lift for v in within)
        best = min((v for v in within if v.lift >= top * (1 - lift_given_up)), key=_far)
        near = f" or within {lift_given_up:.0%} of it" if lift_given_up else ""
        return Choice(
            best.variant, f"highest lift{near} of the {len(within)} within every limit on validation rows: {_said(best)}"
        )
    best = min(sound, key=_far)
    return Choice(best.variant, f"least disparity of the {len(sound)} that fail no limit on validation rows: {_said(best)}")


def why_left(one: Standing, chosen: Standing) -> str:
    """Why a contestant was not chosen, in words."""
    if one.barred:
        return one.barred
    if one.verdict == Verdict.FAIL.value:
        return f"fails a protected limit on validation rows ({_far(one):.2f} times the limit)"
    if one.disparity is None:
        return "no protected contrast can be formed on validation rows"
    words = "beyond a limit within chance" if one.disparity > 1 else "within every limit"
    figures = f"{_far(one):.2f} times the limit, lift {one.lift:.2f}"
    return f"{words} on validation rows ({figures}), but {chosen.variant} was preferred"


def _far(standing: Standing) -> float:
    return float("inf") if standing.disparity is None else standing.disparity


def _said(standing: Standing) -> str:
    return f"{standing.variant}, lift {standing.lift:.2f} at {_far(standing):.2f} times the limit"
