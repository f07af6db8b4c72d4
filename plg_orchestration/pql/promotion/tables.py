"""Who routes leads, and the ledger of promotions."""

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
    ),
    key=("as_of", "target"),
    owner="team:growth",
    day="as_of",
    needs=USERS,
)


PROMOTIONS = Table(
    name="pql.promotions",
    description="The ledger of promotions: which model took over when, from whom, and by which gates.",
    columns=columns(
        target="VARCHAR: the outcome that is predicted",
        promoted_on="DATE: the day on which it took over",
        scorer="VARCHAR: model",
        version="VARCHAR: version label of the new champion",
        previous="VARCHAR: version label of the champion before",
        threshold="DOUBLE: probability from which a user is a lead",
        artifact="VARCHAR: the model's folder below the workspace's state",
        digest="VARCHAR: SHA-256 that the model file must have",
        verdict="VARCHAR: pass or warn",
        reason="VARCHAR: what decided, in words",
        gates="VARCHAR: JSON: every gate with name, figure, limit, verdict and reason",
    ),
    key=("target", "promoted_on"),
    owner="team:growth",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (CHAMPION, PROMOTIONS)
