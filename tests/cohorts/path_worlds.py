"""Helpers of the tests of paths: journeys as plain events, and a world with the tables that paths read."""

import datetime as dt

import pandas as pd

from plg_orchestration.warehouse import table

SIGNUP = dt.datetime(2025, 4, 7, 9)
ROLES = (
    ("Profile Done", "onboarding_step", 1, "Profile Done"), ("Data Imported", "onboarding_step", 2, "Data Imported"),
    ("Report Made", "core_feature", None, "reports"), ("Report Shared", "activation", None, None),
    ("Report Shared", "collaboration", None, None), ("Report Made", "item_created", None, None),
)  # fmt: skip


def journeys(people, *, signup=SIGNUP):
    """Events of people: a name and hours after the signup by event."""
    rows = [(who, "signup", signup) for who in people]
    rows += [(who, event, signup + dt.timedelta(hours=hours)) for who, plan in people.items() for event, hours in plan.items()]
    return pd.DataFrame(rows, columns=["user_id", "event", "event_at"]).astype({"event_at": "datetime64[us]"})


def declare(world, roles=ROLES):
    for event, role, step, item in roles:
        world.warehouse.connection.execute("insert into config.event_roles values (?, ?, ?, ?)", [event, role, step, item])


def configure(world, policy):
    conditions = "role varchar, item varchar, event varchar"
    world.warehouse.connection.execute(f"create or replace table config.activation_conditions ({conditions})")
    for name, rows in policy.config_tables().items():
        world.warehouse.connection.register("given", rows)
        world.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")
        world.warehouse.connection.unregister("given")
    world.warehouse.ensure(table("behavior.user_features"))


def milestone(world, user, role, item, at, *, received=None, unit="user"):
    moment = dt.datetime.fromisoformat(at)
    known = dt.date.fromisoformat(received) if received else moment.date()
    world.insert("behavior.milestones", received_date=known, unit=unit, unit_id=user, role=role, item=item, first_at=moment)


def fill(world, name, **values):
    """Rows of which some columns differ (lists) and the others do not."""
    declared = table(name)
    world.warehouse.insert(declared, pd.DataFrame(values).reindex(columns=list(declared.column_names)))
