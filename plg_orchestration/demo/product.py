"""The imagined product: its events, people, markets and prices, and which behaviors make its accounts pay.

Names, tables of weights and planted coefficients belong here. Nothing here draws a random number or writes a file.
"""

from dataclasses import dataclass

NAME = "Tidemark"
"""A reporting and collaboration tool for teams: free for three reports, paid by seat."""


@dataclass(frozen=True)
class Event:
    """One line type of the event stream: the Segment call, its name, and the shapes that its properties take."""

    name: str
    kind: str = "track"
    properties: tuple[str, ...] = ("{}",)


def _variants(template: str, *values: str) -> tuple[str, ...]:
    return tuple(template.replace("?", value) for value in values)


_TEMPLATES = ("pipeline", "revenue", "churn", "marketing", "support", "finance", "product", "operations")
_HOME, _PRICING_PAGE = "Home", "Pricing"

EVENTS: tuple[Event, ...] = (
    Event("", "identify"),
    Event("", "group"),
    Event("", "alias"),
    Event(_HOME, "page", _variants('{"path":"/","referrer":"?"}', "google", "linkedin", "direct", "newsletter")),
    Event("Features", "page", _variants('{"path":"/features/?"}', "reports", "dashboards", "alerts", "sharing")),
    Event(_PRICING_PAGE, "page", _variants('{"path":"/pricing","currency":"?"}', "USD", "EUR")),
    Event("Blog", "page", _variants('{"path":"/blog/?"}', *_TEMPLATES)),
    Event("Signed Up"),
    Event("Workspace Created"),
    Event("Profile Completed"),
    Event("Sample Report Opened", "track", _variants('{"template":"?"}', *_TEMPLATES)),
    Event("Data Source Added", "track", _variants('{"source":"?"}', "postgres", "bigquery", "csv", "sheets")),
    Event("Onboarding Finished"),
    Event("Report Shared", "track", _variants('{"with":"?"}', "teammate", "link", "channel", "customer")),
    Event("Session Started", "track", _variants('{"entry":"?"}', "direct", "email", "bookmark", "search")),
    Event("Report Created", "track", _variants('{"template":"?","blank":false}', *_TEMPLATES)),
    Event("Dashboard Viewed", "track", _variants('{"dashboard":"d?"}', "1", "2", "3", "4", "5", "6", "7", "8")),
    Event("Dashboard Created", "track", _variants('{"template":"?"}', *_TEMPLATES)),
    Event("Report Scheduled", "track", _variants('{"cadence":"?"}', "daily", "weekly", "monthly", "hourly")),
    Event("Comment Added", "track", _variants('{"length":?}', "12", "38", "64", "141", "7", "22", "90", "310")),
    Event("Alert Configured", "track", _variants('{"metric":"?"}', *_TEMPLATES)),
    Event("Data Exported", "track", _variants('{"format":"?"}', "csv", "xlsx", "pdf", "png")),
    Event("Integration Connected", "track", _variants('{"integration":"?"}', "slack", "salesforce", "hubspot", "jira")),
    Event("Teammate Invited", "track", _variants('{"channel":"?"}', "email", "link")),
    Event("Invite Accepted"),
    Event("Report Limit Reached", "track", ('{"limit":"reports","allowed":3}',)),
    Event("Export Limit Reached", "track", ('{"limit":"exports","allowed":10}',)),
    Event("Pricing Viewed", "track", _variants('{"from":"?"}', "menu", "limit", "prompt", "email")),
    Event("Premium Feature Tried", "track", _variants('{"feature":"?"}', "sso", "audit_log", "api", "forecast")),
    Event("Payment Details Added", "track", _variants('{"method":"?"}', "card", "invoice")),
    Event("Trial Started", "track", ('{"days":14}',)),
    Event("Plan Upgraded", "track", _variants('{"interface":"?"}', "self_serve", "assisted")),
    Event("Plan Downgraded", "track", ('{"interface":"self_serve"}',)),
    Event("Subscription Cancelled", "track", _variants('{"reason":"?"}', "price", "unused", "missing", "other")),
    Event("Help Article Viewed", "track", _variants('{"article":"?"}', *_TEMPLATES)),
    Event("Ticket Opened", "track", _variants('{"topic":"?"}', "billing", "data", "sharing", "bug")),
    Event("Tour Started", "track", ('{"tour":"first_report"}',)),
    Event("Tour Completed", "track", ('{"tour":"first_report"}',)),
    Event("Tour Dismissed", "track", ('{"tour":"first_report"}',)),
    Event("Upgrade Prompt Shown", "track", _variants('{"prompt":"?"}', "banner", "modal", "inline", "email")),
    Event("Upgrade Prompt Clicked", "track", _variants('{"prompt":"?"}', "banner", "modal", "inline", "email")),
    Event("Error Shown", "track", _variants('{"code":?}', "408", "422", "500", "503")),
    Event("Survey Answered", "track", _variants('{"survey":"?"}', "nps", "csat")),
    Event("Digest Delivered", "track", _variants('{"cadence":"?"}', "daily", "weekly")),
)

