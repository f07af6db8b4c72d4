"""The ledger of champions: entries that are only ever appended, and who stands according to them.

Reading, appending and folding; whether something is entered is decided in `gates.py`, `live.py` and by people.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from plg_orchestration.failpoints import failpoint
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.evaluation import Incumbent
from plg_orchestration.pql.promotion.tables import PROMOTIONS
from plg_orchestration.pql.training.artifacts import StoredModel, UntrustedModel, load_model
from plg_orchestration.pql.training.model import INPUTS, Model
from plg_orchestration.pql.training.versions import formula_version
from plg_orchestration.warehouse import Query, Warehouse

RISES = ("promotion", "approval")
FALLS = ("rollback", "automatic_rollback")
GATES, LIVE, FILE_CHECK = "gates", "live outcomes", "file check"
"""Who acts when no person does."""


@dataclass(frozen=True)
class Entry:
    """One line of `pql.promotions`; the columns' meanings stand in its declaration."""

    target: str
    kind: str
    as_of: dt.date
    actor: str
    previous: str
    scorer: str
    version: str
    reason: str
    threshold: float | None = None
    artifact: str | None = None
    digest: str | None = None
    threshold_policy: str | None = None
    false_discovery_rate: float | None = None
    best: str | None = None
    verdict: str | None = None
    gates: str | None = None
    approval: str | None = None
    acted_at: dt.datetime | None = None
    evidence_on: dt.date | None = None
    sequence: int = 0

    @property
    def moves(self) -> bool:
        """Whether it changes who routes; a shadow does not."""
        return self.kind in (*RISES, *FALLS)


@dataclass(frozen=True)
class ChampionModel:
    """A model that scores: its version, threshold on the probability, and the stored file with the recorded digest."""

    version: str
    threshold: float
    stored: StoredModel

    def load(self) -> Model:
        """The model; UntrustedModel when the file is not the recorded one, or when the code makes other inputs by now."""
        model = load_model(self.stored)
        known, made = [str(name) for name in model.pipeline.feature_names_in_], [feature.name for feature in INPUTS]
        if known != made:
            changed = sorted(set(known) ^ set(made)) or ["their order"]
            raise UntrustedModel(
                f"{self.version} was trained on other inputs than are made by now (changed: {', '.join(changed[:5])}); "
                "its scores and reasons would be wrong"
            )
        return model


@dataclass(frozen=True)
class Standing:
    """What the entries add up to: the champions that may be returned to, newest last, and what else is known of them.

    `raised` is empty while the rules route. `changed_on` is the day of the last change, None before the first. `best` is the best
    that ever was champion and was not rolled back; `withdrawn` are versions that were; `shadow` the last one that was set.
    """

    raised: tuple[Entry, ...] = ()
    changed_on: dt.date | None = None
    withdrawn: frozenset[str] = frozenset()
    best: Entry | None = None
    shadow: Entry | None = None

    @property
    def champion(self) -> Entry | None:
        """The entry that made the champion; None for the rules."""
        return self.raised[-1] if self.raised else None

    def incumbent(self, policy: PqlPolicy) -> Incumbent:
        """Who a challenger is held against; a best of before `promotion.best_since` is no yardstick any more."""
        top, best, since = self.champion, self.best, policy.promotion.best_since
        counts = best is not None and (since is None or best.as_of >= since)
        return Incumbent(
            top.scorer if top else "rules", top.version if top else formula_version("rules", policy),
            top.as_of if top else None, self.changed_on, best.version if best and counts else None, self.withdrawn,
        )  # fmt: skip

    def route(self, policy: PqlPolicy) -> dict[str, Any]:
        """The columns of `pql.champion` that say who routes."""
        if self.champion is None:
            return rules_route(policy)
        top = self.champion
        return {
            "scorer": top.scorer, "version": top.version, "promoted_on": top.as_of, "threshold": top.threshold,
            "artifact": top.artifact, "digest": top.digest,
        }  # fmt: skip


def rules_route(policy: PqlPolicy) -> dict[str, Any]:
    """The columns of `pql.champion` that say who routes, for the points."""
    return {
        "scorer": "rules", "version": formula_version("rules", policy), "promoted_on": None,
        "threshold": float(policy.rules.threshold), "artifact": None, "digest": None,
    }  # fmt: skip


def standing(entries: Sequence[Entry]) -> Standing:
    """Fold the entries in order: who rose stands on top, a rollback takes away until the version that it names is on top."""
    made = Standing()
    versions = {entry.version: entry for entry in entries if entry.kind in RISES}
    for entry in entries:
        if entry.kind == "shadow":
            made = replace(made, shadow=entry)
            continue
        raised, withdrawn = made.raised, made.withdrawn
        if entry.kind in RISES:
            raised = (*raised, entry)
        while entry.kind in FALLS and raised and raised[-1].version != entry.version:
            withdrawn |= {raised[-1].version}
            raised = raised[:-1]
        best = versions.get(raised[-1].best or "") if raised else None
        made = replace(made, raised=raised, withdrawn=withdrawn, changed_on=entry.as_of, best=best)
    return made


def entries_of(
    warehouse: Warehouse, *, target: str, through: dt.date | None = None, before: dt.date | None = None
) -> tuple[Entry, ...]:
    """The target's entries in their order: all, those of days up to `through`, or those of days before `before`."""
    warehouse.ensure(PROMOTIONS)
    text = """select * from pql.promotions where target = $target
        and (cast($through as date) is null or as_of <= cast($through as date))
        and (cast($before as date) is null or as_of < cast($before as date)) order by sequence"""
    found = records(warehouse, text, target=target, through=through, before=before)
    return tuple(Entry(**row) for row in found)


def append(warehouse: Warehouse, entry: Entry) -> Entry:
    """Enter the line at the end of its target's ledger, inside the caller's transaction; the entry with its place is returned."""
    with warehouse.transaction():
        last = warehouse.scalar("select max(sequence) from pql.promotions where target = $t", t=entry.target)
        placed = replace(entry, sequence=int(str(last or 0)) + 1)
        failpoint("ledger.before_entry")
        warehouse.insert(PROMOTIONS, pd.DataFrame([asdict(placed)], dtype=object)[list(PROMOTIONS.column_names)])
        failpoint("ledger.entered")
        warehouse.parts.mark(PROMOTIONS, [placed.as_of])
    return placed


def model_at(entry: Entry | None, state: Path) -> ChampionModel | None:
    """The model that an entry names; None when it names a formula or there is no entry."""
    if entry is None or entry.artifact is None or entry.digest is None or entry.threshold is None:
        return None
    return ChampionModel(entry.version, float(entry.threshold), StoredModel(state / entry.artifact, entry.digest))


def records(warehouse: Warehouse, text: str, **parameters: object) -> list[dict[str, Any]]:
    """The rows of a statement as dictionaries of plain values, None for NULL."""
    done = warehouse.connection.execute(text, Query("records", text, parameters).bound() or None)
    names = [column[0] for column in done.description or []]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]
