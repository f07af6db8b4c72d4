"""Points and a threshold as outcomes suggest them: what the most active activated users did, and who converted.

Only training dates are looked at, never the test dates on which scorers are judged. What a person makes of a suggestion is in
`approval.py`: nothing here changes what is in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.config.fingerprint import definition_hash
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.library import rule_score
from plg_orchestration.pql.scorers.policy import Rules
from plg_orchestration.pql.scorers.tables import SUGGESTIONS
from plg_orchestration.pql.training.metrics import Codes, Flags, Floats, account_draws, estimate

Lift = tuple[float | None, float | None, float | None]
"""A lift with its lower and upper 95 % limits."""
THRESHOLD = "threshold"
SHARED = "what it adds to the odds of converting, beside all other criteria"
STEPS = 50


@dataclass(frozen=True)
class Suggested:
    """Suggested points by signal and the threshold; `basis` is the hash of the criteria that they are for."""

    points: dict[str, int]
    threshold: float
    basis: str

    @property
    def hash(self) -> str:
        """What a person approves: 16 hex digits over points, threshold and basis."""
        return definition_hash(dict(sorted(self.points.items())), self.threshold, self.basis)


def basis_of(rules: Rules) -> str:
    """A hash of what the criteria ask, points and threshold left out: a suggestion is for these criteria only."""
    return definition_hash([c.model_dump(mode="json", exclude={"points"}) for c in rules.criteria], rules.modifiers)


def suggestions(train: pd.DataFrame, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.suggestions` from the training part of a night's dataset, of which some dates are looked at, evenly spread.

    Unavailable when too few accounts converted on these dates.
    """
    dates = sorted(train["as_of"].unique())
    chosen = sorted({round(place) for place in np.linspace(0, len(dates) - 1, policy.suggestions.dates).tolist()})
    looked = [dates[place] for place in chosen]
    found = suggest(train[train["as_of"].isin(looked)].reset_index(drop=True), policy)
    first, last = (pd.Timestamp(looked[place]).date() for place in (0, -1))
    return found.assign(as_of=as_of.date, target=target, rows_from=first, rows_to=last)[list(SUGGESTIONS.column_names)]


def no_suggestions() -> pd.DataFrame:
    """No rows of `pql.suggestions`, with their columns."""
    return pd.DataFrame(columns=list(SUGGESTIONS.column_names), dtype=object)


def suggest(rows: pd.DataFrame, policy: PqlPolicy) -> pd.DataFrame:
    """What the outcomes of `rows` suggest: a row per criterion and one for the threshold, as in `pql.suggestions`.

    `rows` are rows of `pql.features` with `label`. Lift is the share that converts among who meets a criterion over that among
    all, with an interval clustered by account. A criterion that too few met, or whose interval holds 1, keeps its points; one
    whose interval is below 1 gets 0. The others share the points that they have now by the log-odds that each adds beside all
    criteria (logistic regression with a ridge), so that criteria which tell the same are not counted twice. The threshold is the
    lowest at which no more are leads than the teams can work. Unavailable when too few accounts converted.
    """
    declared, rules = policy.suggestions, policy.rules
    label = rows["label"].to_numpy(dtype=bool)
    payer = rows["account_id"].fillna(rows["user_id"])
    cluster = pd.factorize(payer, sort=True)[0].astype(np.int64)
    converting = int(payer[label].nunique())
    if converting < declared.min_converting:
        raise Unavailable(f"points are suggested once {declared.min_converting} accounts have converted; {converting} have")
    met = _met(rule_score(rows, policy)["criteria"], rules)
    lifts = _lifts(met, label, cluster, rounds=declared.bootstrap_rounds, seed=declared.seed)
    weights = ridge_log_odds(met.astype(np.float64), label, declared.regularization)
    told = [_told(int(met[:, place].sum()), lift, declared.min_met) for place, lift in enumerate(lifts)]
    points = suggested_points(weights, [verdict for verdict, _ in told], rules, declared.step)
    totals = met @ np.array([points[c.signal] for c in rules.criteria], dtype=np.float64)
    threshold = suggested_threshold(totals, policy.training.capacity_share, declared.step)
    suggested = Suggested(points, threshold, basis_of(rules))
    top = top_activated(rows, declared.ranked_by, declared.top_share)
    made: list[dict[str, object]] = []
    for place, criterion in enumerate(rules.criteria):
        verdict, reason = told[place]
        if verdict == "shared" and weights[place] <= 0:
            reason = "adds nothing to the odds of converting beside all other criteria"
        made.append({
            "signal": criterion.signal, "criterion": criterion.criterion, "points": criterion.points,
            "suggested": points[criterion.signal], "weight": float(weights[place]), "reason": reason,
            **dict(zip(("lift", "lift_low", "lift_high"), lifts[place], strict=True)), **_shares(met[:, place], label, top),
        })  # fmt: skip
    leads = totals >= threshold
    made.append({
        "signal": THRESHOLD, "criterion": "points that make a lead", "points": int(rules.threshold), "suggested": int(threshold),
        "lift": _ratio(label[leads], label), **_shares(leads, label, top),
        "reason": f"the lowest at which at most {policy.training.capacity_share:.0%} are leads: what the teams can work",
    })  # fmt: skip
    return pd.DataFrame(made).assign(suggestion=suggested.hash).astype(object).where(lambda frame: frame.notna(), None)


