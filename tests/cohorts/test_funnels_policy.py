"""The section `funnels`: what may be declared, what is packaged, and what SQL is told."""

import csv
from pathlib import Path

import pytest

from plg_orchestration.cohorts.funnels.policy import FunnelPolicy, seconds
from plg_orchestration.config.section import default_document

ROLES = [{"role": "signup"}, {"role": "activation"}]


def packaged():
    return FunnelPolicy.model_validate(default_document("funnels").data)


def funnel(**changed):
    return FunnelPolicy.model_validate({"declared": {"mine": {"question": "How far?", "steps": ROLES} | changed}})


def test_the_packaged_dropoff_is_the_published_table():
    with (Path(__file__).parent / "reference" / "activation_dropoff.csv").open() as file:
        published = {int(row["day"]): row for row in csv.DictReader(file)}
    told = packaged().dropoff.published
    assert {day: row.dropoff * 100 for day, row in told.items()} == {d: float(r["dropoff_pct"]) for d, r in published.items()}
    assert all(told[day].cause in row["common_cause"] for day, row in published.items())
    assert "conflicts with the day-7 row" in told[10].note


def test_packaged_funnels_go_from_signup_to_payment_and_from_a_limit_to_an_upgrade():
    tables = packaged().config_tables()
    steps = [(row["funnel"], row["role"], row["each_item"]) for row in tables["funnel_steps"].to_pylist()]
    assert [(role, each) for name, role, each in steps if name == "signup_to_paid"] == [
        ("signup", False), ("onboarding_step", True), ("activation", False), ("invite_sent", False), ("paid", False),
    ]  # fmt: skip
    assert [role for name, role, _ in steps if name == "limit_to_upgrade"] == ["limit_hit", "pricing_viewed", "plan_upgraded"]
    assert {(row["unit"], row["window_seconds"]) for row in tables["funnels"].to_pylist()} == {
        ("user", 30 * 86_400), ("account", 30 * 86_400), ("user", 14 * 86_400), ("account", 14 * 86_400),
    }  # fmt: skip


def test_named_events_have_a_row_each_and_roles_one():
    rows = funnel(steps=[{"event": ["A", "B"]}, {"role": "core_feature", "item": "reports"}]).config_tables()["funnel_steps"]
    assert [(row["step"], row["name"], row["role"], row["item"], row["event"]) for row in rows.to_pylist()] == [
        (1, "A or B", None, None, "A"), (1, "A or B", None, None, "B"), (2, "reports", "core_feature", "reports", None),
    ]  # fmt: skip


def test_a_funnel_without_a_value_is_put_away_and_empty_tables_keep_their_columns():
    tables = FunnelPolicy.model_validate({"declared": {"signup_to_paid": None}}).config_tables()
    assert {name: rows.num_rows for name, rows in tables.items()} == {
        "funnels": 0, "funnel_steps": 0, "funnel_breakdowns": 0, "published_dropoff": 0,
    }  # fmt: skip
    assert tables["funnel_steps"].column_names == ["funnel", "step", "name", "role", "item", "event", "each_item"]


def test_windows_are_minutes_hours_or_days():
    assert [seconds(text) for text in ("30m", "24h", "14d")] == [1_800, 86_400, 1_209_600]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"steps": ROLES[:1]}, "at least 2"), ({"steps": [{"role": "sign_up"}, *ROLES]}, "unknown role 'sign_up'"),
        ({"steps": [{"role": "signup", "event": "A"}, *ROLES]}, "either a role or events"),
        ({"steps": [{"event": "A", "item": "b"}, *ROLES]}, "item narrows a role"),
        ({"steps": [{"role": "paid", "each": True}, *ROLES]}, "each makes one step per item"),
        ({"steps": [{"event": ["A", "A"]}, *ROLES]}, "A stands here twice"), ({"window": "93d"}, "between 1 minute and 92 days"),
        ({"window": "1w"}, "pattern"), ({"order": "loose"}, "ordered"), ({"breakdowns": ["plan"]}, "channel"),
        ({"units": ["user", "user"]}, "user stands here twice"), ({"weeks": 0}, "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(changed, named):
    with pytest.raises(ValueError, match=named):
        funnel(**changed)
