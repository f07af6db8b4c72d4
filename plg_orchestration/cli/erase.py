"""`plg erase`: people are removed from every store of the workspace, with a certificate."""

import sys
from collections.abc import Sequence
from pathlib import Path

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.governance.privacy.certificate import FOLDER
from plg_orchestration.wall_clock import SystemClock


def erase_and_print(workspace: Path | None, people: Sequence[str], *, requested_by: str, reason: str) -> int:
    """Erase the people and print the certificates; 0 when all are complete, 1 when something is left, 2 when it is refused."""
    from plg_orchestration.governance.privacy.erasure import RefusedErasure, erase_people

    here = enter(workspace)
    console = open_console()
    try:
        done = erase_people(here, people, requested_by=requested_by, reason=reason, at=SystemClock().now().replace(microsecond=0))
    except RefusedErasure as error:
        print(f"plg: {error}", file=sys.stderr)
        return 2
    for certificate in done:
        console.print(certificate.text(), markup=False, soft_wrap=True)
        console.print(f"Written to {here.state / FOLDER / certificate.erasure_id}.txt and .json", markup=False, soft_wrap=True)
    left = [certificate for certificate in done if not certificate.complete]
    if left:
        console.print("Something is left: mend what is said above, and run the same command again; it goes on from here.")
    return 1 if left else 0
