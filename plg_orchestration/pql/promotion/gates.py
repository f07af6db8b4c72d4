"""Whether a challenger becomes champion: pure gates over figures, each with its limit, verdict and reason.

Nothing is read or written here. A figure that is missing, stale or no number never lets anybody pass.
"""

import datetime as dt
import math
from collections.abc import Iterator

from plg_orchestration.pql.promotion.bias_gate import bias_gate
from plg_orchestration.pql.promotion.evaluation import Consent, Evaluation, Gate, Incumbent, Promotion
from plg_orchestration.pql.promotion.policy import PromotionPolicy
from plg_orchestration.verdicts import Verdict

EXPLAINED_TO = 1e-6
"""The largest gap between a score and the sum of its reasons that is rounding."""
TAKEN = {
    "capacity": "the threshold fills the teams' capacity",
    "expected_value": "the threshold gives the greatest expected value within the teams' capacity",
}
"""What a threshold was chosen for, where the wanted operating point was not."""


def decide(
    challenger: Evaluation, champion: Incumbent, policy: PromotionPolicy, *, newest: bool, on: dt.date | None = None,
    consent: Consent | None = None,
) -> Promotion:  # fmt: skip
    """Judge the challenger against the incumbent champion; `newest` says whether the day is the newest one of the workspace.

    `on` is the day of the judgment, by default that of the challenger's figures. `consent` is what a person said, asked for when
    the policy's mode is `manual`. A fail or an insufficient gate blocks; a warning is recorded and blocks nothing. Only the
    newest day may promote, so that a backfill never moves the champion.
    """
    if challenger.status != "trained":
        gates: tuple[Gate, ...] = (Gate("trained", None, None, Verdict.INSUFFICIENT, challenger.reason),)
    else:
        today = on or challenger.as_of
        gates = (
            *_data(challenger, policy),
            *_performance(challenger, policy),
            *_trust(challenger, policy, today),
            *_against_champion(challenger, champion, policy, today),
            *_standing(challenger, champion, policy, today),
            *_permission(policy, consent),
            _newest(today, newest),
        )
    found = {gate.verdict for gate in gates}
    order = (Verdict.FAIL, Verdict.INSUFFICIENT, Verdict.WARN)
    return Promotion(next((v for v in order if v in found), Verdict.PASS), gates)


def _data(challenger: Evaluation, policy: PromotionPolicy) -> Iterator[Gate]:
    few = Verdict.INSUFFICIENT
    yield _at_least("rows", challenger.test_rows, policy.min_test_rows, "number of rows in the test part", few)
    positives = "number of converting accounts in the test part"
    yield _at_least("positives", challenger.test_positives, policy.min_test_positives, positives, few)
    activity = "age of the newest activity in days"
    yield _at_most("freshness", challenger.activity_age, policy.freshness_days, activity, few)
    matured = "days from the last test date to the newest matured one"
    yield _at_most("test_freshness", challenger.test_age, policy.test_age_days, matured, few)
    missing = f" (missing: {', '.join(challenger.unseen)}; declare seldom ones in `instrumentation`)" if challenger.unseen else ""
    expected = f"share of the expected events that came lately{missing}"
    yield _at_least("coverage", challenger.coverage, policy.coverage, expected, few)


def _performance(challenger: Evaluation, policy: PromotionPolicy) -> Iterator[Gate]:
    yield _leakage(challenger)
    yield _at_most("permutation_null", challenger.permutation_p, policy.permutation_p, "share of shuffled labels ranked as well")
    yield _at_least("lift", challenger.lift.low, policy.lift, "lower bound of the lift at capacity over the base rate")
    for name, gained, words in (
        ("rules", challenger.gain_over_rules, "the points"), ("weighted", challenger.gain_over_weighted, "the weighted formula"),
    ):  # fmt: skip
        yield _above_zero(name, gained.low, f"lower bound of the AUC gained over {words}, which is simpler,")
    yield _operating_point(challenger)
    yield _at_most("calibration", challenger.calibration_error, policy.calibration_error, "expected calibration error")


def _trust(challenger: Evaluation, policy: PromotionPolicy, today: dt.date) -> Iterator[Gate]:
    yield bias_gate(challenger, today)
    if challenger.unreadable:
        yield Gate("model_file", None, None, Verdict.FAIL, challenger.unreadable)
    else:
        yield Gate("model_file", None, None, Verdict.PASS, "the stored file has the recorded digest and only known types")
    yield _stability(challenger, policy)
    gap = "largest gap between a score and the sum of its reasons"
    yield _at_most("explanations", challenger.unexplained, EXPLAINED_TO, gap)


def _against_champion(challenger: Evaluation, champion: Incumbent, policy: PromotionPolicy, today: dt.date) -> Iterator[Gate]:
    if champion.best is not None:
        gained = challenger.gain_over_champion if champion.best == champion.version else challenger.gain_over_best
        words = f"lower bound of the AUC gained over {champion.best}, the best that ever was champion"
        yield _at_least("best", gained.low, -policy.non_inferiority, words)
    if champion.promoted_on is None:
        return
    age = (today - champion.promoted_on).days
    stale = age >= policy.stale_days
    words = "lower bound of the AUC gained over the champion"
    gained = challenger.gain_over_champion.low
    if stale:
        yield _at_least("champion", gained, -policy.non_inferiority, f"{words}, stale after {age} days,")
    else:
        yield _above_zero("champion", gained, words)


