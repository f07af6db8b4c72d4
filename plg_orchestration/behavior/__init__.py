"""What people did: additive roll-ups of events by received day, of which every window is a sum, and the state of each unit.

Cohorts, scores and metrics made of these rows belong to the stages that follow; raw events belong to `ingest`.
"""

from plg_orchestration.behavior.queries import (
    account_days,
    activity,
    feature_activity,
    milestones,
    next_activity,
    next_feature_activity,
    received_activity,
    resolved_events,
    sessions,
    step_events,
    user_days,
    user_features,
    visitor_days,
)

__all__ = [
    "account_days", "activity", "feature_activity", "milestones", "next_activity", "next_feature_activity", "received_activity",
    "resolved_events", "sessions", "step_events", "user_days", "user_features", "visitor_days",
]  # fmt: skip
