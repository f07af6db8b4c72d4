"""`plg evidence`: make the bundle of a quarter, or verify one. What is in it is decided in `reports/evidence/`."""

import hashlib
import sys
from pathlib import Path

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.config import write_config_tables
from plg_orchestration.errors import PlgError
from plg_orchestration.warehouse import Warehouse


def make_and_print(workspace: Path | None, quarter_text: str, output: Path | None) -> int:
    """Write the bundle and say where it lies and how it is verified; 2 with the reason when there is none to be made."""
    from plg_orchestration.governance.privacy.secret import secret_of
    from plg_orchestration.reports.evidence.chain import anchors_of
    from plg_orchestration.reports.evidence.make import make_bundle, write_bundle
    from plg_orchestration.reports.evidence.quarters import quarter

    console, here = open_console(), enter(workspace)
    try:
        wanted = quarter(quarter_text)
        with Warehouse.open(here.state) as warehouse:
            write_config_tables(warehouse, here)
            bundle = make_bundle(warehouse, wanted, workspace=here, secret=secret_of(here), anchors=anchors_of(here))
        path = write_bundle(bundle, here, output)
    except PlgError as error:
        print(f"plg: {error}", file=sys.stderr)
        return 2
    nights = f"{len(bundle.nights)} nights, {bundle.nights[0]} to {bundle.nights[-1]}"
    console.print(f"{path}: {bundle.files} files, {len(bundle.data):,} bytes, {nights}", markup=False, soft_wrap=True)
    console.print(f"SHA-256 of the archive  {hashlib.sha256(bundle.data).hexdigest()}", markup=False, soft_wrap=True)
    console.print(f"SHA-256 of the key      {bundle.key_digest}", markup=False, soft_wrap=True)
    for name, reason in bundle.absent:
        console.print(f"empty: {name.replace('_', ' ')}: {reason}", markup=False, soft_wrap=True)
    console.print(f"Verify it with `plg evidence --verify {path}`, or with the verify.py inside.", markup=False, soft_wrap=True)
    return 0


def verify_and_print(bundle: Path, key: Path | None) -> int:
    """Verify an archive or its folder as its own `verify.py` does: 0 valid, 1 changed, 3 it cannot be read or checked."""
    from plg_orchestration.reports.evidence.verify import main

    return main([str(bundle), *(["--key", str(key)] if key else [])])
