"""The tactical report: what teams look at week by week, on one page that opens offline. Nothing is computed here anew."""

from plg_orchestration.reports.tactical.page import tactical_report, write_tactical_report

__all__ = ["tactical_report", "write_tactical_report"]
