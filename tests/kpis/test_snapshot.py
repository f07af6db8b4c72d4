"""What the snapshot adds to a value: segments, intervals, bands, targets, reasons, the definition's hash, and what was known."""

import datetime as dt
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.clock import AsOf
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.measures import MEDIANS, sample_medians
from plg_orchestration.kpis.periods import HISTORY, NEWEST, kpi_periods
from plg_orchestration.kpis.policy import Benchmark, KpiPolicy
from plg_orchestration.kpis.read import latest
from plg_orchestration.kpis.registry import KPIS, kpi
from plg_orchestration.warehouse import Query, sql_file, table
from plg_orchestration.warehouse.query import sql_text
from plg_orchestration.warehouse.scratch import scratch
from tests.kpis.conftest import Setting

SUNDAY = "2025-03-16"
DAY = AsOf(dt.date(2025, 3, 16))


def texts_of(query: Query) -> dict[str, str]:
    found = {query.name: query.text}
    for required in query.requires:
        found |= texts_of(required)
    return found


def activating(world, activated: int, users: int, *, account: str | None = None) -> None:
    for number in range(users):
        world.user(f"{account}{number}", "2025-03-04", account)
        if number < activated:
            world.activates(f"{account}{number}", "2025-03-05")


def rate(world, segment: str = "all") -> pd.Series:
    return world.row("activation_rate", SUNDAY, segment=segment, start="2025-03-03")


# -- segments ---------------------------------------------------------------------------------------------------------


def test_segments_divide_the_users_whose_accounts_segment_is_known(world) -> None:
    world.account("s", segment="smb")
    world.account("e", segment="enterprise")
    world.account("unknown")
    activating(world, 1, 2, account="s")
    activating(world, 3, 4, account="e")
    activating(world, 0, 2, account="unknown")
    assert [rate(world, name)["value"] for name in ("all", "smb", "enterprise")] == [50, 50, 75]
    nobody = rate(world, "mid_market")
    assert (math.isnan(nobody["value"]), nobody["denominator"]) == (True, 0)
    assert nobody["reason"] == "nobody signed up in the period"


def test_without_any_known_segment_a_segment_is_not_zero_but_unknown(world) -> None:
    activating(world, 1, 2)
    for name, start in (("activation_rate", "2025-03-03"), ("signups", "2025-03-10")):
        row = world.row(name, SUNDAY, segment="smb", start=start)
        assert pd.isna(row["value"]) and pd.isna(row["n"])
        assert row["reason"] == "no account's segment is known, nor its number of employees"


# -- intervals --------------------------------------------------------------------------------------------------------


def test_a_proportion_carries_the_wilson_interval(world) -> None:
    activating(world, 3, 10)
    row = rate(world)
    z = NormalDist().inv_cdf(0.975)
    center, half = (3 + z * z / 2) / (10 + z * z), z * math.sqrt(3 * 7 / 10 + z * z / 4) / (10 + z * z)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(100 * (center - half)), pytest.approx(100 * (center + half)))
    assert (round(row["ci_low"], 2), round(row["ci_high"], 2)) == (10.78, 60.32), "as published for 3 of 10"


def test_the_interval_of_none_and_of_all_stays_between_0_and_100(world) -> None:
    world.account("s", segment="smb")
    world.account("e", segment="enterprise")
    activating(world, 0, 4, account="s")
    activating(world, 4, 4, account="e")
    assert rate(world, "smb")["ci_low"] == 0 and rate(world, "enterprise")["ci_high"] == pytest.approx(100)


SAMPLE_FILES = ("kpi_medians", "sample_groups", "sample_cells", "sample_codes", "sample_waits")


def medians(*samples: Sequence[float], happened: Sequence[bool] | None = None) -> list[tuple[int, float, float, float]]:
    """n, median and both ends of each list's interval; with `happened` the values are waiting times."""
    start = dt.date(2025, 3, 3)
    frame = pd.concat([pd.DataFrame({"kpi": f"k{place:03}", "value": list(values)}) for place, values in enumerate(samples)])
    frame = frame.assign(
        period="week", period_start=start, segment="smb", channel="ads", region=None, device="phone", plan="free"
    )
    frame = frame.assign(broken_down=True, happened=happened).astype({"region": "str", "happened": "boolean", "value": "float64"})
    periods = pd.DataFrame({"period": ["week"], "back": [0], "period_start": [start], "in_history": [True]})
    given = {"kpi_samples": frame, "kpi_periods": periods}
    with scratch(**{name: pa.Table.from_pandas(rows, preserve_index=False) for name, rows in given.items()}) as warehouse:
        found = warehouse.frame(sample_medians())
    assert found.groupby("kpi")["median"].nunique(dropna=False).eq(1).all(), "everybody is in every dimension's one value"
    whole = found[(found["dimension"] == "") & (found["segment"] == "all")].sort_values("kpi")
    assert len(found) == 6 * len(whole) == 6 * len(samples)
    return [(int(row.n), row.median, row.ci_low, row.ci_high) for row in whole.itertuples()]


