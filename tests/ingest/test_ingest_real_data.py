"""Real files that nobody here shaped: Sparkify's log, RavenStack's exports, the examples of the Segment spec.

They lie outside of the project, in the folder `PLG_DATA`, or in `../shared/data` beside it; without them these tests are skipped.
"""

import datetime as dt
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.load import load_workspace
from plg_orchestration.config.workspace import Workspace
from plg_orchestration.ingest import IngestSummary, ingest_files, known, queries
from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import Place

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("PLG_DATA") or ROOT.parent / "shared" / "data")


def needs(folder: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not (DATA / folder).is_dir(), reason=f"{DATA / folder} is not there; set PLG_DATA to the data's folder"
    )


Taken = tuple[Workspace, Warehouse, IngestSummary]


def taken(name: str, factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Iterator[Taken]:
    patch.setenv("PLG_DATA", str(DATA))
    workspace = load_workspace(ROOT / "examples" / name)
    assert workspace.last_day is not None
    with Warehouse.open(factory.mktemp(name)) as warehouse:
        yield workspace, warehouse, ingest_files(warehouse, workspace, through=workspace.last_day)


@pytest.fixture(scope="module")
def sparkify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    with pytest.MonkeyPatch.context() as patch:
        yield from taken("sparkify", tmp_path_factory, patch)


@pytest.fixture(scope="module")
def ravenstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    with pytest.MonkeyPatch.context() as patch:
        yield from taken("ravenstack", tmp_path_factory, patch)


@needs("sparkify")
def test_sparkify_reconciles(sparkify: Taken):
    workspace, warehouse, summary = sparkify
    assert (len(summary.files), summary.lines, summary.accepted, summary.quarantined) == (30, 8056, 8056, 0)
    counted = warehouse.connection.execute("""
        select count(distinct user_id), count(*) filter (where user_id is null), count(distinct session_id),
            count(*) filter (where event = 'NextSong'), count(*) filter (where event = 'Submit Upgrade')
        from ingest.events""").fetchone()
    assert counted == (97, 286, 941, 6820, 8)
    span = "select left(min(event_at)::varchar, 16), left(max(event_at)::varchar, 16) from ingest.events"
    assert warehouse.connection.execute(span).fetchone() == (
        "2018-11-01 20:57", "2018-11-30 19:54",
    )  # fmt: skip
    users = warehouse.frame(known.known_users(workspace.as_of(dt.date(2018, 11, 30))))
    assert len(users) == 97
    assert users["signup_at"].notna().all()
    assert (users["signup_at"] < "2018-11-30").all()


@needs("ravenstack")
def test_ravenstack_reconciles_and_what_is_wrong_in_it_is_found(ravenstack: Taken):
    workspace, warehouse, summary = ravenstack
    assert summary.lines == sum(
        len((DATA / "ravenstack" / file.path.rsplit("/", 1)[-1]).read_bytes().splitlines()) - 1 for file in summary.files
    )
    as_of = AsOf(dt.date(2024, 12, 31), workspace.timezone)
    assert len(warehouse.frame(known.known_accounts(as_of))) == 500
    assert len(warehouse.frame(known.known_subscriptions(as_of))) == 5000
    found = {row[1]: row for row in warehouse.rows(queries.findings(as_of=as_of))}
    assert found["usage_before_subscription"][5] == pytest.approx(0.766, abs=5e-4)
    assert "110 flagged, 352 with a recorded churn" in str(found["churn_flag_against_events"][7])
    assert found["event_ids_repeat"][3:5] == (summary.reasons["conflict"], 25_000)
    assert summary.reasons["conflict"] > 0


@needs("segment_spec")
def test_the_examples_of_the_segment_spec_are_understood(place: Place):
    place.start = dt.date(2015, 1, 1)
    examples = (DATA / "segment_spec" / "examples.jsonl").read_text().splitlines()
    whole = [line for line in examples if '"timestamp"' in line]
    # the pages of the spec share one message id, which would be a conflict: each example gets its own
    place.say(
        "examples.jsonl", *(re.sub(r'"messageId": "[^"]*"', f'"messageId": "m{n}"', line) for n, line in enumerate(examples))
    )
    place.take(dt.date(2016, 1, 1))
    assert place.rows("select accepted from ingest.files") == [(len(whole),)]
    kinds = place.rows("select distinct kind from ingest.events order by all")
    assert {"alias", "group", "identify", "page", "screen", "track"} == {kind for (kind,) in kinds}
    assert place.rows("select distinct reason, detail from ingest.quarantine") == [("missing", "timestamp")]
    assert place.rows("select name, industry, employees from ingest.accounts where origin = 'group'") == [
        ("Initech", "Technology", 329)
    ]


@needs("segment_spec")
def test_the_shared_message_id_of_the_segment_spec_is_a_conflict(place: Place):
    place.start = dt.date(2015, 1, 1)
    shutil.copy(DATA / "segment_spec" / "examples.jsonl", place.root / "examples.jsonl")
    summary = place.take(dt.date(2016, 1, 1))
    assert (summary.lines, summary.accepted, summary.reasons) == (23, 2, {"conflict": 5, "missing": 16})
