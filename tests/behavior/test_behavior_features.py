"""On which days each unit used which feature: masks from yesterday's rows and from scratch."""

import datetime as dt

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration import behavior
from plg_orchestration.behavior.tables import FEATURE_ACTIVITY
from plg_orchestration.clock import AsOf

MONDAY = dt.date(2025, 3, 31)
DAY = dt.timedelta(days=1)


def bits(*places):
    return sum(1 << place for place in places)


def use(world, day, account="acme", user="ann", feature="reports", received=None):
    """A row of `behavior.user_features`; received on its own day unless said otherwise."""
    row = {"received_date": received or day, "event_date": day, "user_id": user, "account_id": account, "feature": feature}
    world.insert("behavior.user_features", **row, events=2)


def steps(world, *days):
    """Build the days as the nights do: from the day before where it is there (`next_feature_activity`), else from scratch."""
    connection = world.warehouse.connection
    for day in days:
        text = "select count(*) from behavior.feature_activity where as_of = ?"
        known = connection.execute(text, [day - DAY]).fetchone()[0] > 0
        made = behavior.next_feature_activity(as_of=AsOf(day)) if known else behavior.feature_activity(as_of=AsOf(day))
        connection.execute("delete from behavior.feature_activity where as_of = ?", [day])
        world.warehouse.insert(FEATURE_ACTIVITY, made)


def masks(world, day, *, stored=False):
    rows = world.records(behavior.feature_activity(as_of=AsOf(day), stored=stored))
    return {(row["unit"], row["unit_id"], row["feature"]): row["days"] for row in rows}


def test_a_bit_is_a_day_of_use_by_anybody_of_the_account(world):
    use(world, MONDAY)
    use(world, MONDAY - DAY, user="bob")
    use(world, MONDAY - 5 * DAY, user=None)
    use(world, MONDAY - 2 * DAY, feature="charts")
    assert masks(world, MONDAY) == {("account", "acme", "reports"): bits(0, 1, 5), ("account", "acme", "charts"): bits(2)}


def test_only_a_user_without_an_account_stands_for_one(world):
    use(world, MONDAY, account=None, user="solo")
    use(world, MONDAY - DAY, account="acme", user="solo")
    assert masks(world, MONDAY) == {("user", "solo", "reports"): 1, ("account", "acme", "reports"): 2}


def test_use_is_forgotten_after_sixty_three_days_and_so_is_the_row(world):
    use(world, MONDAY - 61 * DAY)
    steps(world, MONDAY, MONDAY + DAY, MONDAY + 2 * DAY)
    found = [masks(world, MONDAY + n * DAY, stored=True) for n in range(3)]
    assert found == [{("account", "acme", "reports"): bits(61)}, {("account", "acme", "reports"): bits(62)}, {}]
    assert [masks(world, MONDAY + n * DAY) for n in range(3)] == found


def test_a_late_use_changes_the_next_day_and_not_the_day_before(world):
    use(world, MONDAY - DAY)
    use(world, MONDAY - 10 * DAY, received=MONDAY)
    steps(world, MONDAY - DAY, MONDAY)
    assert masks(world, MONDAY - DAY, stored=True) == {("account", "acme", "reports"): 1}
    assert masks(world, MONDAY, stored=True) == {("account", "acme", "reports"): bits(1, 10)}


def test_a_day_that_was_built_again_is_right_when_the_days_since_then_are_built_too(world):
    use(world, MONDAY - DAY)
    steps(world, MONDAY - DAY, MONDAY)
    world.warehouse.connection.execute("delete from behavior.user_features")
    use(world, MONDAY - DAY, account="other")
    world.warehouse.connection.execute("delete from behavior.feature_activity where as_of >= ?", [MONDAY - DAY])
    steps(world, MONDAY - DAY, MONDAY)
    assert masks(world, MONDAY, stored=True) == {("account", "other", "reports"): 2} == masks(world, MONDAY)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([("ann", "acme"), ("bob", "acme"), (None, "acme"), ("ann", None), ("cem", "other")]),
            st.integers(0, 7), st.sampled_from([-2, -1, 0, 0, 0, 1, 5, 55, 61, 62, 63, 200]),
            st.sampled_from(["reports", "charts"]),
        ),
        max_size=30, unique=True,
    ),
    missing=st.sets(st.integers(1, 6), max_size=2),
)  # fmt: skip
def test_the_masks_built_day_by_day_are_the_masks_from_scratch(world, rows, missing):
    world.clear()
    start = dt.date(2024, 2, 26)
    for (user, account), received, lag, feature in rows:
        known = start + received * DAY
        use(world, known - lag * DAY, account, user, feature, received=known)
    days = [start + offset * DAY for offset in range(8) if offset not in missing]
    steps(world, *days)
    for day in days:
        assert masks(world, day, stored=True) == masks(world, day)
