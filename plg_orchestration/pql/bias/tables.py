"""The tables of the fairness audit; their rows are kept, since the scores that they rest on are not."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

SCORER = {
    "as_of": "DATE: the day of the training", "target": "VARCHAR: the outcome that is predicted",
    "scorer": "VARCHAR: model, hybrid, rules or weighted", "version": "VARCHAR: version label of the scorer",
}  # fmt: skip

BIAS_AUDIT = Table(
    name="pql.bias_audit",
    description="Group metrics and contrasts of each group against the rest, for every scorer of the night's contest.",
    columns=columns(
        **SCORER,
        attribute="VARCHAR: the audited attribute, or a pair as `region & segment`",
        grp="VARCHAR: the group; unknown where the attribute is missing",
        status="VARCHAR: protected contrasts gate the promotion, monitored ones are reported",
        metric="VARCHAR: selection_rate, true_positive_rate (judged); false_positive_rate, precision, base_rate, mean_score, "
        "calibration_gap (of attributes alone)",
        n="BIGINT: rows of the group; NULL under the minimum size",
        positives="BIGINT: rows with the outcome; NULL under the minimum size",
        value_group="DOUBLE: the metric in the group",
        value_rest="DOUBLE: the metric in everybody else",
        difference="DOUBLE: group minus rest",
        ci_low="DOUBLE: lower limit of the difference, clustered by account",
        ci_high="DOUBLE: upper limit of the difference",
        ratio="DOUBLE: group over rest",
        ratio_low="DOUBLE: lower limit of the ratio",
        ratio_high="DOUBLE: upper limit of the ratio",
        detectable="DOUBLE: smallest difference that the data could have shown (80 % power)",
        verdict="VARCHAR: pass, warn, fail or insufficient; NULL for metrics without a limit",
        reason="VARCHAR: the figures against the limits, in words",
        formed="BOOLEAN: whether the group was held against a limit; a group may be too small for that",
        p_value="DOUBLE: chance of a gap so far over the limit if the truth were at it, before correction",
        p_adjusted="DOUBLE: the same, corrected for the number of contrasts",
        correction="VARCHAR: holm for declared pairs (protected attribute x gating metric), benjamini_hochberg: exploratory",
        hidden="VARCHAR: why no figures are given: too_small, or withheld to protect a small group; NULL when shown",
    ),
    key=("as_of", "target", "scorer", "attribute", "grp", "metric"),
    owner="team:data",
    day="as_of",
    needs=USERS,
    kept=True,
)

BIAS_GROUPS = Table(
    name="pql.bias_groups",
    description="The group table of the fairness audit: figures of every group, for every scorer of the night's contest.",
    columns=columns(
        **SCORER,
        attribute="VARCHAR: the audited attribute, or a pair as `region & segment`",
        grp="VARCHAR: the group; unknown where the attribute is missing",
        n="BIGINT: rows of the group",
        positives="BIGINT: rows with the outcome",
        accounts="BIGINT: accounts of the group, at most as many as the policy's buckets",
        base_rate="DOUBLE: share of rows with the outcome",
        selection_rate="DOUBLE: share of rows that the scorer makes leads",
        true_positive_rate="DOUBLE: share of leads among rows with the outcome; NULL without such rows",
        false_positive_rate="DOUBLE: share of leads among rows without the outcome",
        precision="DOUBLE: share of rows with the outcome among leads",
        mean_score="DOUBLE: mean of the scorer's score",
        calibration_gap="DOUBLE: mean probability minus base rate; NULL for a scorer without probabilities",
        hidden="VARCHAR: why no figures are given: too_small, or withheld to protect a small group; NULL when shown",
        reason="VARCHAR: why figures are missing, in words",
    ),
    key=("as_of", "target", "scorer", "attribute", "grp"),
    owner="team:data",
    day="as_of",
    needs=USERS,
    kept=True,
)

BIAS_GAPS = Table(
    name="pql.bias_gaps",
    description="Fairness metrics across all groups of an attribute, as Fairlearn defines them; reported, judged is bias_audit.",
    columns=columns(
        **SCORER,
        attribute="VARCHAR: the audited attribute, or a pair as `region & segment`",
        metric="VARCHAR: demographic_parity_difference, demographic_parity_ratio, equal_opportunity_difference, "
        "equalized_odds_difference or calibration_gap",
        value="DOUBLE: highest minus lowest group (ratio: lowest over highest); NULL where it is undefined",
        worst_group="VARCHAR: the group that fares worst: least selected or found, most false alarms, or farthest from what came",
        worst_value="DOUBLE: the metric in that group",
        best_group="VARCHAR: the group at the other end",
        best_value="DOUBLE: the metric in that group",
        groups="BIGINT: groups compared",
        undefined="VARCHAR: groups in which the metric does not exist, comma-separated; NULL without any",
        reason="VARCHAR: what was left out, or why there is no value; which rate decided the equalized odds",
    ),
    key=("as_of", "target", "scorer", "attribute", "metric"),
    owner="team:data",
    day="as_of",
    needs=USERS,
    kept=True,
)

TABLES: tuple[Table, ...] = (BIAS_AUDIT, BIAS_GROUPS, BIAS_GAPS)
