"""The files themselves: the same bytes each time, every line accounted for, nothing known before it happened."""

import datetime as dt
import hashlib
import json
import math
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.demo import generate
from tests.demo.conftest import Made

STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d\.\d{3}Z")


class Keys(Exception):
    """A key stands twice in an object, or in two spellings."""


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
    if len({key.lower() for key, _ in items}) < len(items):
        raise Keys
    return dict(items)


def finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise OverflowError
    return float(text)


def is_time(value: object) -> bool:
    found = STAMP.fullmatch(value) if isinstance(value, str) else None
    try:
        return found is not None and bool(dt.date(*map(int, found.groups())))
    except ValueError:
        return False


def reason(line: bytes) -> str | None:  # noqa: PLR0911
    """Why a line cannot be accepted, by Python's own JSON parser; None when it can."""
    if b"\x00" in line:
        return "encoding"
    try:
        call = json.loads(line.decode(), object_pairs_hook=pairs, parse_float=finite, parse_constant=finite)
    except UnicodeDecodeError:
        return "encoding"
    except Keys:
        return "keys"
    except OverflowError:
        return "number"
    except json.JSONDecodeError:
        return "json_syntax"
    if not isinstance(call, dict):
        return "not_an_object"
    named = call.get("event") if call.get("type") == "track" else "a call"
    who = [call[key] for key in ("userId", "anonymousId") if key in call] + [call.get("context", {}).get("groupId", "")]
    if not call.get("messageId") or not named or not any(who):
        return "missing"
    if not all(isinstance(value, str) for value in (call["messageId"], named, *who)):
        return "type"
    return None if is_time(call["timestamp"]) and is_time(call["receivedAt"]) else "time"


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("two", 5), ("other", 6)):
        generate(tmp_path / name, users=300, days=40, seed=seed)
    one, two, other = (digests(tmp_path / name) for name in ("one", "two", "other"))
    assert len(one) == 40 + 14 + 3
    assert one == two
    assert {name for name in one if one[name] == other[name]} <= {
        "plg.yaml", "data/finance.csv", "data/vendors.csv", "data/vulnerabilities.csv", "data/governance_records.csv",
    }  # fmt: skip


def test_every_line_of_every_file_is_what_the_truth_says(small: Made) -> None:
    seen: dict[str, bytes] = {}
    for name, truth in small.truth.files.items():
        lines = (small.folder / "data" / name).read_bytes().split(b"\n")
        assert lines.pop() == b""
        counts: Counter[str] = Counter()
        late = 0
        for line in lines:
            why = "blank" if not line else reason(line)
            if why is None:
                call = json.loads(line)
                before = seen.setdefault(call["messageId"], line)
                if before is not line:
                    why = "duplicate" if before == line else "conflict"
                else:
                    late += call["receivedAt"][:10] > call["timestamp"][:10]
                    assert call["receivedAt"][:10] == name[-16:-6]
            counts[why or "accepted"] += 1
        blank, duplicates, accepted = (counts.pop(key, 0) for key in ("blank", "duplicate", "accepted"))
        assert (len(lines), accepted, duplicates, blank, late) == (
            truth.lines, truth.accepted, truth.duplicates, truth.blank, truth.late,
        ), name  # fmt: skip
        assert dict(counts) == truth.quarantined, name
        assert truth.lines == truth.accepted + truth.duplicates + truth.blank + sum(truth.quarantined.values())


def test_every_kind_of_flaw_occurs(demo: Made) -> None:
    totals = demo.truth.totals
    assert set(totals.quarantined) == {
        "json_syntax", "not_an_object", "missing", "type", "number", "encoding", "keys", "time", "conflict",
    }  # fmt: skip
    assert min(totals.quarantined.values()) >= 10
    assert totals.late > 500
    assert totals.duplicates > 300
    assert totals.blank > 10
    assert totals.lines == sum(file.lines for file in demo.truth.files.values())


