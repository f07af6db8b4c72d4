"""The files that risk controls read: vendors, vulnerability scans, uptime, and governance records.

Fixed little stories, placed on the demo's calendar; the only randomness is a vendor's bad minutes.
"""

import datetime as dt

import pyarrow as pa

from plg_orchestration.demo.randomness import stream
from plg_orchestration.demo.sizes import Calendar
from plg_orchestration.demo.tables import day_start, table

_VENDORS = (
    ("crossbeam-mail", "email", "SOC 2 Type II", 410, 4, "EU", "team:engineering"),
    ("ledgerline", "payments", "PCI DSS", 300, 2, "US", "team:finance"),
    ("nimbus-host", "hosting", "SOC 2 Type II", 520, 6, "EU", "team:engineering"),
    ("replaylight", "session_replay", "ISO 27001", 365, 1, "US", "team:product"),
    ("signalbox", "analytics", "SOC 2 Type II", 330, 3, "EU", "team:data"),
)
_MORE: dict[str, tuple[object, ...]] = {
    "crossbeam-mail": (2_000_000, 180, "SOC 2 Type II;GDPR DPA", 4, "420.00", "queue-client", None),
    "ledgerline": (400_000, 350, "PCI DSS;GDPR DPA;EU-US DPF", 12, "900.00", "auth-lib", "payments api key"),
    "nimbus-host": (50_000_000, 60, "SOC 2 Type II;ISO 27001", 20, "3800.00", "http-core", None),
    "replaylight": (150_000, None, "ISO 27001", 3, "310.00", None, None),
    "signalbox": (8_000_000, 240, "SOC 2 Type II;ISO 27701", 6, None, "chart-kit", None),
}
"""Of each vendor: volume, latency_ms, privacy_certificates, integration_days, monthly_cost, packages and keys."""
_FINDINGS = (
    ("pdf-render", "high", 20, 24), ("http-core", "medium", 41, 44), ("chart-kit", "low", 66, None),
    ("auth-lib", "critical", 97, 98),     ("csv-tools", "medium", 139, 145), ("image-io", "low", 171, 190),
    ("queue-client", "high", 203, 206), ("date-utils", "low", 228, None),
)  # fmt: skip
_INITIATIVES = (
    ("initiative_milestone", 8, "team:data", "analytics_migration", "analytics migration", 80, 78),
    ("initiative_milestone", 184, "team:product", "in_app_guidance", "in-app guidance", 230, 226),
    ("initiative_milestone", 185, "team:growth", "freemium_overhaul", "50/50 A/B split", 215, 214),
    ("initiative_milestone", 200, "team:growth", "freemium_overhaul", "board review of price changes", 236, None),
    *(
        ("initiative_spend", at, owner, initiative, f'{{"engineering_hours": {hours}, "tooling_usd": {tooling}}}', None, None)
        for at, owner, initiative, hours, tooling in (
            (30, "team:data", "analytics_migration", 310, 12000), (76, "team:data", "analytics_migration", 265, 7400),
            (60, "team:product", "onboarding_redesign", 140, 2500), (120, "team:product", "onboarding_redesign", 185, 3100),
            (178, "team:product", "onboarding_redesign", 120, 3300), (210, "team:growth", "freemium_overhaul", 150, 9000),
            (212, "team:product", "in_app_guidance", 160, 4100), (240, "team:product", "in_app_guidance", 95, 3900),
            (241, "team:growth", "freemium_overhaul", 170, 5200),
        )
    ),
)  # fmt: skip
_RECORDS = (
    ("dpia", 6, "team:legal", "invite loop", "invited persons: purpose, retention, opt-in", 371, 6),
    ("privacy_assessment", 12, "team:legal", "annual privacy assessment", "no open finding", 377, 12),
    ("storage_region", 1, "team:engineering", "EU", "eu-central", None, None),
    ("storage_region", 1, "team:engineering", "US", "us-east", None, None),
    ("risk_action", 30, "team:legal", "double opt-in for link invites", "confirm before the first mail", 60, 55),
    ("risk_action", 45, "team:security", "limit sign-ups by device", "captcha after three", 90, 84),
    ("risk_action", 140, "team:security", "review throw-away domains", "monthly list", 175, 170),
    ("risk_action", 180, "team:data", "look into regional lead handling", "compare acceptance by region", 210, 204),
    ("post_mortem", 126, "team:product", "pricing_page_layout", "the redirect lost people of one arm", 128, 127),
    ("erasure_request", 75, "team:legal", "request 1", "person asked to be forgotten", 105, 82),
    ("erasure_request", 199, "team:legal", "request 2", "person asked to be forgotten", 229, 211),
    ("key_rotation", 90, "team:engineering", "payments api key", "rotated", None, 90),
    ("key_rotation", 180, "team:engineering", "payments api key", "rotated", None, 180),
    ("initiative_milestone", 35, "team:product", "onboarding_redesign", "step 1 of 3", 60, 58),
    ("initiative_milestone", 95, "team:product", "onboarding_redesign", "step 2 of 3", 120, 119),
    ("initiative_milestone", 150, "team:product", "onboarding_redesign", "step 3 of 3", 170, 176),
    *_INITIATIVES,
    *(
        ("risk_review", 190, owner, risk, "likelihood, impact and controls stand", None, 190)
        for risk, owner in (
            ("R1", "team:legal"),
            ("R2", "team:security"),
            ("R3", "team:data"),
            ("R4", "team:product"),
            ("R5", "team:engineering"),
        )
    ),
    ("rollback_drill", 226, "team:data", "champion", "rolled back to the rules and forward again", None, 226),
)


