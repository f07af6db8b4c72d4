"""Segments that map to action: which touch, why, and against whom, by hand."""

import datetime as dt
import itertools

import pytest
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.segmentation import queries
from plg_orchestration.cohorts.segmentation.policy import SegmentPolicy
from plg_orchestration.cohorts.segmentation.tables import SEGMENTS
from tests.cohorts.segment_world import DAY, JUNE_30, POLICY, product_with


@pytest.fixture(scope="module")
def shared():
    with product_with("core_feature", "activation") as made:
        yield made


@pytest.fixture
def product(shared):
    return shared.emptied()


def judged(rows, *names):
    names = names or ("segment", "reason_code")
    return {unit: tuple(row[name] for name in names) for unit, row in rows.items()}


def test_deep_broad_and_rising_units_get_high_touch_and_the_others_stay_with_tech(product):
    for k in range(1, 11):
        # Collaboration rises for the 8th and the 10th; the 9th has as much as before.
        product.member(f"u{k}", f"a{k}", recent=10 * k, before=10 * k, features=k, collaborations=(2, 2 + (k in {8, 10})))
    rows = product.segments()
    # Ten different values: the k-th stands in the middle of its tenth, at percentile 10 k - 5.
    assert judged(rows, "depth_percentile", "breadth_percentile") == {f"a{k}": (10 * k - 5, 10 * k - 5) for k in range(1, 11)}
    assert [unit for unit, row in rows.items() if row["segment"] == "high_touch"] == ["a10", "a8"]
    assert rows["a8"]["reason"] == "depth at percentile 75, breadth at percentile 75, collaboration up by 1 events"
    assert {row["segment"] for unit, row in rows.items() if unit not in {"a10", "a8"}} == {"tech_touch"}
    people = product.segments(unit="user")
    assert {unit[1:]: row["segment"] for unit, row in people.items()} == {unit[1:]: row["segment"] for unit, row in rows.items()}


def test_units_with_equal_values_share_the_middle_of_their_places(product):
    for k, core in enumerate((5, 5, 5, 8)):
        product.member(f"u{k}", f"a{k}", recent=core, before=core)
    assert [row["depth_percentile"] for row in product.segments().values()] == [37.5, 37.5, 37.5, 87.5]


