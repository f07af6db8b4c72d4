"""The tables of scores."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

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
    layout="by_day",
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
    layout="by_day",
    needs=USERS,
)


SCORES = Table(
    name="pql.scores",
    description="Every scorer's score of the target's population: points, weighted score and the champion model's probability.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: rules, weighted or model",
        version="VARCHAR: its version label",
        score="DOUBLE: on the scorer's own scale: points 0-255, weighted 0-100, probability * 100",
        percentile="DOUBLE: 0-100 among the night's population, equal scores share the lower one",
        is_pql="BOOLEAN: whether the scorer's threshold makes the user a lead",
        reasons="VARCHAR: what speaks for the user, in words",
    ),
    key=("as_of", "target", "scorer", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (RULE_SCORES, WEIGHTED_SCORES, SCORES)
