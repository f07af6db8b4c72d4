"""The metrics that a control may name: those of the subjects, gathered, and those about models and experiments.

Adding a metric is one entry and its SQL file; thresholds are configuration.
"""

from plg_orchestration.governance.abuse.metrics import METRICS as ABUSE
from plg_orchestration.governance.control_metric import ControlMetric
from plg_orchestration.governance.initiatives.metrics import METRICS as INITIATIVES
from plg_orchestration.governance.privacy.metrics import METRICS as PRIVACY
from plg_orchestration.governance.register.metrics import METRICS as REGISTER
from plg_orchestration.governance.rollouts.metrics import METRICS as ROLLOUTS
from plg_orchestration.governance.vendors.metrics import METRICS as VENDORS

MODELS_AND_EXPERIMENTS: tuple[ControlMetric, ...] = (
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
        name="live_parity_difference",
        question="How far apart were a protected group's and everybody else's selection rates among last week's live decisions?",
        unit="share", tables=("pql.live_bias",),
    ),
    ControlMetric(
        name="override_rate",
        question="What share of the lately qualified leads did a person decide otherwise about, and how?",
        unit="share", tables=("pql.decisions", "pql.overrides"),
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
)  # fmt: skip
METRICS: tuple[ControlMetric, ...] = (*PRIVACY, *ABUSE, *MODELS_AND_EXPERIMENTS, *ROLLOUTS, *REGISTER, *INITIATIVES, *VENDORS)


def metric_names() -> frozenset[str]:
    """The names that a control may use."""
    return frozenset(metric.name for metric in METRICS)


def metric(name: str) -> ControlMetric:
    """The registered metric of that name; ValueError when there is none."""
    for entry in METRICS:
        if entry.name == name:
            return entry
    raise ValueError(f"unknown control metric {name!r}; choose one of {', '.join(sorted(metric_names()))}")
