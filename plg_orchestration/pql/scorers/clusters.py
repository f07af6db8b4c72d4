"""Behavioral clusters: k-means on standardized usage of a bounded sample, with names and ids that last from fit to fit.

A fit is kept in the rows of `pql.clusters`; every night assigns everybody to its nearest center. What clusters are used for is
not decided here.
"""

import datetime as dt
import json
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plg_orchestration.clock import AsOf
from plg_orchestration.config.fingerprint import definition_hash
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.features.registry import feature
from plg_orchestration.pql.scorers.more_policy import Clusters
from plg_orchestration.pql.scorers.signals import stored_features
from plg_orchestration.pql.scorers.tables import CLUSTERS, USER_CLUSTERS
from plg_orchestration.pql.training.dataset import unit_interval
from plg_orchestration.pql.training.metrics import Codes, Floats
from plg_orchestration.warehouse import Query, Warehouse

NAMED_BY = 2
NOTABLE = 0.25
"""Standard deviations from the average user below which a usage is no feature of a cluster."""
STARTS = 2


@dataclass(frozen=True)
class Fit:
    """A fit: `centers` (clusters, usage) in ln(1 + x), `mean` and `scale` of each usage in the sample, ids and names."""

    usage: tuple[str, ...]
    centers: Floats
    mean: Floats
    scale: Floats
    ids: tuple[str, ...]
    names: tuple[str, ...]
    fitted_on: dt.date
    silhouette: float
    definition: str

    @property
    def standardized(self) -> Floats:
        """The centers in standard deviations from the sample's mean."""
        return (self.centers - self.mean) / self.scale


@dataclass(frozen=True)
class Clustered:
    """A night's clusters: the rows of `pql.clusters` and of `pql.user_clusters`."""

    clusters: pd.DataFrame
    users: pd.DataFrame


def clusters(warehouse: Warehouse, *, as_of: AsOf, policy: Clusters) -> Clustered:
    """The night's clusters from `pql.features`: of a new fit when one is due, else of the last one.

    A fit is due when the last one is `refit_days` days old or older, or when its configuration has changed. Unavailable with
    fewer than `min_users` users.
    """
    rows = warehouse.frame(_ordered(as_of, policy))
    if len(rows) < policy.min_users:
        raise Unavailable(f"clusters need {policy.min_users} users, and {len(rows)} are known on {as_of.date}")
    values = usage_values(rows, policy.usage)
    last = last_fit(warehouse, as_of)
    wanted = definition_hash(policy.model_dump(mode="json"))
    if last is None or last.definition != wanted or (as_of.date - last.fitted_on).days >= policy.refit_days:
        last = fit(values, rows["user_id"], policy, before=last, fitted_on=as_of.date, definition=wanted)
    nearest, distance = assign(values, last)
    return Clustered(_profile_rows(rows, values, nearest, last, as_of), _user_rows(rows, nearest, distance, last, as_of))


def usage_values(rows: pd.DataFrame, usage: tuple[str, ...]) -> Floats:
    """ln(1 + x) of each usage, unknown values as the registry declares; rows in the order of the frame."""
    known = [rows[name].astype("float64").fillna(feature(name).missing).clip(lower=0.0) for name in usage]
    return np.log1p(np.column_stack([values.to_numpy(dtype=np.float64) for values in known]))


