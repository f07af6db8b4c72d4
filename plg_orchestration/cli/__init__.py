"""The command line `plg`: what people type. Each command is a short adapter; heavy imports happen inside commands.

Exit codes: 0 fine, 1 findings or a failed run, 2 wrong usage, 3 unreadable configuration or store.
"""

import gc
import sys
from typing import NoReturn

from plg_orchestration.cli.app import app

COLLECT_AFTER = 100_000
"""Objects made before Python looks for cycles: Dagster's definitions are a million that stay, and looking at them costs 5 %."""


def main() -> NoReturn:
    """Run the command line; an error that is meant for a person is printed without a traceback."""
    from plg_orchestration.errors import PlgError

    gc.set_threshold(COLLECT_AFTER, 50, 100)
    try:
        app()
    except PlgError as error:
        print(f"plg: {error}", file=sys.stderr)
        sys.exit(3)
    sys.exit(0)
