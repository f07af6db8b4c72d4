"""The control metrics about third parties (R5); their SQL files are in `governance/metrics/`."""

from plg_orchestration.governance.control_metric import ControlMetric

METRICS: tuple[ControlMetric, ...] = (
    ControlMetric(
        name="open_vulnerabilities",
        question="How many vulnerabilities of medium severity or worse are open?",
        unit="vulnerabilities", needs=("source:vulnerabilities|source:governance_records",),
        tables=("ingest.vulnerabilities", "ingest.governance_records", "config.retired_scan_targets"),
        known=("known_vulnerabilities", "known_scans", "known_governance_records"),
    ),
    ControlMetric(
        name="scan_age_days",
        question="How old is the last vulnerability scan of the target that was scanned longest ago?",
        unit="days", needs=("source:vulnerabilities|source:governance_records",),
        tables=("ingest.vulnerabilities", "ingest.governance_records", "config.retired_scan_targets"),
        known=("known_scans", "known_governance_records"),
    ),
    ControlMetric(
        name="vendors_without_certificate",
        question="How many vendors have no valid security certificate (SOC 2 or the like)?",
        unit="vendors", tables=("ingest.vendors", "config.vendors"), shared=("governance.registered_vendors",),
    ),
    ControlMetric(
        name="vendor_reviews_overdue",
        question="How many vendors were not reviewed (SOC 2 report read again) within a year?",
        unit="vendors", tables=("ingest.vendors", "config.vendors"), shared=("governance.registered_vendors",),
    ),
    ControlMetric(
        name="key_age_days",
        question="How long ago was the key rotated that was rotated longest ago?",
        unit="days", needs=("source:governance_records",), tables=("ingest.governance_records",),
        known=("known_governance_records",),
    ),
    ControlMetric(
        name="integration_uptime",
        question="How available was the least available integration lately?",
        unit="share", needs=("source:uptime",), tables=("ingest.uptime",), known=("known_uptime",),
    ),
)  # fmt: skip
