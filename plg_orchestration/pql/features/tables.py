"""The table of features; its columns come from the registry."""

from plg_orchestration.pql.features.registry import FEATURES as REGISTERED
from plg_orchestration.pql.needs import USERS
from plg_orchestration.warehouse import Column, Table, columns

FEATURES = Table(
    name="pql.features",
    description="Everything about each user that was known on the day and may earn points, enter a model or describe a group.",
    columns=(
        *columns(
            as_of="DATE: the day of knowledge",
            user_id="VARCHAR: the user",
            account_id="VARCHAR: the user's account; null without one",
        ),
        *(Column(f.name, f.type, f"{f.question} ({f.window})") for f in REGISTERED),
    ),
    key=("as_of", "user_id"),
    owner="team:data",
    day="as_of",
    layout="by_day",
    needs=USERS,
)

TABLES: tuple[Table, ...] = (FEATURES,)