def test_a_fall_of_30_percent_is_a_risk_where_the_value_is_above_the_median_or_one_user_is_left(product):
    world = product.world
    for account, users, recent, before in (
        ("paying", 2, 35, 50), ("steady", 2, 36, 50), ("cheap", 2, 10, 50), ("island", 1, 7, 10), ("gone", 1, 0, 50),
    ):  # fmt: skip
        for n in range(users):
            product.member(f"{account}{n}", account, recent=recent // users + n * (recent % users), before=before // users)
    world.account("paying")
    world.subscription("paying", "2025-02-01", 100)
    world.account("steady")
    world.subscription("steady", "2025-02-01", 90)
    rows = product.segments()
    assert judged(rows) == {
        "paying": ("risk_touch", "falling_high_value"), "steady": ("tech_touch", "stable"),
        "cheap": ("unclassified", "falling_low_value"), "island": ("risk_touch", "falling_single_user"),
        "gone": ("unclassified", "falling_low_value"),
    }  # fmt: skip
    assert judged(rows, "core_change", "account_value", "active_users") == {
        "paying": (-0.3, 100, 2), "steady": (-0.28, 90, 2), "cheap": (-0.8, 0, 2), "island": (-0.3, 0, 1), "gone": (-1, 0, 0),
    }  # fmt: skip
    assert rows["paying"]["reason"] == "core usage fell by 30 % over 28 days, and account value 100 (mrr) is above the median"
    assert rows["island"]["reason"] == "core usage fell by 30 % over 28 days, and only one user is active"
    assert rows["cheap"]["reason"] == (
        "core usage fell by 80 % over 28 days, "
        "but account value 0 (mrr) is not above the median and not exactly one user is active"
    )


def test_precedence_decides_between_segments_that_hold_at_once(product):
    for k in range(1, 5):
        product.member(f"u{k}", f"a{k}", recent=10 * k, before=10 * k, features=k, collaborations=(0, k // 4))
    product.member("top", "a4", before=400, signup=None)
    product.world.user("top", "2025-01-06 09:00", account_id="a4")
    order = {"risk_touch": "risk_touch", "high_touch": "high_touch"}
    for first, expected in order.items():
        others = [name for name in ("risk_touch", "high_touch", "tech_touch") if name != first]
        policy = POLICY.model_copy(update={"precedence": (first, *others)})
        assert product.segments(policy=policy)["a4"]["segment"] == expected


def test_who_is_too_new_or_did_too_little_is_unclassified_and_says_so(product):
    product.member("new", "fresh", recent=50, signup="2025-05-20")
    product.member("old", "idle", recent=2, before=2)
    rows = product.segments()
    assert judged(rows, "segment", "reason") == {
        "fresh": ("unclassified", "too new: signed up 41 days ago, 42 are needed"),
        "idle": ("unclassified", "too little data: 4 core events in 56 days"),
    }
    tomorrow = product.segments(JUNE_30 + DAY)
    assert judged(tomorrow, "segment", "reason")["fresh"] == ("tech_touch", "core usage began in the last 28 days")


def test_usage_before_the_signup_is_scaled_to_the_days_there_were(product):
    # Signed up 42 days before: of the four weeks before the last, 15 days were lived.
    product.world.user("ann", "2025-05-19 09:00", account_id="acme")
    product.does("ann", "acme", "2025-05-19", core=1, times=43)
    row = product.segments()["acme"]
    assert (row["core_before"], row["core_events"], row["core_change"], row["frequency"]) == (15, 28, 0, 28)


def test_without_a_core_feature_nothing_is_deep_or_broad():
    with product_with() as product:
        product.member("ann", "acme", recent=50, before=50)
        row = product.segments()["acme"]
    assert (row["segment"], row["reason_code"], row["depth"], row["zombie"]) == ("unclassified", "no_core_feature", None, None)


def test_an_accounts_depth_and_frequency_are_those_of_its_average_active_user(product):
    product.world.user("ann", "2025-01-06", account_id="acme", role="analyst")
    product.world.user("bob", "2025-01-06", account_id="acme", role="analyst")
    product.world.user("cem", "2025-01-06", account_id="acme", role="manager")
    product.world.user("dan", "2025-01-06", account_id="acme", role="engineer")
    product.does("ann", "acme", "2025-06-03", core=4, features=("a", "b"), times=5)
    product.does("bob", "acme", "2025-06-30", core=1, features=("b",))
    product.does("cem", "acme", "2025-06-30")
    product.does("dan", "acme", "2025-06-02", core=8, features=("c",))  # 28 days before the 30th: in the window before
    row = product.segments()["acme"]
    assert (row["active_users"], row["roles_covered"], row["breadth"]) == (3, 2, 2)
    assert (row["core_events"], row["depth"], row["frequency"], row["core_before"]) == (21, 7, 7 / 3, 8)
    assert row["power_user_island"] is False


def test_a_day_received_twice_is_one_active_day_and_both_deliveries_count(product):
    product.world.user("ann", "2025-01-06", account_id="acme")
    product.does("ann", "acme", "2025-06-20", core=3)
    product.does("ann", "acme", "2025-06-20", core=2, received="2025-06-22")
    row = product.segments()["acme"]
    assert (row["core_events"], row["frequency"]) == (5, 1)


def test_a_late_event_changes_tomorrows_segments_and_not_yesterdays(product):
    product.member("ann", "acme", recent=10, before=10)
    before = product.segments()
    product.does("ann", "acme", "2025-06-29", core=100, received="2025-07-01")
    assert product.segments() == before
    assert product.segments(JUNE_30 + DAY)["acme"]["core_events"] == 110


def test_usage_that_names_only_the_account_counts_for_it_and_leaves_its_people_unknown(product):
    product.world.account("acme", "2025-01-06 09:00")
    product.does(None, "acme", "2025-06-20", core=10)
    product.does(None, "acme", "2025-05-20", core=10)
    row = product.segments()["acme"]
    assert (row["segment"], row["active_users"], row["champion_user_id"], row["depth"]) == ("tech_touch", None, None, 10)


def test_a_user_without_an_account_has_no_team_and_is_worth_what_it_does(product):
    product.member("ann", None, recent=10, before=40)
    product.member("bob", None, recent=4, before=4)
    rows = product.segments(unit="user")
    assert judged(rows, "segment", "active_users", "account_value", "value_basis", "value_median") == {
        "ann": ("risk_touch", None, 50, "activity", 29), "bob": ("tech_touch", None, 8, "activity", 29),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("currencies", "seats", "expected"),
    [(("USD", "USD"), (3, 4), ("mrr", 30)), (("USD", "EUR"), (3, 4), ("seats", 3)), ((), (), ("activity", 20))],
)
def test_value_is_mrr_in_one_currency_else_seats_else_activity(product, currencies, seats, expected):
    product.member("ann", "acme", recent=10, before=10)
    product.member("bob", "beta", recent=10, before=10)
    for account, mrr, currency, number in zip(("acme", "beta"), (30, 40), currencies, seats, strict=False):
        product.world.insert(
            "ingest.subscriptions", subscription_id=account, account_id=account, started_at=dt.datetime(2025, 2, 1), mrr=mrr,
            currency=currency, seats=number, trial=False, known_at=dt.datetime(2025, 2, 1), known_date=dt.date(2025, 2, 1),
        )  # fmt: skip
    row = product.segments()["acme"]
    assert (row["value_basis"], row["account_value"]) == expected
    assert row["mrr"] == (30 if currencies else None)


def test_prices_in_several_currencies_are_compared_in_the_reporting_one(product):
    product.member("ann", "acme", recent=10, before=10)
    product.member("bob", "beta", recent=10, before=10)
    known = {"known_at": dt.datetime(2025, 2, 1), "known_date": dt.date(2025, 2, 1)}
    for account, mrr, currency in (("acme", 30, "EUR"), ("beta", 40, "USD")):
        product.world.insert(
            "ingest.subscriptions", subscription_id=account, account_id=account, started_at=dt.datetime(2025, 2, 1), mrr=mrr,
            currency=currency, seats=1, trial=False, **known,
        )  # fmt: skip
    product.world.insert("ingest.exchange_rates", currency="EUR", day=dt.date(2025, 1, 31), rate=1.1, **known)
    row = product.segments(currency="USD")["acme"]
    assert (row["value_basis"], row["account_value"], row["mrr"]) == ("mrr", 33, 33)


def test_a_zombie_signed_up_long_enough_ago_and_nobody_of_it_activated(product):
    world = product.world
    for user, signup, account in (
        ("ann", "2025-06-23 00:00", "acme"), ("bob", "2025-06-24 00:00", "beta"), ("cem", "2025-06-01 00:00", "corp"),
        ("dan", "2025-06-01 00:00", "corp"),
    ):  # fmt: skip
        world.user(user, signup, account_id=account)
    world.reached("user", "dan", "activation", "2025-06-02 09:00")
    world.reached("user", "ann", "activation", "2025-07-01 09:00")
    assert judged(product.segments(unit="user"), "zombie", "zombie_days") == {
        "ann": (True, 7), "bob": (False, None), "cem": (True, 29), "dan": (False, None),
    }  # fmt: skip
    assert judged(product.segments(), "zombie", "zombie_days") == {
        "acme": (True, 7), "beta": (False, None), "corp": (False, None),
    }  # fmt: skip


AGES = {
    "Etc/GMT+12": {"2025-06-29 11:59": 2, "2025-06-29 12:00": 1},
    "Pacific/Kiritimati": {"2025-06-29 09:59": 1, "2025-06-29 10:00": 0},
    "Europe/Berlin": {"2025-03-29 22:59": 93, "2025-03-30 21:59": 92, "2025-03-30 22:01": 91},
    "America/New_York": {"2024-11-03 03:59": 240, "2024-11-04 04:59": 239, "2024-11-04 05:01": 238},
}  # fmt: skip


def test_the_age_is_counted_in_local_calendar_days(product):
    for timezone, ages in AGES.items():
        product.world.clear()
        for signup in ages:
            product.world.user(signup, signup)
        rows = product.segments(timezone=timezone, unit="user")
        assert {user: row["age_days"] for user, row in rows.items()} == ages


def test_somebody_who_signs_up_after_the_cut_is_not_there(product):
    product.world.user("ann", "2025-06-30 23:59")
    product.world.user("bob", "2025-07-01 00:00", known="2025-06-30 12:00")
    assert list(product.segments(unit="user")) == ["ann"]


def test_an_unrelated_user_changes_nobody_elses_row(product):
    for k, core in enumerate((5, 9, 14)):
        product.member(f"u{k}", f"a{k}", recent=core, before=core, features=k + 1)
    before = product.segments()
    product.member("new", "fresh", recent=500, signup="2025-06-20")
    product.member("zoe", "idle")
    after = product.segments()
    assert {unit: after[unit] for unit in before} == before


def test_the_order_of_arrival_within_a_day_is_irrelevant(product):
    for day, core in ((3, 5), (4, 2), (34, 9)):
        product.does("ann", "acme", JUNE_30 - day * DAY, core=core, received="2025-06-30")
        product.does("bob", "acme", JUNE_30 - day * DAY, core=core, received="2025-06-30")
    product.world.user("ann", "2025-01-06", account_id="acme")
    product.world.user("bob", "2025-01-06", account_id="acme")
    orders = itertools.islice(itertools.permutations(product.days), 0, 720, 500)
    found = []
    for order in orders:
        product.world.warehouse.connection.execute("delete from behavior.user_days")
        product.days = list(order)
        found.append(product.segments())
    assert all(rows == found[0] for rows in found)


def test_nobody_gives_no_row_and_the_declared_columns(product):
    rows = product.world.warehouse.arrow(queries.segments(as_of=AsOf(JUNE_30), policy=POLICY))
    assert (tuple(rows.column_names), rows.num_rows) == (SEGMENTS.column_names, 0)


def test_the_relations_behind_the_segments_say_what_they_count(product):
    product.member("ann", "acme", recent=6, before=5, features=2, collaborations=(1, 3))
    product.write()
    found = queries.segments(as_of=AsOf(JUNE_30), policy=POLICY)
    by_name = {query.name: query for query in found.requires}
    (members,) = by_name["unit_usage"].requires
    assert members.name == "member_usage"
    assert product.world.records(members) == [{
        "user_id": "ann", "account_id": "acme", "core_events": 6, "core_before": 5, "collaborations": 3,
        "collaborations_before": 1, "days": 1 << 3,
    }]  # fmt: skip
    assert [row["breadth"] for row in product.world.records(by_name["unit_usage"])] == [2, 2]
    assert by_name["account_teams"].parameters["champion_share"] == 0.8


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"precedence": ["risk_touch", "high_touch"]}, "once each"), ({"min_age_days": 20}, "raise it"),
        ({"depth_percentile": 100}, "less than 100"), ({"champion": {"share": 0.5}}, "greater than 0.5"),
        ({"cohorts": {"benchmarks": {"mobile_last": {}}}}, "mobile_last"),
    ],
)  # fmt: skip
def test_thresholds_that_cannot_be_meant_are_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        SegmentPolicy.model_validate(given)
