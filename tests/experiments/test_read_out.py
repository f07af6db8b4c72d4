"""A read-out counts whom it may, stops on a broken split, and says ship, hold or roll back with the reason."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from plg_orchestration.experiments import Measure, ReadOut, ReadOutPolicy, Stake, read_out, revenue_impact

START = dt.date(2025, 6, 1)
CONVERTED = Measure("converted")
RETAINED = Measure("retained", role="guardrail", margin=0.03)


def units(**arms: int) -> pd.DataFrame:
    """So many units in each arm, all exposed at the beginning of the first day."""
    names = np.repeat(list(arms), list(arms.values()))
    return pd.DataFrame({"unit_id": np.arange(len(names)), "arm": names, "exposed_at": pd.Timestamp(START)})


def outcomes(exposures: pd.DataFrame, **rates: dict[str, float]) -> pd.DataFrame:
    """Exactly the given share of each arm, its first units, have each outcome."""
    rank = exposures.groupby("arm").cumcount() / exposures.groupby("arm")["unit_id"].transform("size")
    columns = {name: rank < exposures["arm"].map(by_arm) for name, by_arm in rates.items()}
    return pd.DataFrame({"unit_id": exposures["unit_id"], **columns})


def read(exposures: Any, results: Any, **options: Any) -> ReadOut:
    given: dict[str, Any] = {
        "arms": {"control": 1, "new": 1}, "control": "control", "measures": [CONVERTED], "as_of": dt.date(2025, 6, 30),
        "planned_units": 1000,
    }  # fmt: skip
    return read_out(exposures, results, **{**given, **options})


def even(old: float, new_rate: float, /, **guardrail: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    exposures = units(control=1000, new=1000)
    rates = {"converted": {"control": old, "new": new_rate}}
    if guardrail:
        rates["retained"] = guardrail
    return exposures, outcomes(exposures, **rates)


def test_thirty_against_thirty_six_percent_ships_with_the_figures_made_by_hand() -> None:
    found = read(*even(0.30, 0.36), stake=Stake(arpu_delta=20.0, cohort_size=10_000))
    error = math.sqrt(0.36 * 0.64 / 1000 + 0.3 * 0.7 / 1000)
    row = found.contrasts.iloc[0]
    assert (row["n"], row["n_control"], row["value"], row["value_control"]) == (1000, 1000, 0.36, 0.30)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.06 - 1.959964 * error, 0.06 + 1.959964 * error), abs=1e-7)
    assert row["p_adjusted"] == row["p_value"] == pytest.approx(math.erfc(0.06 / error / math.sqrt(2)))
    assert (found.verdict, found.decision.arm) == ("ship", "new")
    assert found.reason == "better than control: converted +0.06 (0.01887 to 0.1011, p = 0.0042)"
    assert found.revenue["new"].value == pytest.approx(12_000)
    assert found.revenue["new"].low == pytest.approx(200_000 * row["ci_low"])


@pytest.mark.parametrize(
    ("rates", "options", "reason"),
    [
        ((0.30, 0.31), {}, "no effect is shown: converted +0.01 (-0.03035 to 0.05035, p = 0.63)"),
        ((0.30, 0.31), {"as_of": dt.date(2025, 7, 12)}, "p = 0.63); 42 days are over: end it"),
        ((0.30, 0.36), {"as_of": dt.date(2025, 6, 27)}, "day 27 of at least 28"),
        ((0.30, 0.36), {"planned_units": None}, "no plan is registered"),
        ((0.30, 0.36), {"planned_units": 1001}, "1,000 of 1,001 planned units, control 1,000 of 1,001, have a mature outcome"),
        ((0.30, 0.36), {"as_of": dt.date(2025, 5, 31)}, "converted: 0 units with a mature outcome in an arm; 100 are needed"),
        ((0.30, 0.36), {"policy": ReadOutPolicy(min_units=2000)}, "1000 units with a mature outcome in an arm; 2000 are needed"),
        ((0.003, 0.30), {}, "converted: 3 events of 1000 in an arm; 5 events and non-events are needed"),
        ((0.30, 0.36), {"policy": ReadOutPolicy(judged_by="sequential")}, "no effect is shown: converted +0.06 (-0.00"),
    ],
)
def test_it_holds_and_says_why(rates: tuple[float, float], options: dict[str, Any], reason: str) -> None:
    found = read(*even(*rates), **options)
    assert found.verdict == "hold"
    assert reason in found.reason


def test_a_broken_split_stops_everything() -> None:
    exposures = units(control=1000, new=800)
    found = read(exposures, outcomes(exposures, converted={"control": 0.1, "new": 0.9}))
    assert found.verdict == "hold" and found.contrasts.empty and found.segments.empty and not found.revenue
    assert found.reason.startswith("sample ratio mismatch: control 1,000 (planned 900), new 800 (planned 900), p = 2.4e-06")
    planned = read(exposures, outcomes(exposures, converted={"control": 0.1, "new": 0.9}), arms={"control": 5, "new": 4})
    assert not planned.split.alarm and planned.verdict == "hold" and "1,250" in planned.reason


def test_sure_harm_goes_back_on_any_day_and_unsure_harm_waits() -> None:
    early = {"as_of": dt.date(2025, 6, 3)}
    worse = read(*even(0.36, 0.20), **early)
    assert worse.verdict == "roll back"
    assert worse.reason.startswith("converted is surely worse than control: -0.16, always-valid -0.22")
    assert read(*even(0.36, 0.32), **early).reason == (
        "day 3 of at least 28; so far converted -0.04 (always-valid -0.1048 to 0.0248)"
    )


def test_a_guardrail_goes_back_beyond_its_margin_and_must_be_shown_to_hold_before_shipping() -> None:
    measures = [CONVERTED, RETAINED]
    broken = read(*even(0.30, 0.36, control=0.6, new=0.45), measures=measures)
    assert broken.verdict == "roll back" and "retained is surely worse than the loss of 0.03 that is borne" in broken.reason
    open_ = read(*even(0.30, 0.36, control=0.6, new=0.59), measures=measures)
    assert open_.verdict == "hold" and open_.reason.startswith("guardrail retained is not shown to lose less than 0.03")
    kept = read(*even(0.30, 0.36, control=0.6, new=0.63), measures=measures)
    assert kept.verdict == "ship" and kept.reason.endswith("; retained within the margin")
    unread = read(*even(0.30, 0.36, control=1.0, new=1.0), measures=measures)
    assert unread.verdict == "hold" and unread.reason.startswith("guardrail retained cannot be read: 1000 events of 1000")


def test_where_less_is_better_less_ships_and_more_goes_back() -> None:
    churn = [Measure("converted", better="lower")]
    assert read(*even(0.30, 0.24), measures=churn).verdict == "ship"
    assert read(*even(0.30, 0.50), measures=churn).verdict == "roll back"
    assert read(*even(0.30, 0.355), measures=churn).reason.startswith("worse than control: converted +0.055")


def test_a_sequential_read_out_needs_no_plan_but_more_of_an_effect() -> None:
    policy = ReadOutPolicy(judged_by="sequential")
    found = read(*even(0.30, 0.38), planned_units=None, policy=policy)
    row = found.contrasts.iloc[0]
    assert found.verdict == "ship" and row["always_valid_low"] > 0
    assert row["p_adjusted"] == row["always_valid_p"] > row["p_value"]


def test_who_saw_several_arms_or_another_one_is_left_out_and_counted_and_the_first_exposure_is_the_anchor() -> None:
    exposures, results = even(0.30, 0.36)
    again = exposures.assign(exposed_at=pd.Timestamp("2025-06-20"))
    both = exposures.iloc[:3].assign(arm="new", exposed_at=pd.Timestamp("2025-06-02"))
    stranger = pd.DataFrame({"unit_id": [9001], "arm": ["beta"], "exposed_at": [pd.Timestamp(START)]})
    late = pd.DataFrame({"unit_id": [9002], "arm": ["new"], "exposed_at": [pd.Timestamp("2025-07-01")]})
    week = Measure("converted", matures_after=dt.timedelta(days=14))
    found = read(pd.concat([exposures, again, both, stranger, late]), results, measures=[week])
    assert (found.split.several_arms, found.split.other_arms, found.split.units) == (3, 1, {"control": 997, "new": 1000})
    assert found.contrasts.iloc[0][["n", "n_control", "immature"]].tolist() == [1000, 997, 0]
    moved = read(again, results, measures=[week])
    assert moved.contrasts.iloc[0][["n", "n_control", "immature"]].tolist() == [0, 0, 2000]
    assert moved.progress.day == 11


def test_the_day_ends_where_the_workspace_is() -> None:
    exposures, results = even(0.30, 0.36)
    evening = exposures.assign(exposed_at=pd.Timestamp("2025-06-30 22:30"))
    assert sum(read(evening, results).split.units.values()) == 2000
    assert sum(read(evening, results, timezone="Europe/Berlin").split.units.values()) == 0


def test_an_unknown_outcome_is_missing_not_zero_and_one_sided_loss_holds() -> None:
    exposures, results = even(0.30, 0.36)
    some = results.iloc[::2]
    found = read(exposures, some, planned_units=500).contrasts.iloc[0]
    assert (found["n"], found["missing"], found["value"], found["missing_p"]) == (500, 1000, 0.36, 1.0)
    lost = results[(exposures["arm"] == "control") | (exposures["unit_id"] % 10 > 0)]
    assert "outcomes are missing in one arm more than in the other" in read(exposures, lost, planned_units=500).reason


def test_three_arms_are_corrected_by_holm_and_the_best_one_ships() -> None:
    exposures = units(control=1000, a=1000, b=1000)
    arms = {"control": 1, "a": 1, "b": 1}
    found = read(exposures, outcomes(exposures, converted={"control": 0.30, "a": 0.36, "b": 0.345}), arms=arms)
    p = dict(zip(found.contrasts["arm"], found.contrasts["p_value"], strict=True))
    adjusted = dict(zip(found.contrasts["arm"], found.contrasts["p_adjusted"], strict=True))
    assert adjusted == pytest.approx({"a": 2 * p["a"], "b": max(2 * p["a"], p["b"])})
    assert (found.verdict, found.decision.arm) == ("ship", "a")
    back = read(exposures, outcomes(exposures, converted={"control": 0.40, "a": 0.20, "b": 0.18}), arms=arms)
    assert (back.verdict, back.decision.arm) == ("roll back", "a, b") and back.reason.startswith("a: converted is surely worse")


def test_secondary_metrics_are_corrected_as_declared_and_segments_are_exploratory() -> None:
    exposures, results = even(0.30, 0.36)
    extra = results.assign(
        clicked=results["converted"], opened=results["converted"], region=np.where(np.arange(2000) % 2, "EU", None)
    )
    measures = [CONVERTED, Measure("clicked", role="secondary"), Measure("opened", role="secondary")]
    for correction, factor in (("holm", 2.0), ("benjamini_hochberg", 1.0)):
        policy = ReadOutPolicy(correction=correction)  # type: ignore[arg-type]
        rows = read(exposures, extra, measures=measures, policy=policy).contrasts.set_index("metric")
        assert rows["p_adjusted"]["clicked"] == pytest.approx(factor * rows["p_value"]["clicked"])
        assert rows["p_adjusted"]["converted"] == rows["p_value"]["converted"]
    found = read(exposures, extra, segments=["region"]).segments
    assert found[["segment", "segment_value", "n"]].to_numpy().tolist() == [["region", "EU", 500], ["region", "unknown", 500]]
    assert found["correction"].unique().tolist() == ["exploratory, benjamini_hochberg"]
    assert (found["p_adjusted"] >= found["p_value"]).all()


def test_accounts_widen_the_interval_where_their_users_are_alike() -> None:
    exposures, results = even(0.30, 0.36)
    alike = results.assign(account_id=np.arange(2000) // 20)
    plain, clustered = (read(exposures, alike, cluster=name).contrasts.iloc[0] for name in (None, "account_id"))
    assert clustered["error"] > 3 * plain["error"] and clustered["difference"] == plain["difference"]
    few = results.assign(account_id=np.arange(2000) // 100)
    assert "10 clusters in an arm; 20 are needed" in read(exposures, few, cluster="account_id").reason
    own = results.assign(account_id=None)
    assert read(exposures, own, cluster="account_id").contrasts.iloc[0]["error"] == pytest.approx(plain["error"], rel=1e-3)


def test_arrow_tables_and_frames_say_the_same() -> None:
    exposures, results = even(0.30, 0.36)
    arrow = read(pa.Table.from_pandas(exposures), pa.Table.from_pandas(results))
    assert arrow.decision == read(exposures, results).decision


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"control": "old"}, "control: 'old' is none of the arms with weight"),
        ({"arms": {"control": 1, "new": -1}}, "arms: .* has a weight that is negative"),
        ({"arms": {"control": 1, "new": 0}}, "weights: 1 arm has weight"),
        ({"measures": []}, "measures: 0 of them are primary"),
        ({"measures": [CONVERTED, CONVERTED]}, "2 of them are primary"),
        ({"measures": [CONVERTED, Measure("converted", role="secondary")]}, "stands there twice"),
        ({"measures": [CONVERTED, Measure("retained", role="guardrail")]}, "a guardrail needs a positive one"),
        ({"measures": [Measure("paid")]}, "outcomes: no column paid"),
        ({"planned_units": 0}, "planned_units: 0 is no number of units"),
        ({"segments": ["region"]}, "outcomes: no column region"),
        ({"timezone": "Mars"}, "timezone: 'Mars'"),
    ],
)
def test_a_wrong_argument_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(*even(0.30, 0.36), **options)


def test_a_wrong_table_is_named() -> None:
    exposures, results = even(0.30, 0.36)
    with pytest.raises(ValueError, match="outcomes: unit '0' stands there more than once"):
        read(exposures, pd.concat([results, results]))
    with pytest.raises(ValueError, match="outcomes: converted is a rate, but holds other values than 0 and 1"):
        read(exposures, results.assign(converted=0.5))
    with pytest.raises(ValueError, match="outcomes: converted is not a number in every row"):
        read(exposures, results.assign(converted="yes"))
    with pytest.raises(ValueError, match="outcomes: converted has infinite values"):
        read(exposures, results.assign(converted=np.inf))
    with pytest.raises(ValueError, match="exposures: arm is missing in 2000 of 2000 rows"):
        read(exposures.assign(arm=None), results)
    with pytest.raises(ValueError, match="exposures: exposed_at has the type"):
        read(exposures.assign(exposed_at="2025-06-01"), results)


def test_revenue_is_lift_times_arpu_delta_times_cohort_with_both_errors() -> None:
    sure = revenue_impact(lift=0.02, lift_error=0.005, stake=Stake(30, 10_000))
    assert (sure.value, sure.low, sure.high) == pytest.approx((6000, 6000 - 1.959964 * 1500, 6000 + 1.959964 * 1500))
    unsure = revenue_impact(lift=0.02, lift_error=0.005, stake=Stake(30, 10_000, arpu_delta_error=6))
    assert unsure.high - unsure.value == pytest.approx(1.959964 * math.hypot(1500, 1200))
    with pytest.raises(ValueError, match="lift_error: nan is negative or missing"):
        revenue_impact(lift=0.02, lift_error=math.nan, stake=Stake(30, 10_000))


def test_the_planned_look_is_one_look_and_what_comes_later_changes_only_the_always_valid_interval() -> None:
    exposures, results = even(0.30, 0.36)
    later = units(control=500, new=500).assign(exposed_at=pd.Timestamp("2025-07-02"))
    later["unit_id"] += 5000
    more = outcomes(later, converted={"control": 0.36, "new": 0.10})
    everybody, everything = pd.concat([exposures, later]), pd.concat([results, more])
    first, second = (read(everybody, everything, as_of=dt.date(2025, *day)) for day in ((6, 30), (7, 10)))
    for column in ("n", "difference", "ci_low", "p_adjusted"):
        assert first.contrasts[column].tolist() == second.contrasts[column].tolist()
    assert first.decision == second.decision and first.verdict == "ship"
    assert second.contrasts["always_valid_low"][0] < first.contrasts["always_valid_low"][0]


def test_the_planned_look_waits_until_all_its_outcomes_are_mature() -> None:
    exposures, results = even(0.30, 0.36)
    steady = exposures.assign(exposed_at=pd.Timestamp(START) + pd.to_timedelta(np.tile(np.arange(1000) % 30, 2), unit="D"))
    week = [Measure("converted", matures_after=dt.timedelta(days=7))]
    waiting, ready = (read(steady, results, measures=week, planned_units=600, as_of=dt.date(2025, 7, day)) for day in (4, 5))
    assert waiting.reason.startswith("the planned units have come; the look is on 2025-07-05, when all their outcomes are mature")
    assert ready.progress.waits_until is None and ready.verdict == "ship"
    assert ready.contrasts["n"].tolist() == [sum(1 for number in range(1000) if number % 30 < 28)]


def test_nobody_at_all_is_no_error() -> None:
    exposures, results = even(0.30, 0.36)
    nobody = read(exposures.iloc[:0], results.iloc[:0])
    assert nobody.verdict == "hold" and nobody.progress.day == 0 and math.isnan(nobody.split.p_value)
    empty = pd.DataFrame({"unit_id": [], "arm": [], "exposed_at": []})
    assert read(empty, pd.DataFrame({"unit_id": [], "converted": []})).reason == nobody.reason
