"""Whose models score: the champion of a day, who routed before it, the best ever, the shadow; and going back to a former one.

A model file that is not the recorded one never scores: the champion before it does, or the rules. Judgments are in `gates.py`.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.failpoints import failpoint
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.ledger import (
    FILE_CHECK,
    ChampionModel,
    Entry,
    Standing,
    append,
    entries_of,
    model_at,
    records,
    rules_route,
    standing,
)
from plg_orchestration.pql.promotion.tables import CHAMPION
from plg_orchestration.pql.training.artifacts import StoredModel, UntrustedModel
from plg_orchestration.pql.training.model import Model
from plg_orchestration.warehouse import Warehouse

Row = dict[str, Any]


def champion_on(warehouse: Warehouse, *, as_of: AsOf, target: str = "conversion") -> Row | None:
    """The champion's row of the day; None when the day was not built."""
    text = "select * from pql.champion where as_of = $day and target = $target"
    found = records(warehouse, text, day=as_of.date, target=target)
    return found[0] if found else None


def model_of(row: Row | None, state: Path) -> ChampionModel | None:
    """The model that a champion row names; None when the row names a formula."""
    if row is None or row["scorer"] != "model":
        return None
    return ChampionModel(row["version"], float(row["threshold"]), StoredModel(state / row["artifact"], row["digest"]))


def shadow_of(row: Row | None, state: Path) -> ChampionModel | None:
    """The shadow that a champion row names; None without one."""
    if row is None or row["shadow"] is None:
        return None
    stored = StoredModel(state / row["shadow_artifact"], row["shadow_digest"])
    return ChampionModel(row["shadow"], float(row["shadow_threshold"]), stored)


def incumbent_model(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str, state: Path) -> ChampionModel | None:
    """The model that routed before `as_of`; None when a formula did."""
    return model_at(standing(entries_of(warehouse, target=target, before=as_of.date)).champion, state)


def best_model(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str, state: Path) -> ChampionModel | None:
    """The best that ever was champion before `as_of`; None without one, or when it is the model that routed itself."""
    now = standing(entries_of(warehouse, target=target, before=as_of.date))
    incumbent = now.incumbent(policy)
    return model_at(now.best, state) if incumbent.best not in (None, incumbent.version) else None


def routing_models(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion", state: Path
) -> tuple[tuple[str, ChampionModel, Model], ...]:
    """The models that score the day: (`model`, the champion, loaded) unless a formula routes; (`shadow`, ...) when one stands.

    A champion whose file is not the promoted one is not executed: the one before it takes its place in `pql.champion`, or the
    rules do, and on the newest day the ledger says so. A shadow with such a file is passed over.
    """
    row = champion_on(warehouse, as_of=as_of, target=target)
    scoring: list[tuple[str, ChampionModel, Model]] = []
    routing = model_of(row, state)
    while routing is not None:
        try:
            scoring.append(("model", routing, routing.load()))
            break
        except UntrustedModel as error:
            row = _refuse(warehouse, without_place(error, state), day=as_of.date, policy=policy, target=target, state=state)
            routing = model_of(row, state)
    shadow = shadow_of(row, state)
    if shadow is not None:
        try:
            scoring.append(("shadow", shadow, shadow.load()))
        except UntrustedModel:
            return tuple(scoring)
    return tuple(scoring)


def _refuse(warehouse: Warehouse, reason: str, *, day: dt.date, policy: PqlPolicy, target: str, state: Path) -> Row:
    """Re-point the day's champion to the newest former one whose file is sound; on the newest day it is entered as well."""
    entries = entries_of(warehouse, target=target, through=day)
    entry = fallen(
        standing(entries), target=target, day=day, policy=policy, kind="automatic_rollback", actor=FILE_CHECK, reason=reason,
        sound=lambda former: not unreadable(former, state),
    )  # fmt: skip
    with warehouse.transaction():
        newest = warehouse.scalar("select max(as_of) from pql.champion where target = $t", t=target)
        placed = append(warehouse, entry) if newest == day else entry
        row = repoint(warehouse, (*entries, placed), day=day, policy=policy, target=target)
    warehouse.parts.write_pending()
    return row


def repoint(
    warehouse: Warehouse, entries: Sequence[Entry], *, day: dt.date, policy: PqlPolicy, target: str, **judgment: object
) -> Row:
    """Let the day's row of `pql.champion` say who routes by the entries, inside the caller's transaction.

    `judgment` replaces columns about the day's challenger. The new row is returned.
    """
    text = "select * from pql.champion where as_of = $day and target = $target"
    (row,) = records(warehouse, text, day=day, target=target)
    row |= {**standing(entries).route(policy), "change": change_on(entries, day), **judgment}
    failpoint("repoint.before_row")
    warehouse.connection.execute("delete from pql.champion where as_of = $day and target = $t", {"day": day, "t": target})
    failpoint("repoint.row_gone")
    warehouse.insert(CHAMPION, pd.DataFrame([row], dtype=object)[list(CHAMPION.column_names)])
    warehouse.parts.mark(CHAMPION, [day])
    failpoint("repoint.row_made")
    return row


def fallen(
    now: Standing, *, target: str, day: dt.date, policy: PqlPolicy, kind: str, actor: str, reason: str,
    sound: Callable[[Entry], bool], acted_at: dt.datetime | None = None,
) -> Entry:  # fmt: skip
    """The entry that returns to the newest former champion that is `sound`, else to the rules."""
    previous = now.incumbent(policy).version
    back = next((entry for entry in reversed(now.raised[:-1]) if sound(entry)), None)
    if back is None:
        route = rules_route(policy)
        return Entry(
            target, kind, day, actor, previous, "rules", route["version"], reason, threshold=route["threshold"], acted_at=acted_at
        )
    return replace(
        back, kind=kind, as_of=day, actor=actor, previous=previous, reason=reason, verdict=None, gates=None, approval=None,
        evidence_on=None, acted_at=acted_at,
    )  # fmt: skip


def unreadable(entry: Entry, state: Path) -> str:
    """Why the model that the entry names cannot be used, '' when it can or when the entry names a formula."""
    model = model_at(entry, state)
    try:
        if model is not None:
            model.load()
    except UntrustedModel as error:
        return without_place(error, state)
    return ""


def without_place(error: Exception, state: Path) -> str:
    """The error's words with paths below `state`: what is kept must not depend on where a workspace lies."""
    return str(error).replace(f"{state}/", "")


def change_on(entries: Sequence[Entry], day: dt.date) -> str | None:
    """What moved the champion on the day beside the judgment on the day's own challenger, in words; None when nothing did."""
    moved = [e for e in entries if e.as_of == day and e.moves and e.evidence_on != day]
    return "; ".join(f"{e.kind} from {e.previous} to {e.version} by {e.actor}: {e.reason}" for e in moved) or None


def shadow_columns(shadow: Entry | None) -> Row:
    """The columns of `pql.champion` about the shadow, null without one."""
    if shadow is None:
        return dict.fromkeys(("shadow", "shadow_threshold", "shadow_artifact", "shadow_digest"))
    return {
        "shadow": shadow.version, "shadow_threshold": shadow.threshold, "shadow_artifact": shadow.artifact,
        "shadow_digest": shadow.digest,
    }  # fmt: skip
