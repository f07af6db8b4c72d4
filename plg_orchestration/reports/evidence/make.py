"""Making a bundle: its parts without names, the papers that nights wrote, the chain, a page, and the signature over all of it.

The same inputs give the same bytes. How it is verified is in `verify.py`, which every bundle carries.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pyarrow as pa

from plg_orchestration import __version__
from plg_orchestration.config.workspace import Workspace
from plg_orchestration.csv_text import csv_text
from plg_orchestration.governance.actions.approvals import approval_id, approvals_of
from plg_orchestration.governance.actions.people import Redactor
from plg_orchestration.governance.audit_log.anchors import Anchor
from plg_orchestration.governance.audit_log.heads import PUBLIC_KEY
from plg_orchestration.governance.audit_log.keys import Signer, open_signer
from plg_orchestration.governance.privacy.keyring import Keyring, open_keyring
from plg_orchestration.governance.privacy.secret import Secret
from plg_orchestration.reports.evidence import verify
from plg_orchestration.reports.evidence.chain import chain_files
from plg_orchestration.reports.evidence.names import NamesLeft, names_left, page_without_names, redactor, without_names
from plg_orchestration.reports.evidence.page import index_page
from plg_orchestration.reports.evidence.parts import PARTS
from plg_orchestration.reports.evidence.quarters import NoEvidence, Quarter, nights_in
from plg_orchestration.warehouse import Warehouse, sql_file, table
from plg_orchestration.warehouse.parquet import write_bytes

DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
APPROVALS = pa.schema([
    (name, pa.string()) for name in
    ("approval_id", "target", "version", "requested_by", "reviewer", "approved_at", "expires_on", "rationale")
])  # fmt: skip


@dataclass(frozen=True)
class Bundle:
    """A made bundle: its bytes, its quarter, the nights in it, how many files it has, and which parts are empty and why."""

    data: bytes
    quarter: Quarter
    nights: tuple[dt.date, ...]
    files: int
    absent: tuple[tuple[str, str], ...]
    key_digest: str


def make_bundle(
    warehouse: Warehouse, wanted: Quarter, *, workspace: Workspace, secret: Secret, anchors: Sequence[Anchor] = ()
) -> Bundle:
    """The evidence of the quarter as one signed archive.

    NoEvidence when no night of the quarter was run or the decision log is not what was signed; NamesLeft when a file would name
    somebody; ConfigurationError when the keys cannot be opened with the secret.
    """
    nights = nights_in(warehouse, wanted)
    signer = open_signer(workspace.state, secret)
    key = hashlib.sha256(signer.public).hexdigest()
    chain = chain_files(warehouse, workspace.state / "audit", wanted, anchors)
    with open_keyring(workspace.state, secret) as keys:
        names = redactor(warehouse, workspace, keys)
        tables, absent = _tables(warehouse, wanted, workspace, names, keys)
        papers = _papers(warehouse, wanted, workspace, nights, names)
        register = _register(workspace, names)
    if not any(name.startswith("model_cards/") for name in papers):
        absent["model_cards"] = "no card of a version in use was written"
    members = {
        **{f"tables/{name}.csv": csv_text(rows).encode() for name, rows in tables.items()}, **papers, **chain,
        "register.json": register.encode(),
        "README.md": _packaged("bundle_readme.md").replace("QUARTER", wanted.name).encode(),
        "verify.py": _packaged("verify.py").encode(), verify.KEY: (workspace.state / "audit" / PUBLIC_KEY).read_bytes(),
    }  # fmt: skip
    page = index_page(
        tables, absent, papers=sorted(papers), chain=sorted(chain), quarter=wanted, nights=nights, workspace=workspace.name,
        timezone=workspace.timezone, key=key,
    )  # fmt: skip
    members["index.html"] = page.encode()
    left = names_left({name: data for name, data in members.items() if name not in _OURS}, names)
    if left is not None:
        raise NamesLeft(f"{left} would name somebody, and no bundle was made; report it, naming the file")
    data = _signed(members, signer, wanted, nights, workspace.name)
    _prove(data)
    return Bundle(
        data, wanted, tuple(nights), len(members), tuple(sorted(absent.items())), hashlib.sha256(signer.public).hexdigest()
    )


def write_bundle(bundle: Bundle, workspace: Workspace, path: Path | None = None) -> Path:
    """Write the archive in one step to `path`, by default `<state>/evidence/<quarter>.zip`; where it lies."""
    target = path or workspace.state / "evidence" / f"{bundle.quarter.name}.zip"
    try:
        write_bytes(target, bundle.data)
    except OSError as error:
        raise NoEvidence(f"{target} cannot be written ({error.strerror}); name another file with -o") from error
    return target


_OURS = frozenset({"README.md", "verify.py", verify.KEY})


def _tables(
    warehouse: Warehouse, wanted: Quarter, workspace: Workspace, names: Redactor, keys: Keyring
) -> tuple[dict[str, pa.Table], dict[str, str]]:
    """The rows of every part, and the reason of each that has none."""
    tables: dict[str, pa.Table] = {}
    absent: dict[str, str] = {}
    parameters = {"first": wanted.first, "last": wanted.last, "min_group": workspace.pql.bias.min_group}
    for part in PARTS:
        lacking = [name for name in part.needs if not warehouse.exists(name)]
        if lacking:
            absent[part.name] = f"{lacking[0]} has not been built"
            continue
        for name in part.needs:
            if table(name).kept:
                warehouse.ensure(table(name))
        rows = warehouse.arrow(sql_file(f"reports/evidence/evidence_{part.name}.sql", requires=(), **parameters))
        tables[part.name] = without_names(rows, part, names, keys)
        if not rows.num_rows:
            absent[part.name] = f"nothing in {wanted.name}"
    tables["approvals"], lacking = _approvals(workspace, wanted, names)
    if lacking:
        absent["approvals"] = lacking
    return tables, absent


def _approvals(workspace: Workspace, wanted: Quarter, names: Redactor) -> tuple[pa.Table, str]:
    """The approvals up to the quarter's end, and why there is none."""
    approvals = approvals_of(workspace)
    rows = [
        {
            "approval_id": approval_id(a), "target": a.target, "version": a.version, "requested_by": names.person(a.requested_by),
            "reviewer": names.person(a.reviewer), "approved_at": a.approved_at.astimezone(dt.UTC).isoformat(),
            "expires_on": a.expires_on.isoformat(), "rationale": names.text(a.rationale),
        }
        for a in approvals.found if a.approved_at.astimezone(dt.UTC).date() <= wanted.last
    ]  # fmt: skip
    lacking = "the file of approvals cannot be read" if approvals.problem else f"nobody approved a model up to {wanted.last}"
    return pa.Table.from_pylist(rows, schema=APPROVALS), "" if rows else lacking


