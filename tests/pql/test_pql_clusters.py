"""Behavioral clusters: planted groups are found and named, the same on every run, and keep id and name from fit to fit."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.pql.features.registry import FEATURES
from plg_orchestration.pql.scorers.clusters import (
    Fit,
    assign,
    cluster_name,
    clusters,
    fit,
    match,
    strongest,
    usage_values,
)
from plg_orchestration.pql.scorers.more_policy import Clusters
from plg_orchestration.warehouse import table

USAGE = ("core_events_28d", "invites_sent", "limit_hits_28d")
POLICY = Clusters(
    usage=USAGE, fewest=2, most=5, sample_rows=400, silhouette_rows=200, refit_days=7, match_distance=1.0, min_users=10, seed=1
)
DAY = dt.date(2025, 3, 31)
CENTERS = {"quiet": (0, 0, 0), "builder": (40, 0, 0), "host": (2, 20, 0), "stuck": (10, 1, 12)}


def world_of(*groups, each=30, seed=3):
    generator = np.random.default_rng(seed)
    rows = []
    for name in groups:
        for number in range(each):
            values = generator.poisson(np.array(CENTERS[name], dtype=float))
            rows.append({"user_id": f"{name}{number:02d}", **dict(zip(USAGE, values, strict=True))})
    return pd.DataFrame(rows)


def groups_of(rows, numbers):
    kinds = rows["user_id"].str.rstrip("0123456789")
    return {kind: set(numbers[kinds.to_numpy() == kind]) for kind in kinds.unique()}


def fitted(rows, **more):
    settings = {"before": None, "fitted_on": DAY, **more}
    return fit(usage_values(rows, USAGE), rows["user_id"], POLICY, **settings)


def test_planted_groups_are_found_by_the_silhouette_and_named_by_what_sets_them_apart():
    rows = world_of("quiet", "builder", "host", "stuck")
    found = fitted(rows)
    nearest, distance = assign(usage_values(rows, USAGE), found)
    assert len(found.ids) == 4 and found.silhouette > 0.6 and (distance < 1).all()
    sets = groups_of(rows, nearest)
    assert all(len(numbers) == 1 for numbers in sets.values()) and len(set.union(*sets.values())) == 4
    named = {kind: found.names[next(iter(numbers))] for kind, numbers in sets.items()}
    assert named["host"].startswith("many invites sent") and named["stuck"].startswith("many limit hits")
    assert named["quiet"].startswith("few core events") and len(set(found.names)) == 4


def test_the_order_of_rows_changes_nothing():
    rows = world_of("quiet", "builder", "host")
    one, other = fitted(rows), fitted(rows.sample(frac=1.0, random_state=2))
    assert np.array_equal(one.centers, other.centers) and one.names == other.names


def test_the_sample_is_bounded_and_everybody_is_assigned():
    rows = world_of("quiet", "builder", each=400)
    small = POLICY.model_copy(update={"sample_rows": 60, "silhouette_rows": 30})
    found = fit(usage_values(rows, USAGE), rows["user_id"], small, before=None, fitted_on=DAY)
    nearest, _ = assign(usage_values(rows, USAGE), found)
    assert len(nearest) == 800 and all(len(numbers) == 1 for numbers in groups_of(rows, nearest).values())


def test_a_cluster_keeps_its_id_and_name_and_a_new_one_gets_the_next():
    before = fitted(world_of("quiet", "builder", "host"))
    after = fitted(world_of("stuck", "quiet", "host", "builder", seed=8), before=before)
    kept = dict(zip(before.ids, before.names, strict=True))
    assert set(before.ids) < set(after.ids) and set(after.ids) - set(before.ids) == {"c4"}
    assert {number: name for number, name in zip(after.ids, after.names, strict=True) if number in kept} == kept


def test_centers_are_matched_nearest_first_and_never_beyond_the_limit():
    new, old = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[1.1, 1.1], [9.0, 9.0]])
    assert match(new, old, 1.0) == {1: 0}
    assert match(new, old, 20.0) == {1: 0, 0: 1}


def test_a_name_grows_until_no_other_cluster_has_it():
    center = np.array([2.0, -1.0, 0.5])
    assert strongest(center, USAGE) == [("core_events_28d", 2.0), ("invites_sent", -1.0), ("limit_hits_28d", 0.5)]
    first = cluster_name(center, USAGE)
    assert first == "many core events, few invites sent"
    assert cluster_name(center, USAGE, (first,)) == "many core events, few invites sent, many limit hits"
    assert cluster_name(np.array([0.1, 0.0, 0.0]), USAGE, ("many core events",)) == "many core events (2)"


def test_distance_is_the_root_mean_square_of_standard_deviations():
    one = Fit(("a", "b"), np.array([[0.0, 0.0], [10.0, 10.0]]), np.zeros(2), np.array([1.0, 2.0]), (), (), DAY, 0.5, "")
    nearest, distance = assign(np.array([[3.0, 8.0]]), one)
    assert nearest.tolist() == [0] and distance.tolist() == pytest.approx([np.sqrt((3**2 + 4**2) / 2)])


class Nights:
    """Nights over hand-made features, published as an asset would."""

    def __init__(self, world):
        self.warehouse = world.warehouse
        for name in ("pql.features", "pql.clusters", "pql.user_clusters"):
            world._ensure(name)

    def run(self, day, rows, policy=POLICY):
        defaults = {f.name: False if f.type == "BOOLEAN" else None if f.type == "VARCHAR" else 0 for f in FEATURES}
        people = [{**defaults, "account_id": None, "as_of": day, **row} for row in rows.to_dict("records")]
        full = pd.DataFrame(people, dtype=object)
        self.warehouse.connection.execute("delete from pql.features")
        self.warehouse.insert(table("pql.features"), full)
        made = clusters(self.warehouse, as_of=AsOf(day), policy=policy)
        self.warehouse.connection.execute("delete from pql.clusters where as_of = $day", {"day": day})
        self.warehouse.insert(table("pql.clusters"), made.clusters)
        return made


def test_a_fit_lasts_a_week_and_everybody_is_assigned_every_night(world):
    nights = Nights(world)
    first = nights.run(DAY, world_of("quiet", "builder", "host"))
    moved = world_of("quiet", "builder", "host", seed=9)
    second = nights.run(DAY + dt.timedelta(days=1), moved)
    assert set(second.clusters["fitted_on"]) == {DAY} and second.clusters["users"].sum() == len(second.users) == 90
    assert dict(zip(second.clusters["cluster"], second.clusters["name"], strict=True)) == dict(
        zip(first.clusters["cluster"], first.clusters["name"], strict=True)
    )
    week = DAY + dt.timedelta(days=7)
    third = nights.run(week, moved)
    assert set(third.clusters["fitted_on"]) == {week} and set(third.clusters["cluster"]) == set(first.clusters["cluster"])
    assert nights.run(week, moved).users.equals(third.users)


def test_a_changed_configuration_is_fitted_at_once_and_a_later_night_is_never_read(world):
    nights = Nights(world)
    rows = world_of("quiet", "builder", "host")
    nights.run(DAY + dt.timedelta(days=3), rows)
    earlier = nights.run(DAY, rows)
    assert set(earlier.clusters["fitted_on"]) == {DAY}
    other = POLICY.model_copy(update={"seed": 2})
    assert set(nights.run(DAY + dt.timedelta(days=4), rows, other).clusters["fitted_on"]) == {DAY + dt.timedelta(days=4)}


def test_too_few_users_or_one_way_of_using_the_product_have_no_clusters(world):
    nights = Nights(world)
    with pytest.raises(Unavailable, match="clusters need 10 users, and 5 are known"):
        nights.run(DAY, world_of("quiet", each=5))
    with pytest.raises(Unavailable, match="only 1 different ways"):
        nights.run(DAY, world_of("quiet", each=20))


def test_packaged_clusters_are_of_registered_counts(policy):
    with pytest.raises(ValueError, match="'segment' is no usage"):
        Clusters.model_validate({**policy.clusters.model_dump(), "usage": ["segment", "events_28d"]})
    with pytest.raises(ValueError, match="most 2 is below fewest 3"):
        Clusters.model_validate({**policy.clusters.model_dump(), "fewest": 3, "most": 2})
