"""Who routes leads, and the ledger of every change."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

CHAMPION = Table(
    name="pql.champion",
    description="Who routes leads after each night, and the judgment on the night's challenger.",
    columns=columns(
        as_of="DATE: the day",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: who routes after this night: rules until a model was promoted, then model",
        version="VARCHAR: its version label",
        verdict="VARCHAR: judgment on the challenger: pass, warn, fail or insufficient",
        reason="VARCHAR: what decided, in words",
        gates="VARCHAR: JSON: every gate with name, figure, limit, verdict and reason",
        promoted="BOOLEAN: whether the challenger became champion this night",
        challenger="VARCHAR: version label of the challenger; null without one",
        previous="VARCHAR: version label of the champion before this night",
        promoted_on="DATE: when the champion was promoted; null for the rules",
        threshold="DOUBLE: from which score (points, or probability of a model) a user is a lead",
        artifact="VARCHAR: the champion model's folder below the workspace's state; null for the rules",
        digest="VARCHAR: SHA-256 that the model file must have",
        outcome="VARCHAR: what became of the challenger: promoted, rejected, awaiting_approval, shadow or not_trained",
        change="VARCHAR: what else moved the champion (rollback, automatic_rollback, approval) and why; null when nothing did",
        live="VARCHAR: JSON: live false discovery rate of champion and shadow with interval, limit, verdict and reason",
        shadow="VARCHAR: version label of the model that scores beside the champion and routes nobody; null without one",
        shadow_threshold="DOUBLE: probability from which the shadow would call a user a lead",
        shadow_artifact="VARCHAR: the shadow's folder below the workspace's state",
        shadow_digest="VARCHAR: SHA-256 that the shadow's file must have",
    ),
    key=("as_of", "target"),
    owner="team:growth",
    day="as_of",
    needs=USERS,
    kept=True,
)


PROMOTIONS = Table(
    name="pql.promotions",
    description="The ledger of every change of champion, only ever appended to: what, by whom, from whom to whom and why.",
    columns=columns(
        target="VARCHAR: the outcome that is predicted",
        sequence="BIGINT: place in the target's ledger, from 1",
        kind="VARCHAR: promotion (by the gates), approval (by a person), rollback, automatic_rollback or shadow",
        as_of="DATE: the newest day at the time: the change holds from that day's end",
        actor="VARCHAR: gates, live outcomes, file check, or the person",
        acted_at="TIMESTAMP: when the person acted, UTC; null for what the night does by itself",
        evidence_on="DATE: the day of the figures that it rests on; null for a rollback",
        previous="VARCHAR: version label of the champion before",
        scorer="VARCHAR: who routes after it: model or rules; model for a shadow, which does not route",
        version="VARCHAR: version label of who routes after it, or of the shadow",
        threshold="DOUBLE: from which score a user is a lead",
        artifact="VARCHAR: the model's folder below the workspace's state; null for the rules",
        digest="VARCHAR: SHA-256 that the model file must have",
        threshold_policy="VARCHAR: what the threshold was chosen for",
        false_discovery_rate="DOUBLE: share of leads that did not convert in the test part: what the gate saw",
        best="VARCHAR: version label of the best that ever was champion, after this change",
        verdict="VARCHAR: pass or warn; null for a rollback",
        reason="VARCHAR: what decided, or why it was taken back, in words",
        gates="VARCHAR: JSON: every gate with name, figure, limit, verdict and reason; null for a rollback",
        approval="VARCHAR: JSON: the approval that it rests on; null without one",
    ),
    key=("target", "sequence"),
    owner="team:growth",
    needs=USERS,
    kept=True,
)

TABLES: tuple[Table, ...] = (CHAMPION, PROMOTIONS)
