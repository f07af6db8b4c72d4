"""Whether a challenger becomes champion: pure gates over figures, each with its limit, verdict and reason.

Nothing is read or written here. A figure that is missing or no number never lets anybody pass.
"""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

from plg_orchestration.pql.promotion.policy import PromotionPolicy
from plg_orchestration.pql.training.metrics import Estimate
from plg_orchestration.verdicts import Verdict

NO_FIGURE = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Contrast:
    """One judged contrast of the bias audit on a protected attribute; `formed` is false for a group too small for it."""

    attribute: str
    group: str
    metric: str
    verdict: Verdict
    reason: str
    formed: bool = True


@dataclass(frozen=True)
class Evaluation:
    """A trained challenger's figures on rows that it has never seen.

    `train_positives` and `test_positives` count converting accounts. Gains are differences of AUC on the same rows (challenger
    minus the other, paired by account). `threshold_policy` is `operating_point` or `capacity`. `leaking` names single features
    that give the label away. `protected` lists the attributes whose contrasts must be there. A challenger that was not trained
    has another `status` than `trained`, with its reason.
    """

    as_of: dt.date
    version: str
    status: str
    reason: str = ""
    train_positives: int = 0
    test_positives: int = 0
    permutation_p: float = math.nan
    lift: Estimate = NO_FIGURE
    calibration_error: float = math.nan
    gain_over_rules: Estimate = NO_FIGURE
    gain_over_champion: Estimate = NO_FIGURE
    threshold_policy: str = "capacity"
    leaking: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    contrasts: tuple[Contrast, ...] = ()


@dataclass(frozen=True)
class Incumbent:
    """Who routes leads today: the scorer, its version, and since when (None for the rules, which nobody promoted)."""

    scorer: str
    version: str
    promoted_on: dt.date | None = None


@dataclass(frozen=True)
class Gate:
    """One condition of a promotion: the figure, the limit it was held against, the verdict and the reason in words."""

    name: str
    figure: float | None
    limit: float | None
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Promotion:
    """Whether the challenger becomes champion, and what says so."""

    verdict: Verdict
    gates: tuple[Gate, ...]

    @property
    def promoted(self) -> bool:
        """Every gate passed, perhaps with a warning that is on record."""
        return self.verdict in (Verdict.PASS, Verdict.WARN)

    @property
    def reason(self) -> str:
        """What decided: the gates that blocked, else the warnings, else that all hold."""
        decisive = [g for g in self.gates if g.verdict is self.verdict and g.verdict is not Verdict.PASS]
        return "; ".join(f"{g.name}: {g.reason}" for g in decisive) or "every gate holds"


def decide(challenger: Evaluation, champion: Incumbent, policy: PromotionPolicy, *, newest: bool) -> Promotion:
    """Judge the challenger against the incumbent champion; `newest` says whether its day is the newest one of the workspace.

    A fail or an insufficient gate blocks; a warning is recorded and blocks nothing. Only the newest day may promote, so that a
    backfill never moves the champion.
    """
    if challenger.status != "trained":
        gates: tuple[Gate, ...] = (Gate("trained", None, None, Verdict.INSUFFICIENT, challenger.reason),)
    else:
        gates = tuple(_gates(challenger, champion, policy, newest))
    found = {gate.verdict for gate in gates}
    order = (Verdict.FAIL, Verdict.INSUFFICIENT, Verdict.WARN)
    return Promotion(next((v for v in order if v in found), Verdict.PASS), gates)


def _gates(challenger: Evaluation, champion: Incumbent, policy: PromotionPolicy, newest: bool) -> Iterator[Gate]:
    yield _at_least(
        "data", challenger.test_positives, policy.min_test_positives, "converting accounts in the test part", Verdict.INSUFFICIENT
    )
    yield _leakage(challenger)
    yield _at_most("permutation_null", challenger.permutation_p, policy.permutation_p, "share of shuffled labels ranked as well")
    yield _at_least("lift", challenger.lift.low, policy.lift, "lower bound of the lift at capacity over the base rate")
    yield _at_least(
        "rules", challenger.gain_over_rules.low, -policy.non_inferiority, "lower bound of the AUC gained over the points"
    )
    yield _at_most("calibration", challenger.calibration_error, policy.calibration_error, "expected calibration error")
    yield _operating_point(challenger)
    yield _bias(challenger)
    yield from _against_champion(challenger, champion, policy)
    yield _newest(challenger, newest)


