"""The queries of third parties: the merged register, and what data says of each vendor.

What the figures mean is judged in `standing.py`.
"""

from plg_orchestration.clock import AsOf
from plg_orchestration.governance.policy import Limits
from plg_orchestration.ingest.known import (
    known_governance_records,
    known_scans,
    known_uptime,
    known_vendors,
    known_vulnerabilities,
)
from plg_orchestration.warehouse import Query, sql_file


def registered_vendors(*, as_of: AsOf) -> Query:
    """The register on the day, by vendor: source `vendors` and `config.vendors` merged, with where they contradict each other."""
    return sql_file("governance/vendors/registered_vendors.sql", requires=(known_vendors(as_of),), **as_of.parameters())


def vendor_figures(*, as_of: AsOf, limits: Limits) -> Query:
    """The register with what data says: uptime (a share), open_vulnerabilities, key_age_days, certificate_days_left ..."""
    requires = (
        registered_vendors(as_of=as_of), known_uptime(as_of), known_vulnerabilities(as_of), known_scans(as_of),
        known_governance_records(as_of),
    )  # fmt: skip
    window = as_of.minus(limits.uptime_window_days).date
    return sql_file("governance/vendors/vendor_figures.sql", requires=requires, **as_of.parameters(), uptime_date=window)
