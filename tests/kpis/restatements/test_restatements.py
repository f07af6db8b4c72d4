"""Restatements: what was published and is known otherwise now, and the rows behind it; the stored snapshot never changes.

The SQL: `kpi_published`, `kpi_differences`, `late_activity`, `late_rows`, `restatements` and `warned`.
"""

import datetime as dt
from pathlib import Path

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.restatements.queries import TOLERANCE, kpi_sources, warned
from plg_orchestration.kpis.restatements.tables import RESTATEMENTS
from plg_orchestration.warehouse import table

SUNDAY, MONDAY, TUESDAY, WEDNESDAY = "2025-03-16", "2025-03-17", "2025-03-18", "2025-03-19"


def week_of_activity(world, *users: str, account: str | None = None) -> None:
    for user in users:
        world.user(user, "2025-02-01", account)
        world.active(user, "2025-03-12", account=account)


# -- late events ------------------------------------------------------------------------------------------------------


def test_a_late_event_is_a_restatement_and_never_a_silent_change(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1", "u2")
    told.publishes(SUNDAY)
    before = world.warehouse.content_hash(table("kpis.snapshot"))
    world.user("u3", "2025-02-01")
    told.late("u3", "2025-03-13", MONDAY)
    told.file("events/2025-03-17.jsonl", MONDAY)
    told.run(MONDAY)
    row = told.restated(MONDAY).query("period == 'week'").iloc[0]
    assert (row["published_value"], row["value_now"], row["change"], row["late_rows"]) == (2, 3, 1, 1)
    assert (row["published_on"], row["cause"]) == (pd.Timestamp(SUNDAY), "late_events")
    assert row["evidence"] == "1 event of behavior.user_days, received 2025-03-17, from events/2025-03-17.jsonl"
    assert (row["first_received"], row["last_received"]) == (pd.Timestamp(MONDAY), pd.Timestamp(MONDAY))
    world.warehouse.connection.execute(f"delete from kpis.snapshot where as_of > date '{SUNDAY}'")
    assert world.warehouse.content_hash(table("kpis.snapshot")) == before, "what was published stands as it was"


def test_each_snapshot_that_said_something_else_has_its_own_row(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1", "u2")
    told.late("u1", "2025-03-13", MONDAY)
    told.publishes(SUNDAY, MONDAY)
    told.late("u3", "2025-03-13", TUESDAY)
    told.run(TUESDAY)
    told.late("u4", "2025-03-14", WEDNESDAY)
    told.late("u5", "2025-03-14", WEDNESDAY)
    told.run(WEDNESDAY)
    rows = told.restated(WEDNESDAY).query("period == 'week'")
    said = rows[["published_on", "published_until", "published_value", "value_now", "late_rows"]].values.tolist()
    day = pd.Timestamp
    assert said == [[day(SUNDAY), day(MONDAY), 2, 5, 3], [day(TUESDAY), day(TUESDAY), 3, 5, 2]]
    assert list(rows["since"]) == [day(WEDNESDAY), day(WEDNESDAY)]


def test_a_restatement_stays_in_the_table_and_remembers_the_night_that_first_stated_it(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1")
    told.publishes(SUNDAY)
    told.late("u2", "2025-03-13", MONDAY)
    told.run(MONDAY, TUESDAY)
    row = told.restated(TUESDAY).query("period == 'week'").iloc[0]
    assert (row["published_value"], row["value_now"], row["since"]) == (1, 2, pd.Timestamp(MONDAY))


def test_events_of_another_period_or_segment_explain_nothing(world, nights) -> None:
    told = nights("wau")
    for name, segment in (("s", "smb"), ("e", "enterprise")):
        world.account(name, segment=segment)
        week_of_activity(world, f"{name}1", account=name)
    told.publishes(SUNDAY)
    told.late("s2", "2025-03-13", MONDAY, account="s")
    told.late("s2", "2025-03-01", MONDAY, account="s")
    told.late("e1", "2025-03-13", MONDAY, account="e")
    world.user("s2", "2025-02-01", "s")
    told.run(MONDAY)
    smb = told.restated(MONDAY, "smb").query("period == 'week'").iloc[0]
    assert (smb["published_value"], smb["value_now"], smb["late_rows"]) == (1, 2, 1)
    assert told.restated(MONDAY, "enterprise").query("period == 'week'").empty, "a user seen already counts once"
    told.late("s2", MONDAY, TUESDAY, account="s")
    told.run(TUESDAY)
    assert list(told.restated(TUESDAY, "smb").query("period == 'week'")["late_rows"]) == [1]


def test_a_window_that_closes_is_no_restatement(world, nights) -> None:
    told = nights("activation_rate")
    for number, day in enumerate(("2025-03-10", "2025-03-14")):
        world.user(f"u{number}", f"{day} 09:00")
    world.activates("u1", "2025-03-15 10:00")
    told.publishes(SUNDAY, TUESDAY)
    assert told.published("activation_rate", TUESDAY) == 0, "of the first alone, whose window is over"
    told.run("2025-03-23")
    assert told.restated("2025-03-23").empty


def test_an_estimate_over_those_who_wait_moves_and_is_no_restatement(world, nights) -> None:
    told = nights("time_to_value_with_waiting")
    for number in range(5):
        world.user(f"u{number}", "2025-03-10 09:00")
    world.activates("u0", "2025-03-11 09:00")
    world.activates("u1", "2025-03-12 09:00")
    told.publishes(SUNDAY)
    world.activates("u2", "2025-03-17 09:00")
    told.run(MONDAY)
    values = [told.published("time_to_value_with_waiting", day) for day in (SUNDAY, MONDAY)]
    assert (values, len(told.restated(MONDAY))) == ([None, 7], 0), "two of five, then three of five"


def test_the_table_and_its_page_say_that_waiting_times_are_left_out() -> None:
    page = (Path(__file__).parents[3] / "docs" / "restatements.md").read_text(encoding="utf-8")
    waiting = {kpi.name for kpi in KPIS if kpi.measure == "waiting"}
    assert waiting and all(name.endswith("_with_waiting") and f"`{name}`" in page for name in waiting)
    assert "_with_waiting are left out" in RESTATEMENTS.description


def test_a_rate_is_restated_within_or_beyond_its_published_interval(world, nights) -> None:
    told = nights("activation_rate")
    for number in range(10):
        world.user(f"u{number}", "2025-03-04 09:00")
        if number < 3:
            world.activates(f"u{number}", "2025-03-05 09:00")
    told.publishes(SUNDAY)
    world.activates("u3", "2025-03-05 10:00", received=MONDAY)
    told.late("u3", "2025-03-05", MONDAY)
    told.run(MONDAY)
    row = told.restated(MONDAY).query("period == 'week'").iloc[0]
    assert (row["published_value"], row["value_now"], bool(row["material"])) == (30, 40, False), "Wilson: 10.8 to 60.3"
    for number in range(4, 10):
        world.activates(f"u{number}", "2025-03-05 10:00", received=TUESDAY)
        told.late(f"u{number}", "2025-03-05", TUESDAY)
    told.run(TUESDAY)
    rows = told.restated(TUESDAY).query("period == 'week'")
    assert rows[["published_value", "value_now", "material"]].values.tolist() == [[30, 100, True], [40, 100, True]]


# -- corrected rows ---------------------------------------------------------------------------------------------------


def corrected(world, subscription: str = "s0", account: str = "a", **values: object) -> None:
    world.put(
        "ingest.subscriptions", subscription_id=subscription, account_id=account, mrr=100, currency="USD",
        started_at="2025-01-10", trial=False, known_at="2025-03-17 08:00", known_date=MONDAY, file_id="g", line=1, **values,
    )  # fmt: skip


def test_a_subscription_whose_end_is_told_late_restates_the_churn_of_its_month(world, nights) -> None:
    told = nights("gross_churn")
    for account in ("a", "b"):
        world.account(account, "2025-01-05")
        world.pays(account, 100, "2025-01-10")
    told.publishes(SUNDAY)
    corrected(world, ended_at="2025-02-20")
    corrected(world, "s1", "b", ended_at="2025-03-15")
    told.run(MONDAY)
    row = told.restated(MONDAY).query("period == 'month'").iloc[0]
    assert (row["published_value"], row["value_now"], row["cause"]) == (0, 50, "corrected_rows")
    assert row["evidence"] == "1 row of ingest.subscriptions, received 2025-03-17"


def test_a_correction_of_another_segment_explains_nothing_of_this_one(world, nights) -> None:
    told = nights("gross_churn")
    for number, (account, segment) in enumerate((("a", "smb"), ("b", "smb"), ("c", "enterprise"))):
        world.account(account, "2025-01-05", segment=segment)
        world.pays(account, 100 + number, "2025-01-10")
    told.publishes(SUNDAY)
    corrected(world, ended_at="2025-02-20")
    corrected(world, "s2", "c", ended_at="2025-02-20")
    told.run(MONDAY)
    said = {segment: told.restated(MONDAY, segment).query("period == 'month'").iloc[0]["evidence"] for segment in ("all", "smb")}
    assert said["smb"] == "1 row of ingest.subscriptions, received 2025-03-17"
    assert said["all"] == "2 rows of ingest.subscriptions, received 2025-03-17"


def test_a_correction_that_takes_effect_after_the_period_explains_none_of_it(world, nights) -> None:
    told = nights("gross_churn")
    world.account("a", "2025-01-05")
    world.pays("a", 100, "2025-01-10")
    told.publishes(SUNDAY)
    corrected(world, ended_at="2025-03-15")
    told.run(MONDAY)
    assert told.restated(MONDAY).query("period == 'month'").empty


def test_a_source_counts_for_the_kpis_that_read_it() -> None:
    text = kpi_sources(as_of=AsOf(dt.date(2025, 3, 16))).text
    pairs = {tuple(part.strip(" ()'").replace("'", "").split(", ")) for part in text.split("VALUES")[1].split("), (")}
    assert {("gross_churn", "ingest.subscriptions"), ("nps", "ingest.surveys"), ("cac_by_channel", "ingest.spend")} <= pairs
    assert ("signups", "ingest.subscriptions") not in pairs and ("signups", "ingest.users") in pairs


# -- erasure, definition, noise ---------------------------------------------------------------------------------------


def test_an_erasure_is_named_as_such(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1", "u2", "u3")
    told.publishes(SUNDAY)
    for name in ("behavior.user_days", "ingest.users"):
        world.warehouse.connection.execute(f"delete from {name} where user_id = 'u3'")
    told.erases("erasure-1", SUNDAY)
    told.run(MONDAY)
    row = told.restated(MONDAY).query("period == 'week'").iloc[0]
    assert (row["published_value"], row["value_now"], row["cause"]) == (3, 2, "erasure")
    assert row["evidence"] == "erasure-1 erased 1 person" and row["late_rows"] == 0
    told.late("u4", "2025-03-13", TUESDAY)
    told.run(TUESDAY)
    row = told.restated(TUESDAY).query("period == 'week' and published_value == 3")
    assert row.empty, "one left and one came: the first snapshot is right again"
    assert list(told.restated(TUESDAY).query("period == 'week'")["cause"]) == ["late_events"]


def test_a_change_that_no_row_explains_is_called_so_and_warned_of(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1", "u2")
    told.publishes(SUNDAY)
    world.warehouse.connection.execute("delete from behavior.user_days where user_id = 'u2'")
    told.run(MONDAY)
    row = told.restated(MONDAY).query("period == 'week'").iloc[0]
    assert (row["cause"], row["evidence"]) == ("unexplained", "no row received since the snapshot belongs to the period")
    found = world.warehouse.rows(warned(as_of=AsOf(dt.date(2025, 3, 17))))
    assert ("wau", "all", "week", "2025-03-10", "2.0 became 1.0", "unexplained") in found
    told.run(TUESDAY)
    assert not world.warehouse.rows(warned(as_of=AsOf(dt.date(2025, 3, 18)))), "it was said once"


def test_another_definition_is_shown_and_not_compared(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1", "u2")
    told.publishes(SUNDAY)
    world.warehouse.connection.execute("update kpis.snapshot set definition_hash = 'older'")
    told.late("u3", "2025-03-13", MONDAY)
    told.run(MONDAY)
    row = told.restated(MONDAY).query("period == 'week'").iloc[0]
    assert (row["cause"], row["published_value"], bool(row["material"])) == ("definition", 2, False)
    assert pd.isna(row["value_now"]) and pd.isna(row["change"])


def test_floating_noise_is_no_restatement(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, "u1", "u2", "u3")
    told.publishes(SUNDAY)
    factors = {"week": 1 + TOLERANCE / 10, "day": 1 + TOLERANCE * 10}
    for period, factor in factors.items():
        world.warehouse.connection.execute("update kpis.snapshot set value = value * ? where period = ?", [factor, period])
    told.run(MONDAY)
    assert list(told.restated(MONDAY)["period"]) == ["day"]


def test_a_value_without_an_interval_is_material_beyond_the_declared_share(world, nights) -> None:
    told = nights("wau")
    week_of_activity(world, *(f"u{number}" for number in range(40)))
    told.publishes(SUNDAY)
    for number in range(40, 42):
        told.late(f"u{number}", "2025-03-13", MONDAY)
    told.run(MONDAY)
    assert not told.restated(MONDAY).query("period == 'week'")["material"].iloc[0], "42 of 40 is 5 %, which is allowed"
    told.late("u42", "2025-03-13", TUESDAY)
    told.run(TUESDAY)
    rows = told.restated(TUESDAY).query("period == 'week'")
    assert rows[["published_value", "material"]].values.tolist() == [[40, True], [42, False]]


def test_nothing_is_restated_on_the_first_night_nor_when_nothing_arrives(world, nights) -> None:
    told = nights("wau", "activation_rate", "gross_churn")
    week_of_activity(world, "u1")
    told.run(SUNDAY)
    told.run(MONDAY)
    assert world.warehouse.scalar("select count(*) from kpis.restatements") == 0
    rows = told.restated(MONDAY)
    assert list(rows.columns) == list(table("kpis.restatements").column_names)


def test_a_late_suspicion_changes_later_snapshots_only_and_is_the_cause_that_is_given(nights):
    made = nights("signups")
    world = made.world
    world.setting.kpis = KpiPolicy(exclude=("suspects",))
    for user in ("real", "fake"):
        world.user(user, "2025-03-04", known="2025-03-04")
    made.publishes("2025-03-09")
    world.put("governance.suspicions", as_of="2025-03-10", unit_id="fake", signup_date="2025-03-04", status="suspected")
    made.run("2025-03-10")
    (row,) = made.restated("2025-03-10").query("period == 'week'").to_dict("records")
    assert (row["published_value"], row["value_now"], row["cause"], row["late_rows"]) == (2, 1, "suspicions", 1)
    assert row["evidence"] == "1 row of governance.suspicions, received 2025-03-10"
    assert made.published("signups", "2025-03-09") == 2
