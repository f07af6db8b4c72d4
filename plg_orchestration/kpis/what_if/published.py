"""The published table: what each configured lever would bring, beside what was published."""

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.kpis.claims.policy import ClaimPolicy
from plg_orchestration.kpis.what_if.calls import effect_row, resampled
from plg_orchestration.kpis.what_if.policy import WhatIfPolicy
from plg_orchestration.kpis.what_if.queries import what_if_accounts, what_if_now
from plg_orchestration.kpis.what_if.tables import WHAT_IF
from plg_orchestration.warehouse import Warehouse


def what_if(
    warehouse: Warehouse, *, as_of: AsOf, policy: WhatIfPolicy, windows_of: ClaimPolicy, currency: str, stored: bool = False
) -> pd.DataFrame:
    """Rows of `kpis.what_if` for the day `as_of`, one a lever; Unavailable when accounts pay in several currencies.

    `windows_of`: the claims' policy, whose landmark and conversion window are used; `currency`: the reporting currency.
    """
    query = what_if_accounts(as_of=as_of, policy=policy, windows_of=windows_of, currency=currency, stored=stored)
    counts, ((mrr, currencies, paid_in),) = warehouse.arrow(query), warehouse.rows(what_if_now(as_of=as_of, currency=currency))
    if int(str(currencies)) > 1:
        raise Unavailable("accounts pay in several currencies, and no exchange rate is known; give a source of exchange rates")
    sample = resampled(counts, rounds=policy.rounds, seed=policy.seed)
    rows: list[dict[str, object]] = []
    for lever, change in policy.levers.items():
        row = effect_row(
            sample, lever=lever, change=change, mrr=float(str(mrr)), cohort_days=policy.cohort_days,
            churn_days=policy.churn_days, months=policy.months, min_events=policy.min_events,
        )  # fmt: skip
        told = policy.published.get(lever)
        fits = told is not None and told.change == change
        published = (told.low, told.high, told.source) if told is not None and fits else (None, None, None)
        rows.append(row | dict(zip(("published_low", "published_high", "source"), published, strict=True)))
    frame = pd.DataFrame(rows).assign(as_of=as_of.date, currency=str(paid_in), months=policy.months)
    figures = [column.name for column in WHAT_IF.columns if column.type == "DOUBLE"]
    return frame.reindex(columns=list(WHAT_IF.column_names)).astype(dict.fromkeys(figures, "float64"))
