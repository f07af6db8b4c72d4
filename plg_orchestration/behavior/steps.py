"""Which events the declared funnels and activation rules name, and what becomes of rows that were made for other declarations.

What the declarations mean belongs to the funnels and the activation rules; the rows come from `step_events.sql`.
"""

import json

from plg_orchestration.warehouse import Query, Warehouse, sql_file

SETTING = "step_events"
"""The row of `meta.settings` that lists the events which `behavior.step_events` holds for all its days."""


def wanted_events() -> Query:
    """(event): the events that `config.funnel_steps` and `config.activation_conditions` name; each once."""
    return sql_file("behavior/wanted_events.sql")


def forget_other_steps(warehouse: Warehouse) -> bool:
    """Forget that days of `behavior.step_events` are built when they lack an event that is declared now; whether it was done.

    The next publication finds these days missing and builds them anew, so that a funnel declared today has its history.
    """
    wanted = sorted(str(row[0]) for row in warehouse.rows(wanted_events()))
    held = warehouse.scalar("select value from meta.settings where name = $name", name=SETTING)
    if held == json.dumps(wanted):
        return False
    lacking = held is None or not set(wanted) <= set(json.loads(str(held)))
    with warehouse.transaction():
        if lacking:
            warehouse.connection.execute("delete from meta.publications where table_name = 'behavior.step_events'")
        values = {"name": SETTING, "value": json.dumps(wanted)}
        warehouse.connection.execute("insert or replace into meta.settings values ($name, $value)", values)
    return lacking
