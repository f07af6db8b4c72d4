"""The table of the mitigation contest."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

MITIGATION = Table(
    name="pql.mitigation",
    description="What was tried because the challenger fails a protected contrast, at which lift and disparity, and the choice.",
    columns=columns(
        as_of="DATE: the day of the training",
        target="VARCHAR: the outcome that is predicted",
        version="VARCHAR: version label of the night's challenger, whichever variant it is",
        variant="VARCHAR: plain, or the method with its settings",
        method="VARCHAR: plain, a mitigation, or a bound",
        settings="VARCHAR: JSON: the method's settings",
        kind="VARCHAR: plain, variant (may become the challenger) or bound (never may: random, or a threshold a group)",
        status="VARCHAR: evaluated or skipped",
        validation_lift="DOUBLE: lift at capacity on the validation rows, out of fold: what the choice rests on",
        validation_disparity="DOUBLE: largest protected gap there as a multiple of its limit; 1 is at the limit",
        validation_verdict="VARCHAR: worst verdict over the protected contrasts there",
        auc="DOUBLE: area under the ROC curve on the test rows",
        lift="DOUBLE: lift at capacity on the test rows; of a bound at its own selection rate",
        lift_low="DOUBLE: lower 95 % limit, clustered by account",
        lift_high="DOUBLE: upper 95 % limit",
        selection_rate="DOUBLE: share of the test rows that are leads",
        disparity="DOUBLE: largest protected gap on the test rows as a multiple of its limit; NULL when no contrast is formed",
        parity_difference="DOUBLE: largest difference of a protected group's selection rate from the rest",
        parity_ratio="DOUBLE: lowest ratio of a protected group's selection rate to the rest, or its inverse",
        opportunity_difference="DOUBLE: largest difference of a protected group's true positive rate from the rest",
        verdict="VARCHAR: worst verdict over the protected contrasts on the test rows; NULL for a bound",
        contrasts="VARCHAR: JSON: every protected contrast on the test rows, without figures where the group is too small",
        attribute_at_prediction="BOOLEAN: whether predictions use a protected attribute: equal people may be treated unequally",
        chosen="BOOLEAN: whether it is tonight's challenger, which the gates judge",
        reason="VARCHAR: why it was chosen, skipped or left, in words",
    ),
    key=("as_of", "target", "variant"),
    owner="team:data",
    day="as_of",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (MITIGATION,)
