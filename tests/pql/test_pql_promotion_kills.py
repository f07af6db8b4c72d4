"""Kills across a change of champion: alias, ledger and table name the old or a fully passed version, and a rerun mends."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import plg_orchestration
from plg_orchestration.clock import AsOf
from plg_orchestration.failpoints import VARIABLE, InjectedFault, failpoint
from plg_orchestration.pql.promotion import champion, ledger, people, pointers
from plg_orchestration.pql.promotion.approvals import Approval
from plg_orchestration.pql.promotion.champion import champion_on, routing_models
from plg_orchestration.pql.promotion.ledger import entries_of, standing
from plg_orchestration.pql.promotion.people import approve, roll_back
from plg_orchestration.pql.training.artifacts import MODEL_FILE
from plg_orchestration.tracking import Tracking, open_tracking, outcomes, registry, repeat_entries
from plg_orchestration.tracking.registry import VERSION
from plg_orchestration.tracking.store import client_of
from plg_orchestration.warehouse import Warehouse, table
from tests.pql.champion_nights import START, TARGET, Nights, policy_with
from tests.pql.test_pql_champion import AT, SOLD_BADLY

LAST = 7
AS_OF = AsOf(START.replace(day=START.day + LAST))
TABLES = ("pql.champion", "pql.promotions")


@dataclass(frozen=True)
class Change:
    """One way in which the champion changes: the policy's mode, what stands before, and the act."""

    mode: str
    before: Callable[[Nights], None]
    act: Callable[[Nights], None]


def before_a_night(nights: Nights) -> None:
    nights.crown(0)
    nights.train(LAST, model=2)


def before_live_outcomes(nights: Nights) -> None:
    nights.policy = policy_with(rollback=nights.policy.promotion.rollback.model_copy(update={"min_accounts": 5}))
    nights.crown(-40)
    version = nights.crown(-30, model=2)
    nights.leads(-29, version, [False] * 12)
    nights.train(LAST, model=3)


def before_a_rollback(nights: Nights) -> None:
    nights.crown(0)
    nights.crown(LAST, model=2)


def before_a_refusal(nights: Nights) -> None:
    before_a_rollback(nights)
    version = nights.ledger[-1].version
    (nights.state / "models" / TARGET / version / MODEL_FILE).write_bytes(b"tampered")


def before_an_approval(nights: Nights) -> None:
    nights.night(LAST)


def a_night(nights: Nights) -> None:
    nights.judge(LAST)
    nights.warehouse.republish([table("pql.promotions")], AS_OF.date)


def a_rollback(nights: Nights) -> None:
    roll_back(nights.warehouse, person="ana", reason=SOLD_BADLY, at=AT, policy=nights.policy, state=nights.state)


def an_approval(nights: Nights) -> None:
    given = Approval.model_validate({
        "target": TARGET, "version": f"{AS_OF.date}-00000001", "requested_by": "ana", "reviewer": "bo",
        "approved_at": "2025-03-11T08:00:00Z", "expires_on": "2025-06-01", "rationale": "nothing speaks against it",
    })  # fmt: skip
    path = nights.state / "approvals.yaml"
    approve(nights.warehouse, given, path=path, timezone="UTC", policy=nights.policy, state=nights.state)


def a_refusal(nights: Nights) -> None:
    routing_models(nights.warehouse, as_of=AS_OF, policy=nights.policy, state=nights.state)


CHANGES = {
    "promotion": Change("automatic", before_a_night, a_night),
    "automatic_rollback": Change("automatic", before_live_outcomes, a_night),
    "rollback": Change("automatic", before_a_rollback, a_rollback),
    "approval": Change("manual", before_an_approval, an_approval),
    "refusal": Change("automatic", before_a_refusal, a_refusal),
}
POINTS = [
    *(("promotion", p) for p in ("champion.falls_entered", "champion.judged", "ledger.before_entry", "ledger.entered",
                                 "champion.entered")),
    ("automatic_rollback", "ledger.entered"),
    *(("rollback", p) for p in ("rollback.chosen", "ledger.before_entry", "ledger.entered", "repoint.row_gone",
                                "repoint.row_made", "rollback.before_commit", "rollback.committed")),
    *(("approval", p) for p in ("approval.recorded", "approval.judged", "ledger.entered", "repoint.row_gone",
                                "approval.committed")),
    *(("refusal", p) for p in ("ledger.entered", "repoint.row_gone", "repoint.row_made")),
]  # fmt: skip


