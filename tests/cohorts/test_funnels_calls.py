"""Funnels on plain events: by hand, and against a definition written without SQL."""

import datetime as dt
import itertools

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.charts.growth import wilson

AS_OF = dt.date(2025, 3, 31)
START = pd.Timestamp("2025-03-03 09:00")


def plain(**told):
    """Events by user, each written 'A@2 B@3.5': the event and its time in hours after the start."""
    rows = [
        (user, entry.split("@")[0], START + pd.Timedelta(hours=float(entry.split("@")[1])))
        for user, text in told.items() for entry in text.split()
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["user_id", "event", "event_at"])
    return frame.astype({"event_at": "datetime64[us]"})


def call(events, steps="A B C", **options):
    listed = steps.split() if isinstance(steps, str) else steps
    return cohorts.funnel(events, **{"steps": listed, "window": 7, "as_of": AS_OF} | options)


def reached(events, steps="A B C", **options):
    return call(events, steps, **options)["entrants"].tolist()


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_other_events_may_lie_between_ordered_steps_and_not_between_strict_ones():
    events = plain(ann="A@0 B@1 C@2", bob="A@0 B@1 X@2 C@3", cem="B@0 A@1 C@2")
    assert reached(events) == [3, 2, 2]
    assert reached(events, order="strict") == [3, 2, 1]


def test_in_any_order_each_row_counts_how_many_of_the_steps_were_done():
    events = plain(ann="C@0 A@1 B@2", bob="B@0 X@1 A@2", cem="B@0 B@1", dan="X@0")
    rows = call(events, order="unordered")
    assert rows["name"].tolist() == ["1 of 3", "2 of 3", "3 of 3"]
    assert rows["entrants"].tolist() == [3, 2, 1]


def test_the_window_runs_from_the_first_step_and_its_end_is_outside():
    assert reached(plain(ann="A@0 B@20 C@24"), window="24h") == [1, 1, 0]
    assert reached(plain(ann="A@0 B@20 C@23.99"), window="24h") == [1, 1, 1]
    assert reached(plain(ann="A@0 C@24 B@25"), order="unordered", window=dt.timedelta(days=1)) == [1, 1, 0]


def test_the_furthest_attempt_counts_and_of_equal_ones_the_earliest():
    rows = call(plain(ann="A@0 A@30 B@31 C@32"), window=1).set_index("step")
    assert rows["entrants"].tolist() == [1, 1, 1]
    assert rows["from_first_p50"].tolist()[1:] == [3600, 7200]
    rows = call(plain(ann="A@0 A@10 B@11 C@12"), window=1).set_index("step")
    assert rows["from_first_p50"].tolist()[1:] == [11 * 3600, 12 * 3600]


def test_an_event_serves_one_step_only():
    assert reached(plain(ann="A@0", bob="A@0 A@1"), "A A") == [2, 1]
    assert reached(plain(ann="A@0", bob="A@0 A@0"), "A A", order="strict") == [2, 1]
    assert reached(plain(ann="A@0 B@1", bob="B@0 A@1 A@2"), "A A B", order="unordered") == [2, 2, 1]


def test_events_at_one_instant_stand_in_the_order_of_the_steps():
    events = plain(ann="C@0 B@0 A@0 X@0")
    assert reached(events) == reached(events, order="strict") == [1, 1, 1]
    assert reached(plain(ann="A@0 X@0 B@1"), "A B", order="strict") == [1, 0]
    assert call(events)["from_previous_p50"].tolist()[1:] == [0, 0]


def test_a_step_may_be_any_of_several_events():
    events = plain(ann="A@0 C@1 D@2", bob="A@0 B@1")
    rows = call(events, ["A", ["B", "C"], "D"])
    assert rows["name"].tolist() == ["A", "B or C", "D"]
    assert rows["entrants"].tolist() == [2, 2, 1]


def test_steps_that_share_events_are_independent_in_any_order():
    assert reached(plain(ann="A@0"), [["A", "B"], "A"], order="unordered") == [1, 1]
    assert reached(plain(ann="A@0"), [["A", "B"], ["B", "A"]], order="unordered") == [1, 0]


def test_rates_intervals_and_times_of_the_mature_by_hand():
    events = plain(ann="A@0 B@1 C@5", bob="A@0 B@3", cem="A@0 B@5", dan="A@0")
    rows = call(events).set_index("step")
    assert rows["rate_from_first"].tolist() == [1, 0.75, 0.25]
    assert rows.loc[2:, "rate_from_previous"].tolist() == [0.75, pytest.approx(1 / 3)]
    assert (rows.ci_low[3], rows.ci_high[3]) == pytest.approx(wilson(1, 4))
    assert (rows.previous_ci_low[3], rows.previous_ci_high[3]) == pytest.approx(wilson(1, 3))
    assert rows.loc[2, ["from_first_p25", "from_first_p50", "from_first_p75"]].tolist() == [2 * 3600, 3 * 3600, 4 * 3600]
    assert rows.loc[3, ["from_first_p50", "from_previous_p50"]].tolist() == [5 * 3600, 4 * 3600]
    assert rows.loc[1, ["ci_low", "ci_high", "rate_from_previous", "from_first_p50", "from_previous_p50"]].isna().all()


