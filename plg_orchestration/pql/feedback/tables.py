"""What was expected of scores, what came of them, and what sales made of the leads."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

ESTIMATES = Table(
    name="pql.estimates",
    description="What the champion's own probabilities promise of tonight's leads, written down before any outcome is known.",
    columns=columns(
        as_of="DATE: the night",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: the champion's scorer",
        version="VARCHAR: the champion's version",
        metric="VARCHAR: precision, recall, auc or base_rate",
        value="DOUBLE: the expected figure; NULL when the scores are no probabilities or there is nothing to expect",
        low="DOUBLE: lower limit of where the figure falls 95 times in 100 if the probabilities hold, by account",
        high="DOUBLE: upper limit",
        rows="BIGINT: rows that the figure is a share of: leads, expected outcomes, everybody scored",
        accounts="BIGINT: payers behind them",
        reason="VARCHAR: why there is no figure; empty when there is one",
    ),
    key=("as_of", "target", "metric"),
    owner="team:data",
    day="as_of",
    needs=USERS,
    kept=True,
)

LIVE_PERFORMANCE = Table(
    name="pql.live_performance",
    description="How good the champions were in real use, by week and by version, as known on the day; estimates beside it.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        target="VARCHAR: the outcome that is predicted",
        period="VARCHAR: week (its first scored night stands for it), version, or history (all versions together)",
        period_start="DATE: Monday of the week; first night of the version or of the history",
        decided_on="DATE: the night that stands for the week; last mature night of a version or of the history",
        scorer="VARCHAR: the scorer; all for the history",
        version="VARCHAR: its version; all for the history",
        metric="VARCHAR: precision, recall, auc, base_rate (week); false_discovery_rate (version); lift (version, history)",
        kind="VARCHAR: estimated (before outcomes, never rewritten) or realized (from outcomes)",
        value="DOUBLE: the figure; NULL with a reason when there is none",
        low="DOUBLE: lower 95 % limit, clustered by account",
        high="DOUBLE: upper 95 % limit",
        rows="BIGINT: rows that the figure is a share of: leads, outcomes, everybody scored; contacted accounts of the lift",
        hits="DOUBLE: of these the ones that count (lift: outcomes among the accounts that were not held back)",
        accounts="BIGINT: payers behind them",
        holdout="BIGINT: lift: accounts held back; else NULL",
        holdout_hits="BIGINT: lift: outcomes among them",
        detectable="DOUBLE: lift: the smallest ratio that so many accounts could have shown (80 % power)",
        expected="DOUBLE: what the training's test part promised; NULL when it said nothing",
        mature_share="DOUBLE: share of the period's rows whose window is over; the others are in no realized figure",
        in_force="BOOLEAN: whether this is the figure to use: the realized one once it is there, else the estimate",
        verdict="VARCHAR: pass, warn or insufficient; NULL for what is not judged",
        reason="VARCHAR: the figures against what was promised, or why there are none",
    ),
    key=("as_of", "target", "period", "period_start", "scorer", "version", "metric", "kind"),
    owner="team:data",
    day="as_of",
    needs=USERS,
)

OUTCOMES = Table(
    name="pql.outcomes",
    description="What became of mature leads, by week and version: whether the outcome came, what sales said, and why not.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        target="VARCHAR: the outcome that is predicted",
        week="DATE: Monday of the week in which the lead was made; a lead counts once a week",
        scorer="VARCHAR: the scorer that made it",
        version="VARCHAR: its version",
        label="BOOLEAN: whether the outcome came in the target's window; false is a false positive",
        outcome="VARCHAR: the last that sales said of the lead by the end of the window; none when it said nothing",
        reason="VARCHAR: the reason that sales gave; empty without one",
        leads="BIGINT: leads",
        accounts="BIGINT: payers behind them",
        handed_over="BIGINT: leads that a team was given",
    ),
    key=("as_of", "target", "week", "scorer", "version", "label", "outcome", "reason"),
    owner="team:sales",
    day="as_of",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (ESTIMATES, LIVE_PERFORMANCE, OUTCOMES)