def nights_in(warehouse: Warehouse, state: Path, change: Change) -> Nights:
    made = Nights(warehouse, state, policy_with(change.mode))
    if change is CHANGES["automatic_rollback"]:
        rollback = made.policy.promotion.rollback.model_copy(update={"min_accounts": 5})
        made.policy = policy_with(rollback=rollback)
    return made


def act(state: Path, change: Change) -> None:
    with Warehouse.open(state) as warehouse:
        change.act(nights_in(warehouse, state, change))


def content(state: Path) -> dict[str, object]:
    """What both tables hold, and every published file."""
    with Warehouse.open(state) as warehouse:
        hashes: dict[str, object] = {name: warehouse.content_hash(table(name)) for name in TABLES}
    published = state / "published"
    approvals = state / "approvals.yaml"
    return hashes | {
        "files": {str(p.relative_to(published)): p.stat().st_size for p in sorted(published.rglob("*.parquet"))},
        "approvals": approvals.read_text() if approvals.exists() else "",
    }


def check(state: Path, change: Change) -> None:
    """The ledger and the day's row agree, and whoever routes passed every gate or routed before."""
    with Warehouse.open(state) as warehouse:
        entries = entries_of(warehouse, target=TARGET)
        route = standing(entries).route(policy_with(change.mode))
        row = champion_on(warehouse, as_of=AS_OF)
        assert [e.sequence for e in entries] == list(range(1, len(entries) + 1))
        if row is not None:
            assert (row["scorer"], row["version"]) == (route["scorer"], route["version"])
        for entry in entries:
            blocking = [g for g in json.loads(entry.gates or "[]") if g["verdict"] not in ("pass", "warn")]
            assert entry.kind in ("rollback", "automatic_rollback") or not blocking
        new = [e for e in entries if e.as_of == AS_OF.date and e.kind in ("promotion", "approval")]
        assert row is not None or not new, "a promotion without its row is half a promotion"


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, dict[str, object]]]:
    """For each change the state before it, made once, and what an undisturbed act makes of it."""
    made: dict[str, tuple[Path, dict[str, object]]] = {}

    def before(name: str) -> tuple[Path, dict[str, object]]:
        if name not in made:
            folder, change = tmp_path_factory.mktemp(name), CHANGES[name]
            with Warehouse.open(folder / "before") as warehouse:
                change.before(nights_in(warehouse, folder / "before", change))
            calm = Path(shutil.copytree(folder / "before", folder / "calm"))
            act(calm, change)
            made[name] = (folder / "before", content(calm))
        return made[name]

    return before


@pytest.mark.parametrize(("name", "point"), POINTS)
def test_a_failure_anywhere_leaves_old_or_new_and_a_rerun_gives_what_calm_gives(stood, tmp_path, monkeypatch, name, point):
    (before, calm), change = stood(name), CHANGES[name]
    state = Path(shutil.copytree(before, tmp_path / "stormy"))
    monkeypatch.setenv(VARIABLE, point)
    with pytest.raises(InjectedFault, match=point):
        act(state, change)
    monkeypatch.delenv(VARIABLE)
    check(state, change)
    act(state, change)
    assert content(state) == calm


def test_a_failpoint_is_nothing_unless_it_is_named(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    failpoint("anything")
    monkeypatch.setenv(VARIABLE, "other")
    failpoint("anything")
    monkeypatch.setenv(VARIABLE, "*:3")
    failpoint("one")
    failpoint("two")
    with pytest.raises(InjectedFault, match="failed at three"):
        failpoint("three")


# -- the process itself is killed -------------------------------------------------------------------------------------


def killed(state: str, name: str, point: str) -> None:
    """The act in a process of its own that kills itself at the point."""
    os.environ[VARIABLE] = f"{point}:1:kill"
    act(Path(state), CHANGES[name])


def kill(state: Path, name: str, point: str) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__, "skops.io", "sklearn.linear_model", "sklearn.compose"])
    process = processes.Process(target=killed, args=(str(state), name, point))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL


