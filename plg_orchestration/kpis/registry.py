"""Every KPI: those computed, each one declaration, and those that are named and still to come.

Adding a KPI is one entry in a module of `declared/`; the snapshot, the bands and the documentation page follow from it. A
population is a query in `populations.py`. Percentages run from 0 to 100, as the published benchmarks do.
"""

from plg_orchestration.kpis.coming import COMING
from plg_orchestration.kpis.declared.acquisition import ACQUISITION
from plg_orchestration.kpis.declared.activation import ACTIVATION
from plg_orchestration.kpis.declared.engagement import ENGAGEMENT
from plg_orchestration.kpis.declared.health import HEALTH
from plg_orchestration.kpis.declared.monetization import MONETIZATION
from plg_orchestration.kpis.model import Kpi

KPIS: tuple[Kpi, ...] = (*ACQUISITION, *ACTIVATION, *ENGAGEMENT, *MONETIZATION, *HEALTH)


def kpi(name: str) -> Kpi:
    """The computed KPI of that name; ValueError when there is none, saying whether it is still to come."""
    for declared in KPIS:
        if declared.name == name:
            return declared
    coming = any(entry.name == name for entry in COMING)
    raise ValueError(f"KPI {name!r} is {'named, but not computed yet' if coming else 'unknown'}; see docs/kpis.md")


ALSO_CALLED: dict[str, str] = {
    "mrr_growth": "arr_growth_in_period",
    "feature_adoption": "core_feature_adoption",
    "pql_accuracy": "pql_conversion",
}
"""Names in the published plans, and the KPI that each means: MRR and ARR grow by the same share, for one."""


def known_names() -> frozenset[str]:
    """The names of all KPIs, computed and coming: those that targets and benchmarks may name."""
    return frozenset(entry.name for entry in (*KPIS, *COMING))
