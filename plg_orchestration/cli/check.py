"""`plg check`: every problem of a workspace, with file, line and remedy."""

import os
from pathlib import Path

from plg_orchestration.cli.home import open_console


def check_and_print(workspace: Path | None) -> int:
    """Print every problem; 0 when there is none, 1 when there are only warnings or findings."""
    from plg_orchestration.config import check_workspace, workspace_file

    console = open_console()
    path = workspace or Path(os.environ.get("PLG_WORKSPACE", "demo"))
    problems = check_workspace(path)
    for problem in problems:
        console.print(str(problem), markup=False, soft_wrap=True)
    if not problems:
        console.print(f"{workspace_file(path)}: fine", markup=False)
    return 1 if problems else 0
