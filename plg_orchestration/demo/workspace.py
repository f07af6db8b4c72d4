"""The demo's `plg.yaml`: which files there are, what its events mean, and its two experiments.

Only text is made here; everything that is left out falls back to the packaged defaults.
"""

from plg_orchestration.demo import product, trials
from plg_orchestration.demo.sizes import Calendar

_REFERENCE = (
    "users", "accounts", "subscriptions", "invites", "tickets", "surveys", "spend", "finance", "crm_outcomes", "exposures",
    "vendors", "vulnerabilities", "uptime", "governance_records",
)  # fmt: skip

_ROLES: dict[str, str] = {
    "signup": "[Signed Up]",
    "onboarding_complete": "[Onboarding Finished]",
    "activation": f"[{product.ACTIVATION}]",
    "item_created": "[Report Created, Dashboard Created]",
    "collaboration": "[Report Shared, Comment Added]",
    "invite_sent": "[Teammate Invited]",
    "invite_accepted": "[Invite Accepted]",
    "integration_connected": "[Integration Connected]",
    "limit_hit": "[{event: Report Limit Reached, item: reports}, {event: Export Limit Reached, item: exports}]",
    "pricing_viewed": "[Pricing Viewed]",
    "premium_attempt": "[Premium Feature Tried]",
    "payment_info_added": "[Payment Details Added]",
    "trial_started": "[Trial Started]",
    "plan_upgraded": "[Plan Upgraded]",
    "plan_downgraded": "[Plan Downgraded]",
    "cancelled": "[Subscription Cancelled]",
    "help_viewed": "[Help Article Viewed]",
    "ticket_created": "[Ticket Opened]",
    "tour_started": "[Tour Started]",
    "tour_completed": "[Tour Completed]",
    "guidance_dismissed": "[Tour Dismissed]",
    "nudge_viewed": "[Upgrade Prompt Shown]",
    "nudge_clicked": "[Upgrade Prompt Clicked]",
    "error_shown": "[Error Shown]",
    "survey_answered": "[Survey Answered]",
    "session_started": "[Session Started]",
}


def plg_yaml(calendar: Calendar, *, until: Calendar | None = None) -> str:
    """The workspace file; with `until` the one that reads the Parquet history up to that calendar's last day."""
    events = '{path: "data/events/*.jsonl", format: segment}'
    if until is not None:
        events = '{path: "data/history/*.parquet", format: parquet}'
    last = until or calendar
    lines = [
        f"# {product.NAME}: a reporting tool for teams, imagined, with a known truth (truth.json beside this file).",
        "workspace: demo",
        f"start: {calendar.start}          # nothing happened before",
        f"last_day: {last.date(last.days - 1)}       # the data set is finished",
        "timezone: UTC",
        "",
        "sources:                   # files in canonical columns need no column map",
        f"  events: {events}",
        *(f'  {source}: {{path: "data/{source}.csv", format: csv}}' for source in _REFERENCE),
        "",
        "roles:                     # what the product's own events mean",
        "  onboarding_step:",
        *(f"    - {{event: {event}, step: {step}}}" for step, event in enumerate(product.ONBOARDING, start=1)),
        "  core_feature:",
        *(f"    - {{event: {event}, item: {item}}}" for event, item in product.CORE_FEATURES.items()),
        *(f"  {role}: {events_of_role}" for role, events_of_role in _ROLES.items()),
        "",
        f"passive_events: [{', '.join(product.PASSIVE)}]   # they happen to people: not a sign of activity",
        "",
        "channels:",
        f"  organic: [{', '.join(product.ORGANIC)}]",
        f"  paid: [{', '.join(channel for channel in product.CHANNELS if channel not in product.ORGANIC)}]",
        "",
        "pql:",
        "  training: {capacity_share: 0.20}   # the teams can work a fifth of the free users",
        "",
        "governance:",
        f"  disposable_domains: [{', '.join(product.DISPOSABLE_DOMAINS)}]",
        *_initiatives(calendar),
        "",
        "experiments:",
        *_experiment(
            calendar, trials.CHECKLIST, "a checklist in the first session makes more people activate within seven days",
            trials.ARMS[trials.CHECKLIST], calendar.checklist, "team:product", trials.rollout(calendar),
        ),
        *_experiment(
            calendar, trials.PRICING, "a compact pricing page keeps nobody from activating",
            trials.ARMS[trials.PRICING], calendar.pricing_test, "team:marketing",
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _initiatives(calendar: Calendar) -> list[str]:
    """Those of the packaged initiatives that the product has begun: one is decided upon, two run, one is closed.

    None in a demo that is too short for them.
    """
    if calendar.days < trials.LONG_ENOUGH:
        return []

    def date(day: int) -> str:
        return str(calendar.date(day))

    return [
        "  roadmap: {hourly_rate_usd: 80}",
        "  initiatives:             # the packaged ones, as far as the product has begun them",
        "    onboarding_redesign:",
        f"      starts: {date(35)}",
        f"      ends: {calendar.date(calendar.checklist[1])}",
        f"      experiment: {trials.CHECKLIST}",
        "      milestones: [{name: step 1 of 3}, {name: step 2 of 3}, {name: step 3 of 3}]",
        "      kpis:                # the baselines were read off by hand: nothing was computed before the start",
        '        - {kpi: activation_rate, when: "> 30"}',
        '        - {kpi: activation_rate, when: ">= 20", compared: change, baseline: 43.5}',
        '        - {kpi: onboarding_completion, when: "> 70", baseline: 47}',
        "      rollback: {baseline: 88}",
        "      worth: {usd: 20, basis: what finance counts for one more activated user in a year}",
        f"    in_app_guidance: {{starts: {date(181)}, ends: {date(272)}}}",
        f"    freemium_overhaul: {{starts: {date(181)}, ends: {date(272)}}}",
        f"    analytics_migration: {{starts: {date(4)}, ends: {date(80)}, closed: {date(88)}}}",
    ]


def _experiment(
    calendar: Calendar, name: str, hypothesis: str, arms: tuple[str, str], days: tuple[int, int], owner: str,
    stages: tuple[tuple[int, int], ...] | None = None,
) -> list[str]:  # fmt: skip
    """An experiment's entry; with `stages` (percent of the traffic, day), also when there are none, its plan."""
    lines = [
        f"  - name: {name}",
        f"    hypothesis: {hypothesis}",
        f"    arms: {{{arms[0]}: 0.5, {arms[1]}: 0.5}}",
        f"    control: {arms[0]}",
        "    metric: activation_rate",
        f"    starts: {calendar.date(days[0])}",
        f"    ends: {calendar.date(days[1] - 1)}",
        f"    owner: {owner}",
    ]
    if stages is not None:
        lines.append("    plan: {baseline: 0.36, mde: 0.10, mde_kind: absolute, sample_size: 400}   # units of an arm")
    if stages:
        lines += [f"    stage: {stages[-1][0]}", "    rollout:"]
        lines += [f"      - {{traffic: {traffic}, since: {calendar.date(day)}}}" for traffic, day in stages]
    return lines
