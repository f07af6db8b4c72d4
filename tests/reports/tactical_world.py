"""What the tactical report reads beside the executive one, made by hand: a row or a few in each table."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from plg_orchestration.warehouse import Warehouse

DAY = dt.date(2025, 8, 31)
MONDAY, AUGUST = dt.date(2025, 8, 18), dt.date(2025, 8, 1)
ASSUMED = '{"months": 12, "figures": [{"name": "mrr", "value": 18240.5, "unit": "usd"}], "held": ["prices stay."]}'
Put = Callable[[Warehouse, str, list[dict[str, Any]]], None]


def fill_tactical(warehouse: Warehouse, put: Put) -> None:
    _judged(warehouse, put)
    _cohorts(warehouse, put)
    _plays(warehouse, put)


def _judged(warehouse: Warehouse, put: Put) -> None:
    week = {"as_of": DAY, "segment": "all", "period": "week", "period_start": MONDAY}
    put(
        warehouse,
        "kpis.trends",
        [
            {
                **week,
                "group_name": "activation",
                "metric": "activation_rate",
                "label": "activation_rate",
                "current": 24.3,
                "previous": 22.8,
                "target": 25.0,
                "distance_to_target": -0.7,
                "trend_wow": 1.5,
                "trend_unit": "points",
                "within_week": True,
                "unit": "percent",
                "history_percentile": 62.5,
                "history_n": 8,
                "dashboard": True,
                "place": 0,
            },
            {
                **week,
                "group_name": "engagement",
                "metric": "wau",
                "label": "weekly_active_users",
                "reason": "no event",
                "unit": "users",
                "dashboard": True,
                "place": 1,
            },
        ],
    )
    put(
        warehouse,
        "kpis.alerts",
        [
            {
                **week,
                "alert_id": "a1",
                "rule": "activation_low",
                "kind": "level",
                "kpi": "activation_rate",
                "value": 24.3,
                "threshold": 25.0,
                "severity": "high",
                "owner": "team:growth",
                "lagging_kpi": "free_to_paid_conversion",
                "state": "open",
                "since": MONDAY,
                "evidence": "24.3 % of 400 <signups>, wanted 25 %",
                "n": 400,
                "unit": "percent",
            },
            {
                **week,
                "alert_id": "a2",
                "rule": "churn",
                "kind": "anomaly",
                "kpi": "fake_account_ratio",
                "value": 1.2,
                "expected_low": 0.1,
                "expected_high": 2.0,
                "severity": "warn",
                "owner": "team:security",
                "state": "suppressed",
                "state_reason": "chance explains it",
                "since": MONDAY,
                "evidence": "5 of 400",
                "n": 400,
                "unit": "percent",
            },
        ],
    )
    base = {"as_of": DAY, "week_start": MONDAY, "owner": "team:growth", "currency": "USD", "unit": "percent"}
    put(
        warehouse,
        "kpis.weekly_review",
        [
            {
                **base,
                "kind": "layer",
                "layer": "activation",
                "label": "Activation",
                "place": 4,
                "metric_place": 0,
                "kpi": "activation_rate",
                "segment": "all",
                "value": 24.3,
                "p50": 30.0,
                "leak": 812.0,
                "money_at_stake": 14_000.0,
                "affected_accounts": 91,
                "leakiest": True,
                "change_since_last_week": -35.0,
            },
            {
                **base,
                "kind": "layer",
                "layer": "retention",
                "label": "Retention",
                "place": 5,
                "metric_place": 0,
                "segment": "all",
                "leakiest": False,
                "reason": "no median is published",
            },
            {
                **base,
                "kind": "metric",
                "layer": "activation",
                "label": "Activation",
                "place": 4,
                "metric_place": 1,
                "kpi": "activation_rate",
                "segment": "smb",
                "value": 21.87,
                "p50": 25.0,
                "leak": 400.0,
                "affected_accounts": 60,
            },
        ],
    )
    put(
        warehouse,
        "kpis.reviews",
        [
            {
                "as_of": DAY,
                "forum": "review",
                "cadence": "weekly",
                "due": True,
                "due_on": dt.date(2025, 9, 1),
                "kpi": "activation_rate",
                "segment": "all",
                "owner": "team:growth",
                "current": 24.3,
                "unit": "percent",
                "target": 25.0,
                "standing": "p25_p50",
            },
        ],
    )
    put(
        warehouse,
        "kpis.restatements",
        [
            {
                "as_of": DAY,
                "kpi": "activation_rate",
                "period": "week",
                "period_start": MONDAY,
                "segment": "all",
                "published_on": dt.date(2025, 8, 30),
                "published_value": 23.9,
                "value_now": 24.3,
                "change": 0.4,
                "unit": "percent",
                "late_rows": 17,
                "cause": "late_events",
                "evidence": "17 events of 1 file, received 2025-08-31",
                "material": False,
            },
        ],
    )
    revised = {"dimension": "", "dimension_value": "", "same_definition": True, "kpi": "activation_rate", "period": "week"}
    put(
        warehouse,
        "kpis.revisions",
        [
            {"as_of": day, "revision": 1, "period_start": MONDAY, "segment": "all", "published_value": 23.5, "value_now": 23.9,
             **revised}
            for day in (DAY - dt.timedelta(days=1), DAY - dt.timedelta(days=92))
        ],
    )  # fmt: skip
    put(
        warehouse,
        "kpis.claims",
        [
            {
                "as_of": DAY,
                "claim": "fast",
                "place": 1,
                "statement": "users who act within 7 days convert 5 × as often",
                "published_low": 5.0,
                "value": 3.1,
                "ci_low": 2.2,
                "ci_high": 4.4,
                "unit": "ratio",
                "n": 800,
                "source": "PLG strategy guide",
                "verdict": "does_not_hold",
                "reason": "the interval ends below 5",
            },
        ],
    )
    put(
        warehouse,
        "kpis.what_if",
        [
            {
                "as_of": DAY,
                "lever": "activation",
                "change": 10.0,
                "base_arr": 218_886.0,
                "arr_effect": 9_300.0,
                "ci_low": 2_100.0,
                "ci_high": 17_000.0,
                "effect_percent": 4.2,
                "published_low": 15.0,
                "published_high": 20.0,
                "assumptions": ASSUMED,
                "currency": "USD",
            },
        ],
    )
    put(
        warehouse,
        "kpis.history",
        [
            {
                "as_of": DAY,
                "kpi": "activation_rate",
                "period": "week",
                "period_start": MONDAY - dt.timedelta(days=7 * i),
                "segment": "all",
                "value": 20.0 + i,
                "unit": "percent",
                "mature_share": 1.0,
                "n": 90,
                "definition_hash": "abc" if i < 4 else "older",
            }
            for i in range(8)
        ]
        + [
            {
                "as_of": DAY,
                "kpi": "support_deflection",
                "period": "week",
                "period_start": MONDAY - dt.timedelta(days=7 * i),
                "segment": segment,
                "value": 88.0 - i,
                "unit": "percent",
                "mature_share": 1.0,
                "n": 90,
                "ci_low": 80.0 - i,
                "ci_high": 93.0 - i,
                "definition_hash": "d",
            }
            for i in range(4)
            for segment in ("all", "smb")
        ],
    )
    put(
        warehouse,
        "kpis.snapshot",
        [
            {
                "as_of": DAY,
                "kpi": kpi,
                "period": "month",
                "period_start": AUGUST,
                "segment": "all",
                "dimension": "channel",
                "dimension_value": channel,
                "value": value,
                "n": 120,
                "unit": unit,
                "mature_share": 1.0,
            }
            for channel, scale in (("organic_search", 1.0), ("paid_search", 2.5))
            for kpi, value, unit in (("signups", 120 * scale, "users"), ("cac_by_channel", 87.5 * scale, "usd"))
        ]
        + [
            {
                "as_of": DAY,
                "kpi": "signups",
                "period": "month",
                "period_start": AUGUST,
                "segment": "all",
                "dimension": "device",
                "dimension_value": f"device {i}",
                "value": float(i),
                "n": i,
                "unit": "users",
                "mature_share": 1.0,
            }
            for i in range(15)
        ],
    )


def _cohorts(warehouse: Warehouse, put: Put) -> None:
    steps = (("signed up", 400, None), ("set up", 240, 0.6), ("activated", 60, 0.25))
    put(
        warehouse,
        "cohorts.funnel",
        [
            {
                "as_of": DAY,
                "funnel": "signup_to_paid",
                "unit": "user",
                "dimension": dimension,
                "dimension_value": value,
                "step": i + 1,
                "name": name,
                "ordering": "ordered",
                "window_days": 30.0,
                "entrants": n,
                "mature_entrants": n,
                "rate_from_first": n / 400,
                "ci_low": 0.1,
                "ci_high": 0.9,
                "rate_from_previous": rate,
                "from_previous_p50": None if rate is None else 5400.0,
                "immature_share": 0.25,
            }
            for dimension, value in (("all", "all"), ("channel", "referral"))
            for i, (name, n, rate) in enumerate(steps)
        ],
    )
    put(
        warehouse,
        "behavior.milestones",
        [
            {
                "received_date": DAY,
                "unit": "user",
                "unit_id": f"u{i}",
                "role": role,
                "item": "",
                "times": 1,
                "first_at": dt.datetime(2025, 8, 1, 9) + dt.timedelta(hours=hours),
            }
            for i in range(10)
            for role, hours in (("signup", 0), ("activation", 3 if i < 4 else 30))
            if role == "signup" or i < 6
        ],
    )
    put(
        warehouse,
        "cohorts.retention",
        [
            {
                "as_of": DAY,
                "unit": "user",
                "entry": "first_time",
                "mode": "unbounded",
                "clock": "calendar",
                "period": "week",
                "cohort": dt.date(2025, 8, 4),
                "size": 50,
                "index": index,
                "retained": 40,
                "rate": 0.8 / index,
                "mature": True,
            }
            for index in (1, 2)
        ],
    )
    put(
        warehouse,
        "cohorts.lifecycle",
        [
            {
                "as_of": DAY,
                "unit": "user",
                "period": "week",
                "period_start": MONDAY,
                "status": status,
                "users": users,
                "complete": True,
            }
            for status, users in (("new", 30), ("returning", 200), ("dormant", 11))
        ],
    )
    put(
        warehouse,
        "cohorts.onboarding",
        [
            {
                "as_of": DAY,
                "unit": "user",
                "step": 1,
                "name": "Workspace <created>",
                "signups": 400,
                "mature_signups": 380,
                "completed": 350,
                "rate": 350 / 380,
                "ci_low": 0.89,
                "ci_high": 0.95,
            },
        ],
    )
    put(
        warehouse,
        "cohorts.dropoff",
        [
            {
                "as_of": DAY,
                "unit": "user",
                "day": 1,
                "signups": 400,
                "mature_signups": 390,
                "waiting": 200,
                "lost": 90,
                "dropoff": 0.45,
                "ci_low": 0.38,
                "ci_high": 0.52,
                "published": 0.5,
                "verdict": "below",
                "cause": "onboarding overload",
            },
        ],
    )
    put(
        warehouse,
        "cohorts.friction",
        [
            {
                "as_of": DAY,
                "step": 2,
                "name": "set up",
                "reached": 400,
                "completed": 240,
                "lost": 160,
                "share_lost": 0.4,
                "effect": 0.5,
                "effect_low": 0.4,
                "effect_high": 0.6,
                "score": 80.0,
                "rank": 1,
                "basis": "observational",
                "sentence": "160 of 400 went no further.",
            },
        ],
    )
    put(
        warehouse,
        "cohorts.gates",
        [
            {
                "as_of": DAY,
                "kind": "gate",
                "item": "seats",
                "bucket": "all",
                "place": 1,
                "window_days": 7,
                "exposed": 50,
                "mature_exposed": 40,
                "converted": 8,
                "rate": 0.2,
                "ci_low": 0.1,
                "ci_high": 0.35,
                "compared_with": "others",
                "difference": 0.05,
                "difference_low": -0.02,
                "difference_high": 0.12,
            },
            {
                "as_of": DAY,
                "kind": "nudge",
                "item": "any",
                "bucket": "shown to clicked",
                "place": 1,
                "window_days": 1,
                "exposed": 4,
                "mature_exposed": 4,
                "converted": 1,
                "reason": "a rate needs 10",
            },
        ],
    )
    put(
        warehouse,
        "cohorts.viral",
        [
            {
                "as_of": DAY,
                "window_days": 30,
                "form": "playbook",
                "users": 900,
                "inviters": 80,
                "invites": 140,
                "invitees_activated": 28,
                "invites_each": 1.75,
                "conversion": 0.2,
                "k": 0.35,
                "ci_low": 0.26,
                "ci_high": 0.41,
            },
        ],
    )


def _plays(warehouse: Warehouse, put: Put) -> None:
    put(
        warehouse,
        "cohorts.plays",
        [
            {
                "as_of": DAY,
                "play_id": f"p{i}",
                "play": "activation_rescue",
                "unit": "user",
                "unit_id": f"u{i}",
                "channel": "email",
                "owner": "team:growth",
                "holdout": i == 0,
                "status": "live" if i < 3 else "queued",
            }
            for i in range(5)
        ],
    )
    put(
        warehouse,
        "cohorts.play_results",
        [
            {
                "as_of": DAY,
                "play": "activation_rescue",
                "cohort": "all",
                "arm": "play",
                "n": 20,
                "mature_n": 12,
                "succeeded": 3,
                "rate": 0.25,
                "ci_low": 0.09,
                "ci_high": 0.53,
                "difference": 0.1,
                "difference_low": -0.1,
                "difference_high": 0.3,
                "verdict": "too_little_data",
            },
        ],
    )
    put(
        warehouse,
        "cohorts.segments",
        [
            {
                "as_of": DAY,
                "unit": "user",
                "unit_id": f"u{i}",
                "account_id": "a",
                "segment": "high_touch" if i < 1 else "tech_touch",
            }
            for i in range(4)
        ],
    )
