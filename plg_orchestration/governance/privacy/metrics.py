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
    ControlMetric(
        name="invite_fields_past_retention",
        question="How many stored fields identify an invited person for longer than we keep them?",
        unit="fields", needs=("source:invites|role:invite_sent",),
        tables=("ingest.invites", "governance.invite_retention"),
    ),
    ControlMetric(
        name="erasures_overdue",
        question="How many requests to be forgotten are not done although they are due?",
        unit="requests", tables=("governance.privacy", "ingest.governance_records"), known=("known_governance_records",),
    ),
    ControlMetric(
        name="objections_ignored",
        question="How many people were routed or exported although we knew that they object?",
        unit="people", needs=("source:objections",), tables=("ingest.objections", "pql.routes", "pql.deliveries"),
        known=("known_objections",),
    ),
)  # fmt: skip
