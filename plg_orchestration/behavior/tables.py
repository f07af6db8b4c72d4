"""The behavior stage's tables: additive roll-ups over received days, and when each unit first did what.

Only declarations stand here; the rows come from the SQL file of the same name.
"""

from plg_orchestration.warehouse import Table, columns

KEY = ("received_date", "event_date", "user_id", "account_id")

USER_DAYS = Table(
    name="behavior.user_days",
    description="Who did what on which day, as it became known on each received day; every window is a sum of these rows.",
    columns=columns(
        received_date="DATE: the day on which the activity became known",
        event_date="DATE: the day on which it happened, in the workspace's time zone",
        user_id="VARCHAR: the user, resolved from the anonymous id when known by then; null when only the account is known",
        account_id="VARCHAR: the account named by the event, else the user's account as known by then; null without one",
        events="BIGINT: page views, screens and tracked events",
        qualifying_events="BIGINT: those that are not declared passive; a day with one is an active day",
        core_events="BIGINT: events of a core feature",
        core_features="BIGINT: distinct core features used",
        sessions="BIGINT: distinct session ids, and where these are missing, visits that end after 30 idle minutes",
        items_created="BIGINT: events of the role item_created",
        collaborations="BIGINT: events of the role collaboration",
        invites_sent="BIGINT: events of the role invite_sent",
        invites_accepted="BIGINT: events of the role invite_accepted",
        limit_hits="BIGINT: events of the role limit_hit",
        pricing_views="BIGINT: events of the role pricing_viewed",
        premium_attempts="BIGINT: events of the role premium_attempt",
        help_views="BIGINT: events of the role help_viewed",
        errors_shown="BIGINT: events of the role error_shown",
        first_at="TIMESTAMP: the earliest of these events, UTC",
        last_at="TIMESTAMP: the latest of these events, UTC",
    ),
    key=KEY,
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
)

USER_FEATURES = Table(
    name="behavior.user_features",
    description="Which core features each user used on which day, as it became known on each received day.",
    columns=columns(
        received_date="DATE: the day on which the use became known",
        event_date="DATE: the day on which it happened, in the workspace's time zone",
        user_id="VARCHAR: the user; null when the event names only the account",
        account_id="VARCHAR: the account; null without one",
        feature="VARCHAR: the core feature, by its item in the mapping, else the event's name",
        events="BIGINT: how often it was used",
    ),
    key=(*KEY, "feature"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    needs=("role:core_feature",),
)

MILESTONES = Table(
    name="behavior.milestones",
    description="When each user and each account first played each role, in increments by received day: "
    "the first time as known at a day is the minimum, and the count the sum, over the received days up to it.",
    columns=columns(
        received_date="DATE: the day on which it became known",
        unit="VARCHAR: user or account",
        unit_id="VARCHAR: the user's or the account's id",
        role="VARCHAR: the role that the event plays",
        item="VARCHAR: the core feature, onboarding step or limit; empty when the role has none",
        first_at="TIMESTAMP: the earliest such event received that day, UTC",
        events="BIGINT: how many such events were received that day",
    ),
    key=("received_date", "unit", "unit_id", "role", "item"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
)

TABLES: tuple[Table, ...] = (USER_DAYS, USER_FEATURES, MILESTONES)
