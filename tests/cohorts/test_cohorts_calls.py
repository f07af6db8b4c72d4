"""Calls on plain tables: retention, the viral coefficient and its projection, by hand."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from plg_orchestration import cohorts
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.frames import event_table
from plg_orchestration.warehouse import sql_file
from plg_orchestration.warehouse.scratch import scratch

MARCH_6 = dt.date(2025, 3, 6)


def plain(*rows):
    return pd.DataFrame([(user, event, pd.Timestamp(at)) for user, event, at in rows], columns=["user_id", "event", "event_at"])


THREE = plain(
    ("ann", "signup", "2025-03-03 09:00"), ("bob", "signup", "2025-03-03 10:00"), ("cem", "signup", "2025-03-04 10:00"),
    ("ann", "use", "2025-03-04 09:00"), ("ann", "use", "2025-03-06 09:00"), ("bob", "use", "2025-03-06 09:00"),
    ("cem", "use", "2025-03-04 11:00"),
)  # fmt: skip


def call(events=THREE, **options):
    asked = {"target": "signup", "returning": "use", "period": "day", "periods": 3, "as_of": MARCH_6} | options
    rows = cohorts.retention(events, **asked)[["cohort", "size", "index", "retained"]]
    return [(str(cohort.date()), *rest) for cohort, *rest in rows.itertuples(index=False)]


def test_first_time_entry_and_bounded_return_on_plain_events():
    assert call() == [
        ("2025-03-03", 2, 0, 0), ("2025-03-03", 2, 1, 1), ("2025-03-03", 2, 2, 0), ("2025-03-03", 2, 3, 2),
        ("2025-03-04", 1, 0, 1), ("2025-03-04", 1, 1, 0), ("2025-03-04", 1, 2, 0),
    ]  # fmt: skip


def test_unbounded_return_counts_whoever_came_back_later():
    assert [retained for *_, retained in call(mode="unbounded")] == [2, 2, 2, 2, 1, 0, 0]


def test_any_event_serves_where_none_is_named():
    assert call(target=None, returning=None, entry="recurring", periods=0) == [
        ("2025-03-03", 2, 0, 2), ("2025-03-04", 2, 0, 2), ("2025-03-06", 2, 0, 2),
    ]  # fmt: skip


def test_weeks_and_months_give_rates_only_when_they_are_over():
    for period, over in (("week", dt.date(2025, 3, 9)), ("month", dt.date(2025, 3, 31))):
        for day, rate in ((over, 1.0), (over - dt.timedelta(days=1), None)):
            (row,) = cohorts.retention(THREE, target="signup", returning="use", period=period, as_of=day).to_dict("records")
            assert (row["size"], row["retained"], bool(row["mature"])) == (3, 3, rate is not None)
            assert row["rate"] == rate or (rate is None and pd.isna(row["rate"]))


def test_arrow_tables_and_zoned_times_give_the_same_as_naive_utc():
    zoned = THREE.assign(event_at=THREE.event_at.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    assert call(pa.Table.from_pandas(THREE)) == call(zoned) == call()


def test_what_was_received_after_the_cut_is_not_known():
    late = THREE.assign(received_at=THREE.event_at.mask(THREE.event == "use", pd.Timestamp("2025-03-07")))
    assert {retained for *_, retained in call(late)} == {0}


def test_no_events_give_no_rows():
    assert call(THREE.iloc[:0]) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"period": "hour"}, "period"), ({"entry": "often"}, "entry"), ({"mode": "loose"}, "mode"), ({"periods": -1}, "periods"),
        ({"timezone": "Mars/Base"}, "timezone"), ({"target": []}, "target"), ({"returning": []}, "returning"),
        ({"events": THREE.drop(columns="event")}, "events: no column event"),
        ({"events": THREE.assign(event_at=1)}, "events: event_at has the type int64"),
        ({"events": THREE.assign(user_id=None)}, "events: user_id is missing in 7 of 7"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(options, named):
    with pytest.raises(ValueError, match=named):
        call(**options)


@pytest.mark.parametrize("entry, lines", [("first_time", [(0, 0, 1)]), ("recurring", [(6, 0, 1), (6, 0, 2)])])
def test_plain_entry_periods_and_plain_active_periods_number_the_days(entry, lines):
    events = plain(("ann", "go", "2025-03-03 23:30"), ("ann", "go", "2025-03-04 23:30"), ("ann", "go", "2025-03-04 23:40"))
    values = {"target": ["go"], "returning": None, "period": "day", "entry": entry}
    parameters = AsOf(MARCH_6, "Europe/Berlin").parameters() | values
    start = (dt.date(2025, 3, 3) - dt.date(1900, 1, 1)).days
    with scratch(plain_events=event_table(events)) as warehouse:
        entered = warehouse.rows(sql_file("cohorts/engagement/plain_entry_periods.sql", **parameters))
        active = warehouse.rows(sql_file("cohorts/engagement/plain_active_periods.sql", **parameters))
    assert sorted((line, who, number - start) for line, who, number in entered) == lines
    assert sorted((line, who, number - start) for line, who, number in active) == [(0, 0, 1), (0, 0, 2)]


def test_plain_retention_counts_are_sizes_and_steps():
    """Two enter on day 1, one of them comes back on day 2 and on day 9, which counts as the last of three intervals."""
    given = {
        "plain_entry_periods": pa.table({"line": [0, 0], "who": [1, 2], "number": [1, 1]}),
        "plain_active_periods": pa.table({"line": [0, 0], "who": [1, 1], "number": [2, 9]}),
    }
    with scratch(**given) as warehouse:
        found = warehouse.rows(sql_file("cohorts/engagement/plain_retention_counts.sql", longest=3))
    assert sorted(found) == [(0, 1, "last", 3, 1), (0, 1, "size", 0, 2), (0, 1, "within", 1, 1)]


# Two inviters send four invites, two of the three invitees who came activate; of six users, two were referred, one stayed.
INVITES = pd.DataFrame(
    [("ann", "dan"), ("ann", "eve"), ("ann", None), ("bob", "fay"), ("bob", "dan")], columns=["inviter_id", "invitee_user_id"]
)
ACTIVATED = pd.DataFrame({"user_id": ["dan", "fay", "ann"]})
USERS = pd.DataFrame({"user_id": ["ann", "bob", "dan", "eve", "fay"]})
REFERRED = pd.DataFrame({"user_id": ["dan", "eve"], "retained": [True, False]})


def test_the_three_forms_of_the_viral_coefficient():
    rows = cohorts.viral_coefficient(INVITES, ACTIVATED, users=USERS, referred=REFERRED).set_index("form")
    assert rows.k.round(12).to_dict() == {"playbook": 1.0, "basic": 0.4, "adjusted": 0.2}
    assert rows.invites_each.to_dict() == {"playbook": 2.5, "basic": 1.0, "adjusted": 1.0}
    assert set(rows.conversion) == {0.4}
    assert rows.kept["adjusted"] == 0.5
    # basic: activated per user 1, 1, 0, 0, 0; sample variance 0.3; error sqrt(0.3 / 5)
    assert rows.ci_high["basic"] == pytest.approx(0.4 + 1.959964 * (0.3 / 5) ** 0.5, abs=1e-6)
    assert rows.ci_low["basic"] == 0
    # adjusted: r² var(k) + k² r (1 - r) / n = 0.25 × 0.06 + 0.16 × 0.25 / 2
    assert rows.ci_high["adjusted"] == pytest.approx(0.2 + 1.959964 * (0.25 * 0.06 + 0.16 * 0.125) ** 0.5, abs=1e-6)
    assert pd.isna(rows.ci_low["playbook"])


def test_without_users_or_referred_the_forms_that_need_them_are_missing():
    rows = cohorts.viral_coefficient(INVITES, ACTIVATED).set_index("form")
    assert rows.k["playbook"] == 1.0
    assert rows.k[["basic", "adjusted"]].isna().all()
    assert pd.isna(cohorts.viral_coefficient(INVITES, ACTIVATED, users=USERS).set_index("form").k["adjusted"])


def test_no_invites_give_no_coefficient():
    rows = cohorts.viral_coefficient(INVITES.iloc[:0], ACTIVATED, users=USERS)
    assert rows.k.isna().all()


def test_viral_tables_without_their_columns_are_named():
    with pytest.raises(ValueError, match="activated: no column user_id"):
        cohorts.viral_coefficient(INVITES, INVITES)


def test_plain_viral_members_count_an_invitee_once():
    given = {
        "plain_invites": pa.Table.from_pandas(INVITES.assign(position=range(5))), "plain_users": pa.Table.from_pandas(USERS),
        "plain_activated": pa.Table.from_pandas(ACTIVATED), "plain_referred": pa.Table.from_pandas(REFERRED),
    }  # fmt: skip
    with scratch(**given) as warehouse:
        rows = sorted(warehouse.rows(sql_file("cohorts/virality/plain_viral_members.sql")))
    assert [(user, invites, activated, kept) for user, invites, _, activated, kept in rows] == [
        ("ann", 3, 1, None), ("bob", 2, 1, None), ("dan", 0, 0, True), ("eve", 0, 0, False), ("fay", 0, 0, None),
    ]  # fmt: skip


def test_the_published_projection_is_reproduced_exactly():
    rows = cohorts.project_viral_growth(3 * 0.4 * 0.7, 100, 5, revenue_per_user=10)
    published = [(1, 100, 100), (2, 84, 184), (3, 155, 339), (4, 285, 624), (5, 524, 1148)]
    assert list(rows[["month", "new_users", "cumulative_users"]].itertuples(index=False, name=None)) == published
    assert rows.revenue.tolist() == [1000, 1840, 3390, 6240, 11480]


def test_one_round_of_invitations_multiplies_last_months_new_users_only():
    rows = cohorts.project_viral_growth(0.84, 100, 4)
    assert rows.one_round_new_users.tolist() == [100, 84, 71, 60]
    assert rows.one_round_cumulative_users.tolist() == [100, 184, 255, 315]


def test_half_a_user_is_rounded_up():
    assert cohorts.project_viral_growth(0.5, 5, 2).new_users.tolist() == [5, 3]


@pytest.mark.parametrize("name", ["k", "start", "months", "revenue_per_user"])
def test_a_negative_projection_argument_is_named(name):
    with pytest.raises(ValueError, match=f"{name}: -1"):
        cohorts.project_viral_growth(**{"k": 1, "start": 1, "months": 1, "revenue_per_user": 1} | {name: -1})
