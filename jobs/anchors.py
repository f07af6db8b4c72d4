"""What Dagster keeps of the decision log: the signed head in the metadata of each materialization of `governance/audit_log`.

Comparing it with the log belongs to the library.
"""

from pathlib import Path

import dagster as dg

HEAD = "signed head"
"""The metadata entry; `assets/governance_audit.py` writes it."""
MOST = 200
"""So many materializations are looked at."""


def anchored_heads(home: Path) -> list[str]:
    """The lines that the newest materializations hold, in the instance whose DAGSTER_HOME is `home`; none when there are none."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        found = instance.fetch_materializations(dg.AssetKey(["governance", "audit_log"]), limit=MOST).records
        entries = [record.asset_materialization.metadata.get(HEAD) for record in found if record.asset_materialization]
        return [str(entry.value) for entry in entries if entry is not None]
