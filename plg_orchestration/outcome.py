"""What became of a run, in words that the command line can print: steps and their outcome, without Dagster's types.

How a run is started and watched is in `jobs/runner.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """What became of one asset in a run: its key, rows, seconds, and the reason when it failed or is unavailable."""

    asset: str
    rows: int | None = None
    seconds: float = 0.0
    unavailable: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class RunOutcome:
    """A finished run: whether every step succeeded, what became of each asset, and the checks that did not pass."""

    run_id: str
    success: bool
    seconds: float
    steps: tuple[Step, ...]
    failed_checks: tuple[str, ...]
