"""Nine nights in a row of a made-up product: what no night may ever break, whatever comes due."""

import datetime as dt
import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from plg_orchestration.warehouse import Warehouse
from tests.cohorts.plays_nights import DAY, Nights, policy

D0, NIGHTS, USERS = dt.date(2025, 3, 10), 9, 160
QUICK = {name: {"runs_days": 2, "cooldown_days": 4, "max_attempts": 2} for name in policy().catalog}
"""So that nine nights see plays end, cool down and begin again."""
CHOSEN = policy(
    catalog={**QUICK, "human_escalation": {"runs_days": 2, "cooldown_days": 4}},
    guardrail={"daily_caps_by_actor": {"human": 8}, "daily_caps_by_channel": {"email": 6}, "agent_attempts": 2},
)
Rows = list[dict[str, Any]]


def put_all(nights: Nights, *, order: int = 0) -> None:
    """Scores, segments, leads and days of people in accounts of four, drawn with a fixed seed per person."""
    scores, segments, days, leads, reached, tickets = [], [], [], [], [], []
    for number in range(USERS):
        draw = random.Random(number)
        user, account = f"u{number}", f"a{number // 4}"
        signup = D0 - dt.timedelta(days=draw.randrange(-25, 8))
        activates = signup + dt.timedelta(days=draw.randrange(1, 30)) if draw.random() < 0.4 else None
        if activates:
            reached.append((user, "activation", f"{activates}T10:00", ""))
        for night in range(NIGHTS):
            day = D0 + night * DAY
            age = (day - signup).days
            done = activates is not None and activates <= day
            if 2 <= age <= 20 and not done:
                scores.append({
                    "as_of": day, "user_id": user, "account_id": account, "age_hours": 24.0 * age,
                    "score": 1.0 * draw.randrange(60), "threshold": 60.0, "triggered": True, "high_potential": number % 17 == 0,
                })  # fmt: skip
            if age >= 0:
                segments.append({
                    "as_of": day, "unit": "user", "unit_id": user, "account_id": account, "zombie": not done,
                    "signup_at": dt.datetime.combine(signup, dt.time(9)),
                })  # fmt: skip
            if number % 4 == 0:
                segments.append({
                    "as_of": day, "unit": "account", "unit_id": account, "account_id": account, "champion_user_id": user,
                    "segment": "high_touch" if number % 3 == 0 else "tech_touch", "power_user_island": number % 5 == 0,
                    "champion_silent": number % 8 == 0 and night > 3, "champion_share": 0.9, "active_users": 2,
                    "champion_silent_days": 3,
                })  # fmt: skip
            if draw.random() < 0.1 and age >= 0:
                days.append((user, day, account, draw.random() < 0.4, 3 * (draw.random() < 0.2)))
            if draw.random() < 0.01 and age >= 0:
                tickets += [(user, f"{day}T09:00"), (user, f"{day}T09:30")]
            if number % 6 < 2 and age > 5:
                leads.append({
                    "as_of": day, "user_id": user, "account_id": account, "score": 70.0, "percentile": 98.0, "qualified": True,
                    "holdout": number % 24 == 0,
                })  # fmt: skip
    for rows in (scores, segments, leads, days):
        random.Random(order).shuffle(rows)
    nights.put("cohorts.activation_scores", scores)
    nights.put("cohorts.segments", segments)
    nights.put("pql.decisions", leads)
    nights.put("behavior.user_days", [
        {"received_date": day, "event_date": day, "user_id": user, "account_id": account, "events": 1, "qualifying_events": 1,
         "core_events": 1, "limit_hits": int(limit), "errors_shown": errors, "help_views": 2 * errors}
        for user, day, account, limit, errors in days
    ])  # fmt: skip
    nights.put("behavior.milestones", [
        {"received_date": dt.date.fromisoformat(when[:10]), "unit": "user", "unit_id": user, "role": role, "item": item,
         "first_at": dt.datetime.fromisoformat(when)} for user, role, when, item in reached
    ])  # fmt: skip
    nights.put("ingest.tickets", [
        {"ticket_id": f"{user} {when}", "user_id": user, "opened_at": dt.datetime.fromisoformat(when),
         "known_at": dt.datetime.fromisoformat(when), "known_date": dt.date.fromisoformat(when[:10])} for user, when in tickets
    ])  # fmt: skip


