"""What sending takes from outside, handed in by who starts it, and why it is not started for earlier nights."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from plg_orchestration.wall_clock import WallClock

NOT_NEWEST = "only the newest night delivers; a later one was decided before"


@dataclass(frozen=True)
class Means:
    """The workspace's folder, the environment with the secrets, and the clock."""

    root: Path
    environment: Mapping[str, str]
    clock: WallClock
