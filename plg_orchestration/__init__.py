"""Product-led growth as data: cohorts, qualified leads, fairness audits, KPIs and risk controls, computed as known on any day.

The library is plain domain code: functions that return queries, frames or frozen decisions. It imports no Dagster outside
`definitions.py` and `resources.py`; the Dagster layer lives in `assets/` and `jobs/`.
"""

__version__ = "0.1.0"

STAGES = ("ingest", "behavior", "cohorts", "revenue", "pql", "kpis", "experiments", "governance", "reports")
"""The stages of a night in the order in which data flows; a stage is a folder here, a schema, an asset group and a key prefix."""
