"""Reports for people: pages made of tables that are already there. What other stages can compute is not computed here."""

from plg_orchestration.reports.drift_review import write_drift_review
from plg_orchestration.reports.executive import executive_report, write_executive_report
from plg_orchestration.reports.tactical import tactical_report, write_tactical_report

__all__ = ["executive_report", "tactical_report", "write_drift_review", "write_executive_report", "write_tactical_report"]