CODE: dict[str, int] = {
    (event.name if event.kind == "track" else f"{event.kind}:{event.name}"): code for code, event in enumerate(EVENTS)
}
"""An event's number; calls other than `track` are spelled `kind:name` (`page:Pricing`, `identify:`)."""

ONBOARDING = ("Workspace Created", "Profile Completed", "Sample Report Opened", "Data Source Added", "Onboarding Finished")
CORE_FEATURES = {
    "Report Created": "reports",
    "Dashboard Viewed": "dashboards",
    "Report Scheduled": "schedules",
    "Comment Added": "comments",
    "Alert Configured": "alerts",
    "Data Exported": "exports",
}
ACTIVATION = "Report Shared"
PASSIVE = ("Session Started", "Digest Delivered", "Upgrade Prompt Shown", "Error Shown")

_BASE_WEIGHTS: dict[str, float] = {
    "Report Created": 13, "Dashboard Viewed": 26, "Dashboard Created": 5, "Report Scheduled": 3.2, "Comment Added": 11,
    "Alert Configured": 2.8, "Data Exported": 8, "Report Shared": 6, "Help Article Viewed": 4, "Error Shown": 2.5,
    "Digest Delivered": 5, "Report Limit Reached": 1.7, "Export Limit Reached": 0.9, "Pricing Viewed": 2.2,
    "Premium Feature Tried": 1.1, "Upgrade Prompt Shown": 3.0, "Upgrade Prompt Clicked": 0.5,
}  # fmt: skip

_INTERESTS: tuple[dict[str, float], ...] = (
    {"Report Created": 2.2, "Report Scheduled": 2.0, "Report Limit Reached": 2.5},
    {"Comment Added": 2.4, "Report Shared": 2.0, "Dashboard Created": 1.5},
    {"Data Exported": 2.5, "Alert Configured": 2.5, "Export Limit Reached": 3.0, "Premium Feature Tried": 2.0},
    {"Dashboard Viewed": 2.5, "Digest Delivered": 2.0, "Help Article Viewed": 1.8},
)

_STATES: tuple[dict[str, float], ...] = (
    {"Report Shared": 0.0, "Comment Added": 0.4, "Help Article Viewed": 3.0, "Error Shown": 2.0, "Premium Feature Tried": 0.4,
     "Report Limit Reached": 0.3, "Export Limit Reached": 0.3},
    {},
    {"Report Limit Reached": 0.0, "Export Limit Reached": 0.0, "Upgrade Prompt Shown": 0.0, "Upgrade Prompt Clicked": 0.0,
     "Pricing Viewed": 0.15, "Alert Configured": 1.6, "Report Scheduled": 1.6},
)  # fmt: skip


_IN_NEED = {
    "Pricing Viewed": 2.6, "Premium Feature Tried": 2.8, "Report Limit Reached": 2.2, "Export Limit Reached": 2.2,
}  # fmt: skip
"""People of an account in need of more than the free plan run into it more often, long before they decide."""


def usage_weights(interest: int, state: int) -> dict[str, float]:
    """Relative frequency of each everyday event by interest, and by state: 0 not activated, 1 free, 2 paying.

    The second half of the interests is the first half in accounts in need.
    """
    own, need = _INTERESTS[interest % len(_INTERESTS)], _IN_NEED if interest >= len(_INTERESTS) else {}
    return {
        name: weight * own.get(name, 1.0) * need.get(name, 1.0) * _STATES[state].get(name, 1.0)
        for name, weight in _BASE_WEIGHTS.items()
    }


TASTES = len(_INTERESTS)
INTERESTS = 2 * TASTES
IN_NEED_SHARE = 0.25
STATES = len(_STATES)

HALF_LIFE_DAYS = 14.0
"""Account signals fade with this half-life before they enter the hazard of paying."""

