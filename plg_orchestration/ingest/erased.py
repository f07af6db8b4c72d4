"""Lines about erased people that come again: dropped on the way in and counted, never stored.

Who was erased is known by tombstones alone (`governance/privacy/tombstones.py`); how stored data is erased, in that folder too.
"""

import re
from collections.abc import Iterable

import pyarrow as pa

from plg_orchestration.governance.privacy.tombstones import Tombstones, read_tombstones
from plg_orchestration.ingest.batch import STAGED, Batch
from plg_orchestration.ingest.reasons import Refusal
from plg_orchestration.warehouse import Table, Warehouse

OWN = ("user_id", "inviter_id", "invitee_user_id", "invitee_hash", "unit_id", "decision_id")
"""Whoever stands here is who the row is about."""
LINKS = ("anonymous_id", "previous_id", "referred_by")
"""Whoever stands here may be somebody else than the row is about; the value alone goes."""
WORDS = re.compile(rb"[^\s\"',:;{}\[\]]+")
MARK = "[erased]"


def drop_erased(warehouse: Warehouse, batch: Batch, table: Table) -> None:
    """Mark staged rows about erased people as `erased`, take mentions of them out of others' rows, and drop refused lines."""
    tombstones = read_tombstones(warehouse.published.parent)
    if not len(tombstones):
        return
    for file in batch.files:
        kept = [refusal for refusal in file.refused if not _names(refusal, tombstones)]
        file.erased += len(file.refused) - len(kept)
        file.refused = kept
    if not batch.staged:
        return
    columns = {c.name for c in table.columns} | ({"previous_id"} if table.name == "ingest.events" else set())
    for column in (name for name in OWN if name in columns):
        _mark(warehouse, tombstones, column, f"update {STAGED} set problem = 'erased' where problem is null and {column} in")
    if "anonymous_id" in columns:
        nobody = f"update {STAGED} set problem = 'erased' where problem is null and user_id is null and anonymous_id in"
        _mark(warehouse, tombstones, "anonymous_id", nobody)
    for column in (name for name in LINKS if name in columns):
        _mark(warehouse, tombstones, column, f"update {STAGED} set {column} = null where problem is null and {column} in")
    if "properties" in columns:
        _mentions(warehouse, tombstones)


def _names(refusal: Refusal, tombstones: Tombstones) -> bool:
    return any(word.decode("utf-8", "replace") in tombstones for word in WORDS.findall(refusal.raw))


def _mark(warehouse: Warehouse, tombstones: Tombstones, column: str, statement: str) -> None:
    found = _erased(warehouse, tombstones, f"select distinct {column} from {STAGED} where problem is null")
    if found:
        _given(warehouse, found)
        warehouse.connection.execute(f"{statement} (select text from erased_texts)").fetchall()
        warehouse.connection.unregister("erased_texts")


def _mentions(warehouse: Warehouse, tombstones: Tombstones) -> None:
    """Take erased people's ids out of the properties of others' events."""
    said = f"select distinct unnest(json_extract_string(properties, '$.*')) from {STAGED} where problem is null"
    for text in _erased(warehouse, tombstones, said):
        values = {"text": f'"{text}"', "mark": f'"{MARK}"'}
        warehouse.connection.execute(
            f"update {STAGED} set properties = replace(properties, $text, $mark) "
            "where problem is null and contains(properties, $text)", values,
        ).fetchall()  # fmt: skip


def _erased(warehouse: Warehouse, tombstones: Tombstones, text: str) -> list[str]:
    rows: Iterable[tuple[str | None]] = warehouse.connection.execute(text).fetchall()
    return sorted(tombstones.among(value for (value,) in rows if value))


def _given(warehouse: Warehouse, texts: list[str]) -> None:
    warehouse.connection.register("erased_texts", pa.table({"text": pa.array(texts, pa.string())}))
