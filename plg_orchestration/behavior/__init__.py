"""What people did: additive roll-ups of events by received day, from which every window of behavior is summed.

Cohorts, scores and metrics made of these rows belong to the stages that follow; raw events belong to `ingest`.
"""

from plg_orchestration.behavior.queries import milestones, resolved_events, user_days, user_features

__all__ = ["milestones", "resolved_events", "user_days", "user_features"]