def test_an_open_window_is_no_failure_and_an_early_success_no_evidence():
    events = plain(ann="A@0 B@1", bob="A@0", cem="A@670", dan="A@670 B@671")
    rows = call(events, "A B").set_index("step")
    assert rows["entrants"].tolist() == [4, 2]
    assert rows["mature_entrants"].tolist() == [2, 1]
    assert rows["rate_from_first"].tolist() == [1, 0.5]
    assert rows["immature"].tolist() == [2, 1]
    assert rows["waiting"].tolist() == [1, 0]
    assert rows["immature_share"].tolist() == [0.5, 0.5]


def test_a_second_open_try_leaves_the_first_one_counted():
    rows = call(plain(ann="A@0 A@670 B@671"), "A B").set_index("step")
    assert rows["entrants"].tolist() == [1, 1]
    assert rows["mature_entrants"].tolist() == [1, 0]
    assert rows["immature"].tolist() == [0, 0]


def test_a_breakdown_gives_each_unit_the_value_of_its_first_step():
    events = plain(ann="A@0 B@1", bob="X@0 A@1", cem="A@0 A@5 B@6").assign(plan=["x", "y", "y", "z", None, "x", "x"])
    rows = call(events, "A B", breakdown="plan")
    found = list(rows[["plan", "step", "entrants"]].itertuples(index=False, name=None))
    assert found == [("unknown", 1, 1), ("unknown", 2, 1), ("x", 1, 1), ("x", 2, 1), ("z", 1, 1), ("z", 2, 0)]


def test_accounts_are_units_whoever_acts():
    events = plain(ann="A@0", bob="B@1").assign(account_id="acme")
    assert reached(events, "A B") == [1, 0]
    assert reached(events, "A B", unit="account") == [1, 1]
    assert reached(events.drop(columns="user_id"), "A B", unit="account", breakdown="account_id") == [1, 1]


@pytest.mark.parametrize("order", ["ordered", "strict", "unordered"])
def test_nobody_gives_a_row_of_zeros_per_step_and_no_rate(order):
    rows = call(plain(ann="X@0").iloc[:0], order=order)
    assert rows["entrants"].tolist() == rows["immature"].tolist() == [0, 0, 0]
    assert rows[["rate_from_first", "rate_from_previous", "ci_low", "immature_share"]].isna().all(axis=None)
    assert call(plain(ann="X@0").assign(plan="x"), breakdown="plan").empty


def test_what_was_received_after_the_cut_is_not_known_and_the_cut_is_local():
    events = plain(ann="A@0 B@1").assign(received_at=[START, pd.Timestamp("2025-03-31 23:30")])
    assert reached(events, "A B") == [1, 1]
    assert reached(events, "A B", timezone="Europe/Berlin") == [1, 0]
    assert reached(events, "A B", timezone="Etc/GMT+12") == [1, 1]
    assert reached(events, "A B", timezone="Pacific/Kiritimati") == [1, 0]


def test_hours_are_counted_through_the_change_to_summer_time():
    local = pd.DatetimeIndex(["2025-03-29 23:45", "2025-03-30 23:45"]).tz_localize("Europe/Berlin")
    events = pd.DataFrame({"user_id": "ann", "event": ["A", "B"], "event_at": local})
    rows = call(events, "A B", window=1, timezone="Europe/Berlin", as_of=dt.date(2025, 4, 2))
    assert rows["from_first_p50"].tolist()[1] == 23 * 3600


