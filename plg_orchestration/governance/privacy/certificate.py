"""The certificate of an erasure: who asked, what was removed where, who else must be told, and a search that finds nothing.

People are named by their tombstones alone: a pseudonym beside it would lead from a known id into the audit trail again.
"""

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plg_orchestration.config.fingerprint import sha256
from plg_orchestration.warehouse.parquet import write_text

FOLDER = "certificates"
DUE = dt.timedelta(days=30)
"""An erasure is to be done within so many days of its request."""
OUTSIDE = "Backups, copies outside the workspace and storage blocks that a file system has freed are not reached from here."


@dataclass(frozen=True)
class Certificate:
    """What one erasure did; it is complete when nothing was found afterwards and nothing was left undone.

    `as_of` is the newest night at that time, None before the first.
    """

    erasure_id: str
    as_of: str | None
    requested_at: str
    requested_by: str
    reason: str
    due_on: str
    done_at: str
    persons: tuple[str, ...]
    identifiers: dict[str, int]
    removed: dict[str, dict[str, int]]
    keys_forgotten: int
    recipients: dict[str, int]
    searched_files: int
    searched_bytes: int
    findings: tuple[str, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing was found afterwards and nothing was left undone."""
        return not self.findings and not self.problems

    def as_dict(self) -> dict[str, Any]:
        """The certificate's values, with its verdict and the digest of them all."""
        values = {**asdict(self), "verdict": "complete" if self.complete else "incomplete"}
        return {**values, "digest": sha256(values)}

    def text(self) -> str:
        """The certificate for reading and printing."""
        lines = [
            f"Certificate of erasure {self.erasure_id}",
            f"Verdict     {'complete: a search of every store finds nothing' if self.complete else 'INCOMPLETE'}",
            f"Requested   {self.requested_at} UTC by {self.requested_by}, due {self.due_on}",
            f"Reason      {self.reason}",
            f"Done        {self.done_at} UTC",
            f"Persons     {len(self.persons)}, by tombstone (HMAC-SHA-256 of the id under the workspace's secret):",
            *(f"            {mark}" for mark in self.persons),
            "Led to by   " + ", ".join(f"{number} {what}" for what, number in self.identifiers.items() if number),
            "Removed",
            *(
                f"            {store}: " + ", ".join(f"{number} {what}" for what, number in counts.items())
                for store, counts in sorted(self.removed.items())
            ),
            f"Keys        {self.keys_forgotten} keys of pseudonyms forgotten; the audit trail stays as it is",
            f"Searched    {self.searched_files} files, {self.searched_bytes} bytes: {len(self.findings)} findings",
            *(f"            {finding}" for finding in self.findings),
            *(f"Undone      {problem}" for problem in self.problems),
            *(f"To be told  {name}: {leads} leads were handed over" for name, leads in self.recipients.items()),
            *(f"Note        {note}" for note in self.notes),
            f"Digest      {self.as_dict()['digest']}",
        ]
        return "\n".join(lines) + "\n"


def write_certificate(state: Path, certificate: Certificate) -> Path:
    """Write the certificate as JSON and as text; the path of the text."""
    folder = state / FOLDER
    text = json.dumps(certificate.as_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_text(folder / f"{certificate.erasure_id}.json", text)
    path = folder / f"{certificate.erasure_id}.txt"
    write_text(path, certificate.text())
    return path


def read_certificates(state: Path) -> list[dict[str, Any]]:
    """The certificates of the state folder, oldest first."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((state / FOLDER).glob("*.json"))]
