"""The table of third parties, as the risk committee reads it; what is known of a vendor from files is in the ingest stage."""

from plg_orchestration.warehouse import Table, columns

VENDORS = Table(
    name="governance.vendors",
    description="The register of third parties on each day: what they are, how well they fit, and what is due or wrong.",
    columns=columns(
        as_of="DATE: day of knowledge",
        vendor="VARCHAR: the vendor",
        status="VARCHAR: pass, warn, insufficient (something that must be known is not) or fail",
        fit="DOUBLE: weighted fit from 1 to 10 over the known criteria; null when none is known",
        certificate_days_left="BIGINT: days until the certificate expires; negative when it has",
        open_vulnerabilities="BIGINT: open ones of medium severity or worse in its packages; null when these are not scanned",
        uptime="DOUBLE: minutes up / minutes measured in the window of limits.uptime_window_days; a share of 1",
        key_age_days="BIGINT: days since the rotation of its oldest key",
        reason="VARCHAR: what the status rests on, in words",
        category="VARCHAR: what it does for us",
        owner="VARCHAR: who answers for it",
        volume="DOUBLE: requests or records that it can handle a month",
        latency_ms="DOUBLE: 95th percentile of its answers, in milliseconds",
        residency="VARCHAR: where it keeps data",
        privacy_certificates="VARCHAR: certificates of privacy, separated by semicolons",
        integration_days="DOUBLE: person-days of its integration",
        monthly_cost="DECIMAL(18,2): cost a month, in the reporting currency",
        fit_scores="VARCHAR: the criteria that counted, with their scores and weights",
        fit_unknown="VARCHAR: criteria with a weight that are unknown, left out of the fit; null when all are known",
        certificate="VARCHAR: its security certificate",
        certificate_expires="DATE: last day of the certificate",
        reviewed_on="DATE: day of the last review",
        review_due="DATE: day by which it is to be reviewed again; null when it never was",
        open_packages="VARCHAR: the packages with open vulnerabilities",
        uptime_rank="BIGINT: 1 for the least available integration, which the control judges",
        worst_day="DATE: its worst day in the window",
        worst_day_uptime="DOUBLE: its uptime on that day",
        oldest_key="VARCHAR: the key that was rotated longest ago",
    ),
    key=("as_of", "vendor"),
    owner="team:governance",
    day="as_of",
)

TABLES: tuple[Table, ...] = (VENDORS,)