def test_arrow_and_zoned_times_give_the_same():
    events = plain(ann="A@0 B@1 C@2", bob="A@0 B@1")
    zoned = events.assign(event_at=events.event_at.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    assert reached(pa.Table.from_pandas(events)) == reached(zoned) == reached(events)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"order": "loose"}, "order: 'loose'"), ({"unit": "team"}, "unit: 'team'"), ({"steps": ["A"]}, "steps: "),
        ({"steps": "AB"}, "steps: 'AB'"), ({"steps": ["A", []]}, "steps: names no event"),
        ({"steps": ["A", None]}, "steps: None"), ({"window": 0}, "window: 0"),
        ({"window": "soon"}, "window: 'soon'"), ({"timezone": "Mars"}, "timezone"),
        ({"breakdown": "plan"}, "breakdown: 'plan'"), ({"unit": "account"}, "events: no column account_id"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(options, named):
    with pytest.raises(ValueError, match=named):
        cohorts.funnel(plain(ann="A@0"), **{"steps": ["A", "B"], "window": 7, "as_of": AS_OF} | options)


# -- against the definition --------------------------------------------------------------------------------------------

FEW = settings(max_examples=4, deadline=None)
TOLD = st.lists(st.tuples(st.sampled_from("stuvwxyz"), st.sampled_from("ABCX"), st.integers(0, 12)), max_size=60)
STEPS = st.sampled_from([
    ("A", "B", "C"), ("A", "A", "B"), ("A", "B", "A"), (("A", "B"), "C", "B"), (("A", "B"), ("B", "C"), "C"),
    ("A", "B", "C", "A"),
])  # fmt: skip
ORDER = st.sampled_from(["ordered", "strict", "unordered"])


def options_of(step):
    return {step} if isinstance(step, str) else set(step)


def attempts(told, steps, order, window):
    """Every attempt of one user as the tuple of its steps' times, found by trying everything."""
    places = [options_of(step) for step in steps]
    serving = {event: [place for place, found in enumerate(places) if event in found] for _, event, _ in told}
    ranked = sorted(told, key=lambda row: (row[2], *((min(s), max(s)) if (s := serving[row[1]]) else (99, 99)), row[1]))
    for first, (_, event, began) in enumerate(ranked):
        later = [row for row in ranked[first:] if row[2] < began + window]
        if order == "unordered" and serving[event]:
            times = []
            for kind in {frozenset(found) for found in places}:
                done = [at for _, name, at in later if name in kind]
                times += done[: sum(found == kind for found in places)]
            yield tuple(sorted(times))
        elif order != "unordered" and event in places[0]:
            found = [(began,)]
            for count in range(2, len(places) + 1):
                for rest in itertools.combinations(range(1, len(later)), count - 1):
                    picked = (0, *rest)
                    if order == "strict" and picked != tuple(range(count)):
                        continue
                    if all(later[i][1] in places[k] for k, i in enumerate(picked)):
                        found.append(tuple(later[i][2] for i in picked))
            furthest = max(map(len, found))
            yield min(times for times in found if len(times) == furthest)


def by_definition(told, steps, order, window, cut):
    """Entrants, mature entrants and the summed seconds from the first step, per step."""
    entrants, mature, seconds = ([0] * len(steps) for _ in range(3))
    for user in {row[0] for row in told}:
        tries = list(attempts([row for row in told if row[0] == user], steps, order, window))
        over = [times for times in tries if times[0] + window <= cut]
        for place in range(max(map(len, tries), default=0)):
            entrants[place] += 1
        for place in range(max(map(len, over), default=0)):
            mature[place] += 1
        for place, at in enumerate(min(over, key=lambda times: (-len(times), times[0]), default=())):
            seconds[place] += at - min(over, key=lambda times: (-len(times), times[0]))[0]
    return entrants, mature, seconds


def frame_of(told):
    rows = [(user, event, pd.Timestamp("2025-03-31 12:00") + pd.Timedelta(hours=at)) for user, event, at in told]
    frame = pd.DataFrame(rows, columns=["user_id", "event", "event_at"])
    return frame.astype({"user_id": "str", "event": "str", "event_at": "datetime64[us]"})


@FEW
@given(told=TOLD, steps=STEPS, order=ORDER, window=st.sampled_from([2, 5, 20]))
def test_every_order_agrees_with_its_definition(told, steps, order, window):
    told = [row for row in told if row[2] < 12]
    found = cohorts.funnel(frame_of(told), steps=steps, window=f"{window}h", order=order, as_of=AS_OF)
    entrants, mature, _ = by_definition(told, steps, order, window, cut=12)
    assert found["entrants"].tolist() == entrants
    assert found["mature_entrants"].tolist() == mature


@FEW
@given(told=TOLD, steps=STEPS, order=ORDER)
def test_times_are_those_of_the_best_attempt(told, steps, order):
    alone = [("u", event, at) for _, event, at in told[:12]]
    found = cohorts.funnel(frame_of(alone), steps=steps, window="5h", order=order, as_of=dt.date(2025, 4, 2))
    _, mature, seconds = by_definition(alone, steps, order, 5, cut=60)
    assert found["from_first_p50"].fillna(0).tolist() == [3600 * at for at in seconds]
    assert found["mature_entrants"].tolist() == mature


@FEW
@given(told=TOLD, steps=STEPS, order=ORDER)
def test_no_step_exceeds_the_one_before_and_strangers_and_arrival_change_nothing(told, steps, order):
    asked = {"steps": steps, "window": "6h", "order": order, "as_of": AS_OF}
    rows = cohorts.funnel(frame_of(told), **asked)
    for column in ("entrants", "mature_entrants", "immature"):
        assert (rows[column].diff().dropna() <= 0).all()
    more = [*told[::-1], ("stranger", "A", 1), ("stranger", "B", 2)]
    by_user = cohorts.funnel(frame_of(more).assign(who=lambda frame: frame.user_id), breakdown="who", **asked)
    assert by_user["entrants"].max() <= 1
    for column in ("entrants", "mature_entrants", "immature", "waiting"):
        summed = by_user[by_user["who"] != "stranger"].groupby("step")[column].sum().reindex(rows["step"], fill_value=0)
        assert summed.tolist() == rows[column].tolist()
