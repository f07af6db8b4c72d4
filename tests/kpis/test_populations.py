"""The rows that KPIs count, population by population: who is in, in which period, and with which figures."""

import datetime as dt
from decimal import Decimal

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.periods import NEWEST
from plg_orchestration.kpis.populations import populations
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.warehouse import sql_file

MONDAY = AsOf(dt.date(2025, 3, 17))
"""The day after the week from 10 to 16 March; the newest complete month is February."""


def rows(world, name: str, columns: str, condition: str = "true", as_of: AsOf = MONDAY) -> list[tuple[object, ...]]:
    """The columns of the population's rows that satisfy the condition, in order."""
    (population,) = [query for query in populations(as_of=as_of, back=NEWEST) if query.name == name]
    world.warehouse.prepare(population)
    return world.warehouse.connection.execute(f"select {columns} from {name} where {condition} order by all").fetchall()


def test_every_kpis_population_is_there() -> None:
    assert {kpi.per.name for kpi in KPIS} == {query.name for query in populations(as_of=MONDAY)}


NAMES = (
    "new_users", "activated_users", "active_users", "active_tallies", "new_accounts", "account_periods", "contracts",
    "acquisition", "expanded_accounts", "qualified_leads", "sent_invites", "first_inviters", "toured_users",
    "support_incidents", "help_and_tickets", "helped_users", "survey_answers", "threshold_crossings", "free_users",
    "activated_accounts", "marketing_leads", "viral_people", "visitors", "scored_users",
)  # fmt: skip
"""They stand on kpi_periods, kpi_units, account_plans, account_activations, active_days, feature_days, help_days,
first_activations, first_invites, first_qualified and first_tours."""


def test_every_population_can_be_grouped_by_segment_and_dimension(world) -> None:
    made = populations(as_of=MONDAY, back=NEWEST)
    assert set(NAMES) == {query.name for query in made}
    done: set[str] = set()
    for query in made:
        world.warehouse.prepare(query, done)
        text = f"select period, period_start, segment, channel, region, device, plan from {query.name}"
        assert world.warehouse.connection.execute(text).fetchall() == []


def test_first_activations_look_at_those_who_signed_up_since_the_horizon(world) -> None:
    world.user("u1", "2025-03-10")
    world.activates("u1", "2025-03-12 10:00")
    world.activates("u1", "2025-03-11 10:00", received="2025-03-14")
    world.activates("u1", "2025-03-10 10:00", received="2025-03-18")
    world.activates("u1", "2025-03-10 09:00", role="core_feature")
    world.user("long ago", "2024-03-15", known="2024-03-15")
    world.activates("long ago", "2025-03-11 10:00")
    rows(world, "new_users", "1")
    found = world.warehouse.connection.execute("select * from first_activations").fetchall()
    assert found == [("u1", dt.datetime(2025, 3, 11, 10))]
    assert "first_activations" in {required.name for required in populations(as_of=MONDAY)[0].requires}
    assert sql_file("kpis/first_activations.sql").name == "first_activations"


def test_new_users_stand_in_every_period_of_their_signup(world) -> None:
    world.user("u1", "2025-03-10", channel="direct")
    world.user("u2", "2025-02-28", channel="ads")
    world.user("u3", "2025-03-17", channel="radio")
    world.user("u4", "2024-11-30", known="2024-11-30")
    found = rows(world, "new_users", "user_id, period, strftime(period_start, '%m-%d'), organic")
    assert found == [
        ("u1", "week", "03-10", True), ("u2", "month", "02-01", False), ("u2", "week", "02-24", False),
        ("u3", "day", "03-17", None), ("u4", "month", "11-01", None), ("u4", "quarter", "10-01", None),
    ]  # fmt: skip


def test_activated_users_stand_in_the_period_in_which_they_activated(world) -> None:
    world.user("u1", "2025-02-20 12:00")
    world.activates("u1", "2025-03-10 00:00")
    world.user("before signup", "2025-03-11 12:00")
    world.activates("before signup", "2025-03-11 11:00")
    world.user("after 90 days", "2024-12-10", known="2024-12-10")
    world.activates("after 90 days", "2025-03-12")
    found = rows(world, "activated_users", "user_id, period, days_to_value")
    assert found == [("before signup", "week", 0.0), ("u1", "week", 17.5)]


def test_active_users_have_their_days_and_windows(world) -> None:
    world.user("u1", "2025-01-05")
    world.active("u1", "2025-02-01", "2025-02-21", "2025-02-22", "2025-02-28", "2025-03-10", account="a")
    columns = "period, active_days, period_days, active_7, active_30, account_id"
    assert rows(world, "active_users", columns) == [
        ("month", 4, 28, True, True, "a"), ("week", 1, 7, True, True, "a"),
    ]  # fmt: skip


def test_active_tallies_count_each_user_once_in_the_day_the_week_and_the_month(world) -> None:
    for name, days in (("u1", ("2025-02-16", "2025-03-11", "2025-03-17")), ("u2", ("2025-02-17", "2025-02-28")), ("u3", ())):
        world.user(name, "2025-01-05")
        world.active(name, *days)
    columns = "period, users_1, users_7, users_30"
    assert rows(world, "active_tallies", columns, "period <> 'week' or period_start = '2025-03-10'") == [
        ("day", 1, 1, 2), ("month", 1, 1, 2), ("week", 0, 1, 2),
    ], "the month ends on 28 February, the week on 16 March"  # fmt: skip


