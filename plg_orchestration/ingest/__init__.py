"""Lossless intake of a workspace's files: every line ends accepted, as a duplicate, quarantined with its reason, or blank.

`ingest_files` takes files in, `known_*` tell what was known on a day, `findings` what the sources say that cannot be true.
"""

from plg_orchestration.ingest.run import FileResult, IngestSummary, ensure_tables, ingest_files

__all__ = ["FileResult", "IngestSummary", "ensure_tables", "ingest_files"]
