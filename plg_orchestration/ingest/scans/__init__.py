"""Reports of vulnerability scanners (pip-audit, OSV-Scanner, SARIF) as records of the source `vulnerabilities`.

One module a format; what they share is in `report.py`, how severe a finding is in `severity.py`. What a scan means for a finding
that it does not name any more is decided in `known_vulnerabilities.sql`.
"""

from plg_orchestration.ingest.scans.records import FORMATS, ScanFile, scan_identity

__all__ = ["FORMATS", "ScanFile", "scan_identity"]
