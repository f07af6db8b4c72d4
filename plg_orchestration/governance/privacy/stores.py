"""Where anything about a person may lie: every store of a workspace, what is in it, and how an erasure deals with it.

Whoever makes a new kind of file in the state folder registers it here; a test fails when a file belongs to no store. How each
way of erasing works is in the modules that the ways name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from plg_orchestration.config import Workspace

How = Literal["lines", "parts", "rows", "published", "files", "unread", "sealed", "keys"]
"""`lines`: rewritten without the people's lines; `parts`, `rows`: without their rows; `published`: written anew from the rows;
`files`: mentions taken out of texts, tables and SQLite databases; `unread`: removed when they name somebody; `sealed`: never
changed, only searched, since people are named there by pseudonym alone; `keys`: the people's keys are forgotten."""
TEMPORARY = (".*.part", ".*.rebuilt", ".*.rebuilt.wal", "tmp_*")
"""What a kill leaves behind; removed before anything else."""


@dataclass(frozen=True)
class Store:
    """One store: `where` are patterns of paths relative to the state folder (`*` also crosses folders)."""

    name: str
    where: tuple[str, ...]
    how: How
    holds: str


STORES: tuple[Store, ...] = (
    Store("inputs", (), "lines", "the files that the sources name, and lookups"),
    Store("lake", ("lake/events/*",), "parts", "accepted events as Parquet"),
    Store("refused files", ("lake/refused/*",), "unread", "copies of files that could not be read at all"),
    Store("warehouse", ("warehouse.duckdb", "warehouse.duckdb.wal"), "rows", "every table; the file is made anew"),
    Store("published", ("published/*",), "published", "tables as Parquet for other programs"),
    Store("tracking", ("mlflow.db*", "mlartifacts/*"), "files", "MLflow's database and artifacts"),
    Store("models", ("models/*",), "files", "trained models and their manifests"),
    Store("dagster", ("dagster/*", "dagster.yaml"), "files", "runs, event logs with samples of tables, logs of steps"),
    Store("reports", ("reports/*",), "files", "reports, queues as CSV, dossiers, model cards"),
    Store("audit log", ("audit/*",), "sealed", "the decision trail, in which people have pseudonyms"),
    Store("evidence", ("evidence/*",), "sealed", "signed bundles for auditors"),
    Store("certificates", ("certificates/*",), "sealed", "certificates of erasures"),
    Store("keys", ("keys/*",), "keys", "the secret, people's keys, tombstones, journals of erasures, signing keys"),
    Store("notes", ("run_failures.jsonl", "*.log", "*.lock", "locks/*", "*.json", "*.txt"), "files", "notes of runs, locks"),
    Store("records", (), "files", "what people said, beside plg.yaml: overrides, approvals, acknowledgements, acceptances"),
    Store("deliveries", (), "files", "leads handed to folders"),
)
"""Every store; those without patterns lie outside the state folder."""


def store_of(path: Path, state: Path) -> Store | None:
    """The store that a file of the state folder belongs to; None when nobody registered its kind."""
    relative = path.relative_to(state).as_posix()
    return next((store for store in STORES if any(fnmatch(relative, pattern) for pattern in store.where)), None)


def state_files(state: Path) -> Iterator[Path]:
    """Every file of the state folder, in order."""
    yield from (path for path in sorted(state.rglob("*")) if path.is_file() and not path.is_symlink())


def record_files(workspace: Workspace) -> list[Path]:
    """The files of people's words beside `plg.yaml`, the overrides first."""
    policy, actions = workspace.pql, workspace.governance.actions
    names = (
        policy.routing.overrides.file, policy.promotion.approval.file, actions.acknowledgements_file, actions.acceptances_file,
        actions.likelihoods_file,
    )  # fmt: skip
    return [workspace.root / name for name in names if (workspace.root / name).is_file()]


def delivered_files(workspace: Workspace) -> list[Path]:
    """The files in the folders that leads are handed to."""
    folders = {folder for entry in workspace.pql.destinations if (folder := getattr(entry, "folder", None))}
    return [path for folder in sorted(folders) for path in sorted((workspace.root / folder).rglob("*")) if path.is_file()]


def remove_litter(state: Path) -> int:
    """Remove what kills left behind; how many files."""
    found = [path for path in state_files(state) if any(fnmatch(path.name, pattern) for pattern in TEMPORARY)]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)
