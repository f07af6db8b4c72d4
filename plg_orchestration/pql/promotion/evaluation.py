"""What a judgment rests on and what it says: a challenger's figures, who routes today, gates and the promotion.

Values only: how figures are read is in `evidence.py`, how they are held against limits in `gates.py`.
"""

import datetime as dt
import math
from dataclasses import dataclass

from plg_orchestration.pql.bias.policy import BiasException
from plg_orchestration.pql.training.metrics import Estimate
from plg_orchestration.verdicts import Verdict

NO_FIGURE = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Contrast:
    """One contrast of the bias audit on a declared pair; `formed` is false for a group too small for it."""

    attribute: str
    group: str
    metric: str
    verdict: Verdict
    reason: str
    formed: bool = True


@dataclass(frozen=True)
class Evaluation:
    """A trained challenger's figures on rows that it has never seen.

    `train_positives` and `test_positives` count converting accounts. `test_age` is how many days the last test date lies before
    the newest one that could be mature, `activity_age` how old the newest activity is, `coverage` the share of expected events
    that came lately (`unseen` names the others). Gains are differences of AUC on the same rows (challenger minus the other,
    paired by account). `threshold_policy` is `operating_point` or what was taken where that cannot be met. `leaking` names single
    features that give the label away. `protected` lists the attributes whose contrasts must be there, `gating` the pairs of
    attribute and metric, `exceptions` who is excused until when, and `unjudged_blocks` whether a small group blocks. `stability`
    is the population stability index between test part and the night, over `tonight` rows. `unexplained` is the largest gap
    between a score and the sum of its reasons. `unreadable` says why the model's file cannot be used, '' when it can. A
    challenger that was not trained has another `status` than `trained`, with its reason.
    """

    as_of: dt.date
    version: str
    status: str
    reason: str = ""
    train_rows: int = 0
    train_positives: int = 0
    test_rows: int = 0
    test_positives: int = 0
    test_age: float = math.nan
    activity_age: float = math.nan
    coverage: float = math.nan
    unseen: tuple[str, ...] = ()
    permutation_p: float = math.nan
    lift: Estimate = NO_FIGURE
    calibration_error: float = math.nan
    gain_over_rules: Estimate = NO_FIGURE
    gain_over_weighted: Estimate = NO_FIGURE
    gain_over_champion: Estimate = NO_FIGURE
    gain_over_best: Estimate = NO_FIGURE
    threshold_policy: str = "capacity"
    false_discovery_rate: float = math.nan
    leaking: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    gating: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[BiasException, ...] = ()
    unjudged_blocks: bool = False
    stability: float = math.nan
    tonight: int = 0
    unexplained: float = math.nan
    unreadable: str = ""

    @property
    def declared_pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs (protected attribute, metric) of which contrasts must be there."""
        if self.gating:
            return self.gating
        metrics = sorted({c.metric for c in self.contrasts}) or [""]
        return tuple((attribute, metric) for attribute in sorted(self.protected) for metric in metrics)


@dataclass(frozen=True)
class Incumbent:
    """Who routes leads today: the scorer, its version, and since when (None for the rules, which nobody promoted).

    `changed_on` is the day of the last change of champion, a rollback included (by default `promoted_on`). `best` is the version
    of the best that ever was champion, None without one; `withdrawn` are versions that were rolled back.
    """

    scorer: str
    version: str
    promoted_on: dt.date | None = None
    changed_on: dt.date | None = None
    best: str | None = None
    withdrawn: frozenset[str] = frozenset()

    @property
    def last_change(self) -> dt.date | None:
        """The day of the last change, None when there never was one."""
        return self.changed_on or self.promoted_on


@dataclass(frozen=True)
class Consent:
    """What a person said to a challenger: `pass` with an approval, `insufficient` without, `fail` when it may not count."""

    verdict: Verdict
    reason: str
    reviewer: str = ""


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
    def blocking(self) -> tuple[Gate, ...]:
        """The gates that failed or have too little to go by."""
        return tuple(g for g in self.gates if g.verdict in (Verdict.FAIL, Verdict.INSUFFICIENT))

    @property
    def outcome(self) -> str:
        """What becomes of the challenger: promoted, awaiting_approval, shadow, not_trained or rejected."""
        if self.promoted:
            return "promoted"
        names = {gate.name for gate in self.blocking}
        if names == {"trained"}:
            return "not_trained"
        if names == {"mode"}:
            return "shadow"
        return "awaiting_approval" if names == {"approval"} else "rejected"

    @property
    def reason(self) -> str:
        """What decided: the gates that blocked, else the warnings, else that all hold."""
        decisive = [g for g in self.gates if g.verdict is self.verdict and g.verdict is not Verdict.PASS]
        return "; ".join(f"{g.name}: {g.reason}" for g in decisive) or "every gate holds"
