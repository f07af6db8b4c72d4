"""The dossier as one self-contained HTML page that opens offline and prints; nothing is fetched, everything is escaped."""

from plg_orchestration import __version__
from plg_orchestration.reports.dossier.told import Dossier
from plg_orchestration.reports.pages import render


def dossier_page(dossier: Dossier) -> str:
    """The page as text."""
    return render("dossier.html.j2", dossier=dossier, version=__version__)
