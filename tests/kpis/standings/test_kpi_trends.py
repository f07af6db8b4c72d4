"""Trends: the dashboard's layout, changes under one definition only, sampling error, and a value's place in its own history.

The SQL is in `kpi_shown`, `kpi_changes` and `trends`.
"""

import csv
import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from plg_orchestration import charts
from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.policy import KpiPolicy, KpiTarget
from plg_orchestration.kpis.registry import kpi
from plg_orchestration.kpis.standings import queries
from plg_orchestration.kpis.standings.policy import DashboardRow
from plg_orchestration.kpis.standings.read import dashboard, trend_text
from plg_orchestration.warehouse import table

EXAMPLE = Path(__file__).parents[1] / "reference" / "dashboard_example.csv"
SECONDS = {"seconds": 1, "minutes": 60, "days": 86400}
BEFORE = {"week": "2025-03-03", "month": "2025-01-01"}
NOW = {"week": "2025-03-10", "month": "2025-02-01"}


def example() -> list[dict[str, str]]:
    with EXAMPLE.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def change_of(row: dict[str, str]) -> float:
    """The example's change in the row's own unit: '-30 s' of minutes is half a minute, '+8 %' of a count a share of it."""
    number = float(row["trend"].split()[0])
    return number / SECONDS[row["unit"]] if row["trend"].endswith(" s") else number


# -- the dashboard ----------------------------------------------------------------------------------------------------


def test_the_published_dashboard_follows_from_the_configuration_row_by_row(told) -> None:
    entries = load_default("kpis", KpiPolicy).dashboard
    assert len(entries) == len(example()) == 16
    for entry, row in zip(entries, example(), strict=True):
        shown = entry.period if entry.period != "any" else kpi(entry.metric).review_period
        now, change = float(row["current"]), change_of(row)
        before = now / (1 + change / 100) if row["unit"] == "count" else now - change
        told.says(entry.metric, before / entry.scale, BEFORE[shown], period=shown, as_of=dt.date(2025, 3, 9))
        told.says(entry.metric, now / entry.scale, NOW[shown], period=shown)
    told.publish()
    found = dashboard(told.warehouse, as_of=dt.date(2025, 3, 16))
    sized = ("monthly_signups", "weekly_active_users", "average_contract_value")
    assert list(found.columns) == list(example()[0])
    for made, entry, row in zip(found.to_dict("records"), entries, example(), strict=True):
        same = ("group", "metric", "label", "unit", "direction", "trend")
        assert [made[name] for name in same] == [row[name] for name in same]
        assert made["current"] == pytest.approx(float(row["current"]))
        if row["label"] in sized:
            assert math.isnan(made["target"]) and entry.example_target == float(row["target"])
        else:
            assert made["target"] == float(row["target"])


