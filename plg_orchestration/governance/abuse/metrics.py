"""The control metrics about freemium abuse (R2); their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="fake_account_ratio",
        question="Of the users who signed up lately, what share does the detector take for fake?",
        unit="share", tables=("governance.abuse_screening",),
    ),
    ControlMetric(
        name="inviters_over_cap",
        question="How many people sent more invitations than the caps allow?",
        unit="users", needs=("role:invite_sent",), tables=("behavior.user_days", "ingest.subscriptions"),
        known=("known_subscriptions",),
    ),
    ControlMetric(
        name="revenue_leakage",
        question="How much revenue does abuse of the free plan cost in the months ahead, by estimate?",
        unit="money", tables=("governance.leakage",),
    ),
    ControlMetric(
        name="funnel_leaks",
        question="What share of those who signed up was lost in onboarding beyond what the weeks before let expect?",
        unit="share", needs=("role:onboarding_step",), tables=("cohorts.onboarding",),
    ),
)  # fmt: skip
