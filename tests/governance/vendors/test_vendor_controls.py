"""Every control about third parties on a few rows: one in which it passes, one in which it fails, and one without data."""

from collections.abc import Callable

import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy, judge
from plg_orchestration.governance.controls import Measurement
from plg_orchestration.verdicts import ControlStatus

Make = Callable[..., None]
Figures = Callable[..., Measurement]
POLICY = load_default("governance", GovernancePolicy)
EFFECTIVE, FAILED, NO_DATA = ControlStatus.EFFECTIVE, ControlStatus.FAILED, ControlStatus.NO_DATA


def status(control: str, measured: Measurement) -> ControlStatus:
    return judge(POLICY.controls[control], measured)


def record(kind: str, made_at: str, subject: str = "", closed_at: str = "") -> str:
    return ", ".join(f"'{value}'" if value else "null" for value in (kind, made_at, subject, closed_at))


def scan(day: str, target: str = "", *, finished: bool = True) -> str:
    return f"'{'pip-audit' if target else ''}', '{target}', '{day}', {finished}, null"


def found(package: str, severity: str, fixed: str = "", target: str = "") -> str:
    gone, place = f"'{fixed}'" if fixed else "null", f"'{target}'" if target else "null"
    return f"'{package}', '{severity}', '2025-06-01', {gone}, '2025-06-29', {place}"


@pytest.fixture(autouse=True)
def empty(make: Make) -> None:
    for name in ("known_governance_records", "known_vulnerabilities", "known_scans", "config.retired_scan_targets"):
        make(name)


def test_open_vulnerabilities_of_medium_severity_or_worse(make: Make, figures: Figures) -> None:
    make("known_scans", scan("2025-06-29"))
    make("known_vulnerabilities", found("lib", "HIGH"), found("lib", "low"), found("web", "medium", "2025-06-15"),
         found("web", "medium", "2025-07-15"))  # fmt: skip
    measured = figures("open_vulnerabilities")
    assert (measured.value, measured.denominator) == (2, 4)
    assert measured.detail.endswith("last scan 2025-06-29; packages: lib, web")
    assert status("R5-C1", measured) is FAILED


def test_an_unknown_severity_counts_as_medium(make: Make, figures: Figures) -> None:
    make("known_scans", scan("2025-06-29", "lock"))
    make("known_vulnerabilities", found("jinja2", "unknown"), found("odd", "catastrophic"), found("chart", "low"))
    measured = figures("open_vulnerabilities")
    assert (measured.value, status("R5-C1", measured)) == (2, FAILED)
    assert "(1 of unknown severity)" in measured.detail


def test_a_clean_scan_passes_and_no_scan_does_not(make: Make, figures: Figures) -> None:
    assert status("R5-C1", figures("open_vulnerabilities")) is NO_DATA
    assert status("R5-C2", figures("scan_age_days")) is NO_DATA
    make("known_governance_records", record("vulnerability_scan", "2025-06-29"))
    assert status("R5-C1", figures("open_vulnerabilities")) is EFFECTIVE
    assert figures("scan_age_days").value == 1
    make("known_governance_records")
    make("known_scans", scan("2025-06-30", "lock"))
    assert status("R5-C1", figures("open_vulnerabilities")) is EFFECTIVE


@pytest.mark.parametrize(
    ("scanned", "expected"), [("2025-06-23", "effective"), ("2025-06-20", "degraded"), ("2025-06-15", "failed")]
)
def test_scan_age_days(make: Make, figures: Figures, scanned: str, expected: str) -> None:
    make("known_scans", scan(scanned))
    assert status("R5-C2", figures("scan_age_days")) == expected


def test_the_scan_age_is_that_of_the_target_scanned_longest_ago(make: Make, figures: Figures) -> None:
    make("known_scans", scan("2025-06-29", "api"), scan("2025-06-10", "web"), scan("2025-06-28", "web", finished=False))
    measured = figures("scan_age_days")
    assert (measured.value, status("R5-C2", measured)) == (20, FAILED)
    assert "of web by pip-audit" in measured.detail and "did not finish: web by pip-audit" in measured.detail
    make("config.retired_scan_targets", "'web'")
    assert figures("scan_age_days").value == 1