@pytest.mark.parametrize(
    ("change", "unit", "text"),
    [
        (8.0, "percent", "+8 %"), (0.0, "points", "0 %"), (0.3000001, "points", "+0.3 %"), (-5.0, "seconds", "-5 s"),
        (-1 / 24, "days", "-1 h"), (1.5, "days", "+1.5 d"), (0.2, "sessions_per_week", "+0.2"), (-1234.5, "usd", "-1,234"),
        (-0.0, "ratio", "0"), (None, "points", ""), (math.nan, "points", ""),
    ],
)  # fmt: skip
def test_a_change_reads_as_on_the_dashboard(change: float | None, unit: str, text: str) -> None:
    assert trend_text(change, unit) == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": "activation"}, "unknown KPI 'activation'"), ({"period": "day"}, "not computed by day"),
        ({"direction": "lower"}, "write higher"), ({"unit": "days"}, "cannot be shown in days"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused(change: dict[str, str], message: str) -> None:
    row = {"group": "activation", "metric": "activation_rate", "label": "rate", "unit": "percent", "direction": "higher"}
    assert DashboardRow.model_validate(row).scale == 1
    with pytest.raises(ValidationError, match=message):
        DashboardRow.model_validate(row | change)
    twice = (DashboardRow.model_validate(row), DashboardRow.model_validate(row | {"label": "other"}))
    with pytest.raises(ValidationError, match="stands here as rate and as other"):
        KpiPolicy(dashboard=twice)


def test_a_target_of_the_kpi_goes_before_that_of_the_dashboard(told) -> None:
    told.says("dau_mau", 30, NOW["week"])
    row = told.trend("dau_mau")
    assert (row["target"], row["target_origin"], row["distance_to_target"]) == (40, "dashboard example", -10)
    told.warehouse.connection.execute("update kpis.snapshot set target = 25")
    entry = KpiTarget(
        kind="leading", review_cadence="weekly", tactical_cadence="weekly", period="any", origin="ours", targets={"all": 25}
    )
    told.configure(told.packaged.model_copy(update={"targets": {"dau_mau": entry}}))
    row = told.trend("dau_mau")
    assert (row["target"], row["target_origin"], row["distance_to_target"]) == (25, "ours", 5)


def test_a_distance_is_negative_where_the_value_is_worse_than_the_target_in_both_directions(told) -> None:
    for segment, value in (("smb", 4.0), ("mid_market", 4.0)):
        told.says("time_to_value", value, NOW["week"], segment=segment, target={"smb": 3, "mid_market": 5}[segment])
    found = {name: told.trend("time_to_value", segment=name) for name in ("smb", "mid_market")}
    assert {name: row["distance_to_target"] for name, row in found.items()} == {"smb": -1440, "mid_market": 1440}
    assert found["smb"]["unit"] == "minutes" and found["smb"]["label"] == "time_to_aha"


def test_money_in_another_currency_has_neither_the_dashboards_unit_nor_a_target(told) -> None:
    told.says("average_contract_value", 900, NOW["month"], period="month", unit="eur", target=1000)
    row = told.trend("average_contract_value", "month")
    assert (row["unit"], row["current"]) == ("eur", 900) and pd.isna(row["target"])


# -- changes ----------------------------------------------------------------------------------------------------------


def test_a_week_is_compared_with_the_week_four_weeks_and_fifty_two_weeks_before(told) -> None:
    stored = {"2025-03-03": 34.0, "2025-02-10": 30.0, "2024-03-11": 20.0}
    for start, value in stored.items():
        told.says("dau_mau", value, start, as_of=dt.date.fromisoformat(start) + dt.timedelta(days=8))
    told.says("dau_mau", 35, "2025-03-10")
    row = told.trend("dau_mau")
    assert [row[name] for name in ("previous", "trend", "trend_wow", "trend_mom", "trend_yoy")] == [34, 1, 1, 5, 15]
    assert (row["trend_unit"], row["trend_reason"]) == ("points", None)


def test_a_month_is_compared_by_the_calendar_and_a_count_in_percent(told) -> None:
    for start, value in (("2025-01-01", 200), ("2024-02-01", 400), ("2025-02-01", 220)):
        told.says("signups", value, start, period="month", as_of=dt.date(2025, 3, 16 if start == "2025-02-01" else 15))
    row = told.trend("signups", "month")
    assert [row[name] for name in ("trend", "trend_mom", "trend_yoy")] == pytest.approx([10, 10, -45])
    assert pd.isna(row["trend_wow"]) and row["trend_unit"] == "percent"
    assert row["trend_reason"] == "week over week: a month has no week before it"


def test_a_changed_definition_breaks_the_line_and_says_so(told) -> None:
    told.says("dau_mau", 20, "2025-02-10", as_of=dt.date(2025, 2, 20), definition_hash="older")
    told.says("dau_mau", 34, "2025-03-03", as_of=dt.date(2025, 3, 15))
    told.says("dau_mau", 35, "2025-03-10")
    row = told.trend("dau_mau")
    assert (row["trend_wow"], row["broken"]) == (1, True) and pd.isna(row["trend_mom"])
    assert "month over month: the definition has changed since the period from 2025-02-10" in row["trend_reason"]
    assert row["history_n"] == 1, "values under another definition are no history"


def test_a_change_that_cannot_be_told_is_null_with_its_reason(told) -> None:
    told.says("signups", 0, "2025-03-03", as_of=dt.date(2025, 3, 9))
    told.says("signups", 5, "2025-03-10")
    assert "of which nothing is a percentage" in told.trend("signups")["trend_reason"]
    told.says("dau_mau", None, "2025-03-10", reason="nobody was active in the period")
    row = told.trend("dau_mau")
    assert pd.isna(row["current"]) and row["trend_reason"] == "change: no value: nobody was active in the period"


def test_the_newest_mature_period_is_shown_and_not_an_open_one(told) -> None:
    told.says("activation_rate", 50, "2025-03-10", mature_share=0.3)
    told.says("activation_rate", 40, "2025-03-03")
    row = told.trend("activation_rate")
    assert (row["current"], row["period_start"]) == (40, pd.Timestamp("2025-03-03"))


def test_a_period_published_while_its_windows_were_open_is_no_ground_for_a_change(told) -> None:
    told.says("activation_rate", 50, "2025-03-03", mature_share=0.3, as_of=dt.date(2025, 3, 9))
    told.says("activation_rate", 40, "2025-03-10")
    row = told.trend("activation_rate")
    assert pd.isna(row["trend"]) and "windows were open when the period from 2025-03-03 was published" in row["trend_reason"]


def test_tonights_history_stands_in_for_nights_that_never_ran(told) -> None:
    told.says("dau_mau", 35, "2025-03-10")
    told.warehouse.connection.execute(
        "insert into kpis.history by name select * exclude (band, target, dimension, dimension_value) replace "
        "(30 as value, date '2025-03-03' as period_start) from kpis.snapshot"
    )
    assert told.trend("dau_mau")["trend_wow"] == 5


# -- sampling error ---------------------------------------------------------------------------------------------------


def wilson(hits: float, n: float) -> tuple[float, float]:
    z = 1.959963984540054
    center, half = (hits + z * z / 2) / (n + z * z), z * math.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return 100 * (center - half), 100 * (center + half)


def test_forty_signups_say_little_about_a_change_and_four_thousand_do(told) -> None:
    for segment, n in (("smb", 40), ("mid_market", 4000)):
        for start, share, night in (("2025-03-03", 0.4, 15), ("2025-03-10", 0.3, 16)):
            low, high = wilson(share * n, n)
            told.says(
                "activation_rate", 100 * share, start, as_of=dt.date(2025, 3, night), segment=segment, ci_low=low, ci_high=high
            )
    assert [bool(told.trend("activation_rate", segment=name)["within_interval"]) for name in ("smb", "mid_market")] == [
        True,
        False,
    ]


def test_the_interval_of_a_change_is_newcombes(told) -> None:
    # Newcombe (1998), method 10: 56/70 against 48/80 has the 95 % interval 0.0524 to 0.3339, which leaves out 0.
    for share, start, night in (((48, 80), "2025-03-03", 15), ((56, 70), "2025-03-10", 16)):
        low, high = wilson(*share)
        told.says("activation_rate", 100 * share[0] / share[1], start, as_of=dt.date(2025, 3, night), ci_low=low, ci_high=high)
    (l1, u1), (l2, u2) = wilson(56, 70), wilson(48, 80)
    difference = 20.0
    low, high = difference - math.hypot(80 - l1, u2 - 60), difference + math.hypot(u1 - 80, 60 - l2)
    assert [round(low, 2), round(high, 2)] == [5.24, 33.39]
    assert not told.trend("activation_rate")["within_interval"]


def test_rare_things_have_lopsided_intervals(told) -> None:
    for hits, start, night in ((1, "2025-03-03", 15), (6, "2025-03-10", 16)):
        low, high = wilson(hits, 60)
        told.says("activation_rate", 100 * hits / 60, start, as_of=dt.date(2025, 3, night), ci_low=low, ci_high=high)
    assert told.trend("activation_rate")["within_interval"], "8.3 points, and up to 8.96 by chance"


@pytest.mark.parametrize(("before", "now", "within"), [(40, 52, True), (40, 62, False), (0, 3, None), (4000, 4200, False)])
def test_counts_vary_as_independent_arrivals_do(told, before: int, now: int, within: bool | None) -> None:
    told.says("signups", before, "2025-03-03", as_of=dt.date(2025, 3, 15))
    told.says("signups", now, "2025-03-10")
    found = told.trend("signups")["within_interval"]
    assert pd.isna(found) if within is None else bool(found) is within


def test_of_pairs_of_weeks_that_do_not_differ_at_most_one_in_twenty_is_called_a_change(told) -> None:
    generator = np.random.default_rng(20250316)
    pairs = 2000
    rows: list[dict[str, object]] = []
    for number in range(pairs):
        for start, night in (("2025-03-03", 15), ("2025-03-10", 16)):
            n = int(generator.integers(30, 400))
            hits = int(generator.binomial(n, 0.3))
            low, high = wilson(hits, n)
            rows.append(
                {
                    "as_of": dt.date(2025, 3, night), "kpi": "activation_rate", "period": "week", "segment": f"s{number}",
                    "period_start": dt.date.fromisoformat(start), "dimension": "", "dimension_value": "", "n": n,
                    "value": 100 * hits / n, "ci_low": low, "ci_high": high, "unit": "percent", "mature_share": 1.0,
                    "definition_hash": "one",
                }
            )  # fmt: skip
            count = dict.fromkeys(("ci_low", "ci_high")) | {
                "kpi": "signups",
                "value": float(generator.poisson(60)),
                "unit": "users",
            }
            rows.append(rows[-1] | count)
    told.warehouse.connection.register("drawn", pd.DataFrame(rows))
    told.warehouse.connection.execute("insert into kpis.snapshot by name select * from drawn")
    found = told.trends()
    shares = 1 - found.groupby("metric")["within_interval"].mean().astype(float)
    assert found["within_interval"].count() == 2 * pairs
    assert 0.03 < shares["activation_rate"] < 0.062 and 0.03 < shares["signups"] < 0.062


# -- its own history --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "place"), [("dau_mau", 70.0), ("activation_rate", 70.0), ("time_to_invite", 30.0)])
def test_a_values_place_among_its_own_five_earlier_ones(told, name: str, place: float) -> None:
    monday = dt.date(2025, 3, 10)
    for back, value in enumerate((12, 10, 11, 14, 13), start=1):
        start = monday - dt.timedelta(weeks=back)
        told.says(name, value, start.isoformat(), as_of=dt.date(2025, 3, 15))
    told.says(name, 13, monday.isoformat())
    row = told.trend(name)
    assert (row["history_percentile"], row["history_n"]) == (place, 5), "three are lower, one is equal, one is higher"


def test_with_fewer_than_five_values_there_is_no_place(told) -> None:
    for back in range(1, 5):
        told.says("dau_mau", back, (dt.date(2025, 3, 10) - dt.timedelta(weeks=back)).isoformat(), as_of=dt.date(2025, 3, 15))
    told.says("dau_mau", 9, "2025-03-10")
    row = told.trend("dau_mau")
    assert pd.isna(row["history_percentile"]) and row["history_n"] == 4


def test_trends_have_the_declared_columns_and_key(told) -> None:
    told.says("dau_mau", 9, "2025-03-10")
    rows = told.trends()
    assert list(rows.columns) == list(table("kpis.trends").column_names)
    assert told.warehouse.frame(queries.kpi_changes(as_of=AsOf(dt.date(2025, 3, 16)))).groupby("step").size().to_dict() == {
        "previous": 1, "week": 1, "month": 1, "year": 1,
    }  # fmt: skip
    assert len(told.warehouse.frame(queries.kpi_shown(as_of=AsOf(dt.date(2025, 3, 16))))) == 1


def test_a_charted_history_has_the_mature_values_under_tonights_definition_oldest_first(told) -> None:
    weeks = [(dt.date(2025, 3, 10) - dt.timedelta(weeks=back)).isoformat() for back in range(5)]
    for back, start in enumerate(weeks):
        told.says(
            "dau_mau", 30 - back, start, as_of=dt.date(2025, 3, 16 - back), definition_hash="older" if back == 4 else "one",
            mature_share=0.5 if back == 0 else 1.0,
        )  # fmt: skip
    told.warehouse.connection.execute(
        "insert into kpis.history by name select * exclude (band, target, dimension, dimension_value) from kpis.snapshot "
        "where as_of = date '2025-03-16'"
    )
    rows = told.warehouse.frame(queries.history_of("dau_mau", "week", as_of=AsOf(dt.date(2025, 3, 16))))
    assert list(rows["value"]) == [27, 28, 29]


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_the_pictures_show_their_rows_or_say_why_there_are_none(told) -> None:
    told.says("activation_rate", 22.0, "2025-03-03", segment="smb")
    placed = charts.benchmark_places(told.standings("activation_rate", "smb")).to_dict()
    assert [row["band"] for rows in placed["datasets"].values() for row in rows if "band" in row] == ["below the median"]
    assert "no data yet" in str(charts.benchmark_places(told.standings("nps", "smb")).to_dict())
    weeks = pd.DataFrame({"period_start": pd.date_range("2025-01-06", periods=6, freq="7D"), "value": [1.0, 2, 3, 4, 5, 6]})
    assert "own history" in str(charts.own_history(weeks.assign(ci_low=None, ci_high=None, unit="ratio"), name="k").to_dict())
    assert "it takes two periods" in str(charts.own_history(weeks.head(1), name="k").to_dict())
    restated = {
        "kpi": "wau", "segment": "all", "period": "week", "period_start": dt.date(2025, 3, 10), "material": True,
        "published_on": dt.date(2025, 3, 16), "published_value": 40.0, "change": 4.0,
    }  # fmt: skip
    drawn = charts.restated_values(pd.DataFrame([restated])).to_dict()
    assert [row["percent"] for rows in drawn["datasets"].values() for row in rows if "percent" in row] == [10]