def fit(values: Floats, ids: pd.Series, policy: Clusters, *, before: Fit | None, fitted_on: dt.date, definition: str = "") -> Fit:
    """A fit of the users' usage, with as many clusters as give the best silhouette; equal ones prefer fewer.

    The sample is drawn by a seeded hash of the user, so that it does not depend on the order of rows. Clusters that `before` knew
    keep id and name; a new one gets the next number and a name after the usage that sets it apart.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    places = ids.map(unit_interval(ids, str(policy.seed))).to_numpy(dtype=np.float64)
    sample = values[np.lexsort((ids.to_numpy(dtype=str), places))[: policy.sample_rows]]
    mean, scale = sample.mean(axis=0), sample.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = (sample - mean) / scale
    distinct = len(np.unique(standard, axis=0))
    if distinct < policy.fewest + 1:
        raise Unavailable(f"only {distinct} different ways of using the product are known; clusters need {policy.fewest + 1}")
    found: list[tuple[float, Floats]] = []
    judged = standard[: policy.silhouette_rows]
    with threadpool_limits(limits=1):
        for count in range(policy.fewest, min(policy.most, distinct - 1) + 1):
            made = KMeans(count, n_init=STARTS, random_state=policy.seed).fit(standard)  # type: ignore[arg-type]
            labels = np.asarray(made.labels_)[: policy.silhouette_rows]
            several = 1 < len(np.unique(labels)) < len(judged)
            found.append((float(silhouette_score(judged, labels)) if several else -1.0, np.asarray(made.cluster_centers_)))
    silhouette, centers = max(found, key=lambda one: (round(one[0], 6), -len(one[1])))
    centers = centers[np.lexsort(centers.T[::-1])]
    bare = Fit(policy.usage, centers * scale + mean, mean, scale, (), (), fitted_on, silhouette, definition)
    return _named(bare, before, policy.match_distance)


def assign(values: Floats, fitted: Fit) -> tuple[Codes, Floats]:
    """For each row the number of the nearest center and the distance to it (root mean square of standard deviations)."""
    standard, centers = (values - fitted.mean) / fitted.scale, fitted.standardized
    squares = np.maximum(
        (standard**2).sum(axis=1)[:, None] - 2 * standard @ centers.T + (centers**2).sum(axis=1)[None, :], 0.0
    )  # fmt: skip
    nearest = squares.argmin(axis=1)
    return nearest, np.sqrt(squares[np.arange(len(nearest)), nearest] / values.shape[1])


def match(centers: Floats, old: Floats, limit: float) -> dict[int, int]:
    """Which old center each new one is: the pairs nearest to each other first, none further apart than `limit`."""
    gaps = np.sqrt(((centers[:, None, :] - old[None, :, :]) ** 2).mean(axis=2))
    pairs = sorted((float(gap), new, was) for (new, was), gap in np.ndenumerate(gaps) if gap <= limit)
    found: dict[int, int] = {}
    for _, new, was in pairs:
        if new not in found and was not in found.values():
            found[new] = was
    return found


def strongest(center: Floats, usage: tuple[str, ...]) -> list[tuple[str, float]]:
    """The usage that differs most from the average user's, in standard deviations, strongest first; at least one."""
    order = np.argsort(-np.abs(center), kind="stable")
    listed = [(usage[place], float(center[place])) for place in order.tolist()]
    return [one for one in listed if abs(one[1]) >= NOTABLE] or listed[:1]


def cluster_name(center: Floats, usage: tuple[str, ...], taken: tuple[str, ...] = ()) -> str:
    """A name such as 'many limit hits, many pricing views', after as many strong usages as tell it from the names `taken`."""
    listed = strongest(center, usage)
    parts: list[str] = []
    for name, size in listed:
        parts.append(_amount(name, size))
        if len(parts) >= NAMED_BY and ", ".join(parts) not in taken:
            break
    name = ", ".join(parts)
    number = 2
    while name in taken:
        name, number = f"{', '.join(parts)} ({number})", number + 1
    return name


def _amount(name: str, size: float) -> str:
    """'many core events', 'few sessions', and for days since something 'recently active' or 'long inactive'."""
    if name == "days_since_last_active":
        return "long inactive" if size > 0 else "lately active"
    spoken = (feature(name).said or name.replace("_", " ")).split(" in ", maxsplit=1)[0]
    if name.startswith("longest_streak"):
        return "long streaks" if size > 0 else "short streaks"
    return f"{'many' if size > 0 else 'few'} {spoken}"