def _told(met: int, lift: Lift, least: int) -> tuple[str, str]:
    """Whether the criterion's points are `kept`, `dropped` or `shared` anew, and why."""
    low, high = lift[1:]
    if met < least:
        return "kept", f"kept: met {met} times, and {least} are needed"
    if low is None or high is None or low <= 1 <= high:
        return "kept", "kept: the interval of its lift holds 1, so the data do not tell whether it matters"
    if high < 1:
        return "dropped", "who meets it converts less often"
    return "shared", SHARED


def top_activated(rows: pd.DataFrame, ranked_by: str, share: float) -> Flags:
    """Among the rows of users who activated, the `share` with the most of `ranked_by`; equal ones at the edge are all in."""
    activated = rows["activated"].fillna(False).to_numpy(dtype=bool)
    measure = rows[ranked_by].astype("float64").fillna(0.0).to_numpy(dtype=np.float64)
    if not activated.any():
        return activated
    ranked = np.sort(measure[activated])[::-1]
    edge = ranked[max(int(np.ceil(share * len(ranked))) - 1, 0)]
    return activated & (measure >= edge)


def ridge_log_odds(met: Floats, label: Flags, strength: float) -> Floats:
    """The log-odds that each column adds beside the others: logistic regression, L2 penalty strength/2 · |w|², free intercept."""
    design = np.column_stack([np.ones(len(met)), met])
    penalty = np.diag([0.0, *([strength] * met.shape[1])])
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (chance - label) + penalty @ weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + penalty + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step / max(1.0, float(np.abs(step).max()) / 4.0)
        if float(np.abs(step).max()) < 1e-10:
            break
    return weights[1:]


def suggested_points(weights: Floats, verdicts: Sequence[str], rules: Rules, step: int) -> dict[str, int]:
    """Points by signal: the `shared` ones share what they have now by their positive weights, in steps; `dropped` ones get 0.

    Of one tier a higher requirement never earns less than a lower one.
    """
    shared = np.array([verdict == "shared" for verdict in verdicts])
    now = np.array([c.points for c in rules.criteria], dtype=np.float64)
    positive = np.where(shared, np.maximum(weights, 0.0), 0.0)
    if positive.sum() > 0:
        anew = np.floor(positive / positive.sum() * now[shared].sum() / step + 0.5) * step
        now = np.where(shared, anew, now)
    now[[verdict == "dropped" for verdict in verdicts]] = 0.0
    made = {c.signal: int(points) for c, points in zip(rules.criteria, now, strict=True)}
    for criterion in rules.criteria:
        lower = [c.signal for c in rules.criteria if c.tier and c.tier == criterion.tier and c.points < criterion.points]
        made[criterion.signal] = max([made[criterion.signal], *(made[signal] for signal in lower)])
    return made


def suggested_threshold(totals: Floats, share: float, step: int) -> float:
    """The lowest multiple of `step`, at least one step, that no more than `share` of the rows reach."""
    threshold = float(step)
    while float(np.mean(totals >= threshold)) > share:
        threshold += step
    return threshold


def _met(criteria: pd.Series, rules: Rules) -> Flags:
    """(rows, criteria): which criteria counted; of one tier only the highest does."""
    codes, distinct = pd.factorize(criteria)
    table = np.array([[c.signal in set(text.split(", ")) for c in rules.criteria] for text in distinct], dtype=bool)
    return table.reshape(len(distinct), len(rules.criteria))[codes]


def _lifts(met: Flags, label: Flags, cluster: Codes, *, rounds: int, seed: int) -> list[Lift]:
    """Lift of each criterion with its interval: accounts are drawn with replacement."""
    clusters = int(cluster.max()) + 1
    draws = account_draws(clusters, rounds=rounds, seed=seed)

    def totals(values: Flags) -> Floats:
        return draws @ np.bincount(cluster, weights=values.astype(np.float64), minlength=clusters)

    everybody = totals(label) / totals(np.ones(len(label), dtype=bool))
    made: list[Lift] = []
    for place in range(met.shape[1]):
        has = met[:, place]
        with np.errstate(invalid="ignore", divide="ignore"):
            lift = totals(has & label) / totals(has) / everybody
        value, low, high = estimate(lift).rounded()
        made.append((value, low, high))
    return made


def _shares(has: Flags, label: Flags, top: Flags) -> dict[str, object]:
    return {
        "met": int(has.sum()), "met_share": _share(has), "top_share": _share(has[top]), "others_share": _share(has[~top]),
        "rate": _share(label[has]),
    }  # fmt: skip


def _share(flags: Flags) -> float | None:
    return float(flags.mean()) if len(flags) else None


def _ratio(part: Flags, whole: Flags) -> float | None:
    rate, base = _share(part), _share(whole)
    return None if rate is None or not base else rate / base
