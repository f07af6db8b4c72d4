"""The revenue stage's tables: MRR per account and day, and its movements.

Only declarations stand here; the rows come from the SQL file of the same name.
"""

from plg_orchestration.warehouse import Table, columns

MRR_DAILY = Table(
    name="revenue.mrr_daily",
    description="MRR of every paying account at the end of each day, as known that day; trials and free plans have no row.",
    columns=columns(
        date="DATE: the day, in the workspace's time zone",
        account_id="VARCHAR: the account",
        mrr="DECIMAL(18,2): sum of its active subscriptions' monthly prices in this currency; above 0",
        currency="VARCHAR: ISO 4217 code; an account that pays in two currencies has two rows",
        seats="BIGINT: seats of these subscriptions; null when none states them",
    ),
    key=("date", "account_id", "currency"),
    owner="team:finance",
    day="date",
    cumulative=True,
    layout="by_month",
    needs=("source:subscriptions",),
)

MRR_MOVEMENTS = Table(
    name="revenue.mrr_movements",
    description="Every change of an account's MRR from one day to the next, each of exactly one type; opening + movements = "
    "closing, to the cent. Both days are taken as known at the later one: what is learnt afterwards changes no stored row.",
    columns=columns(
        date="DATE: the day on which the MRR differs from the day before",
        account_id="VARCHAR: the account",
        movement="VARCHAR: new, expansion, contraction, churn or reactivation",
        amount="DECIMAL(18,2): MRR of the day less MRR of the day before",
        currency="VARCHAR: ISO 4217 code",
    ),
    key=("date", "account_id", "currency"),
    owner="team:finance",
    day="date",
    cumulative=True,
    layout="by_month",
    needs=("source:subscriptions",),
)

TABLES: tuple[Table, ...] = (MRR_DAILY, MRR_MOVEMENTS)