def run(folder: Path) -> tuple[list[Rows], list[Rows]]:
    with Warehouse.open(folder) as warehouse:
        nights = Nights(warehouse, CHOSEN)
        put_all(nights)
        days = [D0 + n * DAY for n in range(NIGHTS)]
        first = [nights.night(day) for day in days]
        again = [nights.night(day) for day in (days[4], days[8])]
        assert again == [first[4], first[8]], "a past day is computed again to the same rows"
        return first, [nights.queue(day) for day in days]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Rows], list[Rows]]:
    return run(tmp_path_factory.mktemp("plays"))


def live(rows: Rows) -> Rows:
    return [row for row in rows if row["status"] == "live"]


def test_every_play_and_every_status_occurs(history: tuple[list[Rows], list[Rows]]) -> None:
    rows = [row for night in history[0] for row in night]
    assert {row["play"] for row in live(rows)} == set(CHOSEN.catalog)
    assert {row["status"] for row in rows} == {"live", "queued", "suppressed"}
    assert {row["holdout"] for row in live(rows)} == {True, False}
    assert any(row["handover"] for row in rows)
    assert any("interrupted" in (row["suppressed_reason"] or "") for row in rows)


def test_no_person_and_no_account_ever_has_two_live_plays(history: tuple[list[Rows], list[Rows]]) -> None:
    for night in history[0]:
        people = [row["contact_id"] for row in live(night) if row["contact_id"]]
        accounts = [row["unit_id"] for row in live(night) if row["unit"] == "account"]
        assert len(people) == len(set(people))
        assert len(accounts) == len(set(accounts))


def test_nobody_is_addressed_within_a_cooldown_or_the_quiet_days(history: tuple[list[Rows], list[Rows]]) -> None:
    catalog, quiet = CHOSEN.catalog, CHOSEN.quiet_days
    of_play, of_person = defaultdict[Any, list[dt.date]](list), defaultdict[Any, list[tuple[dt.date, str]]](list)
    for night, queue in zip(*history, strict=True):
        begun = [row for row in live(night) if row["started_on"] == row["as_of"]]
        assert sorted(row["play_id"] for row in queue) == sorted(row["play_id"] for row in begun if not row["holdout"])
        for row in begun:
            of_play[row["play"], row["unit_id"]].append(row["as_of"])
            of_person[row["contact_id"]].append((row["as_of"], row["play"]))
    for (play, _), starts in of_play.items():
        assert all((b - a).days >= catalog[play].cooldown_days for a, b in pairwise(starts))
        assert len(starts) <= catalog[play].max_attempts
    for starts in of_person.values():
        for (before, _), (after, play) in pairwise(starts):
            assert (after - before).days >= quiet or catalog[play].interrupts


def test_caps_hold_on_every_night(history: tuple[list[Rows], list[Rows]]) -> None:
    for queue in history[1]:
        assert len([row for row in queue if row["actor"] == "human"]) <= 8
        assert len([row for row in queue if row["channel"] == "email"]) <= 6
        assert [row["place"] for row in queue] == list(range(1, len(queue) + 1))
        assert [row["priority"] for row in queue] == sorted(row["priority"] for row in queue)


def test_an_agent_never_runs_what_is_kept_for_people(history: tuple[list[Rows], list[Rows]]) -> None:
    kept = set(CHOSEN.guardrail.human_only)
    for night in history[0]:
        assert all(row["actor"] == "human" for row in night if row["play"] in kept)
        assert all((row["actor"] == "human") == (row["channel"] == "human") for row in night)


def test_keys_are_unique_and_ids_stay_while_a_play_runs(history: tuple[list[Rows], list[Rows]]) -> None:
    ids: dict[Any, Any] = {}
    for night in history[0]:
        assert len({row["play_id"] for row in night}) == len(night)
        for row in live(night):
            run = (row["play"], row["unit_id"], row["started_on"])
            assert ids.setdefault(row["play_id"], run) == run


def test_order_of_arrival_and_unrelated_users_change_nothing(tmp_path: Path, history: tuple[list[Rows], list[Rows]]) -> None:
    """The caps are the one thing that people share, so the stranger here comes due for nothing."""
    with Warehouse.open(tmp_path) as warehouse:
        nights = Nights(warehouse, CHOSEN)
        put_all(nights, order=5)
        nights.did("stranger", D0, account="elsewhere", core_events=3)
        for n in range(2):
            assert nights.night(D0 + n * DAY) == history[0][n]
