"""Reading a stored snapshot: the rows that a page shows for a day. Nothing is computed here."""

import datetime as dt

import pandas as pd

from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.warehouse import Warehouse, sql_file


def latest(warehouse: Warehouse, *, as_of: dt.date) -> pd.DataFrame:
    """What the snapshot of `as_of` says now: of each KPI, segment and period the newest wholly mature row, else the newest.

    Columns: those of `kpis.snapshot` without as_of, and from the registry group, question, kind, better, cadence, owner and
    review (whether the row's period is the one in which the KPI is reviewed). Ordered as the registry is, then by period and
    segment; empty when there is no snapshot of that day.
    """
    rows = warehouse.frame(sql_file("kpis/latest.sql", requires=(), as_of=as_of))
    declared = pd.DataFrame(
        {
            "kpi": kpi.name, "group": kpi.group, "question": kpi.question, "kind": kpi.kind, "better": kpi.better,
            "cadence": kpi.cadence, "owner": kpi.owner, "review_period": kpi.review_period, "place": place,
        }
        for place, kpi in enumerate(KPIS)
    )  # fmt: skip
    known = rows.merge(declared, on="kpi", how="left")
    known["review"] = known["period"] == known["review_period"]
    ordered = known.sort_values(["place", "period", "segment", "dimension", "dimension_value"], ignore_index=True)
    return ordered.drop(columns=["place", "review_period"])
