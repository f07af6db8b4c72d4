"""What is said of an alert: its values as every receiver gets them, and the same in words.

How a message travels is in `channels.py` and `mail.py`.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from plg_orchestration.kpis.alerts.series import shown
from plg_orchestration.sending.deliveries import Delivery

TOLD = (
    "alert_id", "as_of", "state", "state_reason", "severity", "rule", "kind", "kpi", "segment", "period", "period_start", "value",
    "unit", "threshold", "previous", "expected_low", "expected_high", "n", "owner", "lagging_kpi", "since", "first_seen",
    "evidence",
)  # fmt: skip
TYPE = "kpis.alert"
MARKS = {"high": ":red_circle:", "warn": ":large_orange_circle:", "info": ":large_blue_circle:"}


def message_of(row: Mapping[str, Any], *, workspace: str) -> dict[str, object]:
    """The alert as plain values, dates in ISO 8601."""
    told = {name: row[name] for name in TOLD}
    plain = {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in told.items()}
    return {"workspace": workspace, **plain}


def title_of(message: Mapping[str, object]) -> str:
    """One line: how severe, what, and in which state."""
    kpi = str(message["kpi"]).replace("_", " ")
    whom = "" if message["segment"] == "all" else f" ({str(message['segment']).replace('_', '-')})"
    return f"[{message['severity']}] {kpi}{whom}: {message['state']} in {message['workspace']}"


def facts_of(message: Mapping[str, object]) -> dict[str, str]:
    """What stands below the sentence, by its label."""
    unit = str(message["unit"])
    low, high = message["expected_low"], message["expected_high"]
    facts = {"Owner": str(message["owner"]), "At stake": str(message["lagging_kpi"]).replace("_", " ")}
    if message["threshold"] is not None:
        facts["Limit"] = shown(float(str(message["threshold"])), unit)
    if low is not None and high is not None:
        facts["95 % range"] = f"{shown(float(str(low)), unit)} to {shown(float(str(high)), unit)}"
    return {**facts, "Since": str(message["since"]), "Rule": str(message["rule"]), "Alert": str(message["alert_id"])}


def sentence_of(message: Mapping[str, object]) -> str:
    """The evidence, and why the alert is in its state where that needs saying."""
    reason = message["state_reason"]
    return f"{message['evidence']}." + (f" {str(reason)[:1].upper()}{str(reason)[1:]}." if reason else "")


def text_of(message: Mapping[str, object]) -> str:
    """The message as plain text."""
    facts = "\n".join(f"{label}: {value}" for label, value in facts_of(message).items())
    answer = f"\n\nTo answer: plg acknowledge {message['alert_id']} --by NAME --note TEXT" if message["state"] == "open" else ""
    return f"{title_of(message)}\n\n{sentence_of(message)}\n\n{facts}{answer}\n"


def slack_of(delivery: Delivery) -> dict[str, object]:
    """The body of an incoming webhook of Slack: a line for notifications, and blocks."""
    message = delivery.content
    mark = MARKS[str(message["severity"])] if message["state"] == "open" else ":white_check_mark:"
    fields = [{"type": "mrkdwn", "text": f"*{label}*\n{_escaped(value)}"} for label, value in facts_of(message).items()]
    return {
        "text": _escaped(title_of(message)),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"{mark} *{_escaped(title_of(message))}*"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": _escaped(sentence_of(message))}},
            {"type": "section", "fields": fields},
        ],
    }


def webhook_of(delivery: Delivery) -> dict[str, object]:
    """The body of a signed webhook."""
    return {"type": TYPE, "alert": dict(delivery.content), "idempotency_key": delivery.key}


def _escaped(text: str) -> str:
    """Slack reads three characters as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
