"""Subscriptions out of a billing system's records: what the records that are known together say, derived again when one changes.

Which row of an export is which record is in `dialects/stripe.py`; the rules are in the two SQL files `derived_billed_*`.
"""

from plg_orchestration.ingest.batch import STAGED
from plg_orchestration.ingest.tables import SUBSCRIPTIONS
from plg_orchestration.warehouse import Warehouse, sql_file

TOUCHED = f"""
create or replace temp view touched_items as
with fresh as (select distinct record, record_id from {STAGED} where problem is null),
billed as (
    select i.record_id as item_id, i.price_id, i.subscription_id, s.customer_id
    from ingest.billing_records as i
    left join ingest.billing_records as s on s.record = 'subscription' and s.record_id = i.subscription_id
    where i.record = 'item'
)
select b.item_id from billed as b join fresh as f on f.record = 'item' and f.record_id = b.item_id
union
select b.item_id from billed as b join fresh as f on f.record = 'subscription' and f.record_id = b.subscription_id
union
select b.item_id from billed as b join fresh as f on f.record in ('price', 'plan') and f.record_id = b.price_id
union
select b.item_id from billed as b join fresh as f on f.record = 'customer' and f.record_id = b.customer_id
"""
"""The items of which something became known by the staged batch."""
FORGET = """
delete from ingest.subscriptions
where split_part(subscription_id, '~', 1) in (select item_id from touched_items)
"""


def derive_subscriptions(warehouse: Warehouse, timezone: str) -> None:
    """Derive the subscriptions of all items that the staged batch says something about; inside the batch's transaction.

    What was known before comes out the same, so that versions only follow; a record that says it was known earlier than others
    is put in its place.
    """
    warehouse.connection.execute(TOUCHED).fetchall()
    warehouse.connection.execute(FORGET).fetchall()
    states = sql_file("ingest/derived_billed_states.sql", requires=())
    warehouse.insert_given(
        SUBSCRIPTIONS, sql_file("ingest/derived_billed_subscriptions.sql", requires=(states,), timezone=timezone)
    )
