"""Who came, who stayed and who brought others: signup cohorts, retention and the viral coefficient.

The names here are calls on plain tables that notebooks and other programs use; the builders of the published tables are
in `cohorts.queries`. Roll-ups of events belong to `behavior`, money to `revenue`.
"""

from plg_orchestration.cohorts.calls import project_viral_growth, retention, viral_coefficient

__all__ = ["project_viral_growth", "retention", "viral_coefficient"]
