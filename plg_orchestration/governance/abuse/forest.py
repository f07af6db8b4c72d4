"""The anomaly model beside the rules: an isolation forest on behavior. It ranks people; it makes nobody a suspect.

Features are counts, shares and times of the first days after signup: no mail address, no free text, no device, no invitation
partner, so that the model knows nothing of what the rules look at.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.governance.abuse.policy import ForestPolicy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

COUNTS = (
    "active_days", "events", "sessions", "core", "breadth", "items", "shared", "sent", "accepted", "interest", "help",
    "busy_seconds", "last_age", "first_day_events",
)  # fmt: skip
WORDS = {
    "active_days": "active days", "events": "events", "sessions": "sessions", "core": "use of core features",
    "breadth": "core features used", "items": "items created", "shared": "collaboration", "sent": "invitations sent",
    "accepted": "invitations accepted", "interest": "interest in paying", "help": "help views", "busy_seconds": "time in use",
    "last_age": "day last seen", "first_day_events": "events of the first day", "pace": "pace", "core_share": "share of core use",
    "crowd": "signups close in time",
}  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """`rows`: user_id, score (0 to 1, high is odd), percentile (0 to 100) and unusual in words; empty with the reason."""

    rows: "pd.DataFrame"
    reason: str | None = None


def behavior(people: "pd.DataFrame") -> "pd.DataFrame":
    """The features, a row for each person: counts as log(1 + n), pace, the share of core use, and how crowded the signup was."""
    import numpy as np
    import pandas as pd

    counts = {name: np.log1p(people[name].to_numpy(dtype=float)) for name in COUNTS}
    events = people["events"].to_numpy(dtype=float)
    hours = np.maximum(people["busy_seconds"].to_numpy(dtype=float), 60.0) / 3600.0
    return pd.DataFrame(
        {
            **counts,
            "pace": np.log1p(events / hours),
            "core_share": people["core"].to_numpy(dtype=float) / np.maximum(events, 1.0),
            "crowd": crowd(people["signup_at"]),
        },
        index=people.index,
    )


def crowd(signup_at: "pd.Series") -> "Floats":
    """How many people signed up within half an hour of each, as log(1 + n)."""
    import numpy as np

    at = signup_at.to_numpy().astype("datetime64[s]").astype(np.int64)
    line = np.sort(at)
    near = np.searchsorted(line, at + 1800, side="right") - np.searchsorted(line, at - 1800, side="left")
    return np.log1p(near.astype(np.float64))


def odd_scores(people: "pd.DataFrame", *, policy: ForestPolicy) -> Scores:
    """The score of everybody known for at least `policy.first_days`, as in Liu, Ting and Zhou (2008): 0.5 is ordinary.

    The same people give the same scores in whatever order they come, because they are sorted first and the seed is fixed.
    """
    import pandas as pd

    known = people[people["days_known"] >= policy.first_days].sort_values("user_id", ignore_index=True)
    nothing = pd.DataFrame({"user_id": pd.Series(dtype=str), "score": [], "percentile": [], "unusual": []})
    if len(known) < policy.minimum_people:
        wanted = f"{len(known)} people are known for {policy.first_days} days; the model wants {policy.minimum_people}"
        return Scores(nothing, wanted)
    from sklearn.ensemble import IsolationForest

    features = behavior(known)
    values = features.to_numpy(dtype=float)
    sample = min(policy.sample, len(known))
    forest = IsolationForest(
        n_estimators=policy.trees,
        max_samples=sample,  # pyright: ignore[reportArgumentType]
        random_state=policy.seed,
        n_jobs=1,
    )
    score = -forest.fit(values).score_samples(values)
    rank = pd.Series(score).rank(method="max", pct=True).to_numpy() * 100
    rows = {"user_id": known["user_id"], "score": score.round(9), "percentile": rank, "unusual": _unusual(features)}
    return Scores(pd.DataFrame(rows))


def _unusual(features: "pd.DataFrame") -> list[str]:
    """The two features in which each person lies furthest from the middle, in words, by the distance in interquartile ranges."""
    import numpy as np

    values = features.to_numpy(dtype=float)
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
    spread = np.where(high > low, high - low, np.maximum(values.std(axis=0), 1e-9))
    away = (values - middle) / spread
    first = np.argsort(-np.abs(away), axis=1, kind="stable")[:, :2]
    words = [WORDS[name] for name in features.columns]
    side = np.where(np.take_along_axis(away, first, axis=1) > 0, "much ", "little ")
    return [
        ", ".join(f"{way}{words[place]}" for way, place in zip(ways, places, strict=True))
        for ways, places in zip(side.tolist(), first.tolist(), strict=True)
    ]
