"""The stage's tables: features, scores, the training's results, the audit, the champion, decisions and queues.

Only declarations stand here; the columns of `pql.features` come from the registry of features.
"""

from plg_orchestration.pql.registry import FEATURES as REGISTERED
from plg_orchestration.warehouse import Column, Table, columns

USERS = ("actor:user",)

FEATURES = Table(
    name="pql.features",
    description="Everything about each user that was known on the day and may earn points, enter a model or describe a group.",
    columns=(
        *columns(
            as_of="DATE: the day of knowledge",
            user_id="VARCHAR: the user",
            account_id="VARCHAR: the user's account; null without one",
        ),
        *(Column(f.name, f.type, f"{f.question} ({f.window})") for f in REGISTERED),
    ),
    key=("as_of", "user_id"),
    owner="team:data",
    day="as_of",
    layout="by_month",
    needs=USERS,
)

RULE_SCORES = Table(
    name="pql.rule_scores",
    description="Points of each user by the points table, and which criteria counted.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        points="INTEGER: sum of the points of the criteria met, 0-255 by the default table",
        is_pql="BOOLEAN: whether the points reach the threshold",
        criteria="VARCHAR: the signals that counted, comma-separated, in the order of the policy",
        reasons="VARCHAR: the same in words, most points first",
    ),
    key=("as_of", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=USERS,
)

WEIGHTED_SCORES = Table(
    name="pql.weighted_scores",
    description="The weighted formula of each user with its six components.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        score="DOUBLE: weighted sum of the components, 0-100",
        is_pql="BOOLEAN: whether the score is above the threshold",
        action="DOUBLE: 100 with the wanted number of core features, else 0",
        frequency="DOUBLE: active days of the last 30, in percent",
        recency="DOUBLE: 100 * exp(-days since last activity / 7)",
        volume="DOUBLE: events of the last 30 days against the average user, capped at 100",
        team="DOUBLE: 100 with two teammates or more, 50 with one, else 0",
        spending="DOUBLE: 100 with any spending signal, else 0",
        reasons="VARCHAR: the components that stand out, in words",
    ),
    key=("as_of", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (FEATURES, RULE_SCORES, WEIGHTED_SCORES)
