"""Proxies dropped: inputs that tell the failing group from the rest are the same for everybody while training."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.pql.mitigation.method import Failure, TrainingRows, Variant
from plg_orchestration.pql.mitigation.policy import MitigationPolicy
from plg_orchestration.pql.training.metrics import Flags, auc
from plg_orchestration.pql.training.model import NUMBERS


@dataclass(frozen=True)
class ProxiesDropped:
    """Without every input whose association with a failing group reaches the policy's limit."""

    name: str = "proxies_dropped"

    def variants(self, rows: TrainingRows, failures: tuple[Failure, ...], policy: MitigationPolicy) -> Iterator[Variant]:
        """One variant without the proxies; none when no input is one."""
        found = proxies(rows, failures)
        strong = tuple(name for name, strength in found.items() if strength >= policy.proxy_association)
        if not strong or len(strong) == len(rows.inputs.columns):
            name, strength = max(found.items(), key=lambda item: item[1])
            said = f"no input tells a failing group from the rest: the closest, {name}, is associated by {strength:.2f} only"
            yield Variant(self.name, {}, skipped=said if not strong else "every input is a proxy, so nothing would be left")
            return
        yield Variant(self.name, {"dropped": list(strong)}, rows.without(strong).fit, blind_to=strong)


def proxies(rows: TrainingRows, failures: tuple[Failure, ...]) -> dict[str, float]:
    """The association of every input with the failing group that it tells best, from 0 (not at all) to 1 (perfectly).

    A number's is |2 AUC - 1| of telling the group from the rest, a word's the total variation distance between both.
    """
    found = dict.fromkeys(rows.inputs.columns, 0.0)
    for failure in failures:
        own = (rows.groups[failure.attribute] == failure.group).to_numpy(dtype=bool)
        if not own.any() or own.all():
            continue
        for name in found:
            found[name] = max(found[name], _association(rows.inputs[name], own, number=name in NUMBERS))
    return found


def _association(values: pd.Series, own: Flags, *, number: bool) -> float:
    if number:
        return abs(2 * auc(own, values.to_numpy(dtype=np.float64)) - 1)
    shares = [values[side].value_counts(normalize=True) for side in (own, ~own)]
    return float(shares[0].sub(shares[1], fill_value=0.0).abs().sum() / 2)