def test_truth_on_disk_is_the_truth_returned(small: Made) -> None:
    written = json.loads((small.folder / "truth.json").read_text())
    assert written["totals"]["lines"] == small.truth.totals.lines
    assert written["champion_churn"] == [vars(loss) for loss in small.truth.champion_churn]
    assert set(written["files"]) == set(small.truth.files)


@pytest.mark.parametrize(
    "name",
    [
        "users", "accounts", "subscriptions", "invites", "tickets", "surveys", "spend", "finance", "crm_outcomes", "exposures",
        "vendors", "vulnerabilities", "uptime", "governance_records",
    ],
)  # fmt: skip
def test_nothing_is_known_before_it_happened(demo: Made, name: str) -> None:
    rows = demo.csv(name)
    last = pd.Timestamp(demo.truth.last_day, tz="UTC") + pd.Timedelta(days=1)
    assert len(rows) > 0
    assert rows["known_at"].between(pd.Timestamp(demo.truth.start, tz="UTC"), last).all()
    happened = [column for column in rows.columns if column.endswith("_at") and column not in {"known_at", "due_at"}]
    for column in [*happened, *({"at", "day", "month"} & set(rows.columns))]:
        told = rows[column].notna()
        assert (rows["known_at"][told] >= rows[column][told]).all(), column


def test_the_margin_of_every_full_month_is_the_planted_one(demo: Made) -> None:
    rows = demo.csv("finance")
    assert {f"{month:%Y-%m-%d}": margin for month, margin in zip(rows["month"], rows["gross_margin"], strict=True)} == {
        month: round(margin, 3) for month, margin in demo.truth.gross_margin.items()
    }
    assert set(demo.csv("spend")["month"]) == set(rows["month"])


def test_history_as_parquet_holds_the_accepted_lines(tmp_path: Path) -> None:
    lines = generate(tmp_path / "lines", users=300, days=30, seed=2)
    both = generate(tmp_path / "both", users=300, days=30, seed=2, events="parquet")
    history = pd.concat(pd.read_parquet(path) for path in sorted((tmp_path / "both/data/history").glob("*.parquet")))
    days = sorted(name for name in lines.files if name.startswith("events/"))[:27]
    accepted = [
        json.loads(line)
        for name in days
        for line in (tmp_path / "lines/data" / name).read_bytes().split(b"\n")
        if line and reason(line) is None
    ]
    first = {call["messageId"]: call for call in reversed(accepted)}
    assert set(history["event_id"]) == set(first)
    assert len(history) == len(first) == sum(lines.files[name].accepted for name in days)
    row = history[history["event"] == "Report Created"].iloc[0]
    call = first[row["event_id"]]
    assert (row["user_id"], row["account_id"]) == (call["userId"], call["context"]["groupId"])
    assert row["event_at"] == pd.Timestamp(call["timestamp"])
    assert json.loads(row["properties"]) == call["properties"]
    assert [name for name in both.files if name.startswith("events/")] == [f"events/2025-01-{day}.jsonl" for day in (28, 29, 30)]
    assert "last_day: 2025-01-27" in (tmp_path / "both/history.yaml").read_text()


@pytest.mark.parametrize(("argument", "value"), [("size", "XL"), ("users", 20), ("days", 7)])
def test_unusable_arguments_are_named(tmp_path: Path, argument: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{argument}: .*{value}"):
        generate(tmp_path / "none", **{argument: value})  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


def test_users_asked_for_are_the_users_there(small: Made) -> None:
    assert list(small.csv("users")["user_id"]) == [f"u{number:06d}" for number in range(1, 701)]
    assert small.truth.base.accounts == len(small.csv("accounts"))


def test_the_workspace_file_loads_and_names_every_event(demo: Made, events: pd.DataFrame) -> None:
    from plg_orchestration.config.load import load_workspace

    workspace = load_workspace(demo.folder / "plg.yaml")
    mapped = {entry.event for entries in workspace.roles.values() for entry in entries}
    seen = set(events["event"])
    assert mapped <= seen
    assert seen - mapped == {"Digest Delivered"} & seen
    assert workspace.last_day == dt.date.fromisoformat(demo.truth.last_day)
    assert all(source.files(demo.folder) for source in workspace.sources.values())
