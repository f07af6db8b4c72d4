"""The table of the fairness audit."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

BIAS_AUDIT = Table(
    name="pql.bias_audit",
    description="Group metrics and contrasts of each group against the rest, for every scorer of the night's contest.",
    columns=columns(
        as_of="DATE: the day of the training",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: model, rules or weighted",
        version="VARCHAR: version label of the scorer",
        attribute="VARCHAR: the audited attribute",
        grp="VARCHAR: the group; unknown where the attribute is missing",
        status="VARCHAR: protected contrasts gate the promotion, monitored ones are reported",
        metric="VARCHAR: selection_rate, true_positive_rate (judged); false_positive_rate, precision, base_rate, mean_score",
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
    ),
    key=("as_of", "target", "scorer", "attribute", "grp", "metric"),
    owner="team:data",
    day="as_of",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (BIAS_AUDIT,)
