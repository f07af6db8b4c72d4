"""The revenue stage's tables: MRR per account and day, its movements, and the months' waterfall.

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

MRR_MONTHS = Table(
    name="revenue.mrr_months",
    description="The MRR waterfall of the last 13 months, as known at the as-of day: opening + movements = closing, to the cent. "
    "An account's changes within a month count net.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        month="DATE: the month's first day, in the workspace's time zone",
        currency="VARCHAR: ISO 4217 code",
        opening="DECIMAL(18,2): MRR of the day before the month",
        new="DECIMAL(18,2): MRR of accounts that no earlier month closed with MRR",
        expansion="DECIMAL(18,2): what accounts pay more than when the month began",
        contraction="DECIMAL(18,2): what accounts pay less than when the month began; not above 0",
        churn="DECIMAL(18,2): MRR of the accounts that pay nothing anymore; not above 0",
        reactivation="DECIMAL(18,2): MRR of accounts that paid at the end of an earlier month, and not of the last one",
        closing="DECIMAL(18,2): MRR at the month's end; of the as-of day's month, on that day",
        opening_accounts="BIGINT: accounts that paid in this currency when the month began",
        new_accounts="BIGINT: accounts of the movement new",
        churned_accounts="BIGINT: accounts of the movement churn",
        reactivated_accounts="BIGINT: accounts of the movement reactivation",
        closing_accounts="BIGINT: accounts that pay in this currency at its end",
        complete="BOOLEAN: whether the month has ended by the as-of day",
    ),
    key=("as_of", "month", "currency"),
    owner="team:finance",
    day="as_of",
    layout="by_month",
    needs=("source:subscriptions",),
)

TABLES: tuple[Table, ...] = (MRR_DAILY, MRR_MOVEMENTS, MRR_MONTHS)
