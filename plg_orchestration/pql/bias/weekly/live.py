"""The audit of live decisions: last week's by group at once, and the newest weeks whose outcomes are known with their errors."""

from collections.abc import Iterator, Sequence

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.attributes import parts
from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.bias.weekly.queries import live_decisions, matured_decisions
from plg_orchestration.pql.bias.weekly.tables import LIVE_BIAS
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.warehouse import Warehouse

KNOWN_AT_ONCE = ("selection_rate",)
"""Metrics that need no outcome."""


def live_bias(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.live_bias` for the night; periods without decisions have none.

    Who became a lead lately is compared for the declared attributes and for pairs with a protected one, hand-overs and matured
    decisions for the declared ones.
    """
    recent = warehouse.frame(live_decisions(as_of=as_of, policy=policy, target=target))
    matured = warehouse.frame(matured_decisions(as_of=as_of, policy=policy, target=target))
    declared = tuple(a.attribute for a in policy.bias.attributes)
    parts = [
        *_audited("recent", "qualified", recent, (*declared, *_protected_pairs(policy, declared)), policy),
        *_audited("recent", "handed_over", recent, declared, policy),
        *_audited("matured", "qualified", matured, declared, policy),
    ]
    names = list(LIVE_BIAS.column_names)
    if not parts:
        return pd.DataFrame(columns=names, dtype=object)
    made = pd.concat(parts, ignore_index=True).assign(as_of=as_of.date, target=target)
    return made.reindex(columns=names).astype(object)


def _protected_pairs(policy: PqlPolicy, declared: Sequence[str]) -> Iterator[str]:
    for name in policy.bias.audited:
        if name not in declared and any(policy.bias.status(part) == "protected" for part in parts(name)):
            yield name


def _audited(
    period: str, stage: str, decisions: pd.DataFrame, attributes: Sequence[str], policy: PqlPolicy
) -> Iterator[pd.DataFrame]:  # fmt: skip
    if decisions.empty:
        return
    labels = decisions["label"].astype("boolean").fillna(False).astype(bool)
    predictions = decisions.assign(label=labels, selected=decisions[stage].astype(bool))
    found = audit_bias(predictions, attributes=list(attributes), policy=policy.weekly_bias.sparing(policy.bias))
    if period == "recent":
        found = found[found["metric"].isin(KNOWN_AT_ONCE)]
    first, last = pd.Timestamp(decisions["first_on"].min()).date(), pd.Timestamp(decisions["last_on"].max()).date()
    yield found.assign(period=period, stage=stage, first_on=first, last_on=last)
