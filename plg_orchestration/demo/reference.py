"""The reference files of the demo: users, accounts, subscriptions, invites, tickets, surveys, spend, margins,
outcomes, exposures.

Each row carries `known_at`, never before what it tells; what changes later comes as a later row with the same key.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from plg_orchestration.demo import product
from plg_orchestration.demo.columns import joined, labels, lookup, where
from plg_orchestration.demo.commerce import Version
from plg_orchestration.demo.lines import email_domains
from plg_orchestration.demo.planned import Plan
from plg_orchestration.demo.population import COUNTRY_NAMES, Population
from plg_orchestration.demo.randomness import DAY_MS, MINUTE_MS, NEVER, stream
from plg_orchestration.demo.sales import Outcome
from plg_orchestration.demo.sizes import Calendar
from plg_orchestration.demo.tables import table, times

_REGIONS = list(product.REGIONS)


def users(population: Population, calendar: Calendar) -> pa.Table:
    """One row per user, as exported when they signed up."""
    people, accounts = population.users, population.accounts
    invited = people.inviter >= 0
    channel = lookup(list(product.CHANNELS), accounts.channel[people.account])
    return pa.table(
        {
            "user_id": labels("u", np.arange(len(people))),
            "account_id": labels("a", people.account, 5),
            "signup_at": times(calendar, people.signup),
            "role": lookup(list(product.ROLES), people.role),
            "email_domain": email_domains(population),
            "country": lookup(COUNTRY_NAMES, people.country),
            "region": lookup(_REGIONS, accounts.region[people.account]),
            "language": lookup([product.LOCALES[name][:2] for name in COUNTRY_NAMES], people.country),
            "device": lookup(["desktop", "mobile"], people.mobile.astype(np.int8)),
            "acquisition_channel": where(invited, "referral", channel),
            "referred_by": where(invited, labels("u", np.maximum(people.inviter, 0)), None),
            "known_at": times(calendar, people.signup + 5000),
        }
    )


def accounts(population: Population, calendar: Calendar) -> pa.Table:
    """One row per account, as known minutes after its first sign-up."""
    rows = population.accounts
    residency = ["EU" if region == "EMEA" else "US" for region in _REGIONS]
    return pa.table(
        {
            "account_id": labels("a", np.arange(len(rows)), 5),
            "name": labels("Team ", np.arange(len(rows)), 5),
            "industry": lookup(list(product.INDUSTRIES), rows.industry),
            "employees": pa.array(rows.employees),
            "segment": lookup(list(product.SEGMENTS), rows.segment),
            "country": lookup(COUNTRY_NAMES, rows.country),
            "region": lookup(_REGIONS, rows.region),
            "residency_region": lookup(residency, rows.region),
            "signup_at": times(calendar, rows.signup),
            "acquisition_channel": lookup(list(product.CHANNELS), rows.channel),
            "known_at": times(calendar, rows.signup + 5000),
        }
    )


def subscriptions(versions: Sequence[Version], calendar: Calendar) -> pa.Table:
    """Each subscription when it started and again when it ended; `mrr` is per month, yearly contracts divided by twelve."""
    rows = sorted(versions, key=lambda v: (v.known, v.subscription, v.ended))
    cents = np.array([v.cents for v in rows], dtype=np.int64)
    whole, rest = np.divmod(cents, 100)
    started, ended, known = (np.array([getattr(v, name) for v in rows], dtype=np.int64) for name in ("started", "ended", "known"))
    return pa.table(
        {
            "subscription_id": labels("s", np.array([v.subscription - 1 for v in rows], dtype=np.int64), 5),
            "account_id": labels("a", np.array([v.account for v in rows], dtype=np.int64), 5),
            "plan": pa.array([v.plan for v in rows], pa.string()),
            "seats": pa.array([v.seats for v in rows], pa.int64()),
            "mrr": joined(pa.array(whole).cast(pa.string()), ".", labels("", rest - 1, 2)),
            "currency": pa.array(["USD"] * len(rows), pa.string()),
            "started_at": times(calendar, started),
            "ended_at": times(calendar, ended),
            "trial": pa.array([str(v.trial).lower() for v in rows], pa.string()),
            "billing_period": pa.array(["yearly" if v.yearly else "monthly" for v in rows], pa.string()),
            "known_at": times(calendar, known),
        }
    )


def invites(population: Population, calendar: Calendar) -> pa.Table:
    """Each invite when it was sent, and again when it was accepted."""
    rows, people = population.invites, population.users
    accepted = np.flatnonzero(rows.accepted < NEVER)
    which = np.concatenate([np.arange(len(rows)), accepted])
    again = np.arange(len(which)) >= len(rows)
    known = np.where(again, rows.accepted[which], rows.sent[which])
    order = np.argsort(known, kind="stable")
    which, again, known = which[order], again[order], known[order]
    region = population.accounts.region[people.account[rows.inviter[which]]]
    hashes = pa.array([hashlib.sha256(b"invitee %d" % number).hexdigest()[:24] for number in range(len(rows))], pa.string())
    return pa.table(
        {
            "invite_id": labels("i", which),
            "inviter_id": labels("u", rows.inviter[which]),
            "invitee_hash": hashes.take(pa.array(which)),
            "invitee_user_id": where(again & (rows.invitee[which] >= 0), labels("u", np.maximum(rows.invitee[which], 0)), None),
            "sent_at": times(calendar, rows.sent[which]),
            "accepted_at": times(calendar, np.where(again, rows.accepted[which], NEVER)),
            "opt_in_at": times(calendar, rows.opt_in[which]),
            "double_opt_in_at": times(calendar, rows.double_opt_in[which]),
            "region": lookup(_REGIONS, region),
            "known_at": times(calendar, known),
        }
    )


def tickets(population: Population, plan: Plan, calendar: Calendar) -> pa.Table:
    """Each ticket when it was opened, and again when it was closed."""
    rows = plan.tickets
    closed = np.flatnonzero(rows.closed < calendar.end_ms)
    which = np.concatenate([np.arange(len(rows.user)), closed])
    done = np.arange(len(which)) >= len(rows.user)
    known = np.where(done, rows.closed[which], rows.opened[which])
    order = np.argsort(known, kind="stable")
    which, done, known = which[order], done[order], known[order]
    rating = rows.satisfaction[which]
    return pa.table(
        {
            "ticket_id": labels("t", which, 5),
            "account_id": labels("a", population.users.account[rows.user[which]], 5),
            "user_id": labels("u", rows.user[which]),
            "opened_at": times(calendar, rows.opened[which]),
            "closed_at": times(calendar, np.where(done, rows.closed[which], NEVER)),
            "topic": lookup(["billing", "data", "sharing", "bug"], rows.topic[which]),
            "satisfaction": pa.array(rating, mask=~(done & (rating > 0))),
            "known_at": times(calendar, known),
        }
    )


def surveys(plan: Plan, calendar: Calendar) -> pa.Table:
    """One row per answer."""
    rows = plan.surveys
    return pa.table(
        {
            "survey_id": labels("q", np.arange(len(rows.user)), 5),
            "kind": lookup(["csat", "nps"], rows.nps.astype(np.int8)),
            "user_id": labels("u", rows.user),
            "score": pa.array(rows.score),
            "answered_at": times(calendar, rows.at),
            "known_at": times(calendar, rows.at + MINUTE_MS),
        }
    )


def spend(population: Population, calendar: Calendar, seed: int) -> pa.Table:
    """Marketing spend by channel and full calendar month, known three days after the month."""
    rng = stream(seed, "spend")
    months = sorted({calendar.date(day).replace(day=1) for day in range(calendar.days)})
    rows: list[tuple[object, ...]] = []
    for month in months[:-1]:
        first = (month - calendar.start).days
        after = (months[months.index(month) + 1] - calendar.start).days
        known = after + 2
        if known >= calendar.days:
            continue
        inside = (population.accounts.signup >= first * DAY_MS) & (population.accounts.signup < after * DAY_MS)
        counts = np.bincount(population.accounts.channel[inside], minlength=len(product.CHANNELS))
        for channel, count in zip(product.CHANNELS, counts.tolist(), strict=True):
            amount = product.SPEND_PER_SIGNUP[channel] * count * (0.9 + 0.2 * rng.random())
            rows.append((channel, month, f"{amount:.2f}", "USD", f"{calendar.date(known)}T06:00:00Z"))
    return table("channel, month, amount, currency, known_at", rows)


def finance(calendar: Calendar) -> pa.Table:
    """The gross margin of every full calendar month, known with the spend; nothing of it is drawn."""
    rows: list[tuple[object, ...]] = []
    for month, margin in gross_margins(calendar).items():
        after = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        rows.append((month, f"{margin:.3f}", f"{after + dt.timedelta(days=2)}T06:00:00Z"))
    return table("month, gross_margin, known_at", rows)


def gross_margins(calendar: Calendar) -> dict[dt.date, float]:
    """The planted gross margin by month, of the months that are known by the last day: it gains half a point a month."""
    months = sorted({calendar.date(day).replace(day=1) for day in range(calendar.days)})
    known = [month for month in months[1:] if (month - calendar.start).days + 2 < calendar.days]
    return {month: 0.78 + 0.005 * place for place, month in enumerate(months[: len(known)])}


def crm_outcomes(outcomes: Sequence[Outcome], calendar: Calendar) -> pa.Table:
    """One row per step of a lead."""
    at = np.array([row.at for row in outcomes], dtype=np.int64)
    return pa.table(
        {
            "outcome_id": labels("o", np.arange(len(outcomes)), 5),
            "decision_id": pa.nulls(len(outcomes), pa.string()),
            "user_id": labels("u", np.array([row.user for row in outcomes], dtype=np.int64)),
            "outcome": pa.array([row.outcome for row in outcomes], pa.string()),
            "reason": pa.array([row.reason or None for row in outcomes], pa.string()),
            "at": times(calendar, at),
            "origin": pa.array([row.origin for row in outcomes], pa.string()),
            "known_at": times(calendar, at + MINUTE_MS),
        }
    )
