"""The control metrics about freemium abuse (R2); their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
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
)  # fmt: skip
