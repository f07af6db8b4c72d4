"""The system's own words for input: every source, its canonical columns, and the roles that events can play.

A workspace maps its data to these words. How files are read into them belongs to ingest; how a mapping is written, to
`sources.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

Kind = Literal["id", "text", "time", "date", "integer", "number", "decimal", "boolean", "json"]
"""What a canonical column holds; `time` is an instant, `date` a calendar day, `decimal` an exact amount of money."""


@dataclass(frozen=True)
class CanonicalColumn:
    """One canonical column of a source; `required` ones must be mapped, and have a value in every accepted row."""

    name: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True)
class CanonicalSource:
    """One source: what it holds, its canonical columns, and groups of columns of which at least one must be mapped."""

    name: str
    holds: str
    columns: tuple[CanonicalColumn, ...]
    one_of: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The canonical columns' names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> CanonicalColumn:
        """The canonical column of that name; KeyError when the source has none."""
        return {column.name: column for column in self.columns}[name]


def _source(name: str, holds: str, *columns: str, one_of: tuple[str, ...] = ()) -> CanonicalSource:
    """Columns are written `name kind`, required ones with a trailing `!`; every source but events has `known_at`."""
    made: list[CanonicalColumn] = []
    for text in columns if name == "events" else (*columns, "known_at time"):
        column, kind = text.removesuffix("!").split()
        made.append(CanonicalColumn(column, cast("Kind", kind), text.endswith("!")))
    return CanonicalSource(name, holds, tuple(made), one_of)


_ALL = (
    _source(
        "events", "what users and accounts did in the product",
        "event_id id", "user_id id", "anonymous_id id", "account_id id", "event text!", "event_at time!", "received_at time",
        "session_id id", "device text", "locale text", "country text", "region text", "app_version text", "properties json",
        "signup_at time",
        one_of=("user_id", "anonymous_id", "account_id"),
    ),
    _source(
        "users", "people who signed up",
        "user_id id!", "account_id id", "signup_at time", "role text", "email_domain text", "country text", "region text",
        "language text", "device text", "acquisition_channel text", "referred_by id",
    ),
    _source(
        "accounts", "companies or teams that users belong to",
        "account_id id!", "name text", "industry text", "employees integer", "segment text", "country text", "region text",
        "residency_region text", "signup_at time", "acquisition_channel text", "churned boolean",
    ),
    _source(
        "subscriptions", "what accounts pay, from when to when",
        "subscription_id id!", "account_id id!", "plan text", "seats integer", "mrr decimal", "price decimal", "currency text",
        "started_at time!", "ended_at time", "trial boolean", "billing_period text", "per_seat boolean",
        one_of=("mrr", "price"),
    ),
    _source(
        "invites", "who invited whom, and with what consent",
        "invite_id id!", "inviter_id id!", "invitee_hash text", "invitee_user_id id", "sent_at time!", "accepted_at time",
        "opt_in_at time", "double_opt_in_at time", "region text",
    ),
    _source(
        "tickets", "questions to support",
        "ticket_id id!", "account_id id", "user_id id", "opened_at time!", "closed_at time", "topic text", "satisfaction number",
    ),
    _source(
        "surveys", "answers to satisfaction surveys",
        "survey_id id!", "kind text!", "user_id id", "score number!", "answered_at time!",
    ),
    _source(
        "spend", "what acquisition channels cost a month",
        "channel text!", "month date!", "amount decimal!", "currency text",
    ),
    _source(
        "exchange_rates", "what a currency was worth in the reporting currency",
        "currency text!", "day date!", "rate number!",
    ),
    _source(
        "finance", "the gross margin of each month, as a share from 0 to 1",
        "month date!", "gross_margin number!",
    ),
    _source(
        "crm_outcomes", "what became of leads handed to sales",
        "outcome_id id!", "decision_id id", "user_id id", "outcome text!", "reason text", "at time!", "origin text",
        one_of=("decision_id", "user_id"),
    ),
    _source(
        "objections", "who does not want to be contacted, and since when",
        "objection_id id!", "user_id id", "account_id id", "at time!", "withdrawn_at time", "reason text",
        one_of=("user_id", "account_id"),
    ),
    _source(
        "exposures", "who saw which arm of an experiment",
        "experiment text!", "unit_id id!", "arm text!", "exposed_at time!",
    ),
    _source(
        "vendors", "third parties, their certificates and reviews",
        "vendor text!", "category text", "certificate text", "certificate_expires date", "reviewed_at time", "residency text",
        "owner text", "volume number", "latency_ms number", "privacy_certificates text", "integration_days number",
        "monthly_cost decimal", "packages text", "keys text",
    ),
    _source(
        "vulnerabilities", "findings of dependency scans",
        "vulnerability_id id!", "package text!", "severity text!", "found_at time!", "fixed_at time", "scanned_at time!",
        "tool text", "target text", "advisory text", "version text", "detail text", "record text",
    ),
    _source(
        "uptime", "minutes that integrations were up a day",
        "vendor text!", "day date!", "minutes_up number!", "minutes number!",
    ),
    _source(
        "governance_records", "assessments, reviews, post-mortems and other dated duties",
        "record_id id!", "kind text!", "at time!", "owner text", "subject text", "detail text", "due_at time", "closed_at time",
    ),
)  # fmt: skip

SOURCES: Mapping[str, CanonicalSource] = {source.name: source for source in _ALL}
"""Every source that a workspace may hand in, by name; only `events` must be there."""

ROLES: Mapping[str, str] = {
    "signup": "the account of a person was created",
    "onboarding_step": "one step of the onboarding flow; steps are ordered",
    "onboarding_complete": "the onboarding flow was finished",
    "activation": "the value-verified event: the person got what the product promises",
    "core_feature": "a core feature was used; `item` names it",
    "item_created": "something was made in the product",
    "collaboration": "somebody worked with others on something",
    "invite_sent": "somebody was invited",
    "invite_accepted": "an invitation was accepted",
    "integration_connected": "another product was connected",
    "limit_hit": "a limit of the free plan was reached; `item` names it",
    "pricing_viewed": "prices or plans were looked at",
    "premium_attempt": "a paid feature was tried without having it; `item` names it",
    "payment_info_added": "a means of payment was entered",
    "trial_started": "a trial began",
    "plan_upgraded": "a higher plan was bought",
    "plan_downgraded": "a lower plan was chosen",
    "cancelled": "the plan was cancelled",
    "help_viewed": "help or documentation was looked at",
    "ticket_created": "support was asked",
    "tour_started": "a product tour began",
    "tour_completed": "a product tour was finished",
    "guidance_dismissed": "guidance was closed unread",
    "nudge_viewed": "a nudge was shown",
    "nudge_clicked": "a nudge was followed",
    "error_shown": "an error met the person",
    "survey_answered": "a survey was answered",
    "session_started": "a session began",
}
"""Every role that a mapping may assign to events, with its meaning."""
