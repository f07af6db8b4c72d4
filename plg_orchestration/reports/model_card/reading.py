"""What a model card is made of: the rows of one training and what is on record about its version, gathered once.

How they are told is in the sibling modules.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.ledger import RISES, Entry, entries_of
from plg_orchestration.pql.training.artifacts import MANIFEST_FILE
from plg_orchestration.reports.extracts import Extract, Extracted, read_extract
from plg_orchestration.warehouse import Query, Warehouse, sql_file

if TYPE_CHECKING:
    from plg_orchestration.reports.model_card.card import Carded

Row = dict[str, Any]
BINS = Extract("calibration_bins", ("pql.test_predictions",))


@dataclass(frozen=True)
class Facts:
    """One training: its scorers, judgment, audit and bins, what the ledger says of the version, and the champion before it."""

    trained_on: AsOf
    known_on: AsOf
    target: str
    policy: PqlPolicy
    candidates: tuple[Row, ...]
    judgment: Row
    audit: tuple[Row, ...]
    gaps: tuple[Row, ...]
    mitigation: tuple[Row, ...] | None
    """None when the contest has no table here."""
    entries: tuple[Entry, ...]
    bins: Extracted
    sources: tuple[Row, ...]
    lacking: tuple[Row, ...]
    """Sources of people and their accounts that the day could not read: table_name, reason."""
    inputs: tuple[str, ...]
    previous: Row | None
    previous_inputs: tuple[str, ...] | None

    @property
    def model(self) -> Row:
        """The model's row."""
        return self.candidates[0]

    @property
    def version(self) -> str:
        """The version label."""
        return str(self.model["version"])

    @property
    def trained(self) -> bool:
        """Whether there is a model."""
        return self.model["status"] == "trained"

    @property
    def instead(self) -> str:
        """The version whose promotion the day keeps although this one was trained when it was built again; '' for none."""
        kept = str(self.judgment.get("version") or "")
        risen = any(entry.kind in RISES and entry.version == self.version for entry in self.entries)
        return kept if self.judgment.get("promoted") and kept != self.version and not risen else ""

    @property
    def gates(self) -> list[Row]:
        """The gates of the judgment."""
        return json.loads(self.judgment.get("gates") or "[]")


def read_facts(warehouse: Warehouse, *, trained_on: AsOf, known_on: AsOf, target: str, workspace: "Carded") -> Facts:
    """Gather the training of the day; ValueError when there is none."""
    asked: dict[str, object] = {**trained_on.parameters(), "target": target}
    candidates = _rows(warehouse, "card_candidates", asked, "pql.candidate")
    if not candidates:
        raise ValueError(f"pql.candidate has no training of {target} on {trained_on.date}")
    model = candidates[0]
    asked |= {"version": model["version"]}
    found = warehouse.arrow(
        Query("judged", "select * from pql.champion where as_of = $as_of and target = $target", asked)
    ).to_pylist() if warehouse.exists("pql.champion") else []  # fmt: skip
    judgment: Row = found[0] if found else {}
    before = judgment.get("previous") if judgment else None
    previous = _rows(warehouse, "card_previous", {**asked, "previous": before}, "pql.candidate") if before else ()
    entries = entries_of(warehouse, target=target, through=known_on.date) if warehouse.exists("pql.promotions") else ()
    return Facts(
        trained_on=trained_on, known_on=known_on, target=target, policy=workspace.pql, candidates=candidates, judgment=judgment,
        audit=_rows(warehouse, "card_audit", asked, "pql.bias_audit"),
        gaps=_rows(warehouse, "card_gaps", asked, "pql.bias_gaps"),
        mitigation=_rows(warehouse, "card_mitigation", asked) if warehouse.exists("pql.mitigation") else None,
        entries=tuple(entry for entry in entries if model["version"] in (entry.version, entry.previous)),
        bins=read_extract(warehouse, BINS, trained_on), sources=_rows(warehouse, "card_sources", asked, "ingest.files"),
        lacking=_lacking(warehouse, asked), inputs=_inputs(model, workspace.state), previous=previous[0] if previous else None,
        previous_inputs=_inputs(previous[0], workspace.state) if previous else None,
    )  # fmt: skip


def _lacking(warehouse: Warehouse, asked: Mapping[str, object]) -> tuple[Row, ...]:
    text = """select table_name, max(reason) as reason from meta.publications
        where status = 'unavailable' and table_name like 'ingest.%' and (day = $as_of or day = date '1970-01-01')
        group by table_name order by table_name"""
    return tuple(warehouse.arrow(Query("lacking", text, asked)).to_pylist())


def _inputs(row: Row, state: Path) -> tuple[str, ...]:
    """The inputs that the version's manifest lists; none when it cannot be read."""
    if not row.get("artifact"):
        return ()
    try:
        manifest: Row = json.loads((state / row["artifact"] / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(str(name) for name in manifest.get("inputs", ()))


def _rows(warehouse: Warehouse, name: str, asked: Mapping[str, object], *tables: str) -> tuple[Row, ...]:
    if not all(warehouse.exists(table) for table in tables):
        return ()
    return tuple(warehouse.arrow(sql_file(f"reports/model_card/{name}.sql", requires=(), **asked)).to_pylist())
