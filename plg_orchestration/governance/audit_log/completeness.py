"""Whether the log holds as many decisions as were published, night by night; whether it was changed is for `verification.py`."""

import datetime as dt
from dataclasses import dataclass

from plg_orchestration.governance.audit_log.outbox import prepare
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse, sql_file


@dataclass(frozen=True)
class Completeness:
    """Decisions published and logged over some nights, and the verdict with its reason."""

    published: int
    logged: int
    verdict: Verdict
    reason: str


def completeness(warehouse: Warehouse, *, first: dt.date, last: dt.date) -> Completeness:
    """Compare the nights from `first` to `last`: pass when every night has as many decisions in the log as are published.

    After erasures the log holds more for the nights of erased people, whose decisions stay in it without a name: that warns.
    """
    prepare(warehouse)
    if not warehouse.exists("pql.decisions"):
        return Completeness(0, 0, Verdict.PASS, "no night has decided on anybody")
    nights = warehouse.rows(sql_file("governance/audit_log/completeness.sql", requires=(), first=first, as_of=last))
    found = [(night, int(str(published)), int(str(logged))) for night, published, logged in nights]
    published, logged = sum(row[1] for row in found), sum(row[2] for row in found)
    off = [row for row in found if row[1] != row[2]]
    if not off:
        return Completeness(published, logged, Verdict.PASS, f"{published} decisions published, {logged} in the log")
    said = "; ".join(f"{night}: {there} published, {told} in the log" for night, there, told in off[:5])
    erased = int(str(warehouse.scalar("select count(*) from governance.audit_log where kind = 'erasure'")))
    if erased and all(told > there for _, there, told in off):
        return Completeness(published, logged, Verdict.WARN, f"{said}: people were erased, their decisions stay without a name")
    return Completeness(published, logged, Verdict.FAIL, said)
