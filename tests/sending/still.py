"""A clock that never really waits, and a signing key."""

import datetime as dt

KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
RAW_KEY = b"0123456789abcdef0123456789abcdef"


class StillClock:
    """Half past two in the night after; waiting takes no time, but is written down."""

    def __init__(self) -> None:
        self.start = dt.datetime(2025, 4, 1, 2, 30)
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> dt.datetime:
        return self.start + dt.timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds
