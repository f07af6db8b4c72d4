"""The control metrics about privacy (R1); their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="consent_rate",
        question="Of the people invited lately, what share had agreed to be invited before the invitation was sent?",
        unit="share", needs=("source:invites",), tables=("ingest.invites",), known=("known_invites",),
    ),
    ControlMetric(
        name="invites_without_double_opt_in",
        question="How many invitations went out lately without a confirmed (double) opt-in?",
        unit="invites", needs=("source:invites",), tables=("ingest.invites",), known=("known_invites",),
    ),
    ControlMetric(
        name="residency_mismatches",
        question="How many accounts must keep their data in a region where nothing is stored?",
        unit="accounts",
        needs=("source:accounts", "source:governance_records"),
        tables=("ingest.accounts", "ingest.governance_records"),
        known=("known_accounts", "known_governance_records"),
    ),
    ControlMetric(
        name="dpia_age_days",
        question="How old is the last data-protection impact assessment?",
        unit="days", needs=("source:governance_records",), tables=("ingest.governance_records",),
        known=("known_governance_records",), file="record_age_days", constants={"kind": "dpia"},
    ),
    ControlMetric(
        name="privacy_assessment_age_days",
        question="How old is the last privacy assessment?",
        unit="days", needs=("source:governance_records",), tables=("ingest.governance_records",),
        known=("known_governance_records",), file="record_age_days", constants={"kind": "privacy_assessment"},
    ),
)  # fmt: skip