def test_a_target_that_was_never_scanned_to_the_end_is_no_pass(make: Make, figures: Figures) -> None:
    make("known_scans", scan("2025-06-29", "api"), scan("2025-06-29", "web", finished=False))
    measured = figures("open_vulnerabilities")
    assert (status("R5-C1", measured), status("R5-C2", figures("scan_age_days"))) == (NO_DATA, NO_DATA)
    assert "never scanned to the end: pip-audit of web" in measured.detail
    make("known_vulnerabilities", found("lib", "high", target="api"))
    assert status("R5-C1", figures("open_vulnerabilities")) is FAILED, "what is known to be open is open"
    make("config.retired_scan_targets", "'web'", "'api'")
    make("known_scans", scan("2025-06-29", "api"), scan("2025-06-29", "cron"))
    assert status("R5-C1", figures("open_vulnerabilities")) is EFFECTIVE


def test_vendors_without_certificate_include_those_never_recorded(make: Make, figures: Figures) -> None:
    make("registered_vendors", "'mailer', '2025-06-30', null", "'crm', '2025-06-29', null", "'chat', null, null")
    measured = figures("vendors_without_certificate")
    assert (measured.value, measured.denominator) == (2, 3)
    assert measured.detail.endswith("(1 without an expiry date): chat, crm")
    assert status("R5-C3", measured) is FAILED
    make("registered_vendors", "'mailer', '2025-06-30', null")
    assert status("R5-C3", figures("vendors_without_certificate")) is EFFECTIVE
    make("registered_vendors")
    assert status("R5-C3", figures("vendors_without_certificate")) is NO_DATA


def test_vendor_reviews_overdue_include_vendors_never_reviewed(make: Make, figures: Figures) -> None:
    make("registered_vendors", "'mailer', null, '2024-06-30'", "'crm', null, '2024-06-29'", "'chat', null, null")
    measured = figures("vendor_reviews_overdue")
    assert (measured.value, measured.denominator, status("R5-C6", measured)) == (2, 3, FAILED)
    assert measured.detail.endswith("within 365 days (1 never): chat, crm")
    assert figures("vendor_reviews_overdue", vendor_review_days=366).value == 1
    make("registered_vendors", "'mailer', null, '2025-01-01'")
    assert status("R5-C6", figures("vendor_reviews_overdue")) is EFFECTIVE
    make("registered_vendors")
    assert status("R5-C6", figures("vendor_reviews_overdue")) is NO_DATA


def test_key_age_days_is_that_of_the_key_rotated_longest_ago(make: Make, figures: Figures) -> None:
    make("known_governance_records", record("key_rotation", "2025-01-01", "mail"), record("key_rotation", "2025-06-20", "mail"),
         record("key_rotation", "2025-04-01", "pay", "2025-04-02"))  # fmt: skip
    measured = figures("key_age_days")
    assert (measured.value, measured.numerator, status("R5-C5", measured)) == (89, 2, EFFECTIVE)
    assert measured.detail.startswith("pay was rotated on 2025-04-02")
    make("known_governance_records", record("key_rotation", "2025-03-01", "pay"))
    assert status("R5-C5", figures("key_age_days")) is FAILED


def test_a_retired_key_has_no_age_and_without_keys_nothing_is_known(make: Make, figures: Figures) -> None:
    assert status("R5-C5", figures("key_age_days")) is NO_DATA
    make("known_governance_records", record("key_rotation", "2024-03-01", "pay"), record("key_retirement", "2025-01-01", "pay"),
         record("key_rotation", "2025-06-01", "mail"))  # fmt: skip
    assert figures("key_age_days").value == 29


def test_integration_uptime_is_that_of_the_least_available_vendor(make: Make, figures: Figures) -> None:
    make("known_uptime", "'crm', '2025-06-29', 1440, 1440", "'crm', '2025-06-30', 1340, 1440", "'mail', '2025-06-30', 1440, 1440",
         "'mail', '2025-05-01', 0, 1440")  # fmt: skip
    measured = figures("integration_uptime")
    assert measured.value == pytest.approx(2780 / 2880)
    assert measured.detail.startswith("crm was available least: 96.53 %")
    assert status("R5-C4", measured) is FAILED
    make("known_uptime", "'mail', '2025-06-30', 1430, 1440")
    assert status("R5-C4", figures("integration_uptime")) is EFFECTIVE
    make("known_uptime")
    assert status("R5-C4", figures("integration_uptime")) is NO_DATA
