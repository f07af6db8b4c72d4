"""The shared vocabulary of judgments: what a gate, a check, an audit or a control may say.

Thresholds and reasons belong to whoever judges; this module holds only the words.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of a judgment on figures; `insufficient` never counts as a pass."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    INSUFFICIENT = "insufficient"


class ControlStatus(StrEnum):
    """The state of a risk control; `no_data` is never a pass."""

    EFFECTIVE = "effective"
    DEGRADED = "degraded"
    FAILED = "failed"
    NO_DATA = "no_data"
