"""Every claim that is tested at home: one declaration each.

What was published is configuration (`policy.py`); what is counted is `claim_clusters.sql`; intervals and verdicts are in
`estimates.py` and `verdicts.py`.
"""

from dataclasses import dataclass
from typing import Literal

Measure = Literal["ratio", "lift", "share", "model"]
Rule = Literal["at_least", "within"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One published rule of thumb.

    `measure`: a ratio of two shares, a lift (that ratio as a change in percent), a share in percent, or the figure of a model
    (`kpis.what_if`). `rule`: `at_least` when the claim is of an effect as large as the low end, `within` when it is of a typical
    range. `nature` says how far the figure reaches: `observed` (counted), `association` (compared, not caused) or `model`.
    `method` says how it is tested. `needs` are the workspace's needs without which it cannot be.
    """

    name: str
    statement: str
    method: str
    measure: Measure
    rule: Rule
    nature: Literal["observed", "association", "model"]
    needs: tuple[str, ...]

    @property
    def unit(self) -> str:
        """The unit of the estimate and of what was published."""
        return "ratio" if self.measure == "ratio" else "percent"


PAYING = "source:subscriptions|role:plan_upgraded"
LEADS = ("source:crm_outcomes", PAYING)
ACTIVATING = ("actor:user", "role:activation")

CLAIMS: tuple[Claim, ...] = (
    Claim(
        name="early_action_converts",
        statement="Users who reach the first key action within 7 days convert 5 times as often.",
        method="conversion of users who had activated by the landmark (7 days after signup) / of those who had not, both from "
        "the landmark on and only among users whose account had not paid by then, so that nobody counts as early for time that "
        "they needed to convert",
        measure="ratio", rule="at_least", nature="association", needs=(*ACTIVATING, PAYING),
    ),
    Claim(
        name="fast_converters_revenue",
        statement="Those who convert within 3 days bring 60 % of revenue.",
        method="MRR on the same day after signup of everybody who pays by then: share of accounts that first paid within 3 × 24 "
        "hours of signup; one day for all, so that an early start is not counted as more revenue",
        measure="share", rule="at_least", nature="observed", needs=("source:subscriptions",),
    ),
    Claim(
        name="activation_lifts_arr",
        statement="A 10 % rise of activation goes with 15-20 % more ARR in a year.",
        method="ARR in 12 months with activation 10 % higher against ARR without it, by the model of kpis.what_if",
        measure="model", rule="at_least", nature="model", needs=(*ACTIVATING, "source:subscriptions"),
    ),
    Claim(
        name="pql_over_mql",
        statement="Product-qualified leads convert 3-5 times as well as marketing leads.",
        method="share of leads of origin pql whose account first paid after the first report of sales / the same of origin mql; "
        "a lead of both counts for the first, one whose account paid before or whose first report is its end for neither",
        measure="ratio", rule="at_least", nature="association", needs=LEADS,
    ),
    Claim(
        name="pql_conversion_rate",
        statement="25-39 % of product-qualified leads convert.",
        method="share of leads of origin pql whose account first paid after the first report of sales",
        measure="share", rule="at_least", nature="observed", needs=LEADS,
    ),
    Claim(
        name="mql_conversion_rate",
        statement="5-10 % of marketing leads convert.",
        method="share of leads of origin mql whose account first paid after the first report of sales",
        measure="share", rule="within", nature="observed", needs=LEADS,
    ),
    Claim(
        name="fast_value_retains",
        statement="A time to value under 5 minutes goes with 20-30 % better day-1 retention.",
        method="share active on the calendar day after the signup's, of users activated within 5 minutes of signup / of all "
        "others; as change in percent",
        measure="lift", rule="at_least", nature="association", needs=ACTIVATING,
    ),
    Claim(
        name="referred_activate_more",
        statement="Referred users activate more often than others.",
        method="activation within 24 hours of users referred or invited before they signed up / of all others",
        measure="ratio", rule="at_least", nature="association", needs=(*ACTIVATING, "source:users|source:invites"),
    ),
    Claim(
        name="referred_activation_24h",
        statement="70 % of referred users activate within 24 hours.",
        method="share of users referred or invited before they signed up who activate within 24 hours",
        measure="share", rule="at_least", nature="observed", needs=(*ACTIVATING, "source:users|source:invites"),
    ),
)  # fmt: skip
