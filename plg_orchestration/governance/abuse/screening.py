"""A night's screening: rules and model over the same people, and where they agree.

Only rules make suspects; the model's flags are as many as the rules', so that both can be compared at equal cost.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.abuse import queries
from plg_orchestration.governance.abuse.forest import Scores, odd_scores
from plg_orchestration.governance.abuse.people import Evidence
from plg_orchestration.governance.abuse.policy import AbusePolicy
from plg_orchestration.governance.abuse.rules import RULES, Judged, judge_signups
from plg_orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

AGREEMENT = {(True, True): "both", (True, False): "rules_only", (False, True): "model_only", (False, False): "neither"}


@dataclass(frozen=True)
class Screening:
    """The night's rows of `governance.suspects`, `governance.abuse_scores` (with the reason when empty) and
    `governance.abuse_screening`.
    """

    suspects: "pd.DataFrame"
    scores: "pd.DataFrame"
    screening: "pd.DataFrame"
    unscored: str | None


def gather(warehouse: Warehouse, *, as_of: AsOf, policy: AbusePolicy) -> Evidence:
    """What rules and model read, as known on the day."""
    return Evidence(
        people=warehouse.frame(queries.abuse_people(as_of=as_of, policy=policy)),
        marks=warehouse.frame(queries.abuse_marks(as_of=as_of, policy=policy)),
        invites=warehouse.frame(queries.abuse_invites(as_of=as_of)),
    )


def screen(evidence: Evidence, *, as_of: AsOf, policy: AbusePolicy, disposable: Collection[str]) -> Screening:
    """The screening of everybody who signed up in the window; `disposable` are throw-away mail domains."""
    judged = judge_signups(evidence, policy=policy, disposable=disposable)
    scored = odd_scores(evidence.people, policy=policy.forest)
    scores = _beside(scored, judged)
    suspects = judged.suspects.assign(as_of=as_of.date)[["as_of", "unit_id", "signup_date", "rule", "evidence"]]
    return Screening(suspects, scores.assign(as_of=as_of.date), _summary(judged, scores, scored.reason, as_of), scored.reason)


def _beside(scored: Scores, judged: Judged) -> "pd.DataFrame":
    rows = scored.rows
    by_rules = rows["user_id"].isin(set(judged.suspects["unit_id"]))
    order = rows.assign(by_rules=by_rules).sort_values(["score", "user_id"], ascending=[False, True])
    order["by_model"] = [place < int(by_rules.sum()) for place in range(len(order))]
    order["agreement"] = [AGREEMENT[pair] for pair in zip(order["by_rules"], order["by_model"], strict=True)]
    return order.sort_values("user_id", ignore_index=True)


def _summary(judged: Judged, scores: "pd.DataFrame", unscored: str | None, as_of: AsOf) -> "pd.DataFrame":
    import pandas as pd

    odd = set(scores.loc[scores["by_model"], "user_id"])
    found = judged.suspects
    people = {"any": set(found["unit_id"])}
    people |= {rule: set(found.loc[found["rule"].eq(rule), "unit_id"]) for rule in RULES}
    note = "; ".join(said for said in (judged.left_out, unscored) if said)
    rows = [
        {
            "as_of": as_of.date, "rule": rule, "suspects": len(who),
            "also_by_model": None if unscored else len(who & odd),
            "model_only": len(odd - who) if rule == "any" and not unscored else None,
            "signups": judged.signups, "assessed": judged.assessed, "note": note if rule == "any" else "",
        }
        for rule, who in people.items()
    ]  # fmt: skip
    made = pd.DataFrame(rows)
    return made.astype({"also_by_model": "Int64", "model_only": "Int64"})
