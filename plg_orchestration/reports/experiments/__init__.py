"""The read-out of each experiment on one page: ship, hold or roll back, and why; made of tables that are already there."""

from plg_orchestration.reports.experiments.page import experiment_page, write_experiment_pages

__all__ = ["experiment_page", "write_experiment_pages"]
