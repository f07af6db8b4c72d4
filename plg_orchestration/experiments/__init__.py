"""Experiments: their registry and plans, who was exposed to what, read-outs, and staged rollouts.

The names here are calls on plain tables and numbers that notebooks and other programs use; SQL over exposures is in `queries.py`.
"""

from plg_orchestration.experiments.decisions import Contrast, Decision
from plg_orchestration.experiments.plan import PlanFinding, PlannedTest, audit_plan, published_plan
from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy
from plg_orchestration.experiments.power import SampleSize, detectable_effect, required_sample_size
from plg_orchestration.experiments.read_out import ReadOut, read_out
from plg_orchestration.experiments.revenue import RevenueImpact, Stake, revenue_impact
from plg_orchestration.experiments.rollouts import Evidence, PostMortem, Rollout, Transition, next_move, post_mortem, replay
from plg_orchestration.experiments.rules import ReadOutPolicy, RolloutPolicy
from plg_orchestration.experiments.samples import Measure
from plg_orchestration.experiments.self_check import SelfCheck, self_check
from plg_orchestration.experiments.split import Split, sample_ratio

__all__ = [
    "Contrast",
    "Decision",
    "Evidence",
    "Experiment",
    "ExperimentPolicy",
    "Measure",
    "PlanFinding",
    "PlannedTest",
    "PostMortem",
    "ReadOut",
    "ReadOutPolicy",
    "RevenueImpact",
    "Rollout",
    "RolloutPolicy",
    "SampleSize",
    "SelfCheck",
    "Split",
    "Stake",
    "Transition",
    "audit_plan",
    "detectable_effect",
    "next_move",
    "post_mortem",
    "published_plan",
    "read_out",
    "replay",
    "required_sample_size",
    "revenue_impact",
    "sample_ratio",
    "self_check",
]
