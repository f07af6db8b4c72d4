"""The control metrics about plans, stages, rollbacks and post-mortems of experiments."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="rollbacks_recommended",
        question="How many watched experiments does a criterion send back?",
        unit="experiments", needs=("source:exposures",), tables=("experiments.rollouts",),
    ),
    ControlMetric(
        name="post_mortems_overdue",
        question="After how many rollbacks is the post-mortem overdue?",
        unit="rollbacks", tables=("experiments.stages", "experiments.registry"),
    ),
    ControlMetric(
        name="unearned_stage_advances",
        question="How many stages of a rollout were lately entered although the metrics did not hold?",
        unit="stages", tables=("experiments.stages", "experiments.registry"),
    ),
    ControlMetric(
        name="experiments_without_plan",
        question="How many watched experiments have no registered plan: baseline, effect, power and units?",
        unit="experiments", tables=("experiments.registry",),
    ),
)  # fmt: skip