def _standing(challenger: Evaluation, champion: Incumbent, policy: PromotionPolicy, today: dt.date) -> Iterator[Gate]:
    changed = champion.last_change
    if changed is not None:
        age = (today - changed).days
        verdict = Verdict.PASS if age >= policy.cooldown_days else Verdict.FAIL
        reason = (
            f"the champion {champion.version} took over {age} days ago; changes are at least {policy.cooldown_days} days apart"
        )
        yield Gate("cooldown", float(age), float(policy.cooldown_days), verdict, reason)
    if challenger.version in champion.withdrawn:
        reason = f"{challenger.version} was champion and was rolled back; it does not come back"
        yield Gate("withdrawn", None, None, Verdict.FAIL, reason)
    waited = (today - challenger.as_of).days
    if waited:
        yield _waited(challenger, changed, policy, waited)


def _waited(challenger: Evaluation, changed: dt.date | None, policy: PromotionPolicy, waited: int) -> Gate:
    limit = float(policy.evidence_days)
    if changed is not None and changed >= challenger.as_of:
        reason = f"the figures of {challenger.as_of} compare with a champion who was replaced on {changed}"
        return Gate("evidence", float(waited), limit, Verdict.INSUFFICIENT, reason)
    return _at_most("evidence", waited, limit, "age of the figures in days", Verdict.INSUFFICIENT)


def _permission(policy: PromotionPolicy, consent: Consent | None) -> Iterator[Gate]:
    if policy.mode == "shadow":
        reason = "the policy is `shadow`: challengers score beside the champion, and nobody is promoted"
        yield Gate("mode", None, None, Verdict.INSUFFICIENT, reason)
    if policy.mode == "manual":
        said = consent or Consent(Verdict.INSUFFICIENT, "waits for the approval of a person")
        yield Gate("approval", None, None, said.verdict, said.reason)


def _at_least(name: str, figure: float, limit: float, what: str, otherwise: Verdict = Verdict.FAIL) -> Gate:
    if not math.isfinite(figure):
        return Gate(name, None, float(limit), Verdict.INSUFFICIENT, f"{what} cannot be computed")
    verdict = Verdict.PASS if figure >= limit else otherwise
    return Gate(name, float(figure), float(limit), verdict, f"{what} is {said(figure)}, wanted at least {said(limit)}")


def _above_zero(name: str, figure: float, what: str) -> Gate:
    """Better beyond chance: the same scores again gain exactly nothing and do not pass."""
    if not math.isfinite(figure):
        return Gate(name, None, 0.0, Verdict.INSUFFICIENT, f"{what} cannot be computed")
    verdict = Verdict.PASS if figure > 0 else Verdict.FAIL
    return Gate(name, float(figure), 0.0, verdict, f"{what} is {figure:.4g}, wanted above 0")


def _at_most(name: str, figure: float, limit: float, what: str, otherwise: Verdict = Verdict.FAIL) -> Gate:
    if not math.isfinite(figure):
        return Gate(name, None, float(limit), Verdict.INSUFFICIENT, f"{what} cannot be computed")
    verdict = Verdict.PASS if figure <= limit else otherwise
    return Gate(name, float(figure), float(limit), verdict, f"{what} is {said(figure)}, allowed at most {said(limit)}")


def said(figure: float) -> str:
    """A figure in words of a reason: whole numbers in full, others to four digits.

    >>> said(17299), said(0.0004071274)
    ('17,299', '0.0004071')
    """
    return f"{int(figure):,}" if float(figure).is_integer() else f"{figure:.4g}"


def _leakage(challenger: Evaluation) -> Gate:
    count = float(len(challenger.leaking))
    if count:
        named = ", ".join(challenger.leaking)
        reason = f"alone nearly tells the outcome: {named}; exclude it as an outcome signal"
        return Gate("leakage", count, 0.0, Verdict.FAIL, reason)
    return Gate("leakage", 0.0, 0.0, Verdict.PASS, "no single feature tells the outcome")


def _operating_point(challenger: Evaluation) -> Gate:
    if challenger.threshold_policy == "operating_point":
        return Gate("operating_point", None, None, Verdict.PASS, "the wanted precision, recall and false positive rate are met")
    taken = TAKEN.get(challenger.threshold_policy, f"the threshold was chosen for {challenger.threshold_policy}")
    reason = f"the wanted precision, recall and false positive rate are not met; {taken}"
    return Gate("operating_point", None, None, Verdict.WARN, reason)


def _stability(challenger: Evaluation, policy: PromotionPolicy) -> Gate:
    words = "population stability index of the scores, test part against tonight,"
    if challenger.tonight < policy.min_stability_rows:
        reason = f"{challenger.tonight} users can be scored tonight; {words} needs {policy.min_stability_rows}"
        return Gate("stability", None, policy.stability, Verdict.INSUFFICIENT, reason)
    if not math.isfinite(challenger.stability):
        return Gate("stability", None, policy.stability, Verdict.INSUFFICIENT, f"{words} cannot be computed")
    verdict = Verdict.PASS if challenger.stability < policy.stability else Verdict.FAIL
    reason = f"{words} is {challenger.stability:.4g}, wanted below {policy.stability:.4g}"
    return Gate("stability", challenger.stability, policy.stability, verdict, reason)


def _newest(today: dt.date, newest: bool) -> Gate:
    if newest:
        return Gate("newest_day", None, None, Verdict.PASS, f"{today} is the newest day")
    return Gate("newest_day", None, None, Verdict.FAIL, f"{today} is a past day; a backfill never moves the champion")