def vendors(calendar: Calendar) -> pa.Table:
    """One row per vendor; certificates outlast the demo by different margins."""
    rows = [
        (
            name,
            category,
            certificate,
            calendar.date(valid),
            day_start(calendar, day),
            place,
            owner,
            *_MORE[name],
            day_start(calendar, day),
        )
        for name, category, certificate, valid, day, place, owner in _VENDORS
        if day < calendar.days
    ]
    names = "vendor, category, certificate, certificate_expires, reviewed_at, residency, owner"
    more = "volume, latency_ms, privacy_certificates, integration_days, monthly_cost, packages, keys"
    return table(f"{names}, {more}, known_at", rows)


def vulnerabilities(calendar: Calendar) -> pa.Table:
    """Findings of weekly scans, each again when it was fixed and at the last scan."""
    rows: list[tuple[object, ...]] = []
    last_scan = (calendar.days - 1) // 7 * 7
    for number, (package, severity, found, fixed) in enumerate(_FINDINGS, start=1):
        scans = {day for day in (found, fixed, *range(7, last_scan + 1, 7)) if day is not None and found <= day < calendar.days}
        for day in sorted(scans):
            at = day_start(calendar, day, hour=18)
            repaired = day_start(calendar, fixed) if fixed is not None and fixed <= day else None
            rows.append((f"VULN-{number:03d}", package, severity, day_start(calendar, found), repaired, at, at))
    rows.sort(key=lambda row: (str(row[6]), str(row[0]), str(row[4])))
    return table("vulnerability_id, package, severity, found_at, fixed_at, scanned_at, known_at", rows)


def uptime(calendar: Calendar, seed: int) -> pa.Table:
    """Minutes up by vendor and day, known the next morning."""
    rng = stream(seed, "uptime")
    rows: list[tuple[object, ...]] = []
    for day in range(calendar.days - 1):
        for name, *_ in _VENDORS:
            down = int(rng.integers(4, 90)) if rng.random() < 0.04 else 0
            rows.append((name, calendar.date(day), 1440 - down, 1440, day_start(calendar, day + 1, hour=2)))
    return table("vendor, day, minutes_up, minutes, known_at", rows)


def governance_records(calendar: Calendar) -> pa.Table:
    """Assessments, actions, requests and milestones: a row when opened, and one when closed."""
    rows: list[tuple[object, ...]] = []
    for number, (kind, at, owner, subject, detail, due, closed) in enumerate(_RECORDS, start=1):
        for known in sorted({at, at if closed is None else closed}):
            if known < calendar.days:
                done = closed if known == closed else None
                rows.append(_record(calendar, number, (kind, at, owner, subject, detail, due), done, known))
    rows.sort(key=lambda row: (str(row[8]), str(row[0])))
    return table("record_id, kind, at, owner, subject, detail, due_at, closed_at, known_at", rows)


def _record(
    calendar: Calendar, number: int, fields: tuple[str, int, str, str, str, int | None], closed: int | None, known: int
) -> tuple[object, ...]:
    kind, at, owner, subject, detail, due = fields
    due_at = None if due is None else day_start(calendar, due)
    closed_at: dt.datetime | None = None if closed is None else day_start(calendar, closed)
    opened, known_at = day_start(calendar, at), day_start(calendar, known)
    return (f"G{number:03d}", kind, opened, owner, subject, detail, due_at, closed_at, known_at)