def _named(fitted: Fit, before: Fit | None, limit: float) -> Fit:
    kept: dict[int, int] = {}
    if before is not None and before.usage == fitted.usage:
        kept = match(fitted.standardized, (before.centers - fitted.mean) / fitted.scale, limit)
    used = [int(name.removeprefix("c")) for name in (before.ids if before else ())]
    number = max(used, default=0)
    names: list[str] = []
    ids: list[str] = []
    reserved = tuple(before.names[was] for was in kept.values()) if before else ()
    for place, center in enumerate(fitted.standardized):
        if before is not None and place in kept:
            ids.append(before.ids[kept[place]])
            names.append(before.names[kept[place]])
        else:
            number += 1
            ids.append(f"c{number}")
            names.append(cluster_name(center, fitted.usage, (*reserved, *names)))
    return replace(fitted, ids=tuple(ids), names=tuple(names))


def last_fit(warehouse: Warehouse, as_of: AsOf) -> Fit | None:
    """The fit that the newest day before `as_of` used; None when no day before has clusters."""
    warehouse.ensure(CLUSTERS)
    text = """select * from pql.clusters
        where as_of = (select max(as_of) from pql.clusters where as_of < $as_of) order by cluster"""
    rows = warehouse.frame(Query("last_clusters", text, as_of.parameters()))
    if rows.empty:
        return None
    first = {str(name): value for name, value in rows.iloc[0].items()}
    scaling: dict[str, list[float]] = json.loads(first["scaling"])
    usage = tuple(scaling)
    centers = np.array([[json.loads(center)[name] for name in usage] for center in rows["center"]], dtype=np.float64)
    of = np.array([scaling[name] for name in usage], dtype=np.float64)
    return Fit(
        usage, centers, of[:, 0], of[:, 1], tuple(rows["cluster"]), tuple(rows["name"]), pd.Timestamp(first["fitted_on"]).date(),
        float(first["silhouette"]), str(first["definition"]),
    )  # fmt: skip


def _ordered(as_of: AsOf, policy: Clusters) -> Query:
    source = stored_features(as_of, tuple(dict.fromkeys(policy.usage)))
    return Query("cluster_usage", "select * from scored_features order by user_id", {}, (source,))


def _profile_rows(rows: pd.DataFrame, values: Floats, nearest: Codes, fitted: Fit, as_of: AsOf) -> pd.DataFrame:
    made: list[dict[str, object]] = []
    scaling = json.dumps({n: [float(m), float(s)] for n, m, s in zip(fitted.usage, fitted.mean, fitted.scale, strict=True)})
    for place, center in enumerate(fitted.centers):
        members = nearest == place
        mean = rows.loc[members, list(fitted.usage)].astype("float64").mean() if members.any() else pd.Series(dtype=float)
        listed = strongest(fitted.standardized[place], fitted.usage)[:4]
        made.append({
            "as_of": as_of.date, "cluster": fitted.ids[place], "name": fitted.names[place], "users": int(members.sum()),
            "share": float(members.mean()), "strongest": ", ".join(f"{name} {size:+.1f}" for name, size in listed),
            "profile": json.dumps({n: round(float(v), 3) for n, v in mean.items() if not np.isnan(v)}),
            "center": json.dumps(dict(zip(fitted.usage, map(float, center), strict=True))), "fitted_on": fitted.fitted_on,
            "clusters": len(fitted.ids), "silhouette": fitted.silhouette, "scaling": scaling, "definition": fitted.definition,
        })  # fmt: skip
    return pd.DataFrame(made, columns=list(CLUSTERS.column_names))


def _user_rows(rows: pd.DataFrame, nearest: NDArray[np.int64], distance: Floats, fitted: Fit, as_of: AsOf) -> pd.DataFrame:
    ids = np.array(fitted.ids, dtype=object)[nearest]
    made = rows[["user_id", "account_id"]].assign(as_of=as_of.date, cluster=ids, distance=np.round(distance, 9))
    return made[list(USER_CLUSTERS.column_names)]
