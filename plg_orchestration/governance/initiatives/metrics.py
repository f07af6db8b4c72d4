"""The control metrics about initiatives (R4); their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="initiatives_to_roll_back",
        question="How many running initiatives meet the condition on which they go back?",
        unit="initiatives", tables=("governance.initiatives",),
    ),
    ControlMetric(
        name="milestone_completion",
        question="Of the milestones of started initiatives that have come due, what share is done?",
        unit="share", needs=("source:governance_records",), tables=("governance.initiatives",),
    ),
    ControlMetric(
        name="experiment_success_rate",
        question="Of the experiments that ended lately, what share shows the effect that it was made for?",
        unit="share", needs=("source:exposures",), tables=("experiments.readouts", "config.experiments"),
        constants={"success_days": 92, "success_alpha": 0.05},
    ),
)  # fmt: skip
