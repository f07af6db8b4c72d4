"""The metrics that a control may name: one entry each, computed by one SQL file of `governance/metrics/`.

A file returns one row: `value` (NULL when it cannot be known), `numerator`, `denominator`, `detail` (a sentence with the
figures, or why there is no value) and, where a point estimate must not be judged alone, `judged` (the bound that is).
Adding a metric is one entry here and its file; thresholds are configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ControlMetric:
    """One computable figure.

    `needs` are inputs in the words of `Table.needs`; `tables` must exist in the warehouse; `known` names the known-as-of
    queries and `shared` the library's queries (`stage.function`) that the file reads by name; `constants` are bound.
    """

    name: str
    question: str
    unit: str
    needs: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    file: str = ""
    constants: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def path(self) -> str:
        """The SQL file's path inside the library."""
        return f"governance/metrics/{self.file or self.name}.sql"


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
        name="fake_account_ratio",
        question="Of the users who signed up lately, what share does the detector take for fake?",
        unit="share", tables=("ingest.users", "ingest.invites", "governance.fingerprints", "config.disposable_domains"),
        known=("known_users",), shared=("governance.suspects",),
    ),
    ControlMetric(
        name="inviters_over_cap",
        question="How many people sent more invitations than the caps allow?",
        unit="users", needs=("role:invite_sent",), tables=("behavior.user_days", "ingest.subscriptions"),
        known=("known_subscriptions",),
    ),
    ControlMetric(
        name="parity_difference",
        question="How far apart are the champion's selection rates between a protected group and everybody else?",
        unit="share", tables=("pql.champion", "pql.bias_audit"),
    ),
    ControlMetric(
        name="audit_age_days",
        question="How old is the champion's last bias audit?",
        unit="days", tables=("pql.champion", "pql.bias_audit"),
    ),
    ControlMetric(
        name="decision_log_completeness",
        question="What share of the lately logged decisions carries everything that an auditor needs?",
        unit="share", tables=("pql.decisions",),
    ),
    ControlMetric(
        name="retention_variance",
        question="How much worse do the people in a watched experiment stay than those in its control arm?",
        unit="share", needs=("source:exposures",), tables=("ingest.exposures", "behavior.user_days", "config.experiments"),
        shared=("experiments.experiment_units",),
    ),
    ControlMetric(
        name="registered_experiments_share",
        question="What share of the experiments that people are exposed to was registered?",
        unit="share", needs=("source:exposures",), tables=("ingest.exposures", "config.experiments"), known=("known_exposures",),
    ),
    ControlMetric(
        name="sample_ratio_mismatches",
        question="How many watched experiments split their units otherwise than planned?",
        unit="experiments", needs=("source:exposures",), tables=("ingest.exposures", "config.experiments"),
        shared=("experiments.experiment_units",),
    ),
    ControlMetric(
        name="open_vulnerabilities",
        question="How many vulnerabilities of medium severity or worse are open?",
        unit="vulnerabilities", needs=("source:vulnerabilities|source:governance_records",),
        tables=("ingest.vulnerabilities", "ingest.governance_records"),
        known=("known_vulnerabilities", "known_governance_records"),
    ),
    ControlMetric(
        name="scan_age_days",
        question="How old is the last vulnerability scan?",
        unit="days", needs=("source:vulnerabilities|source:governance_records",),
        tables=("ingest.vulnerabilities", "ingest.governance_records"),
        known=("known_vulnerabilities", "known_governance_records"),
    ),
    ControlMetric(
        name="vendors_without_certificate",
        question="How many vendors have no valid security certificate (SOC 2 or the like)?",
        unit="vendors", needs=("source:vendors",), tables=("ingest.vendors",), known=("known_vendors",),
    ),
    ControlMetric(
        name="integration_uptime",
        question="How available was the least available integration lately?",
        unit="share", needs=("source:uptime",), tables=("ingest.uptime",), known=("known_uptime",),
    ),
)  # fmt: skip


def metric_names() -> frozenset[str]:
    """The names that a control may use."""
    return frozenset(metric.name for metric in METRICS)


def metric(name: str) -> ControlMetric:
    """The registered metric of that name; ValueError when there is none."""
    for entry in METRICS:
        if entry.name == name:
            return entry
    raise ValueError(f"unknown control metric {name!r}; choose one of {', '.join(sorted(metric_names()))}")
