"""What the roll-ups of behavior are told: when a visit has ended.

How the rows come about is SQL; what stands here is configuration alone.
"""

from typing import Annotated

from pydantic import Field

from plg_orchestration.config.section import Section


class BehaviorPolicy(Section):
    """`session_idle_minutes`: a session ends after so many minutes without an event (when events carry no session id)."""

    session_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