def _at_least(name: str, figure: float, limit: float, what: str, otherwise: Verdict = Verdict.FAIL) -> Gate:
    if not math.isfinite(figure):
        return Gate(name, None, limit, Verdict.INSUFFICIENT, f"{what} cannot be computed")
    verdict = Verdict.PASS if figure >= limit else otherwise
    return Gate(name, float(figure), float(limit), verdict, f"{what} is {figure:.4g}, wanted at least {limit:.4g}")


def _at_most(name: str, figure: float, limit: float, what: str) -> Gate:
    if not math.isfinite(figure):
        return Gate(name, None, limit, Verdict.INSUFFICIENT, f"{what} cannot be computed")
    verdict = Verdict.PASS if figure <= limit else Verdict.FAIL
    return Gate(name, float(figure), float(limit), verdict, f"{what} is {figure:.4g}, allowed at most {limit:.4g}")


def _leakage(challenger: Evaluation) -> Gate:
    count = len(challenger.leaking)
    if count:
        named = ", ".join(challenger.leaking)
        return Gate(
            "leakage",
            float(count),
            0.0,
            Verdict.FAIL,
            f"alone nearly tells the outcome: {named}; exclude it as an outcome signal",
        )
    return Gate("leakage", 0.0, 0.0, Verdict.PASS, "no single feature tells the outcome")


def _operating_point(challenger: Evaluation) -> Gate:
    if challenger.threshold_policy == "operating_point":
        return Gate("operating_point", None, None, Verdict.PASS, "the wanted precision, recall and false positive rate are met")
    reason = "the wanted precision, recall and false positive rate cannot be met; the threshold fills the teams' capacity"
    return Gate("operating_point", None, None, Verdict.WARN, reason)


def _bias(challenger: Evaluation) -> Gate:
    formed = [c for c in challenger.contrasts if c.formed]
    failed = [c for c in formed if c.verdict is Verdict.FAIL]
    if failed:
        return Gate("bias", float(len(failed)), 0.0, Verdict.FAIL, _listed(failed))
    if not challenger.protected:
        return Gate("bias", None, 0.0, Verdict.INSUFFICIENT, "no attribute is protected; declare at least one in bias.attributes")
    metrics = sorted({c.metric for c in challenger.contrasts}) or [""]
    there = {(c.attribute, c.metric) for c in formed}
    silent = [f"{a} {m}".strip() for a in sorted(challenger.protected) for m in metrics if (a, m) not in there]
    if silent:
        named = ", ".join(silent)
        return Gate("bias", None, 0.0, Verdict.INSUFFICIENT, f"no group is large enough for a contrast of {named}")
    unclear = [c for c in formed if c.verdict not in (Verdict.PASS, Verdict.WARN)]
    if unclear:
        return Gate("bias", None, 0.0, Verdict.INSUFFICIENT, _listed(unclear))
    warned = [c for c in formed if c.verdict is Verdict.WARN]
    if warned:
        return Gate("bias", 0.0, 0.0, Verdict.WARN, _listed(warned))
    return Gate("bias", 0.0, 0.0, Verdict.PASS, f"{len(formed)} contrasts of protected groups are within the limits")


def _listed(contrasts: list[Contrast]) -> str:
    """The first contrast with its figures, and the names of the others; `pql.bias_audit` holds every figure."""
    first, others = contrasts[0], [f"{c.attribute}={c.group} {c.metric}" for c in contrasts[1:]]
    more = f"; also {', '.join(others)}" if others else ""
    return f"{first.attribute}={first.group} {first.metric}: {first.reason}{more}"


def _against_champion(challenger: Evaluation, champion: Incumbent, policy: PromotionPolicy) -> Iterator[Gate]:
    if champion.promoted_on is None:
        return
    age = (challenger.as_of - champion.promoted_on).days
    verdict = Verdict.PASS if age >= policy.cooldown_days else Verdict.FAIL
    reason = (
        f"the champion {champion.version} was promoted {age} days ago; promotions are at least {policy.cooldown_days} days apart"
    )
    yield Gate("cooldown", float(age), float(policy.cooldown_days), verdict, reason)
    stale = age >= policy.stale_days
    limit = -policy.non_inferiority if stale else 0.0
    name = "lower bound of the AUC gained over the champion" + (f", stale after {age} days" if stale else "")
    yield _at_least("champion", challenger.gain_over_champion.low, limit, name)


def _newest(challenger: Evaluation, newest: bool) -> Gate:
    if newest:
        return Gate("newest_day", None, None, Verdict.PASS, f"{challenger.as_of} is the newest day")
    reason = f"{challenger.as_of} is a past day; a backfill never moves the champion"
    return Gate("newest_day", None, None, Verdict.FAIL, reason)
