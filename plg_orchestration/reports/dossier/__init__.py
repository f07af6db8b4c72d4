"""The dossier of one decision: what was decided about whom, by what, why, and what came of it; on the terminal and as a page.

It reads what nights, people and the log left behind, computes reasons anew, and stores nothing.
"""

from plg_orchestration.reports.dossier.make import UnknownDecision, dossier
from plg_orchestration.reports.dossier.page import dossier_page
from plg_orchestration.reports.dossier.told import Dossier
from plg_orchestration.reports.shapes import Fact, Grid, Section

__all__ = ["Dossier", "Fact", "Grid", "Section", "UnknownDecision", "dossier", "dossier_page"]
