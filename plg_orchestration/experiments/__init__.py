"""Experiments: their registry and plans, who was exposed to what, read-outs, and staged rollouts.

The names here are calls on plain tables and numbers that notebooks and other programs use; SQL over exposures is in `queries.py`.
"""

from plg_orchestration.experiments.plan import PlanFinding, PlannedTest, audit_plan, published_plan
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.power import SampleSize, detectable_effect, required_sample_size

__all__ = [
    "Experiment",
    "ExperimentPolicy",
    "PlanFinding",
    "PlannedTest",
    "SampleSize",
    "audit_plan",
    "detectable_effect",
    "published_plan",
    "required_sample_size",
]
