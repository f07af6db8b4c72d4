"""The proof of a night's purge of invited people: what went, the counts that stayed, and a search of every store afterwards.

It names nobody. The purge itself is in `retention.py`; a certificate of an erasure is in `certificate.py`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plg_orchestration.clock import AsOf
from plg_orchestration.config import Workspace
from plg_orchestration.config.fingerprint import sha256
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy.certificate import FOLDER
from plg_orchestration.governance.privacy.retention import published_past, retention_of, search
from plg_orchestration.warehouse import Query, Warehouse
from plg_orchestration.warehouse.parquet import write_text

PROOFS = f"{FOLDER}/invites"
OUTSIDE = (
    "The files that the sources name are their owner's and stay as they are; backups, other copies and storage blocks that a "
    "database or a file system has freed are not reached from here."
)


def search_again(warehouse: Warehouse, workspace: Workspace, as_of: AsOf) -> dict[str, int]:
    """What still identifies somebody for too long, by store: the published file as others read it, and every store anew."""
    retention = retention_of(workspace, as_of)
    found = {store: left.past for store, left in search(warehouse, retention).items()}
    return {**found, "published invitations": published_past(warehouse, retention)}


def write_proof(warehouse: Warehouse, state: Path, as_of: AsOf, left: Mapping[str, int]) -> Path | None:
    """Write `certificates/invites/<as_of>.json` and `.txt` when the night has purged something; the path of the text."""
    text = "select * from governance.invite_retention where as_of = $as_of order by store"
    rows = warehouse.arrow(Query("purged", text, as_of.parameters())).to_pylist()
    if not any(row["dropped"] for row in rows):
        return None
    values: dict[str, Any] = {
        "as_of": str(as_of.date), "retention_days": rows[0]["retention_days"],
        "dropped_before": rows[0]["dropped_before"].isoformat(), "dropped": {row["store"]: row["dropped"] for row in rows},
        "left_past_retention": dict(left), "inviter_days": rows[0]["inviter_days"], "counts_digest": rows[0]["counts_digest"],
        "verdict": "complete" if not any(left.values()) else "incomplete", "note": OUTSIDE,
    }  # fmt: skip
    told = {**values, "digest": sha256(values)}
    failpoint("retention.proof")
    folder = state / PROOFS
    write_text(folder / f"{as_of.date}.json", json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    path = folder / f"{as_of.date}.txt"
    write_text(path, proof_text(told))
    return path


def read_proofs(state: Path) -> list[dict[str, Any]]:
    """The proofs of the state folder, oldest first."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((state / PROOFS).glob("*.json"))]


def proof_text(told: Mapping[str, Any]) -> str:
    """The proof for reading and printing."""
    complete = told["verdict"] == "complete"
    lines = [
        f"Purge of invited people, night of {told['as_of']}",
        f"Verdict     {'complete: a search of every store finds nobody' if complete else 'INCOMPLETE'}",
        f"Rule        people invited before {told['dropped_before']} UTC ({told['retention_days']} days) who are no users",
        "Dropped     " + ", ".join(f"{number} in {store}" for store, number in sorted(told["dropped"].items())),
        "Left        " + ", ".join(f"{number} in {store}" for store, number in sorted(told["left_past_retention"].items())),
        f"Counts      {told['inviter_days'] or 0} counts per inviter and day, the same before and after: {told['counts_digest']}",
        f"Note        {told['note']}",
        f"Digest      {told['digest']}",
    ]
    return "\n".join(lines) + "\n"
