"""Experiments: their registry and who was exposed to what; read-outs and rollouts build on these."""

from plg_orchestration.experiments.policy import Experiment, ExperimentPolicy

__all__ = ["Experiment", "ExperimentPolicy"]
