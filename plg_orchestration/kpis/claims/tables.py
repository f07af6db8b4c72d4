"""The table of the claims tested at home.

Only the declaration stands here; the rows come from `published.py`.
"""

from plg_orchestration.warehouse import Table, columns

CLAIMS = Table(
    name="kpis.claims",
    description="Published rules of thumb on the workspace's own data: estimate, 95 % interval, verdict, and beside it what was "
    "published and by whom; only members whose window is over, with accounts as clusters.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        claim="VARCHAR: the claim's name",
        place="INTEGER: its place in the list, from 1",
        statement="VARCHAR: what was published, in words",
        nature="VARCHAR: observed (counted), association (compared, not caused) or model (computed from assumptions)",
        published_low="DOUBLE: the published figure, or the low end of its range, in unit",
        published_high="DOUBLE: the high end of the published range; null where one figure was published",
        source="VARCHAR: who published it",
        value="DOUBLE: the workspace's own figure, in unit",
        ci_low="DOUBLE: lower end of its 95 % interval",
        ci_high="DOUBLE: upper end of its 95 % interval",
        unit="VARCHAR: ratio or percent",
        rate="DOUBLE: share of the group that the claim is about, in percent; null for a model",
        other_rate="DOUBLE: share of the group that it is compared with, in percent; null without one",
        n="BIGINT: units of the group (users, leads); converting accounts for revenue",
        others="BIGINT: units of the group that it is compared with; null without one",
        outcomes="BIGINT: outcomes in the group; null for revenue and a model",
        other_outcomes="BIGINT: outcomes in the other group; null without one",
        clusters="BIGINT: accounts that they belong to",
        rule="VARCHAR: at_least (the low end is claimed) or within (the range is)",
        verdict="VARCHAR: holds, does_not_hold, too_little_data or unavailable",
        reason="VARCHAR: why this verdict",
        method="VARCHAR: how it is tested",
        definition_hash="VARCHAR: changes whenever the query, its windows, the mapping or the time zone does",
    ),
    key=("as_of", "claim"),
    owner="team:growth",
    day="as_of",
)

TABLES: tuple[Table, ...] = (CLAIMS,)
