"""The tables of the register over time: proposed likelihoods, and the governance targets."""

from plg_orchestration.warehouse import Table, columns

OWNER = "team:governance"

LIKELIHOOD_PROPOSALS = Table(
    name="governance.likelihood_proposals",
    description="What observed breaches say of each risk's likelihood, against the register, and whether a person accepted it.",
    columns=columns(
        as_of="DATE: day of knowledge; its window ends with it",
        risk_id="VARCHAR: the risk in the register",
        window_days="INTEGER: length of the window",
        first_on="DATE: first stored day in the window; null without any",
        evaluated_days="INTEGER: days on which a mandatory control had failed, or all of them had data",
        unproven_days="INTEGER: days on which none had failed but one lacked data: they prove nothing",
        breach_days="INTEGER: days on which a mandatory control had failed",
        share="DOUBLE: breach days among evaluated days; null without any",
        ci_low="DOUBLE: lower limit of its 95 % interval",
        ci_high="DOUBLE: upper limit",
        independent_days="DOUBLE: how many independent days the evaluated ones are worth: failures that last count less",
        observed_level="VARCHAR: the level the share speaks for: low (< 20 %), medium, high (> 50 %); null when insufficient",
        registered_level="VARCHAR: what the register says",
        used_level="VARCHAR: what the score uses: the accepted level, else the registered one",
        verdict="VARCHAR: proposed, confirmed, uncertain (the interval holds the used level), insufficient, or accepted",
        reason="VARCHAR: the figures in words, and why another level is proposed or is not",
        accepted_on="DATE: since when an accepted level is used; null when the registered one is",
        accepted_by="VARCHAR: who accepted it",
    ),
    key=("as_of", "risk_id"),
    owner=OWNER,
    day="as_of",
    kept=True,
)  # fmt: skip

TARGETS = Table(
    name="governance.metrics",
    description="Every governance target with the figure that is held against it on each day; what nothing computes is no_data.",
    columns=columns(
        as_of="DATE: day of knowledge",
        metric="VARCHAR: the target's name",
        source_area="VARCHAR: the area that it comes from",
        target="VARCHAR: the target as published",
        passes_when="VARCHAR: the conditions that the figure must meet, in its own unit; null without a figure",
        measured_by="VARCHAR: what computes the figure: `kpi NAME`, `control ID` or `metric NAME`; null when nothing does",
        value="DOUBLE: the figure; null when it cannot be known",
        judged="DOUBLE: the figure that was compared: the value, or its bound where one is needed",
        unit="VARCHAR: unit of the figure; a share is a fraction of 1",
        numerator="DOUBLE: numerator or count behind the figure",
        denominator="DOUBLE: denominator or population behind the figure",
        period_start="DATE: first day of the KPI's period; null for other figures",
        status="VARCHAR: met, missed or no_data, which is never met",
        reason="VARCHAR: the figures in words, or why there is none",
    ),
    key=("as_of", "metric"),
    owner=OWNER,
    day="as_of",
    kept=True,
)

TABLES: tuple[Table, ...] = (LIKELIHOOD_PROPOSALS, TARGETS)