DRIVERS: dict[str, tuple[str, ...]] = {
    "limit_hits": ("Report Limit Reached", "Export Limit Reached"),
    "pricing_views": ("Pricing Viewed",),
    "premium_attempts": ("Premium Feature Tried",),
    "invites": ("Teammate Invited",),
    "integrations": ("Integration Connected",),
    "shares": ("Report Shared",),
    "help_views": ("Help Article Viewed",),
    "errors": ("Error Shown",),
    "prompts": ("Upgrade Prompt Shown",),
}
"""Signals counted per account, faded daily, and entered as log(1 + value)."""

COEFFICIENTS: dict[str, float] = {
    "core_breadth": 0.14, "active_users": 0.08, "limit_hits": 0.35, "pricing_views": 0.40, "premium_attempts": 0.30,
    "invites": 0.30, "integrations": 0.40, "shares": 0.08, "help_views": 0.0, "errors": 0.0, "prompts": 0.0,
    "mid_market": 0.25, "enterprise": -0.15, "inclination": 0.95,
}  # fmt: skip
"""Log-odds that one unit of each signal adds to an account's daily hazard of deciding to pay; zeros are decoys."""

INTERCEPT = -7.75

CHANNELS: dict[str, float] = {
    "organic_search": 0.36, "referral": 0.16, "paid_search": 0.16, "content": 0.18, "partner": 0.07, "sales": 0.07,
}  # fmt: skip
ORGANIC = ("organic_search", "referral", "content")
CHANNEL_ENGAGEMENT = {
    "referral": 0.30, "partner": 0.25, "sales": 0.10, "content": 0.05, "organic_search": 0.0, "paid_search": -0.30,
}  # fmt: skip
SPEND_PER_SIGNUP = {
    "organic_search": 6.0, "referral": 14.0, "paid_search": 62.0, "content": 19.0, "partner": 45.0, "sales": 140.0,
}  # fmt: skip

REGIONS: dict[str, float] = {"NA": 0.37, "EMEA": 0.29, "APAC": 0.19, "LATAM": 0.15}
COUNTRIES: dict[str, dict[str, float]] = {
    "NA": {"US": 0.82, "CA": 0.18},
    "EMEA": {"GB": 0.34, "DE": 0.28, "FR": 0.18, "NL": 0.12, "ZA": 0.08},
    "APAC": {"IN": 0.40, "AU": 0.28, "JP": 0.18, "SG": 0.14},
    "LATAM": {"BR": 0.50, "MX": 0.32, "CL": 0.18},
}
LOCALES = {
    "US": "en-US", "CA": "en-CA", "GB": "en-GB", "DE": "de-DE", "FR": "fr-FR", "NL": "nl-NL", "ZA": "en-ZA", "IN": "en-IN",
    "AU": "en-AU", "JP": "ja-JP", "SG": "en-SG", "BR": "pt-BR", "MX": "es-MX", "CL": "es-CL",
}  # fmt: skip
NOON_UTC = {"NA": 18.5, "EMEA": 12.0, "APAC": 5.5, "LATAM": 16.5}
"""The hour, in UTC, around which a region's working day is centered."""

INDUSTRIES: dict[str, float] = {
    "software": 0.27, "ecommerce": 0.17, "finance": 0.14, "healthcare": 0.11, "media": 0.11, "manufacturing": 0.10,
    "education": 0.10,
}  # fmt: skip
SEGMENTS: dict[str, float] = {"smb": 0.66, "mid_market": 0.25, "enterprise": 0.09}
EMPLOYEES = {"smb": (2, 99), "mid_market": (100, 999), "enterprise": (1000, 24000)}
ROLES: dict[str, float] = {
    "analyst": 0.28, "manager": 0.22, "marketer": 0.16, "engineer": 0.14, "operations": 0.13, "executive": 0.07,
}  # fmt: skip
WEEKDAYS = (1.15, 1.20, 1.18, 1.12, 0.95, 0.38, 0.42)
DISPOSABLE_DOMAINS = ("mailinator.example", "tempinbox.example", "10minutes.example")

PLANS: dict[str, tuple[str, float]] = {
    "smb": ("team", 12.0), "mid_market": ("business", 22.0), "enterprise": ("enterprise", 36.0),
}  # fmt: skip
"""A segment's usual plan and its monthly list price by seat, in USD; a yearly contract costs a fifth less."""
YEARLY_SHARE, YEARLY_DISCOUNT = 0.30, 0.20
TRIAL_DAYS = 14
