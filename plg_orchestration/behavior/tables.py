"""The behavior stage's tables: additive roll-ups over received days, when each unit first did what, and a state per unit.

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
        sessions="BIGINT: distinct session ids, and where these are missing, visits that end after the configured idle minutes",
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
        first_active_at="TIMESTAMP: the earliest qualifying event, UTC; null without one",
        last_active_at="TIMESTAMP: the latest qualifying event, UTC; null without one",
    ),
    key=KEY,
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    stored_by=("received_date", "first_active_at", "user_id", "account_id", "event_date"),
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
    stored_by=("received_date", "event_date", "user_id", "account_id", "feature"),
    needs=("role:core_feature",),
)

VISITOR_DAYS = Table(
    name="behavior.visitor_days",
    description="Which anonymous ids were seen on which day without naming a user, as it became known on each received day.",
    columns=columns(
        received_date="DATE: the day on which the visit became known",
        event_date="DATE: the day on which it happened, in the workspace's time zone",
        anonymous_id="VARCHAR: the visitor: a browser or device, before or without being known by name",
        events="BIGINT: page views, screens and tracked events that name no user",
        first_at="TIMESTAMP: the earliest of these events, UTC",
        last_at="TIMESTAMP: the latest of these events, UTC",
    ),
    key=("received_date", "event_date", "anonymous_id"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    needs=("actor:visitor",),
    stored_by=("received_date", "event_date", "anonymous_id"),
)

MILESTONES = Table(
    name="behavior.milestones",
    description="When each user and each account first played each role: a received day has a row when it tells a first time, or "
    "an earlier one than was known before, so the first time as known at a day is the minimum over the received days up to it. "
    "Of plan_upgraded, plan_downgraded, cancelled, trial_started and payment_info_added every received day has a row.",
    columns=columns(
        received_date="DATE: the day on which it became known",
        unit="VARCHAR: user or account",
        unit_id="VARCHAR: the user's or the account's id",
        role="VARCHAR: the role that the event plays",
        item="VARCHAR: the core feature, onboarding step or limit; empty when the role has none",
        first_at="TIMESTAMP: the earliest such event received that day, UTC",
        times="BIGINT: how many such events were received that day; only the sum of a role whose every day is kept is a count",
    ),
    key=("received_date", "unit", "unit_id", "role", "item"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    stored_by=("received_date", "first_at", "unit", "unit_id", "role", "item"),
)

ACCOUNT_DAYS = Table(
    name="behavior.account_days",
    description="What each account's users did on which day, as it became known on each received day. The numbers of users count "
    "one received day's users each and cannot be added up; all other counts can.",
    columns=columns(
        received_date="DATE: the day on which the activity became known",
        event_date="DATE: the day on which it happened, in the workspace's time zone",
        account_id="VARCHAR: the account",
        users="BIGINT: distinct users of the account among this activity; not additive",
        active_users="BIGINT: distinct users with a qualifying event among this activity; not additive",
        events="BIGINT: page views, screens and tracked events, those that name no user included",
        qualifying_events="BIGINT: those that are not declared passive",
        core_events="BIGINT: events of a core feature",
        sessions="BIGINT: sessions of its users",
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
        first_active_at="TIMESTAMP: the earliest qualifying event, UTC; null without one",
        last_active_at="TIMESTAMP: the latest qualifying event, UTC; null without one",
    ),
    key=("received_date", "event_date", "account_id"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    stored_by=("received_date", "first_active_at", "account_id", "event_date"),
)

SESSIONS = Table(
    name="behavior.sessions",
    description="Sessions in increments by received day: a session is the minimum of started_at, the maximum of ended_at and the "
    "sums of the counts over the rows of one session_id, user and account. What becomes known late of a visit without an id is a "
    "session of its own, unless it continues the last visit received the day before.",
    columns=columns(
        received_date="DATE: the day on which this part of the session became known",
        session_id="VARCHAR: the id that the events carry; of a visit without one, a hash of who and when it began",
        named="BOOLEAN: whether the events carry the id; otherwise the session ends after the configured idle minutes",
        user_id="VARCHAR: the user; null when the events name only the account",
        account_id="VARCHAR: the account; null without one",
        started_date="DATE: the day on which this part began, in the workspace's time zone",
        started_at="TIMESTAMP: the earliest event of this part, UTC",
        ended_at="TIMESTAMP: the latest event of this part, UTC",
        events="BIGINT: page views, screens and tracked events of this part",
        qualifying_events="BIGINT: those that are not declared passive",
        core_events="BIGINT: events of a core feature",
    ),
    key=("received_date", "session_id", "user_id", "account_id"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    stored_by=("received_date", "started_at", "session_id", "user_id", "account_id"),
)

STEP_EVENTS = Table(
    name="behavior.step_events",
    description="Every occurrence of an event that a declared funnel or activation rule names, as it became known on each "
    "received day; all days are built anew when an event is declared that was not kept before.",
    columns=columns(
        received_date="DATE: the day on which the event became known",
        event_date="DATE: the day on which it happened, in the workspace's time zone",
        user_id="VARCHAR: the user; null when the event names only the account",
        account_id="VARCHAR: the account; null without one",
        event="VARCHAR: the event's name in the data",
        event_at="TIMESTAMP: when it happened, UTC",
        events="BIGINT: how many such events at that very instant",
    ),
    key=("received_date", "event_date", "user_id", "account_id", "event", "event_at"),
    owner="team:data",
    day="received_date",
    layout="by_month",
    cumulative=True,
    stored_by=("received_date", "event_at", "user_id", "account_id", "event"),
)

ACTIVITY = Table(
    name="behavior.activity",
    description="When each user and each account was active, as bit masks of 63 bits (0 to 62), and lifetime counts, as known at "
    "the end of the day; active means a qualifying event. Active days, streaks and retention of any window are bit counts.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: user or account",
        unit_id="VARCHAR: the user's or the account's id",
        days="BIGINT: bit n: active n days before as_of",
        core_days="BIGINT: bit n: an event of a core feature n days before as_of",
        weeks="BIGINT: bit n: active in the ISO week n weeks before the week of as_of",
        months="BIGINT: bit n: active in the calendar month n months before the month of as_of",
        first_days="BIGINT: bit n: active n days after first_active; 0 without activity",
        first_active="DATE: the first active day; null without one",
        last_active="DATE: the last active day; null without one",
        events="BIGINT: page views, screens and tracked events ever",
        core_events="BIGINT: events of a core feature ever",
        items_created="BIGINT: events of the role item_created ever",
        invites_sent="BIGINT: events of the role invite_sent ever",
        invites_accepted="BIGINT: events of the role invite_accepted ever",
    ),
    key=("as_of", "unit", "unit_id"),
    owner="team:data",
    day="as_of",
    layout="by_day",
)

FEATURE_ACTIVITY = Table(
    name="behavior.feature_activity",
    description="On which of the last 63 days each account, and each user without one, used each core feature, as known at the "
    "end of the day.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        unit="VARCHAR: account, or user for a user without one",
        unit_id="VARCHAR: the account's or the user's id",
        feature="VARCHAR: the core feature, by its item in the mapping, else the event's name",
        days="BIGINT: bit n: used n days before as_of, of 63 bits (0 to 62)",
    ),
    key=("as_of", "unit", "unit_id", "feature"),
    owner="team:data",
    day="as_of",
    layout="by_day",
    needs=("role:core_feature",),
    stored_by=("as_of", "unit", "unit_id", "feature"),
)

TABLES: tuple[Table, ...] = (
    USER_DAYS, USER_FEATURES, VISITOR_DAYS, MILESTONES, ACCOUNT_DAYS, SESSIONS, STEP_EVENTS, ACTIVITY, FEATURE_ACTIVITY,
)  # fmt: skip
