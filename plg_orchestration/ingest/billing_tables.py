"""What is kept of a row of a billing system's exported tables; the table itself is declared in `tables.py`.

Which exported column means which is in `dialects/stripe.py`.
"""

from plg_orchestration.warehouse.tables import columns

RECORD_COLUMNS = columns(
    record="VARCHAR: item, subscription, price, plan or customer",
    record_id="VARCHAR: Stripe's id of it",
    subscription_id="VARCHAR: the item's subscription",
    customer_id="VARCHAR: the subscription's customer",
    price_id="VARCHAR: the item's price or plan",
    account_id="VARCHAR: the account that the metadata name; of a subscription or a customer",
    status="VARCHAR: the subscription's status",
    created_at="TIMESTAMP: when it was created (UTC)",
    started_at="TIMESTAMP: when the subscription started",
    ended_at="TIMESTAMP: when it ended",
    canceled_at="TIMESTAMP: when it was canceled, maybe for a later day",
    cancels_at="TIMESTAMP: when it will be canceled",
    cancels_at_period_end="BOOLEAN: whether it will be canceled when its billing period ends",
    period_end="TIMESTAMP: end of the current billing period",
    trial_started_at="TIMESTAMP: start of the trial",
    trial_ended_at="TIMESTAMP: end of the trial",
    paused="VARCHAR: what is done with invoices while collection is paused",
    quantity="BIGINT: the item's quantity (seats)",
    plan="VARCHAR: the price's name",
    unit_amount="DECIMAL(28,12): price of one, in the currency's smallest unit",
    currency="VARCHAR: ISO 4217",
    billing_interval="VARCHAR: day, week, month or year",
    interval_count="BIGINT: intervals of a billing period",
    usage="VARCHAR: licensed or metered",
    scheme="VARCHAR: per_unit or tiered",
    divided_by="BIGINT: how many units the price is for",
    rounding="VARCHAR: up or down, when the quantity is divided",
    live="BOOLEAN: false for Stripe's test mode",
    deleted="BOOLEAN: whether the row is gone at the source",
)
"""One wide row for every kind of record; what a kind does not have is null."""