def _papers(
    warehouse: Warehouse, wanted: Quarter, workspace: Workspace, nights: Sequence[dt.date], names: Redactor
) -> dict[str, bytes]:
    """Model cards of the versions in use, drift reviews of the quarter, and certificates of erasures; without names."""
    found: dict[str, Path] = {}
    if warehouse.exists("reports.model_card") and warehouse.exists("pql.promotions"):
        query = sql_file("reports/evidence/evidence_cards.sql", requires=(), first=wanted.first, last=wanted.last)
        for row in warehouse.arrow(query).to_pylist():
            page = workspace.state / row["path"]
            for path in (page, page.with_suffix(".md")):
                found[f"model_cards/{row['target']}/{path.name}"] = path
    for night in nights:
        for path in sorted((workspace.state / "reports" / str(night)).glob("drift_review.*")):
            found[f"drift_reviews/{night}{path.suffix}"] = path
    for path in sorted((workspace.state / "certificates").glob("*")):
        if path.suffix in (".json", ".md", ".html") and _within(path, wanted):
            found[f"certificates/{path.name}"] = path
    texts = {name: path.read_text(encoding="utf-8") for name, path in found.items() if path.is_file()}
    return {name: page_without_names(text, names).encode() for name, text in texts.items()}


def _within(path: Path, wanted: Quarter) -> bool:
    """Whether a certificate is of the quarter: by the days that its JSON tells, else by its name; unknown ones are in."""
    text = path.with_suffix(".json").read_text(encoding="utf-8") if path.with_suffix(".json").is_file() else path.name
    days = sorted(DATED.findall(text))
    return not days or any(wanted.first.isoformat() <= day <= wanted.last.isoformat() for day in days)


def _register(workspace: Workspace, names: Redactor) -> str:
    """The register as it is configured when the bundle is made: risks, controls, steps of escalation and rules of actions."""
    policy = workspace.governance
    said = {
        "risks": [risk.model_dump(mode="json") for _, risk in sorted(policy.risks.items())],
        "controls": [control.model_dump(mode="json") for _, control in sorted(policy.controls.items())],
        "escalation_order": list(policy.escalation_order), "actions": policy.actions.model_dump(mode="json"),
        "bias_limits": workspace.pql.bias.model_dump(mode="json"),
    }  # fmt: skip
    return names.text(json.dumps(said, indent=1, ensure_ascii=False) + "\n") or ""


def _signed(members: dict[str, bytes], signer: Signer, wanted: Quarter, nights: Sequence[dt.date], workspace: str) -> bytes:
    listed = [
        {"path": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in sorted(members.items())
    ]
    said = {
        "format": verify.FORMAT, "workspace": workspace, "quarter": wanted.name, "first": str(wanted.first),
        "last": str(wanted.last), "nights": [str(night) for night in nights], "made_by": f"plg-orchestration {__version__}",
        "files": listed,
    }  # fmt: skip
    manifest = (json.dumps(said, indent=1) + "\n").encode()
    return verify.pack({**members, verify.MANIFEST: manifest, verify.SIGNATURE: signer.private.sign(manifest)})


def _prove(data: bytes) -> None:
    """Verify the bundle as its reader will: a bundle over a log that was changed would only fail elsewhere."""
    try:
        verify.check(verify.unpack(data))
    except verify.Changed as error:
        raise NoEvidence(f"no bundle was made: {error}; see `plg audit verify`, and restore the log from its backup") from None


def _packaged(name: str) -> str:
    return files("plg_orchestration.reports.evidence").joinpath(name).read_text(encoding="utf-8")
