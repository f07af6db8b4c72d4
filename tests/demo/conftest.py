"""Two generated worlds: the demo as it is shipped, and a small one with which files can be read line by line."""

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.behavior import queries as behavior
from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.signup.queries import signup_cohorts
from plg_orchestration.config import Workspace, load_workspace, write_config_tables
from plg_orchestration.demo import Truth, generate
from plg_orchestration.ingest import ingest_files
from plg_orchestration.warehouse import Warehouse, table


@dataclass(frozen=True)
class Made:
    """A generated workspace and its truth."""

    folder: Path
    truth: Truth

    def csv(self, name: str) -> pd.DataFrame:
        rows = pd.read_csv(self.folder / "data" / f"{name}.csv", keep_default_na=False, na_values=[""])
        for column in rows.columns:
            if column.endswith("_at") or column in {"at", "day", "month"}:
                rows[column] = pd.to_datetime(rows[column], utc=True, format="ISO8601")
        return rows


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("demo")
    return Made(folder, generate(folder))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("small")
    return Made(folder, generate(folder, users=700, days=110, seed=3))


@pytest.fixture(scope="session")
def events(demo: Made) -> pd.DataFrame:
    """Every readable track line once: user, account, event, at, received, properties."""
    rows: list[tuple[object, ...]] = []
    for path in sorted((demo.folder / "data" / "events").glob("*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            try:
                call = json.loads(line)
            except ValueError:
                continue
            if not isinstance(call, dict) or call.get("type") != "track" or not isinstance(call.get("userId"), str):
                continue
            if not isinstance(call.get("event"), str):
                continue
            account, properties = call["context"]["groupId"], call["properties"]
            rows.append(
                (call["messageId"], call["userId"], account, call["event"], call["timestamp"], call["receivedAt"], properties)
            )
    frame = pd.DataFrame(rows, columns=["id", "user_id", "account_id", "event", "at", "received", "properties"])
    for column in ("at", "received"):
        frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601", errors="coerce")
    return frame.dropna(subset=["at", "received"]).drop_duplicates("id").reset_index(drop=True)


@pytest.fixture(scope="session")
def workspace(demo: Made, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("found")
    shutil.copy(demo.folder / "plg.yaml", folder)
    (folder / "data").symlink_to(demo.folder / "data")
    return load_workspace(folder)


@pytest.fixture(scope="session")
def last(workspace: Workspace) -> AsOf:
    assert workspace.last_day is not None
    return workspace.as_of(workspace.last_day)


@pytest.fixture(scope="session")
def warehouse(workspace: Workspace, last: AsOf) -> Iterator[Warehouse]:
    """Everything taken in, rolled up from the first day to the last in one go."""
    span = [workspace.start, last.date]
    with Warehouse.open(workspace.state) as opened:
        write_config_tables(opened, workspace)
        ingest_files(opened, workspace, through=last.date)
        days = [span[0] + dt.timedelta(days=n) for n in range((span[1] - span[0]).days + 1)]
        for name in ("user_days", "user_features", "step_events", "milestones"):
            build = getattr(behavior, name)
            opened.publish_spans(
                table(f"behavior.{name}"), lambda first, _, build=build: build(as_of=last, first=first), days
            )  # fmt: skip
        opened.publish(table("cohorts.signup_cohorts"), lambda _: signup_cohorts(as_of=last), [last.date])
        yield opened
