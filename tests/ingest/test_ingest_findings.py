"""Every rule finds what is planted for it and nothing else.

Exercised here with hand-computed rows: finding_usage_before_subscription, finding_usage_after_subscription,
finding_event_ids_repeat, finding_churn_flag_against_events, finding_churn_flag_against_subscriptions,
finding_subscription_ends_before_start, finding_subscription_before_account, finding_subscription_of_unknown_account,
finding_ticket_closed_before_opened, finding_reference_ids_repeat.
"""

import datetime as dt

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest import queries
from plg_orchestration.ingest.findings import RULES
from plg_orchestration.ingest.tables import FINDINGS
from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import DAY, Place, track


def write(warehouse: Warehouse, name: str, *rows: dict[str, object]) -> None:
    """Append versions known at the day, each on a line of its own."""
    for line, values in enumerate(rows, start=1):
        row: dict[str, object] = {
            "known_at": dt.datetime(2025, 3, 10),
            "known_date": DAY,
            "file_id": name,
            "line": line,
            **values,
        }
        columns, marks = ", ".join(row), ", ".join(f"${key}" for key in row)
        warehouse.connection.execute(f"insert into ingest.{name} ({columns}) values ({marks})", row)


def at(day: int) -> dt.datetime:
    return dt.datetime(2025, 3, day)


def test_every_rule_finds_what_is_planted_for_it(store: Warehouse):
    write(
        store, "accounts",
        {"account_id": "flagged-paying", "churned": True, "signup_at": at(1), "origin": "source"},
        {"account_id": "ended-unflagged", "churned": False, "signup_at": at(1), "origin": "source"},
        {"account_id": "fine", "churned": False, "signup_at": at(5), "origin": "source"},
        {"account_id": "fine", "churned": False, "signup_at": at(5), "name": "again", "origin": "source"},
    )  # fmt: skip
    write(
        store, "subscriptions",
        {"subscription_id": "s1", "account_id": "flagged-paying", "started_at": at(3), "mrr": 9},
        {"subscription_id": "s2", "account_id": "ended-unflagged", "started_at": at(3), "ended_at": at(6)},
        {"subscription_id": "s3", "account_id": "fine", "started_at": at(4), "mrr": 0},
        {"subscription_id": "s4", "account_id": "stranger", "started_at": at(8), "ended_at": at(7), "mrr": 5},
    )  # fmt: skip
    write(store, "tickets", {"ticket_id": "t1", "opened_at": at(2), "closed_at": at(1)}, {"ticket_id": "t2", "opened_at": at(2)})
    write(
        store,
        "governance_records",
        {"record_id": "r1", "kind": "churn", "subject": "flagged-paying"},
        {"record_id": "r2", "kind": "churn", "subject": "fine"},
    )
    store.connection.execute("""
        insert into ingest.subscription_uses values
            ('2025-03-10', 's1', '2025-03-02', 3, 'f'), ('2025-03-10', 's1', '2025-03-03', 5, 'f'),
            ('2025-03-10', 's2', '2025-03-07', 2, 'f'), ('2025-03-10', 'unknown', '2025-03-01', 9, 'f'),
            ('2025-03-11', 's1', '2025-03-01', 9, 'g')""")
    found = {row[1]: row for row in store.rows(queries.findings(as_of=AsOf(DAY)))}
    assert {name: row[3:6] for name, row in found.items()} == {
        "usage_before_subscription": (3, 10, 0.3),
        "usage_after_subscription": (2, 10, 0.2),
        "event_ids_repeat": (0, 0, None),
        "churn_flag_against_events": (1, 3, 1 / 3),
        "churn_flag_against_subscriptions": (2, 3, 2 / 3),
        "subscription_ends_before_start": (1, 4, 0.25),
        "subscription_before_account": (1, 4, 0.25),
        "subscription_of_unknown_account": (1, 4, 0.25),
        "subscription_without_fixed_price": (1, 4, 0.25),
        "billing_record_without_partner": (0, 0, None),
        "ticket_closed_before_opened": (1, 2, 0.5),
        "reference_ids_repeat": (1, 9, 1 / 9),
    }
    assert {name: row[6] for name, row in found.items()} == {
        "usage_before_subscription": "s1 used on 2025-03-02", "usage_after_subscription": "s2 used on 2025-03-07",
        "event_ids_repeat": None, "churn_flag_against_events": "fine", "churn_flag_against_subscriptions": "ended-unflagged",
        "subscription_ends_before_start": "s4",
        "subscription_without_fixed_price": "s2", "billing_record_without_partner": None,
        "subscription_before_account": "s3", "subscription_of_unknown_account": "s4", "ticket_closed_before_opened": "t1",
        "reference_ids_repeat": "accounts fine",
    }  # fmt: skip
    assert str(found["churn_flag_against_events"][7]).endswith("(1 flagged, 2 with a recorded churn)")
    assert str(found["churn_flag_against_subscriptions"][7]).endswith("(1 flagged but paying, 1 ended but not flagged)")


def test_nothing_to_examine_is_no_clean_bill(store: Warehouse):
    rows = store.rows(queries.findings(as_of=AsOf(DAY)))
    assert [row[1] for row in rows] == [rule.name for rule in RULES]
    assert {(row[4], row[5]) for row in rows} == {(0, None)}
    assert all(str(row[7]).endswith("(nothing to examine)") for row in rows)


def test_findings_fill_their_table(store: Warehouse):
    publication = store.publish(FINDINGS, lambda day: queries.findings(as_of=AsOf(day)), [DAY])
    assert publication.rows == len(RULES)


def test_event_ids_that_repeat_are_counted_from_the_quarantine(place: Place):
    place.say("2025-03-10.jsonl", track(1), track(1, user="other"), track(2), track(2), "bad")
    place.take(DAY)
    assert place.warehouse is not None
    found = {row[1]: row for row in place.warehouse.rows(queries.findings(as_of=AsOf(DAY)))}
    assert found["event_ids_repeat"][3:7] == (1, 4, 0.25, "id 'm1' was used for other content in line 1")
