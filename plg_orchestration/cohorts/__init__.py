"""Who came, who stayed, how far they got and whom they brought: one folder a subject.

The names here are calls on plain tables that notebooks and other programs use; the builders of the published tables are
in the subjects' `queries` modules. Roll-ups of events belong to `behavior`, money to `revenue`.
"""

from plg_orchestration.cohorts.activation.calls import activation_shifts
from plg_orchestration.cohorts.activation.learning import activation_weights
from plg_orchestration.cohorts.engagement.calls import lifecycle, retention, stickiness
from plg_orchestration.cohorts.funnels.calls import funnel
from plg_orchestration.cohorts.paths.calls import conversion_associations, exposure_conversion, friction, golden_path
from plg_orchestration.cohorts.plays.calls import play_results
from plg_orchestration.cohorts.virality.calls import project_viral_growth, viral_coefficient, viral_sensitivity

__all__ = [
    "activation_shifts",
    "activation_weights",
    "conversion_associations",
    "exposure_conversion",
    "friction",
    "funnel",
    "golden_path",
    "lifecycle",
    "play_results",
    "project_viral_growth",
    "retention",
    "stickiness",
    "viral_coefficient",
    "viral_sensitivity",
]