REAL = [("promotion", "champion.entered"), ("rollback", "repoint.row_gone"), ("approval", "approval.committed")]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
@pytest.mark.parametrize(
    ("name", "point"), [*REAL, *(pytest.param(*p, marks=pytest.mark.faults) for p in POINTS if p not in REAL)]
)
def test_a_killed_process_leaves_old_or_new_and_a_rerun_gives_what_calm_gives(stood, tmp_path, name, point):
    (before, calm), change = stood(name), CHANGES[name]
    state = Path(shutil.copytree(before, tmp_path / "stormy"))
    kill(state, name, point)
    check(state, change)
    act(state, change)
    assert content(state) == calm


# -- the alias --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow store with both versions registered and the alias on the old one."""
    folder = tmp_path_factory.mktemp("registered")
    store = tracking_in(folder)
    with client_of(store) as client:
        client.create_registered_model(store.model_name(TARGET))
        for version in ("old", "new"):
            client.create_model_version(store.model_name(TARGET), f"file:///{version}", tags={VERSION: version})
    registry.point_alias(store, target=TARGET, scorer="model", version="old")
    return folder


def tracking_in(folder: Path) -> Tracking:
    return open_tracking(uri=f"sqlite:///{folder / 'mlflow.db'}", state=folder, workspace="acme")


def aliased(store: Tracking) -> str:
    with client_of(store) as client:
        return str(client.get_model_version_by_alias(store.model_name(TARGET), registry.ALIAS).tags[VERSION])


def rise(version: str) -> ledger.Entry:
    return ledger.Entry(TARGET, "promotion", AS_OF.date, "gates", "old", "model", version, "every gate holds")


@pytest.mark.parametrize(
    ("point", "there"), [("outcomes.before_tags", "old"), ("outcomes.before_alias", "old"), ("outcomes.alias_written", "new")]
)
def test_the_alias_is_the_last_write_and_old_or_new(registered, tmp_path, monkeypatch, point, there):
    store = tracking_in(Path(shutil.copytree(registered, tmp_path / "store")))
    monkeypatch.setenv(VARIABLE, point)
    with pytest.raises(InjectedFault):
        repeat_entries(store, [rise("new")], target=TARGET, scorer="model", version="new")
    assert aliased(store) == there
    monkeypatch.delenv(VARIABLE)
    repeat_entries(store, [rise("new")], target=TARGET, scorer="model", version="new")
    assert aliased(store) == "new"
    fall = ledger.Entry(TARGET, "rollback", AS_OF.date, "ana", "new", "model", "old", SOLD_BADLY)
    repeat_entries(store, [rise("new"), fall], target=TARGET, scorer="model", version="old")
    with client_of(store) as client:
        tags = client.get_model_version(store.model_name(TARGET), "2").tags
    assert aliased(store) == "old" and tags["plg.outcome"] == "rolled_back" and SOLD_BADLY in tags["plg.reason"]


# -- any line ---------------------------------------------------------------------------------------------------------

WATCHED = {Path(m.__file__ or "") for m in (champion, ledger, people, pointers, outcomes, registry)}
WATCHED |= set((Path(plg_orchestration.__file__).parent / "warehouse").glob("*.py"))


LINES = 40
"""For each of the five changes: two hundred in all."""


class Lines:
    """Counts the lines that run in the watched modules, and fails at the one numbered `fatal`."""

    def __init__(self, fatal: int = 0) -> None:
        self.count, self.fatal = 0, fatal

    def __enter__(self) -> "Lines":
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        return self._line if Path(frame.f_code.co_filename) in WATCHED else None

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self.count += 1
            if self.count == self.fatal:
                raise InjectedFault(f"line {frame.f_lineno} of {frame.f_code.co_filename}")
        return self._line


@pytest.mark.faults
@pytest.mark.parametrize("name", list(CHANGES))
def test_a_failure_at_any_line_leaves_old_or_new(stood, tmp_path, name):
    (before, calm), change = stood(name), CHANGES[name]
    whole = Path(shutil.copytree(before, tmp_path / "whole"))
    with Lines() as counted:
        act(whole, change)
    for number, fatal in enumerate(sorted(random.Random(20250301).sample(range(1, counted.count), LINES))):
        state = Path(shutil.copytree(before, tmp_path / str(number)))
        with pytest.raises(InjectedFault), Lines(fatal):
            act(state, change)
        check(state, change)
        act(state, change)
        assert content(state) == calm, fatal
        shutil.rmtree(state)
