"""The references of trained models, and the nightly comparison with them."""

from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Table, columns

REFERENCES = Table(
    name="pql.references",
    description="How features, scores and labels were spread when a model was trained: what later nights are held against.",
    columns=columns(
        as_of="DATE: the night of the training",
        target="VARCHAR: the outcome that is predicted",
        version="VARCHAR: version label of the model",
        part="VARCHAR: which rows of the training: tested (by which it was judged) or trained (on which it was fitted)",
        feature="VARCHAR: a registered feature, score (of unseen rows, on the scale of pql.scores) or label",
        kind="VARCHAR: number, word or label",
        bin="INTEGER: bin in ascending order; -1 missing values, 0 below every number seen, or all rare words",
        upper="DOUBLE: largest value of the bin; NULL in the last one, which takes whatever is larger, and for words",
        word="VARCHAR: the category; NULL for numbers and for the rare ones together",
        rows="BIGINT: rows (user and date) in the bin",
        share="DOUBLE: of all rows",
        accounts="BIGINT: payers behind all rows of the feature",
        independent="DOUBLE: how many independent rows these are worth, since the rows of a payer are alike",
    ),
    key=("as_of", "target", "version", "feature", "bin"),
    owner="team:data",
    day="as_of",
    layout="by_month",
    needs=USERS,
    kept=True,
)

DRIFT = Table(
    name="pql.drift",
    description="The night's people and scores against the champion's reference: one row a feature, the score and the label.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        target="VARCHAR: the outcome that is predicted",
        scorer="VARCHAR: the champion's scorer",
        version="VARCHAR: the champion's version",
        subject="VARCHAR: a registered feature, score or label (the outcome's base rate)",
        kind="VARCHAR: number, word or label",
        reference="VARCHAR: what the night is held against, in words; NULL when there is nothing",
        rows="BIGINT: tonight's rows; for the label those of the newest night whose outcomes are known",
        accounts="BIGINT: payers behind them",
        median="DOUBLE: tonight's median, to the reference's bin; NULL for words",
        reference_rows="BIGINT: rows of the reference",
        reference_accounts="BIGINT: payers behind them",
        reference_median="DOUBLE: the reference's median",
        population_stability_index="DOUBLE: over about ten groups of equal reference count, missing values left out",
        psi_by_chance="DOUBLE: what the index must exceed to be more than chance, at the night's false alarm rate",
        kolmogorov_smirnov="DOUBLE: largest distance of the cumulative shares; NULL for words",
        ks_p_value="DOUBLE: chance of so large a distance without drift, each account counted once",
        ks_by_chance="DOUBLE: what the distance must exceed to be more than chance",
        missing="DOUBLE: tonight's share of missing values",
        reference_missing="DOUBLE: the reference's share of missing values",
        missing_by_chance="DOUBLE: what the change of the missing share must exceed to be more than chance",
        base_rate="DOUBLE: of the label: share of rows whose outcome came",
        base_rate_low="DOUBLE: lower 95 % limit, clustered by account",
        base_rate_high="DOUBLE: upper 95 % limit",
        reference_base_rate="DOUBLE: the base rate among the reference's rows",
        verdict="VARCHAR: ok, drifted or insufficient",
        reason="VARCHAR: the figures against the limits, in words",
    ),
    key=("as_of", "target", "subject"),
    owner="team:data",
    day="as_of",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (REFERENCES, DRIFT)
