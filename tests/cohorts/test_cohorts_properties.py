"""What holds for any events: bounds, bystanders, late arrivals, and that the table and the call agree."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.engagement import queries
from plg_orchestration.cohorts.signup.queries import signup_cohorts, signups
from tests.cohorts.engagement_rows import used

START = dt.date(2024, 12, 2)
AS_OF = START + dt.timedelta(days=59)
FEW = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ACTIVITY = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 59)), min_size=1, max_size=25, unique=True)
PERIODS = {"day": 30, "week": 12, "month": 6}
ASKED = {
    "period": st.sampled_from(["day", "week", "month"]), "entry": st.sampled_from(["first_time", "recurring"]),
    "mode": st.sampled_from(["bounded", "unbounded"]),
}  # fmt: skip


def frame(activity):
    rows = [(user, "use", pd.Timestamp(START) + pd.Timedelta(days=day, hours=12)) for user, day in activity]
    return pd.DataFrame(rows, columns=["user_id", "event", "event_at"])


@FEW
@given(activity=ACTIVITY, **ASKED)
def test_retained_never_exceeds_the_cohort_and_a_rate_is_its_share(activity, period, entry, mode):
    rows = cohorts.retention(frame(activity), period=period, entry=entry, mode=mode, as_of=AS_OF)
    assert (rows["retained"] <= rows["size"]).all()
    assert (rows[rows["index"] == 0]["retained"] == rows[rows["index"] == 0]["size"]).all()
    assert (rows["rate"].notna() == rows["mature"]).all()
    mature = rows[rows["mature"]]
    assert (mature["rate"] == mature["retained"] / mature["size"]).all()
    if mode == "unbounded":
        assert (rows.groupby("cohort")["retained"].diff().dropna() <= 0).all()


@FEW
@given(activity=ACTIVITY, **ASKED)
def test_the_published_table_and_the_call_on_plain_events_agree(world, activity, period, entry, mode):
    """A user signs up with the first event, so that both mean the same; the reference is the definition, written as sets."""
    world.clear()
    for user in sorted({user for user, _ in activity}):
        first = min(day for other, day in activity if other == user)
        world.user(user, f"{START + dt.timedelta(days=first)} 12:00")
    used(world, *((user, None, pd.Timestamp(START) + pd.Timedelta(days=day)) for user, day in activity))
    joined = signups(as_of=AsOf(AS_OF))
    rows = world.warehouse.frame(queries.calendar_retention(as_of=AsOf(AS_OF), joined=joined, spans=queries.SPANS, stored=False))
    for asked, kept in rows.groupby(["period", "entry", "mode"]):
        assert curves(kept) == by_definition(activity, asked[0], PERIODS[asked[0]], *asked[1:])
    call = cohorts.retention(frame(activity), period=period, periods=PERIODS[period], entry=entry, mode=mode, as_of=AS_OF)
    assert curves(call) == by_definition(activity, period, PERIODS[period], entry, mode)
    assert rows.groupby(["period", "entry", "mode"]).ngroups == 12


def curves(rows):
    """(cohort, index) to (size, retained)."""
    kept = rows[["cohort", "index", "size", "retained"]].itertuples(index=False)
    return {(cohort.date(), index): (size, retained) for cohort, index, size, retained in kept}


def by_definition(activity, period, periods, entry, mode):
    """Retention from its definition: sets of users per period, and no arithmetic on dates but pandas' own."""
    freq = {"day": "D", "week": "W-SUN", "month": "M"}[period]
    active: dict[str, set[pd.Period]] = {}
    for user, day in activity:
        active.setdefault(user, set()).add(pd.Period(START + dt.timedelta(days=day), freq))
    entered = {user: {min(found)} if entry == "first_time" else found for user, found in active.items()}
    result = {}
    for cohort in {one for found in entered.values() for one in found}:
        members = [user for user, found in entered.items() if cohort in found]
        for index in range(periods + 1):
            wanted = cohort + index
            if wanted > pd.Period(AS_OF, freq):
                break
            back = [user for user in members if any(p == wanted or (mode == "unbounded" and p > wanted) for p in active[user])]
            result[cohort.start_time.date(), index] = (len(members), len(back))
    return result


@FEW
@given(activity=ACTIVITY, **ASKED)
def test_order_of_arrival_is_irrelevant(activity, period, entry, mode):
    asked = {"period": period, "entry": entry, "mode": mode, "as_of": AS_OF}
    backwards = cohorts.retention(frame(activity[::-1]), **asked)
    pd.testing.assert_frame_equal(cohorts.retention(frame(activity), **asked), backwards)


@FEW
@given(activity=ACTIVITY, late=st.integers(0, 59))
def test_a_late_event_leaves_every_earlier_snapshot_as_it_was(activity, late):
    events = frame(activity).assign(received_at=lambda rows: rows.event_at)
    arrival = pd.DataFrame(
        [("a", "use", pd.Timestamp(START) + pd.Timedelta(days=late), pd.Timestamp(AS_OF) + pd.Timedelta(days=1))]
    )
    more = pd.concat([events, arrival.set_axis(events.columns, axis=1)], ignore_index=True)
    pd.testing.assert_frame_equal(cohorts.retention(more, as_of=AS_OF), cohorts.retention(events, as_of=AS_OF))


def test_an_unrelated_user_changes_no_other_cohort(world):
    for user in ("ann", "bob"):
        world.user(user, "2025-03-03 09:00", region="EU")
    world.active("ann", "2025-03-03", "2025-03-05", account="acme")
    as_of = AsOf(dt.date(2025, 3, 6))
    before = [world.records(build(as_of=as_of)) for build in (queries.retention, signup_cohorts)]
    world.user("stranger", "2025-02-04 09:00", region="US")
    world.active("stranger", "2025-02-05")
    after = [world.records(build(as_of=as_of)) for build in (queries.retention, signup_cohorts)]
    for old, new in zip(before, after, strict=True):
        assert all(row in new for row in old)
        assert len(new) > len(old)


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Europe/Berlin", "Pacific/Kiritimati"])
def test_the_cohorts_day_is_the_local_one(zone):
    local = pd.DatetimeIndex(["2025-03-30 23:45", "2025-03-31 00:01"]).tz_localize(zone)
    events = pd.DataFrame({"user_id": ["ann", "ann"], "event": ["use", "use"], "event_at": local})
    rows = cohorts.retention(events, entry="recurring", periods=1, timezone=zone, as_of=dt.date(2025, 3, 31))
    found = [(str(row.cohort.date()), row[2], row[3]) for row in rows.itertuples(index=False)]
    assert found == [("2025-03-30", 0, 1), ("2025-03-30", 1, 1), ("2025-03-31", 0, 1)]


def test_more_cohorts_than_a_mask_holds_are_refused():
    spans = dict(queries.SPANS) | {"day": queries.Span(63, 30)}
    with pytest.raises(ValueError, match="spans: day: 63 cohorts"):
        queries.retention(as_of=AsOf(AS_OF), spans=spans)
