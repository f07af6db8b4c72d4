"""What was known about the reference things at the end of a day: one row a key, the newest version received by then.

How versions come about is in `references.py` and `people.py`.
"""

from dataclasses import replace

from plg_orchestration.clock import AsOf
from plg_orchestration.warehouse import Query, sql_file


def _known(name: str, as_of: AsOf) -> Query:
    return replace(sql_file(f"ingest/{name}.sql", requires=(), **as_of.parameters()), lasting=True)


def known_users(as_of: AsOf) -> Query:
    """Users: user_id, account_id, signup_at (never NULL), role, email_domain, country, region, language, device,
    acquisition_channel, referred_by, known_at.

    `signup_at` is the first event of the signup role, else what the source (or an identify) says, else the first event. Every
    other value is the latest that a source row, identify, group or signup told; what merely travelled with events fills the gaps,
    the earliest event first (for account_id the latest).
    """
    return _known("known_users", as_of)


def known_accounts(as_of: AsOf) -> Query:
    """Every account that any source, event, subscription or user names: account_id, name, industry, employees, segment, country,
    region, residency_region, signup_at, acquisition_channel, churned, known_at.

    `segment` is the given one, else smb below 100 employees, mid_market below 1000, enterprise from there on. `signup_at` is the
    given one, else the earliest of first event, first user's signup and first subscription's start.
    """
    return _known("known_accounts", as_of)


def known_subscriptions(as_of: AsOf) -> Query:
    """Subscriptions: subscription_id, account_id, plan, seats, mrr, price, currency, started_at, ended_at, trial, billing_period,
    per_seat and known_at.
    """
    return _known("known_subscriptions", as_of)


def known_invites(as_of: AsOf) -> Query:
    """Invitations: invite_id, inviter_id, invitee_hash, invitee_user_id, sent_at, accepted_at, opt_in_at, double_opt_in_at,
    region and known_at.
    """
    return _known("known_invites", as_of)


def known_tickets(as_of: AsOf) -> Query:
    """Support tickets: ticket_id, account_id, user_id, opened_at, closed_at, topic, satisfaction, known_at."""
    return _known("known_tickets", as_of)


def known_surveys(as_of: AsOf) -> Query:
    """Survey answers: survey_id, kind, user_id, score, answered_at, known_at."""
    return _known("known_surveys", as_of)


def known_exposures(as_of: AsOf) -> Query:
    """Exposures: experiment, unit_id, arm, exposed_at, known_at; of several arms shown to a unit the one known last."""
    return _known("known_exposures", as_of)


def known_spend(as_of: AsOf) -> Query:
    """Acquisition spend: channel, month, amount, currency, known_at."""
    return _known("known_spend", as_of)


def known_exchange_rates(as_of: AsOf) -> Query:
    """Exchange rates: currency, day, rate (units of the reporting currency for one), known_at."""
    return _known("known_exchange_rates", as_of)


def known_finance(as_of: AsOf) -> Query:
    """Finance: month, gross_margin (0 to 1), known_at."""
    return _known("known_finance", as_of)


def known_crm_outcomes(as_of: AsOf) -> Query:
    """Outcomes of leads: outcome_id, decision_id, user_id, outcome, reason, at, origin, known_at."""
    return _known("known_crm_outcomes", as_of)


def known_objections(as_of: AsOf) -> Query:
    """Objections to being contacted: objection_id, user_id, account_id, at, withdrawn_at, reason, known_at."""
    return _known("known_objections", as_of)


def known_vendors(as_of: AsOf) -> Query:
    """Third parties: vendor, category, certificate, certificate_expires, reviewed_at, residency, owner, volume, latency_ms,
    privacy_certificates, integration_days, monthly_cost, packages, keys, known_at.
    """
    return _known("known_vendors", as_of)


def known_vulnerabilities(as_of: AsOf) -> Query:
    """Vulnerabilities: vulnerability_id, package, severity, found_at, fixed_at, scanned_at, tool, target, advisory, version,
    detail, record, known_at.

    Of a finding with a tool and a target, `fixed_at` is the first later scan of that tool and target that did not name it, and
    `found_at` its first sighting since it was last gone.
    """
    return _known("known_vulnerabilities", as_of)


def known_scans(as_of: AsOf) -> Query:
    """Scans, one row each: tool, target (both empty for those of plain tables), scanned_at, finished, detail."""
    return _known("known_scans", as_of)


def known_uptime(as_of: AsOf) -> Query:
    """Availability: vendor, day, minutes_up, minutes, known_at."""
    return _known("known_uptime", as_of)


def known_governance_records(as_of: AsOf) -> Query:
    """Records: record_id, kind, at, owner, subject, detail, due_at, closed_at, known_at."""
    return _known("known_governance_records", as_of)
