"""The KPIs that are named and defined but not computed yet, each with its question.

A KPI moves from here to `registry.py` when it is computed. Targets and benchmarks may name those here already.
"""

from plg_orchestration.kpis.model import ComingKpi

COMING: tuple[ComingKpi, ...] = ()
