"""The counts behind the audit, by hand, and the attributes as they were known before each row's day."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.audit import night_audit
from plg_orchestration.pql.bias.counts import counted_frame
from plg_orchestration.pql.bias.multiplicity import benjamini_hochberg, holm
from plg_orchestration.pql.features import queries as feature_queries
from plg_orchestration.warehouse import table

DAY = dt.date(2025, 3, 31)


def test_bias_cells_count_each_outcome_per_group_and_leave_unknown_outcomes_out_of_rates():
    rows = pd.DataFrame({
        "account_id": ["a", "a", "b", "c", None], "label": [True, False, None, True, False],
        "selected": [True, True, True, False, False], "score": [0.9, 0.6, 0.7, 0.2, 0.1], "region": ["x", "x", "x", "y", None],
        "size": [1, 2, 1, 1, 2], "probability": [0.9, 0.6, 0.7, 0.2, 0.1],
    })  # fmt: skip
    region, both = counted_frame(rows, attributes=["region", "region & size"], buckets=100)
    assert region.groups == ("unknown", "x", "y") and both.groups == ("unknown & 2", "x & 1", "x & 2", "y & 1")
    wanted = {"n": 3, "known": 2, "positives": 1, "negatives": 1, "selected": 3, "decided": 2, "tp": 1, "fp": 1, "forecast": 2}
    assert {name: region.total(name)[1] for name in wanted} == wanted
    assert region.total("score")[1] == pytest.approx(2.2) and region.total("probability")[1] == pytest.approx(1.5)
    assert len(region.cells["n"]) == 4 and both.total("n").tolist() == [1, 2, 1, 1]
    assert counted_frame(rows.head(0), attributes=["region"], buckets=10) == []
    assert len(counted_frame(rows, attributes=["region"], buckets=2)[0].cells["n"]) == 2


def test_audited_rows_are_those_of_the_version_and_people_without_an_account_are_their_own_cluster(world, policy):
    rows = [
        {"as_of": DAY, "target": "conversion", "scorer": scorer, "version": "v", "row_as_of": date, "user_id": f"u{n}",
         "account_id": None if n < 20 else f"a{n // 2}", "label": n % 2 == 0, "score": 0.25, "selected": n % 3 == 0,
         "region": "emea" if n < 60 else "amer"}
        for scorer in ("model", "rules") for date in (DAY, DAY - dt.timedelta(days=7)) for n in range(120)
    ]  # fmt: skip
    columns = table("pql.test_predictions").column_names
    world.keep(
        "pql.test_predictions", pd.DataFrame(rows).reindex(columns=list(columns)).astype(object).where(lambda f: f.notna(), None)
    )
    found = night_audit(world.warehouse, as_of=AsOf(DAY), policy=policy)
    region = found.groups[(found.groups["attribute"] == "region")].set_index(["scorer", "grp"])
    assert region.loc[("model", "emea"), ["n", "positives", "accounts"]].tolist() == [120, 60, 40]
    assert region.loc[("model", "emea"), "calibration_gap"] == pytest.approx(0.25 - 0.5)
    assert region.loc[("rules", "emea"), "calibration_gap"] is None
    assert set(found.contrasts["scorer"]) == {"model", "rules"} == set(found.gaps["scorer"])
    assert night_audit(world.warehouse, as_of=AsOf(DAY - dt.timedelta(days=1)), policy=policy).contrasts.empty


def test_an_attribute_counts_as_it_was_known_before_the_rows_day(world):
    world.account("a", days_ago=30)
    world.user("u", "a", days_ago=30, region="emea")
    world.add("ingest.users", user_id="u", account_id="a", signup_at=dt.datetime(2025, 3, 1), region="amer",
              known_at=dt.datetime(2025, 3, 29), known_date=dt.date(2025, 3, 29), origin="source")  # fmt: skip

    def region(day):
        query = feature_queries.features(as_of=AsOf(day), policy=world.policy)
        return world.warehouse.frame(query).set_index("user_id").loc["u", "region"]

    assert region(dt.date(2025, 3, 28)) == "emea" and region(dt.date(2025, 3, 29)) == "amer"


P_VALUES = arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1))


@given(P_VALUES)
def test_benjamini_hochberg_is_scipys_and_holm_lies_between_the_p_values_and_bonferroni(p_values):
    from scipy.stats import false_discovery_control

    assert benjamini_hochberg(p_values) == pytest.approx(false_discovery_control(p_values), abs=1e-12)
    adjusted = holm(p_values)
    assert (adjusted >= p_values - 1e-15).all() and (adjusted <= np.minimum(p_values * len(p_values), 1) + 1e-15).all()
    assert (adjusted[np.argsort(p_values, kind="stable")] == np.sort(adjusted)).all()
