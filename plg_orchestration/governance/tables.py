"""The tables of the governance stage, as other programs and auditors read them."""

from plg_orchestration.governance.abuse import tables as abuse
from plg_orchestration.governance.actions import tables as actions
from plg_orchestration.governance.audit_log import tables as audit_log
from plg_orchestration.governance.initiatives import tables as initiatives
from plg_orchestration.governance.obligations import tables as obligations
from plg_orchestration.governance.privacy import tables as privacy
from plg_orchestration.governance.register import tables as register
from plg_orchestration.governance.vendors import tables as vendors
from plg_orchestration.warehouse import Table, columns

OWNER = "team:governance"

CONTROLS = Table(
    name="governance.controls",
    description="Every control of the risk register, evaluated on data: its figure, its limit, and what that makes of it.",
    columns=columns(
        as_of="DATE: day of knowledge",
        control_id="VARCHAR: the control in the register",
        risk_id="VARCHAR: the risk that it contains",
        question="VARCHAR: what the control asks, in plain words",
        metric="VARCHAR: the registered metric that answers",
        unit="VARCHAR: unit of the value; a share is a fraction of 1",
        value="DOUBLE: the metric's value; null when it cannot be known",
        judged="DOUBLE: the figure that was compared with the limit: the value, or its interval's bound where one is needed",
        numerator="DOUBLE: numerator or count behind the value",
        denominator="DOUBLE: denominator or population behind the value",
        threshold="VARCHAR: the condition under which the control is effective",
        alert="VARCHAR: the condition under which it has failed; null when whatever does not pass has failed",
        status="VARCHAR: effective, degraded, failed or no_data",
        evidence="VARCHAR: the figures in words, or why there is none",
        severity="VARCHAR: low, medium, high or critical",
        mandatory="BOOLEAN: whether the risk's residual score rests on it",
        owner="VARCHAR: who answers for the control",
        failed_since="DATE: first day of the failure that is still unresolved; null when it has not failed",
        escalation_path="VARCHAR: whom a failure concerns after which time, as registered on the day; null without steps",
    ),
    key=("as_of", "control_id"),
    owner=OWNER,
    day="as_of",
    kept=True,
)

RISKS = Table(
    name="governance.risks",
    description="The risk register as it stands on each day: scores before and after controls, status, and who is to be told.",
    columns=columns(
        as_of="DATE: day of knowledge",
        risk_id="VARCHAR: the risk in the register",
        title="VARCHAR: what may go wrong",
        category="VARCHAR: kind of risk",
        priority="VARCHAR: low, medium or high",
        likelihood="INTEGER: 1 low (under 20 %), 2 medium (20-50 %), 3 high (over 50 %)",
        impact="INTEGER: 1 low, 2 medium, 3 high",
        inherent_score="INTEGER: likelihood x impact",
        residual_score="INTEGER: max(1, likelihood - 1) x impact when every mandatory control is effective, else inherent",
        status="VARCHAR: controlled, open, unproven, accepted or acceptance_expired",
        owner="VARCHAR: who answers for the risk",
        escalation="VARCHAR: the role to be told by now; null when nobody is",
        controls="INTEGER: controls in the register",
        effective="INTEGER: controls that are effective",
        reason="VARCHAR: why the risk has this status",
        accepted_until="DATE: the last day of the acceptance that holds or has expired; null when nobody accepted the risk",
        description="VARCHAR: the risk in a sentence",
        registered_likelihood="INTEGER: the likelihood in the register; likelihood is the one that is used",
        likelihood_basis="VARCHAR: register, or the acceptance of a proposed likelihood by its number",
        impact_range="VARCHAR: the quantified loss",
        treatment="VARCHAR: mitigate, accept, transfer or avoid",
        source_rank="INTEGER: the rank in the register's source; null for a workspace's own risks",
        key_controls="VARCHAR: what is done against the risk, joined by semicolons",
        escalation_path="VARCHAR: whom the risk concerns when, as registered",
        review_every_days="INTEGER: after so many days a review is due again",
        reviewed_at="DATE: the last review on record; null when there is none",
        review_due="DATE: the last day on which the next review is in time",
        lowered_from="INTEGER: the residual score before it fell without an effective control; null when no such fall stands",
        lowered_on="DATE: the day on which it fell",
        lowered_why="VARCHAR: what changed in the register",
    ),
    key=("as_of", "risk_id"),
    owner=OWNER,
    day="as_of",
    kept=True,
)

TABLES: tuple[Table, ...] = (
    CONTROLS, RISKS, *abuse.TABLES, *initiatives.TABLES, *actions.TABLES, *register.TABLES, *audit_log.TABLES, *privacy.TABLES,
    *obligations.TABLES, *vendors.TABLES,
)  # fmt: skip