def test_active_users_count_a_day_once_however_often_it_became_known(world) -> None:
    world.user("u1", "2025-01-05")
    world.active("u1", "2025-03-10")
    world.warehouse.connection.execute(
        "insert into behavior.user_days (received_date, event_date, user_id, events, qualifying_events) values "
        "('2025-03-12', '2025-03-10', 'u1', 1, 1), ('2025-03-18', '2025-03-11', 'u1', 1, 1)"
    )
    assert rows(world, "active_users", "active_days", "period = 'week'") == [(1,)]


def test_account_periods_hold_what_was_paid_at_both_ends(world) -> None:
    world.account("a", "2025-01-05", segment="smb")
    world.pays("a", 100, "2025-01-10", "2025-02-28")
    world.pays("a", 30, "2025-01-31")
    world.pays("a", 7, "2025-02-01")
    world.account("free", "2025-02-15")
    world.user("u1", "2025-01-05", "a")
    world.active("u1", "2025-02-05", account="a")
    columns = "account_id, existed, opening, closing, paid_within, active_users"
    assert rows(world, "account_periods", columns, "period = 'month'") == [
        ("a", True, Decimal("130.00"), Decimal("37.00"), True, 1), ("free", False, Decimal(0), Decimal(0), False, 0),
    ]  # fmt: skip
    assert rows(world, "account_periods", "period, opening, closing", "account_id = 'a' and period in ('day', 'week')") == [
        ("day", Decimal("37.00"), Decimal("37.00")), ("week", Decimal("37.00"), Decimal("37.00")),
    ]  # fmt: skip


def test_new_accounts_take_the_first_paid_subscription(world) -> None:
    world.account("a", "2025-02-10")
    world.pays("a", 0, "2025-02-11")
    world.pays("a", 10, "2025-02-20")
    world.pays("a", 10, "2025-02-25")
    world.account("free", "2025-02-11")
    world.activates("free", "2025-02-12", role="plan_upgraded", unit="account")
    found = rows(world, "new_accounts", "account_id, paid_at", "period = 'month'")
    assert found == [("a", dt.datetime(2025, 2, 20)), ("free", None)], "an upgrade counts only where no subscription is known"


def test_sent_invites_follow_new_invitees_alone(world) -> None:
    for name, signup in (("a", "2025-01-05"), ("new", "2025-03-11"), ("old", "2025-03-01")):
        world.user(name, signup)
    for invitee in ("new", "old", None):
        world.invite("a", invitee, "2025-03-10 10:00")
    world.invite("b", "new", "2025-03-10 11:00")
    for name in ("new", "old"):
        world.activates(name, "2025-03-12 10:00")
    found = rows(world, "sent_invites", "invite_id, inviter_id, activated_at")
    assert found == [("i0", "a", dt.datetime(2025, 3, 12, 10)), ("i1", "a", None), ("i2", "a", None), ("i3", "b", None)]


@pytest.mark.parametrize(
    ("ticket", "resolved"),
    [
        (None, True), ({"user": "u1"}, False), ({"user": "u2"}, True), ({"account": "a"}, False), ({"account": "b"}, True),
        ({"user": "u2", "account": "a"}, True),
    ],
)  # fmt: skip
def test_support_incidents_are_solved_alone_without_a_ticket_of_user_or_account(world, ticket: object, resolved: bool) -> None:
    for name in ("u1", "u2"):
        world.user(name, "2025-01-05", "a")
    world.active("u1", "2025-03-11", account="a", help_views=2)
    world.active("u1", "2025-03-13", account="a")
    if isinstance(ticket, dict):
        world.ticket("2025-03-12 10:00", **ticket)
    found = rows(world, "support_incidents", "self_resolved, strftime(incident_date, '%d')", "period = 'week'")
    assert found == [(False, "12")] * (ticket is not None) + [(True, "11")] * resolved


def test_contracts_run_at_the_periods_end_and_count_once_however_often_they_were_told(world) -> None:
    world.pays("ended", 10, "2025-01-05", "2025-02-28 23:00")
    world.pays("ends with the month", 20, "2025-01-05", "2025-03-01 08:00")
    told = {"subscription_id": "s9", "account_id": "twice", "currency": "USD", "started_at": "2025-01-05", "trial": False}
    world.ingested("subscriptions", known="2025-01-05", mrr=30, **told)
    world.ingested("subscriptions", known="2025-02-01", mrr=40, **told)
    found = rows(world, "contracts", "subscription_id, period, yearly", "period_start >= date '2025-02-01'")
    assert [(row[0], row[1], float(str(row[2]))) for row in found] == [("s1", "month", 240.0), ("s9", "month", 480.0)]


def test_leads_pay_after_they_qualified_and_opportunities_of_marketing_are_not_theirs(world) -> None:
    for name in ("a", "b"):
        world.user(name, "2025-02-01", account=name)
        world.put("pql.decisions", decision_id=name, as_of="2025-03-11", user_id=name, account_id=name, qualified=True)
    world.pays("a", 10, "2025-02-03", "2025-03-12")
    world.pays("a", 10, "2025-03-14")
    world.pays("b", 10, "2025-03-10")
    world.ingested("crm_outcomes", outcome_id="1", user_id="a", outcome="opportunity", origin="mql", at="2025-03-12")
    world.ingested("crm_outcomes", outcome_id="2", user_id="b", outcome="opportunity", origin="pql", at="2025-03-13")
    world.ingested("crm_outcomes", outcome_id="3", user_id="b", outcome="rejected", origin="pql", at="2025-03-11")
    found = rows(world, "qualified_leads", "user_id, paid_date, opportunity_date", "period = 'week'")
    assert found == [("a", dt.date(2025, 3, 14), None), ("b", None, dt.date(2025, 3, 13))]
