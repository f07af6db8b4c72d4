"""Places where a test may let the process fail or die: named points in code that must survive a kill at any moment.

Nothing happens unless the environment variable `PLG_FAILPOINT` names a point, and nothing is decided here.
"""

import os
import signal
from collections import Counter

VARIABLE = "PLG_FAILPOINT"
"""`name`, `name:hit` (the hit-th time, from 1) or `name:hit:kill` (SIGKILL instead of an exception); `*` is any point."""
_PASSED: Counter[str] = Counter()


class InjectedFault(BaseException):
    """The failure that a failpoint was told to make; no handler of ordinary errors catches it, as none catches a kill."""


def failpoint(name: str) -> None:
    """Fail here when `PLG_FAILPOINT` says so; otherwise nothing."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        _PASSED.clear()
        return
    point, _, rest = wanted.partition(":")
    hit, _, action = rest.partition(":")
    if point not in (name, "*"):
        return
    _PASSED[wanted] += 1
    if _PASSED[wanted] != int(hit or 1):
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise InjectedFault(f"{VARIABLE}={wanted}: failed at {name}")