def test_definition_hashes_depend_on_every_file_that_medians_pass_through() -> None:
    texts = texts_of(sample_medians())
    assert set(texts) == set(SAMPLE_FILES)
    assert set(texts.values()) == {sql_text(path) for path in MEDIANS}


def test_kpi_medians_give_the_tabulated_order_statistics() -> None:
    tabulated = ((6, 1), (10, 2), (20, 6), (50, 18), (100, 40))
    found = medians(*([float(place) for place in range(n, 0, -1)] for n, _ in tabulated))
    assert found == [(n, (n + 1) / 2, low, n + 1 - low) for n, low in tabulated]


def test_five_values_have_a_median_and_no_interval() -> None:
    ((n, median, low, high),) = medians([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (n, median, math.isnan(low), math.isnan(high)) == (5, 3, True, True)


def test_the_interval_of_a_median_covers_it_with_the_stated_probability() -> None:
    generator = random.Random(7)
    lists = [[generator.choice((0.0, generator.uniform(0, 1000))) for _ in range(n)] for n in (*range(1, 61), 100, 1000, 4321)]
    for values, (n, median, low, high) in zip(lists, medians(*lists), strict=True):
        ordered = sorted(values)
        assert (n, median) == (len(values), pytest.approx((ordered[(n - 1) // 2] + ordered[n // 2]) / 2))
        below, rank = 0, 0
        while 2 * (below + math.comb(n, rank)) * 20 <= 2**n:
            below, rank = below + math.comb(n, rank), rank + 1
        assert (low, high) == (ordered[rank - 1], ordered[n - rank]) if rank else math.isnan(low)


def test_a_waiting_time_is_the_median_of_kaplan_and_meier() -> None:
    ((n, median, low, high),) = medians([1, 2, 2, 3, 4, 5, 5, 6, 7, 8], happened=[1, 1, 1, 0, 1, 1, 0, 1, 0, 0])
    assert (n, median) == (10, 5), "0.9, 0.7, 0.7, 0.583, 0.467 at day 5"
    assert low == 1 and math.isnan(high)


def test_with_nobody_waiting_it_is_the_first_time_by_which_half_had_the_event() -> None:
    ((n, median, _, _),) = medians([4, 1, 3, 2], happened=[True] * 4)
    assert (n, median) == (4, 2)


def test_while_more_than_half_wait_there_is_no_median() -> None:
    ((n, median, _, high),) = medians([1, 9, 9, 9], happened=[True, False, False, False])
    assert n == 4 and math.isnan(median) and math.isnan(high)


def test_waiting_times_agree_with_scipys_survival_function() -> None:
    from scipy.stats import CensoredData, ecdf

    generator = random.Random(3)
    times = [round(generator.expovariate(0.1), 1) + 0.1 for _ in range(300)]
    came = [generator.random() < 0.6 for _ in times]
    ((n, median, low, high),) = medians(times, happened=came)
    curve = ecdf(CensoredData.right_censored(times, [not one for one in came])).sf
    bounds = curve.confidence_interval(0.95, method="log-log")

    def first_at_most_half(side: object) -> float:
        return next(float(time) for time, left in zip(curve.quantiles, side.probabilities, strict=True) if left <= 0.5)

    assert (n, median) == (300, first_at_most_half(curve))
    assert (low, high) == (first_at_most_half(bounds.low), first_at_most_half(bounds.high))


# -- benchmarks and targets -------------------------------------------------------------------------------------------


def banded(world, figures: dict[str, float | None], *, direction: str = "higher", **changed: object) -> object:
    row = {
        "kpi": "activation_rate", "segment": "all", "period": "any", "unit": "percent", "direction": direction,
        "kind": "percentile", "source": "somebody", **figures, **changed,
    }  # fmt: skip
    world.configure(KpiPolicy(benchmarks=(Benchmark.model_validate(row),)))
    band = rate(world)["band"]
    return None if pd.isna(band) else band


@pytest.mark.parametrize(
    ("activated", "band"), [(1, "below_p25"), (2, "p25_p50"), (3, "p25_p50"), (4, "p50_p75"), (5, "p50_p75"), (6, "above_p75")]
)
def test_a_value_at_a_percentile_has_reached_it(world, activated: int, band: str) -> None:
    activating(world, activated, 10)
    assert banded(world, {"p25": 20, "p50": 40, "p75": 60}) == band


@pytest.mark.parametrize(
    ("days", "band"), [(0.5, "above_p75"), (1, "above_p75"), (2, "p50_p75"), (4, "p25_p50"), (6, "below_p25")]
)
def test_where_less_is_better_above_still_means_better(world, days: float, band: str) -> None:
    world.account("s", segment="smb")
    signup = pd.Timestamp("2025-03-12") - pd.Timedelta(days=days)
    world.user("u", str(signup), "s")
    world.activates("u", "2025-03-12 00:00")
    row = world.row("time_to_value", SUNDAY, segment="smb")
    assert (row["value"], row["band"], row["target"]) == (days, band, 3)


def test_a_missing_percentile_leaves_a_wider_band(world) -> None:
    activating(world, 3, 10)
    assert banded(world, {"p50": 40, "p75": 60}) == "below_p50"
    assert banded(world, {"p50": 20, "p75": 60}) == "p50_p75"
    assert banded(world, {"p25": 10, "p50": 20}) == "above_p50"


def test_only_percentiles_of_the_segment_period_and_unit_make_bands(world) -> None:
    activating(world, 3, 10)
    figures: dict[str, float | None] = {"p25": 20, "p50": 40, "p75": 60}
    assert banded(world, figures) == "p25_p50"
    assert banded(world, figures, kind="range") is None
    assert banded(world, figures, segment="smb") is None
    assert banded(world, figures, unit="ratio") is None
    assert banded(world, figures, dimension="channel", dimension_value="ads") is None
    assert banded(world, figures, period="week") == "p25_p50"
    assert banded(world, figures, period="month") is None, "a monthly benchmark never bands a weekly value"


def test_a_monthly_target_stands_beside_the_month_alone(world) -> None:
    world.account("a", "2025-01-05", segment="smb")
    assert world.row("free_to_paid_conversion", SUNDAY, period="month", segment="smb")["target"] == 5
    assert pd.isna(world.row("free_to_paid_conversion", SUNDAY, period="week", segment="smb")["target"])


# -- reasons ----------------------------------------------------------------------------------------------------------


def test_a_missing_source_gives_the_reason_and_no_figures(world) -> None:
    world.setting.unmet["source:subscriptions"] = "needs source 'subscriptions': add it"
    world.account("a", "2025-01-05")
    row = world.row("gross_churn", SUNDAY, period="month")
    assert row["reason"] == "needs source 'subscriptions': add it"
    assert row[["value", "numerator", "denominator", "n", "ci_low", "mature_share"]].isna().all()
    assert pd.isna(world.row("signups", SUNDAY)["reason"]), "the rest works"


def test_several_currencies_without_a_rate_are_not_added_up(world) -> None:
    world.account("a", "2025-01-05")
    world.pays("a", 10, "2025-01-10", currency="EUR")
    assert world.row("arpa", SUNDAY, period="month")["unit"] == "eur_per_month"
    world.account("b", "2025-01-05")
    world.pays("b", 10, "2025-01-10", currency="USD")
    row = world.row("arpa", SUNDAY, period="month")
    assert (pd.isna(row["value"]), row["reason"]) == (True, "accounts pay in several currencies, and no exchange rate is known")
    assert world.row("gross_churn", SUNDAY, period="month")["value"] == 0


def test_a_period_before_the_first_day_has_no_zero(world) -> None:
    world.setting.start = dt.date(2025, 3, 1)
    row = world.row("signups", SUNDAY, period="month")
    assert (pd.isna(row["value"]), row["reason"]) == (True, "the period ended before the workspace's first day")


def test_every_row_has_a_value_or_a_reason_and_never_both(world) -> None:
    world.account("s", segment="smb")
    activating(world, 2, 5, account="s")
    world.setting.unmet["source:tickets"] = "no tickets"
    rows = world.snapshot(SUNDAY)
    assert (rows["value"].isna() == rows["reason"].notna()).all()
    assert set(rows["kpi"]) == {kpi.name for kpi in KPIS}
    assert not rows.duplicated(list(table("kpis.snapshot").key)).any()
    assert list(rows.columns) == list(table("kpis.snapshot").column_names)


# -- as known ---------------------------------------------------------------------------------------------------------


def test_late_news_changes_tomorrows_snapshot_and_not_yesterdays(world) -> None:
    world.user("u1", "2025-03-04")
    world.user("u2", "2025-03-04", known="2025-03-17 09:00")
    world.activates("u1", "2025-03-05 10:00", received="2025-03-17")
    before, after = "2025-03-16", "2025-03-17"
    found = [world.row("activation_rate", day, start="2025-03-03") for day in (before, after)]
    assert [(row["value"], row["denominator"]) for row in found] == [(0, 1), (50, 2)]


def test_recomputing_a_past_snapshot_gives_the_stored_numbers_after_late_news_of_every_kind(world) -> None:
    world.account("s", "2025-01-05", segment="smb")
    world.pays("s", 100, "2025-01-10")
    activating(world, 2, 5, account="s")
    world.active("s0", "2025-03-11", account="s", help_views=1, core_events=2)
    world.ticket("2025-03-12", user="s0")
    world.invite("s0", "s1", "2025-02-20")
    stored, past = table("kpis.snapshot"), table("kpis.history")

    def build(day: dt.date) -> Query:
        return queries.snapshot(as_of=AsOf(day), workspace=world.setting)

    def build_history(day: dt.date) -> Query:
        return queries.history(as_of=AsOf(day), workspace=world.setting)

    def hashes() -> list[str]:
        world.warehouse.reuse = True
        world.warehouse.publish(stored, build, [DAY.date])
        world.warehouse.publish(past, build_history, [DAY.date])
        world.warehouse.reuse = False
        return [world.warehouse.content_hash(made) for made in (stored, past)]

    first = hashes()
    world.user("later", "2025-03-04", "s", known="2025-03-20")
    world.account("s", "2025-01-05", segment="enterprise", known="2025-03-20")
    world.active("later", "2025-03-20")
    late = {"received_date": "2025-03-20", "user_id": "s1"}
    world.put("behavior.user_days", **late, event_date="2025-03-12", events=3, qualifying_events=3, help_views=2)
    world.put("behavior.user_features", **late, event_date="2025-03-12", feature="reports", events=3)
    milestone = {"received_date": "2025-03-20", "unit": "user", "unit_id": "s3", "item": "", "times": 1}
    for role in ("activation", "tour_started", "onboarding_complete"):
        world.put("behavior.milestones", **milestone, role=role, first_at="2025-03-05 09:00")
    world.ingested("tickets", known="2025-03-20", ticket_id="t0", user_id="s1", opened_at="2025-03-12", closed_at="2025-03-13")
    world.ingested("subscriptions", known="2025-03-20", subscription_id="s0", account_id="s", mrr=900, currency="USD",
                   started_at="2025-01-10", trial=False)  # fmt: skip
    world.ingested("surveys", known="2025-03-20", survey_id="x", kind="nps", user_id="s0", score=9, answered_at="2025-03-12")
    world.put("pql.decisions", decision_id="d", as_of="2025-03-20", user_id="s0", account_id="s", qualified=True)
    assert hashes() == first
    assert world.row("mau", "2025-03-20", period="day")["value"] == 3, "the next days know of them"


def test_periods_follow_the_local_calendar(world) -> None:
    world.user("u1", "2025-03-10 03:00")
    found = {zone: world.snapshot(SUNDAY, timezone=zone, kpis=(kpi("signups"),)) for zone in ("UTC", "America/New_York")}
    weeks = {
        zone: rows[(rows["period"] == "week") & (rows["segment"] == "all") & (rows["dimension"] == "")]["value"].tolist()
        for zone, rows in found.items()
    }
    assert weeks == {"UTC": [1], "America/New_York": [0]}, "in New York it was still Sunday the 9th"


def test_kpi_periods_are_the_newest_complete_ones() -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.dates(dt.date(2023, 1, 1), dt.date(2027, 1, 1)))
    def newest_complete(date: dt.date) -> None:
        rows = warehouse.rows(kpi_periods(as_of=AsOf(date)))
        found = {(period, back): (start, end, newer) for period, back, start, end, newer, *_ in rows}
        assert Counter(period for period, _ in found) == {"day": 35, "week": 8, "month": 5, "quarter": 2}
        assert Counter(row[0] + "s" for row in rows if row[-1]) == vars(HISTORY)
        for (period, back), (start, end, newer) in found.items():
            assert end <= date + dt.timedelta(days=1)
            assert found[period, back - 1][:2] == (end, newer) if back else newer > date + dt.timedelta(days=1)
            if period == "week":
                assert (start.weekday(), end - start) == (0, dt.timedelta(days=7))
            if period == "month":
                assert (start.day, end.day) == (1, 1) and dt.timedelta(days=27) < end - start < dt.timedelta(days=32)
            if period == "quarter":
                assert (start.day, end.day, start.month % 3, end.month % 3) == (1, 1, 1, 1)
                assert dt.timedelta(days=89) < end - start < dt.timedelta(days=93)

    with scratch() as warehouse:
        newest_complete()


# -- definitions ------------------------------------------------------------------------------------------------------


def test_a_definitions_hash_changes_with_the_mapping_and_the_zone_and_not_with_the_day() -> None:
    mapped, other = Taxonomy(), Taxonomy.model_validate({"roles": {"activation": ["Report Shared"]}})
    hashes = queries.definition_hashes(as_of=DAY, mapping=mapped)
    assert hashes == queries.definition_hashes(as_of=DAY.minus(30), mapping=mapped)
    assert len(set(hashes.values())) == len(KPIS) and all(len(value) == 16 for value in hashes.values())
    for changed in (
        queries.definition_hashes(as_of=DAY, mapping=other),
        queries.definition_hashes(as_of=AsOf(DAY.date, "Europe/Vienna"), mapping=mapped),
    ):
        assert all(changed[name] != value for name, value in hashes.items())


def test_equal_hashes_mean_equal_sql_however_many_periods_are_asked_for() -> None:
    """The number of periods is a bound value, of which neither a text nor a hash knows."""
    setting = Setting()
    few, many = (queries.kpi_values(as_of=DAY, workspace=setting, back=back) for back in (NEWEST, HISTORY))
    assert texts_of(few) == texts_of(many)
    defined = [next(one for one in query.requires if one.name == "kpi_definitions") for query in (few, many)]
    assert defined[0] == defined[1]


def test_another_sql_text_means_another_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    before = queries.definition_hashes(as_of=DAY, mapping=Taxonomy())
    counted = queries.populations

    def changed(**asked: Any) -> tuple[Query, ...]:
        made = counted(**asked)
        return tuple(replace(one, text=one.text + " limit 1000000") if one.name == "new_users" else one for one in made)

    monkeypatch.setattr(queries, "populations", changed)
    after = queries.definition_hashes(as_of=DAY, mapping=Taxonomy())
    assert {name for name in before if before[name] != after[name]} == {kpi.name for kpi in KPIS if kpi.per.name == "new_users"}
    again = (replace(kpi("signups"), numerator="count(*) + 0"),)
    assert queries.definition_hashes(as_of=DAY, mapping=Taxonomy(), kpis=again)["signups"] not in (
        before["signups"],
        after["signups"],
    )


def test_the_stored_hash_is_the_definitions(world) -> None:
    some = KPIS[::7]
    expected = queries.definition_hashes(as_of=DAY, mapping=world.setting.taxonomy, kpis=some, currency="USD")
    rows = world.snapshot(SUNDAY, kpis=some)
    assert dict(zip(rows["kpi"], rows["definition_hash"], strict=True)) == expected


# -- reading ----------------------------------------------------------------------------------------------------------


def test_latest_takes_the_newest_mature_row_and_says_what_the_kpi_asks(world) -> None:
    activating(world, 3, 10)
    some = (kpi("activation_rate"), *KPIS[::9])
    world.warehouse.publish(
        table("kpis.snapshot"), lambda _: queries.snapshot(as_of=DAY, workspace=world.setting, kpis=some), [DAY.date]
    )
    rows = latest(world.warehouse, as_of=DAY.date)
    assert not rows.duplicated(["kpi", "segment", "period"]).any()
    row = rows[(rows["kpi"] == "activation_rate") & (rows["segment"] == "all") & (rows["period"] == "week")].iloc[0]
    assert (row["value"], row["review"], row["owner"]) == (30, True, "team:growth")
    assert row["period_start"] == pd.Timestamp("2025-03-03")
    assert rows.loc[rows["review"], "kpi"].nunique() == len(some)
    assert latest(world.warehouse, as_of=dt.date(2025, 1, 1)).empty


def test_benchmarks_are_the_configured_ones(world) -> None:
    published = world.warehouse.publish(table("kpis.benchmarks"), lambda day: queries.benchmarks(as_of=AsOf(day)), [DAY.date])
    assert published.rows == 44
    net = world.warehouse.frame(sql_file("kpis/benchmarks.sql")).query("kpi == 'net_revenue_retention'")
    assert sorted(net["p50"]) == [101, 106], "two sources that disagree are both kept"
