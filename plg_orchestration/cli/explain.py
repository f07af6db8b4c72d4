"""`plg explain`: the dossier of one decision on the terminal, and as a page where a file is named."""

import sys
from pathlib import Path

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.warehouse import Warehouse


def explain_and_print(workspace: Path | None, decision_id: str, *, html: Path | None, with_identity: bool) -> int:
    """Print the dossier, and write the page to `html`; 2 with the reason when the decision is not known or the file cannot be."""
    from plg_orchestration.config import write_config_tables
    from plg_orchestration.governance.privacy.keyring import open_keyring
    from plg_orchestration.governance.privacy.secret import secret_of
    from plg_orchestration.reports.dossier import UnknownDecision, dossier, dossier_page
    from plg_orchestration.reports.dossier.terminal import print_dossier
    from plg_orchestration.warehouse.parquet import write_text

    here = enter(workspace)
    if html is not None and not html.parent.is_dir():
        print(f"plg: --html {html}: the folder {html.parent} is not there; make it or name another", file=sys.stderr)
        return 2
    try:
        with Warehouse.open(here.state) as warehouse, open_keyring(here.state, secret_of(here)) as keys:
            write_config_tables(warehouse, here)
            made = dossier(warehouse, decision_id.strip(), workspace=here, keys=keys, named=with_identity)
    except UnknownDecision as error:
        print(f"plg: {error}", file=sys.stderr)
        return 2
    console = open_console()
    print_dossier(console, made)
    if html is not None:
        write_text(html, dossier_page(made))
        console.print(f"\nWritten to {html}.", markup=False, soft_wrap=True)
    return 0
