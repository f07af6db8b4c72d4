"""The table of the what-if.

Only the declaration stands here; the rows come from `published.py`.
"""

from plg_orchestration.warehouse import Table, columns

WHAT_IF = Table(
    name="kpis.what_if",
    description="What ARR would be in 12 months if activation, conversion or the viral coefficient were higher, against ARR "
    "without that: a plain model on the workspace's own rates, with intervals, assumptions, and what was published.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        lever="VARCHAR: activation, conversion or viral_coefficient",
        change="DOUBLE: how much higher it is, in percent of itself",
        months="INTEGER: after how many months ARR is compared",
        base_arr="DOUBLE: ARR then without the change, in currency",
        arr_effect="DOUBLE: ARR then with the change less base_arr, in currency",
        ci_low="DOUBLE: lower end of its 95 % interval (resampled accounts)",
        ci_high="DOUBLE: upper end of its 95 % interval",
        effect_percent="DOUBLE: arr_effect / base_arr, in percent",
        percent_low="DOUBLE: lower end of its 95 % interval",
        percent_high="DOUBLE: upper end of its 95 % interval",
        published_low="DOUBLE: low end of the published effect of this very change, in percent; null where none was published",
        published_high="DOUBLE: high end of it, in percent",
        source="VARCHAR: who published it",
        users="BIGINT: new users on whom the rates were measured",
        currency="VARCHAR: currency of the amounts",
        assumptions="JSON: months, figures (name, value, low, high, unit, meaning) and held: what is assumed to be so",
        reason="VARCHAR: why there is no figure, or that it rests on too few outcomes",
    ),
    key=("as_of", "lever"),
    owner="team:finance",
    day="as_of",
    needs=("actor:user", "role:activation", "source:subscriptions"),
)

TABLES: tuple[Table, ...] = (WHAT_IF,)
