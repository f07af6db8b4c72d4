"""How an event format is understood: one module a dialect, found by the format's name.

A dialect says where the canonical columns lie in a line and what is wrong with it as an event. Reading bytes, JSON and CSV as
such, clocks, identity and storage belong to the pipeline around it.
"""

from plg_orchestration.config.sources import SCANS
from plg_orchestration.ingest.dialects.base import Dialect, Selection
from plg_orchestration.ingest.dialects.columns import ColumnsDialect
from plg_orchestration.ingest.dialects.segment import SegmentDialect
from plg_orchestration.ingest.dialects.stripe import StripeDialect

DIALECTS: dict[str, Dialect] = {
    "segment": SegmentDialect(),
    "stripe": StripeDialect(),
    **dict.fromkeys(SCANS, ColumnsDialect()),
    "jsonl": ColumnsDialect(),
    "csv": ColumnsDialect(),
    "parquet": ColumnsDialect(),
}
"""The dialects by the name that `format:` gives."""

__all__ = ["DIALECTS", "Dialect", "Selection"]
