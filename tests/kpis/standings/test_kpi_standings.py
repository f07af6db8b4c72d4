"""Standings: every benchmark beside the value that it is about and no other; only percentiles make bands. SQL: `standings`."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.policy import Benchmark, KpiPolicy
from plg_orchestration.kpis.standings import queries
from plg_orchestration.warehouse import table

TONIGHT = dt.date(2025, 3, 16)
WEEK, MONTH, QUARTER = "2025-03-10", "2025-02-01", "2024-10-01"


def figures(kpi: str, **more: object) -> Benchmark:
    row = {
        "kpi": kpi,
        "segment": "all",
        "period": "any",
        "unit": "percent",
        "direction": "higher",
        "kind": "percentile",
        "source": "s",
    }
    return Benchmark.model_validate(row | more)


def beside(told, *benchmarks: Benchmark) -> None:
    told.configure(load_default("kpis", KpiPolicy).model_copy(update={"benchmarks": benchmarks}))


# -- what stands beside what ------------------------------------------------------------------------------------------


def test_every_configured_benchmark_has_a_row_and_without_a_value_its_reason(told) -> None:
    rows = told.warehouse.frame(queries.standings(as_of=AsOf(TONIGHT)))
    assert len(rows) == 44 and rows["reason"].notna().all() and rows["band"].isna().all()
    assert list(rows.columns) == list(table("kpis.standings").column_names)
    assert not rows.duplicated(list(table("kpis.standings").key)).any()


def test_each_segment_is_placed_by_its_own_source(told) -> None:
    for segment, value in (("smb", 22.0), ("mid_market", 22.0), ("enterprise", 22.0), ("all", 22.0)):
        told.says("activation_rate", value, WEEK, segment=segment)
    found = {name: told.standings("activation_rate", name).iloc[0] for name in ("smb", "mid_market", "enterprise", "all")}
    assert [found[name]["band"] for name in ("smb", "mid_market", "enterprise")] == ["p25_p50", "p25_p50", "p50_p75"]
    assert pd.isna(found["all"]["band"])
    assert {name: row["gap_to_p50"] for name, row in found.items()} == {"smb": -3, "mid_market": -8, "enterprise": 2, "all": 3.5}
    assert (found["all"]["kind"], found["all"]["place"]) == ("range", "within_range")


def test_a_monthly_benchmark_never_stands_beside_a_week(told) -> None:
    told.says("free_to_paid_conversion", 99, WEEK, segment="smb")
    row = told.standings("free_to_paid_conversion", "smb").iloc[0]
    assert pd.isna(row["current"]) and row["reason"] == "no value of a month is computed"
    told.says("free_to_paid_conversion", 9, MONTH, period="month", segment="smb")
    row = told.standings("free_to_paid_conversion", "smb").iloc[0]
    assert (row["period"], row["current"], row["band"]) == ("month", 9, "above_p75")


def test_two_sources_of_a_year_stand_beside_the_kpi_that_measures_a_year_and_beside_no_month(told) -> None:
    told.says("net_revenue_retention", 200, MONTH, period="month")
    assert told.standings("net_revenue_retention")["current"].isna().all()
    told.says("net_revenue_retention_12m", 104, MONTH, period="month")
    rows = told.standings("net_revenue_retention").set_index("kind")
    assert dict(rows["gap_to_p50"]) == {"median": 3, "range": -2}
    assert dict(rows["place"]) == {"median": "above_median", "range": "below_range"}
    assert set(rows["measured_by"]) == {"net_revenue_retention_12m"}


def test_another_currency_is_not_compared(told) -> None:
    told.says("arpu", 80, MONTH, period="month", segment="smb", unit="eur_per_month")
    row = told.standings("arpu", "smb").iloc[0]
    assert pd.isna(row["gap_to_p50"]) and row["reason"] == "the value is in eur_per_month, the figure in usd_per_month"


def test_a_benchmark_of_a_channel_stands_beside_that_channel_alone(told) -> None:
    beside(
        told,
        figures(
            "cac_by_channel", dimension="channel", dimension_value="ads", kind="median", p50=100, unit="usd", direction="lower"
        ),
    )
    told.says("cac_by_channel", 50, QUARTER, period="quarter")
    assert told.standings("cac_by_channel").iloc[0]["reason"] == "no value for channel ads"
    told.says("cac_by_channel", 130, QUARTER, period="quarter", dimension="channel", dimension_value="ads")
    row = told.standings("cac_by_channel").iloc[0]
    assert (row["current"], row["gap_to_p50"], row["place"]) == (130, -30, "below_median")
    assert pd.isna(row["band"])


# -- what they are ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "place"), [(10, "target_missed"), (20, "within_target"), (39, "within_target"), (40, "target_reached")]
)
def test_a_target_is_missed_or_met_and_makes_no_band(told, value: float, place: str) -> None:
    told.says("dau_mau", value, WEEK)
    row = told.standings("dau_mau").iloc[0]
    assert (row["kind"], row["place"], row["gap_to_target"]) == ("target", place, value - 20)
    assert pd.isna(row["gap_to_p50"]) and pd.isna(row["band"])


@pytest.mark.parametrize(("value", "band"), [(8.9, "below_p50"), (9, "above_p50"), (23, "above_p50"), (24, "above_p75")])
def test_without_an_outer_percentile_the_band_says_which_side_of_the_median(told, value: float, band: str) -> None:
    beside(told, figures("dau_mau", p50=9, p75=None if band != "above_p75" else 24))
    told.says("dau_mau", value, WEEK)
    assert told.standings("dau_mau").iloc[0]["band"] == band


NUMBERS = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
RANKS = {"below_p25": 0, "p25_p50": 1, "p50_p75": 2, "above_p75": 3}


@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limits=st.lists(st.lists(NUMBERS, min_size=3, max_size=3).map(sorted), min_size=20, max_size=60),
    values=st.lists(NUMBERS, min_size=3, max_size=3).map(sorted),
)
def test_a_band_never_falls_as_the_value_improves_and_both_directions_mirror_each_other(told, limits, values) -> None:
    rows: list[Benchmark] = []
    for number, (p25, p50, p75) in enumerate(limits):
        rows.append(figures("dau_mau", p25=p25, p50=p50, p75=p75, source=f"{number}"))
        mirrored = {"p25": -p25, "p50": -p50, "p75": -p75, "direction": "lower"}
        rows.append(figures("activation_dropoff", **mirrored, source=f"{number}"))
    beside(told, *rows)
    before = [0] * len(limits)
    for value in values:
        told.warehouse.connection.execute("delete from kpis.snapshot")
        told.says("dau_mau", value, WEEK)
        told.says("activation_dropoff", -value, MONTH, period="month")
        higher, lower = (told.standings(name).sort_values("source") for name in ("dau_mau", "activation_dropoff"))
        assert list(higher["band"]) == list(lower["band"])
        assert list(higher["gap_to_p50"]) == pytest.approx(list(lower["gap_to_p50"]))
        ranks = [RANKS[band] for band in higher["band"]]
        assert all(now >= then for now, then in zip(ranks, before, strict=True))
        before = ranks
