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
        against="VARCHAR: the criteria that are missing with the most points, in words; unknown ones are not told",
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
        against="VARCHAR: the components that are low, in words",
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
        scorer="VARCHAR: rules, weighted, model or hybrid, and shadow for a model that is only watched",
        version="VARCHAR: its version label",
        score="DOUBLE: on the scorer's own scale: points 0-255, weighted 0-100, probability * 100, hybrid 0-100 (gate at 50)",
        percentile="DOUBLE: 0-100 among the night's population, equal scores share the lower one",
        is_pql="BOOLEAN: whether the scorer's threshold makes the user a lead",
        reasons="VARCHAR: what speaks for the user, in words",
        against="VARCHAR: what speaks against the user, in words; of models for leads only",
    ),
    key=("as_of", "target", "scorer", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=USERS,
)

TRIGGERS = Table(
    name="pql.triggers",
    description="Who fired which trigger rule on the day, and what they did; only hits have rows.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        trigger="VARCHAR: the rule's name",
        rule="VARCHAR: the rule in words",
        reasons="VARCHAR: each condition with the user's figure, in words",
        is_new="BOOLEAN: whether the user did not fire it the day before; null when that day was not built",
    ),
    key=("as_of", "trigger", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=USERS,
)


CLUSTERS = Table(
    name="pql.clusters",
    description="The behavioral clusters of the night: name, size and profile, and the fit that they come from.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        cluster="VARCHAR: the cluster's id, which it keeps from fit to fit",
        name="VARCHAR: what sets it apart, in words; kept like the id",
        users="BIGINT: users assigned on the day",
        share="DOUBLE: of all users",
        strongest="VARCHAR: the usage that differs most from the average user's, in standard deviations",
        profile="VARCHAR: JSON: the average of each usage among the users assigned on the day",
        center="VARCHAR: JSON: the center, ln(1 + x) of each usage",
        fitted_on="DATE: the day of the fit",
        clusters="INTEGER: the number of clusters of the fit",
        silhouette="DOUBLE: the fit's silhouette, -1 to 1",
        scaling="VARCHAR: JSON: mean and standard deviation of ln(1 + x) of each usage in the fit's sample",
        definition="VARCHAR: hash of the configuration that it was fitted with",
    ),
    key=("as_of", "cluster"),
    owner="team:growth",
    day="as_of",
    needs=USERS,
)

USER_CLUSTERS = Table(
    name="pql.user_clusters",
    description="The behavioral cluster of each user on the day: the one whose center is nearest.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        user_id="VARCHAR: the user",
        account_id="VARCHAR: the user's account; null without one",
        cluster="VARCHAR: the cluster's id",
        distance="DOUBLE: from its center, in standard deviations a feature (root mean square)",
    ),
    key=("as_of", "user_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=USERS,
)

SUGGESTIONS = Table(
    name="pql.suggestions",
    description="Points and threshold as outcomes suggest them, beside those in force, with what the suggestion rests on.",
    columns=columns(
        as_of="DATE: the day of the training",
        target="VARCHAR: the outcome",
        suggestion="VARCHAR: hash of the suggested points and threshold: what a person approves",
        signal="VARCHAR: the criterion's signal; 'threshold' for the threshold",
        criterion="VARCHAR: in words",
        points="INTEGER: in force",
        suggested="INTEGER: suggested; what is in force where the data say too little",
        met="BIGINT: rows (user and date) that meet it",
        met_share="DOUBLE: of all rows; of the threshold's row the share of leads by the suggestion",
        top_share="DOUBLE: of the most active activated users, the share that meets it",
        others_share="DOUBLE: of all other users, the share that meets it",
        rate="DOUBLE: share that converts among those who meet it",
        lift="DOUBLE: that over the share among all",
        lift_low="DOUBLE: lower 95 % limit, clustered by account",
        lift_high="DOUBLE: upper 95 % limit",
        weight="DOUBLE: log-odds that the criterion adds beside all others",
        reason="VARCHAR: why so many points are suggested",
        rows_from="DATE: first as-of date of the rows",
        rows_to="DATE: last as-of date",
    ),
    key=("as_of", "target", "signal"),
    owner="team:growth",
    day="as_of",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (RULE_SCORES, WEIGHTED_SCORES, SCORES, TRIGGERS, CLUSTERS, USER_CLUSTERS, SUGGESTIONS)
