"""`plg check`: every problem of a workspace, with file, line and remedy."""

import os
from pathlib import Path

from plg_orchestration.cli.home import open_console

APART = "move it into PLG_PSEUDONYM_KEY and delete the file"


def check_and_print(workspace: Path | None) -> int:
    """Print every problem; 0 when there is none, 1 when there are only warnings or findings."""
    from plg_orchestration.config import check_workspace, workspace_file

    console = open_console()
    path = workspace or Path(os.environ.get("PLG_WORKSPACE", "demo"))
    problems = check_workspace(path)
    for problem in problems:
        console.print(str(problem), markup=False, soft_wrap=True)
    beside = workspace_file(path).parent / ".plg" / "keys" / "secret"
    if beside.exists():
        console.print(f"{beside}: note: the secret lies beside what it protects; {APART}", markup=False, soft_wrap=True)
    if not problems:
        console.print(f"{workspace_file(path)}: fine", markup=False)
    return 1 if problems else 0
