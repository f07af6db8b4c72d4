"""What the sources say that cannot all be true: a registry of rules, each one SQL file, each one row of `ingest.findings`.

A rule counts and shows, it corrects nothing. Adding a rule is one entry here and its file `finding_<name>.sql`, which gives one
row: rows (at fault), of_rows (examined), example, figures (text for the detail, or '').
"""

from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest import known
from plg_orchestration.warehouse import Query, sql_file


@dataclass(frozen=True)
class Rule:
    """One consistency rule: its name, the source whose rows are at fault, and in words what a row at fault is."""

    name: str
    source: str
    says: str


RULES: tuple[Rule, ...] = (
    Rule("usage_before_subscription", "events", "usage on a day before the subscription it names has started"),
    Rule("usage_after_subscription", "events", "usage on a day after the subscription it names has ended"),
    Rule("event_ids_repeat", "events", "an event id used again for other content; the later line is in quarantine"),
    Rule("churn_flag_against_events", "accounts", "the account's churn flag disagrees with its recorded churns"),
    Rule("churn_flag_against_subscriptions", "accounts", "the account's churn flag disagrees with its subscriptions"),
    Rule("subscription_ends_before_start", "subscriptions", "the subscription ends before it starts"),
    Rule("subscription_before_account", "subscriptions", "the subscription starts before its account signed up"),
    Rule("subscription_of_unknown_account", "subscriptions", "the subscription's account is not among the accounts"),
    Rule("subscription_without_fixed_price", "subscriptions", "the subscription has no price a month, so MRR leaves it out"),
    Rule("billing_record_without_partner", "subscriptions", "the billing system's item or subscription lacks the other"),
    Rule("ticket_closed_before_opened", "tickets", "the ticket was closed before it was opened"),
    Rule("reference_ids_repeat", "references", "the same id stands twice in one file with other content"),
)
"""The rules in the order in which they are reported."""

FACTS = (known.known_subscriptions, known.known_accounts, known.known_tickets, known.known_governance_records)
"""What the rules read; facts and rules are put into one statement, which costs less than a table for each."""


def findings_query(as_of: AsOf) -> Query:
    """Every rule's finding as known at the end of the day: the columns of `ingest.findings`, one row a rule.

    A rule that found nothing to examine has `of_rows` 0 and `share` NULL, which is no clean bill.
    """
    parameters = as_of.parameters()
    facts = [fact(as_of) for fact in FACTS]
    rules = [sql_file(f"ingest/finding_{rule.name}.sql", requires=(), **parameters) for rule in RULES]
    relations = ", ".join(f"{query.name} as ({query.text})" for query in (*facts, *rules))
    selects = [
        f"select {place} as place, $rule_{place} as finding, $source_{place} as source, rows, of_rows, example, figures, "
        f"$says_{place} as says from finding_{rule.name}"
        for place, rule in enumerate(RULES)
    ]
    named = {
        f"{word}_{place}": value
        for place, rule in enumerate(RULES)
        for word, value in (("rule", rule.name), ("source", rule.source), ("says", rule.says))
    }
    text = f"""
        with {relations}
        select $as_of as as_of, finding, source, rows, of_rows, cast(rows as double) / nullif(of_rows, 0) as share, example,
            case when of_rows = 0 then concat(says, ' (nothing to examine)') when figures = '' then says
                else concat(says, ' (', figures, ')') end as detail
        from ({" union all ".join(selects)}) as found order by place"""
    return Query("findings", text, {**parameters, **named})
