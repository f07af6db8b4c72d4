"""The published table: every claim with estimate, interval and verdict, from the night's counts.

Counting is in `queries.py`; the arithmetic is in `estimates.py` and `verdicts.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.config.fingerprint import definition_hash, sha256
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.kpis.claims.estimates import Estimate, share, share_ratio
from plg_orchestration.kpis.claims.policy import ClaimPolicy
from plg_orchestration.kpis.claims.queries import claim_clusters, claim_model
from plg_orchestration.kpis.claims.registry import CLAIMS, Claim
from plg_orchestration.kpis.claims.tables import CLAIMS as TABLE
from plg_orchestration.kpis.claims.verdicts import Judgment, judge
from plg_orchestration.revenue.policy import RevenuePolicy
from plg_orchestration.warehouse import Warehouse
from plg_orchestration.warehouse.query import sql_text

NO_EFFECT = {"ratio": 1.0, "lift": 0.0, "share": math.nan, "model": 0.0}
TEXTS = tuple(f"kpis/claims/claim_{name}.sql" for name in ("members", "leads", "revenue", "clusters", "model"))
AMOUNTS = "fast_converters_revenue"
"""The claim whose clusters hold money."""


class Mapped(Protocol):
    """What the claims ask of a workspace: what its events mean, its reporting currency, and which needs are not met."""

    @property
    def taxonomy(self) -> Taxonomy:
        """The roles, passive events and channels."""
        ...

    @property
    def revenue(self) -> RevenuePolicy:
        """The reporting currency."""
        ...

    def missing(self, need: str) -> str | None:
        """Why the need is not met, or None."""
        ...


@dataclass(frozen=True)
class Found:
    """What one claim's data say: the estimate in the claim's unit, the group sizes, and why there is none, if so."""

    estimate: Estimate
    n: float = 0
    others: float = math.nan
    outcomes: float = math.nan
    other_outcomes: float = math.nan
    unavailable: str | None = None
    too_few: str | None = None


NOTHING = Estimate(math.nan, math.nan, math.nan, math.nan, math.nan, 0)


def claims(
    warehouse: Warehouse, *, as_of: AsOf, policy: ClaimPolicy, workspace: Mapped, stored: bool = False
) -> pd.DataFrame:  # fmt: skip
    """Rows of `kpis.claims` for the day `as_of`; reads that night's `kpis.what_if` for the claim about ARR."""
    query = claim_clusters(as_of=as_of, policy=policy, currency=workspace.revenue.currency, stored=stored)
    patterns, model = warehouse.frame(query), warehouse.frame(claim_model(as_of=as_of))
    return claim_rows(patterns, model, as_of=as_of, policy=policy, workspace=workspace)


def claim_rows(
    patterns: pd.DataFrame, model: pd.DataFrame, *, as_of: AsOf, policy: ClaimPolicy, workspace: Mapped,
    declared: Sequence[Claim] = CLAIMS,
) -> pd.DataFrame:  # fmt: skip
    """Rows of `kpis.claims` from those of `claim_clusters` and `claim_model`."""
    rows: list[dict[str, object]] = []
    for place, claim in enumerate(declared, start=1):
        lacking = [reason for need in claim.needs if (reason := workspace.missing(need)) is not None]
        if lacking:
            found = Found(NOTHING, unavailable="; ".join(lacking))
        elif claim.measure == "model":
            found = of_model(model)
        else:
            found = of_clusters(claim, patterns[patterns["claim"] == claim.name], policy)
        rows.append(_row(claim, found, policy) | {"place": place, "definition_hash": _hash(claim, as_of, policy, workspace)})
    whole = ("n", "others", "outcomes", "other_outcomes", "clusters")
    frame = pd.DataFrame(rows).assign(as_of=as_of.date).reindex(columns=list(TABLE.column_names))
    figures = ("published_low", "published_high", "value", "ci_low", "ci_high", "rate", "other_rate")
    return frame.astype(dict.fromkeys(figures, "float64") | dict.fromkeys(whole, "Int64") | {"place": "int32"})


