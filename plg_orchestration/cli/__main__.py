"""`python -m plg_orchestration.cli` is `plg`."""

from plg_orchestration.cli import main

main()
