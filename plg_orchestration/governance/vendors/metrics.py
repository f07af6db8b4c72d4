"""The control metrics about third parties (R5); their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="open_vulnerabilities",
        question="How many vulnerabilities of medium severity or worse are open?",
        unit="vulnerabilities", needs=("source:vulnerabilities|source:governance_records",),
        tables=("ingest.vulnerabilities", "ingest.governance_records"),
        known=("known_vulnerabilities", "known_governance_records"),
    ),
    ControlMetric(
        name="scan_age_days",
        question="How old is the last vulnerability scan?",
        unit="days", needs=("source:vulnerabilities|source:governance_records",),
        tables=("ingest.vulnerabilities", "ingest.governance_records"),
        known=("known_vulnerabilities", "known_governance_records"),
    ),
    ControlMetric(
        name="vendors_without_certificate",
        question="How many vendors have no valid security certificate (SOC 2 or the like)?",
        unit="vendors", needs=("source:vendors",), tables=("ingest.vendors",), known=("known_vendors",),
    ),
    ControlMetric(
        name="integration_uptime",
        question="How available was the least available integration lately?",
        unit="share", needs=("source:uptime",), tables=("ingest.uptime",), known=("known_uptime",),
    ),
)  # fmt: skip
