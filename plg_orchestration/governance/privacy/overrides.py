"""What people decided about somebody who is erased: the record keeps its numbers, and says nothing about whom it was about.

How overrides are kept is in `pql/routing/records.py`.
"""

import json
from pathlib import Path

from plg_orchestration.governance.privacy.identifiers import Identifiers
from plg_orchestration.governance.privacy.needles import ERASED
from plg_orchestration.pql.routing.records import Override, override_id, read_records
from plg_orchestration.pql.routing.tables import OVERRIDES
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.parquet import write_text


def is_about(record: Override, found: Identifiers) -> bool:
    """Whether the record is about one of the people."""
    return record.user_id in found.of("users") or record.decision_id in found.of("decisions")


def anonymous(record: Override) -> Override:
    """The same decision about nobody, with an identity that fits."""
    identity = override_id(record.number, ERASED, record.action, record.now_route, record.person, record.requested_by)
    changed = {"override_id": identity, "decision_id": ERASED, "user_id": ERASED, "rationale": ERASED, "was_reason": None}
    return record.model_copy(update=changed)


def anonymous_rows(warehouse: Warehouse, found: Identifiers) -> int:
    """Make the rows of `pql.overrides` about the people rows about nobody; how many there were."""
    warehouse.ensure(OVERRIDES)
    rows = warehouse.connection.execute(
        "select number, action, now_route, person, requested_by from pql.overrides "
        "where user_id in (select text from erased_users) or decision_id in (select text from erased_decisions) order by number"
    ).fetchall()
    for number, action, route, person, requested_by in rows:
        identity = override_id(number, ERASED, action, route, person, requested_by)
        warehouse.connection.execute(
            "update pql.overrides set override_id = $i, decision_id = $e, user_id = $e, rationale = $e, was_reason = null "
            "where number = $n", {"i": identity, "e": ERASED, "n": number},
        ).fetchall()  # fmt: skip
    return len(rows)


def clean_file(file: Path, found: Identifiers) -> int:
    """Write the file of overrides anew where it is about the people; how many lines changed. Unreadable lines are left alone."""
    if not file.exists():
        return 0
    about = {record.number: record for record in read_records(file).records if is_about(record, found)}
    if not about:
        return 0
    lines = file.read_text(encoding="utf-8").splitlines()
    for number, record in about.items():
        lines[number - 1] = json.dumps(anonymous(record).model_dump(mode="json"), ensure_ascii=False, sort_keys=False)
    write_text(file, "".join(f"{line}\n" for line in lines))
    return len(about)