def of_clusters(claim: Claim, patterns: pd.DataFrame, policy: ClaimPolicy) -> Found:
    """A share or a comparison from the claim's clusters, and whether there are enough of them."""
    names = ("hits", "n", "other_hits", "others", "clusters")
    hits, n, other_hits, others, clusters = (patterns[name].to_numpy(dtype=np.float64) for name in names)
    if claim.name == AMOUNTS:
        currencies = sorted(set(patterns["currency"].dropna()))
        if len(currencies) > 1:
            told = f"accounts pay in {', '.join(currencies)}, and no exchange rate is known"
            return Found(NOTHING, unavailable=told)
        found = share(hits, n, clusters, amounts=True)
        return Found(_scaled(found, 100), n=found.clusters, too_few=_too_few(found.clusters, None, 0, None, policy))
    sums = [float((values * clusters).sum()) for values in (n, hits, others, other_hits)]
    if claim.measure == "share":
        few = _too_few(sums[0], None, sums[1], None, policy)
        return Found(_scaled(share(hits, n, clusters), 100), n=sums[0], outcomes=sums[1], too_few=few)
    found = share_ratio(hits, n, other_hits, others, clusters)
    if claim.measure == "lift":
        found = Estimate(
            100 * (found.value - 1), 100 * (found.low - 1), 100 * (found.high - 1), found.rate, found.other_rate, found.clusters
        )
    few = _too_few(sums[0], sums[2], sums[1], sums[3], policy)
    return Found(found, n=sums[0], outcomes=sums[1], others=sums[2], other_outcomes=sums[3], too_few=few)


def of_model(model: pd.DataFrame) -> Found:
    """The claim about ARR, from the night's what-if."""
    if not len(model):
        return Found(NOTHING, unavailable="kpis.what_if has no row of a 10 % higher activation for this night")
    row = model.iloc[0]
    value, low, high = (float(row[name]) for name in ("effect_percent", "percent_low", "percent_high"))
    if math.isnan(value):
        return Found(NOTHING, unavailable=str(row["reason"]))
    few = None if pd.isna(row["reason"]) else str(row["reason"])
    return Found(Estimate(value, low, high, math.nan, math.nan, 0), n=float(row["users"]), too_few=few)


def _too_few(n: float, others: float | None, hits: float, other_hits: float | None, policy: ClaimPolicy) -> str | None:
    sizes = [size for size in (n, others) if size is not None]
    outcomes = [count for count in (hits, other_hits) if count is not None]
    if min(sizes) < policy.min_units:
        both = " and ".join(f"{size:,.0f}" for size in sizes)
        return f"{both} units whose window is over; a verdict needs {policy.min_units}{' of each' if len(sizes) > 1 else ''}"
    if len(outcomes) > 1 and min(outcomes) < policy.min_events:
        both = " and ".join(f"{count:,.0f}" for count in outcomes)
        return f"{both} outcomes; a comparison needs {policy.min_events} of each"
    return None


def _row(claim: Claim, found: Found, policy: ClaimPolicy) -> dict[str, object]:
    published = policy.published.get(claim.name)
    estimate = found.estimate
    if found.unavailable is not None:
        said = Judgment("unavailable", found.unavailable)
    elif published is None:
        said = Judgment("unavailable", f"kpis.claims.published has no figure for {claim.name}")
    elif found.too_few is not None:
        said = Judgment("too_little_data", found.too_few)
    else:
        said = judge(
            estimate.low, estimate.high, published_low=published.low, published_high=published.high, rule=claim.rule,
            none=NO_EFFECT[claim.measure],
        )  # fmt: skip
    figures: dict[str, object] = {name: getattr(found, name) for name in ("n", "others", "outcomes", "other_outcomes")}
    told: dict[str, object] = {
        "claim": claim.name, "statement": claim.statement, "nature": claim.nature, "method": claim.method, "rule": claim.rule,
        "unit": claim.unit, "published_low": published.low if published else None, "value": estimate.value,
        "published_high": published.high if published else None, "source": published.source if published else None,
        "ci_low": estimate.low, "ci_high": estimate.high, "clusters": estimate.clusters,
        "rate": 100 * estimate.rate, "other_rate": 100 * estimate.other_rate,
    }  # fmt: skip
    return figures | asdict(said) | told


def _scaled(estimate: Estimate, scale: float) -> Estimate:
    value, low, high = (scale * figure for figure in (estimate.value, estimate.low, estimate.high))
    return Estimate(value, low, high, estimate.rate, estimate.other_rate, estimate.clusters)


def _hash(claim: Claim, as_of: AsOf, policy: ClaimPolicy, workspace: Mapped) -> str:
    lengths = policy.model_dump(exclude={"published"})
    currency = workspace.revenue.currency if claim.name == AMOUNTS or claim.measure == "model" else None
    texts = sha256([sql_text(path) for path in TEXTS])
    return definition_hash(claim.name, claim.measure, texts, lengths, currency, sha256(workspace.taxonomy), as_of.timezone)
