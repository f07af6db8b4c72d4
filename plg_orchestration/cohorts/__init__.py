"""Who came, who stayed, how far they got and whom they brought: one folder a subject.

The names here are calls on plain tables that notebooks and other programs use; the builders of the published tables are
in the subjects' `queries` modules. Roll-ups of events belong to `behavior`, money to `revenue`.
"""

from plg_orchestration.cohorts.engagement.calls import retention
from plg_orchestration.cohorts.plays.calls import play_results
from plg_orchestration.cohorts.virality.calls import project_viral_growth, viral_coefficient

__all__ = ["play_results", "project_viral_growth", "retention", "viral_coefficient"]
