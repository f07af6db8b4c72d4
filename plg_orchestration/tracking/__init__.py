"""What auditors see in MLflow: trainings, registered versions with the champion's alias, governance. Only this folder imports it.

The warehouse decides; MLflow repeats. Nothing is read back from it to route a lead.
"""

from plg_orchestration.tracking.anchor import anchor_head, anchored_heads
from plg_orchestration.tracking.card import ShownCard, log_card
from plg_orchestration.tracking.governance import LoggedGovernance, complete_governance, log_governance
from plg_orchestration.tracking.guide import LoggedGuide, log_guide
from plg_orchestration.tracking.outcomes import mark_outcome, repeat_entries
from plg_orchestration.tracking.pages import LoggedPage, log_files, log_page
from plg_orchestration.tracking.record import TrainingRecord, read_record
from plg_orchestration.tracking.registry import point_alias
from plg_orchestration.tracking.store import Tracking, TrackingUnavailable, open_tracking
from plg_orchestration.tracking.training import LoggedTraining, log_training

__all__ = [
    "LoggedGovernance",
    "LoggedGuide",
    "LoggedPage",
    "LoggedTraining",
    "ShownCard",
    "Tracking",
    "TrackingUnavailable",
    "TrainingRecord",
    "anchor_head",
    "anchored_heads",
    "complete_governance",
    "log_card",
    "log_files",
    "log_governance",
    "log_guide",
    "log_page",
    "log_training",
    "mark_outcome",
    "open_tracking",
    "point_alias",
    "read_record",
    "repeat_entries",
]
