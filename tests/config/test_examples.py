"""The example workspaces map data that was not made here; the tests are skipped where that data is absent."""

import datetime as dt
import os
from pathlib import Path

import pytest

from plg_orchestration.config import InvalidConfiguration, check_workspace, load_workspace

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("PLG_DATA") or REPOSITORY.parent / "shared" / "data")
EXAMPLES = sorted(path.name for path in (REPOSITORY / "examples").iterdir())
needs_data = pytest.mark.skipif(not (DATA / "ravenstack").is_dir(), reason=f"the example data is not at {DATA}; set PLG_DATA")


def test_both_examples_are_there():
    assert {"ravenstack", "sparkify"} <= set(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_without_its_data_an_example_says_what_to_set(example: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PLG_DATA", raising=False)
    with pytest.raises(InvalidConfiguration) as raised:
        load_workspace(REPOSITORY / "examples" / example)
    assert all("the environment variable PLG_DATA is not set" in p.message for p in raised.value.problems)
    assert {p.remedy for p in raised.value.problems} == {"set it, for example: export PLG_DATA=/path/to/the/data"}


@needs_data
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_fits_its_data(example: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLG_DATA", str(DATA))
    assert check_workspace(REPOSITORY / "examples" / example) == []


@needs_data
def test_sparkify_has_one_file_a_day_and_people_without_accounts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLG_DATA", str(DATA))
    workspace = load_workspace(REPOSITORY / "examples" / "sparkify")
    assert list(workspace.event_dates()) == [dt.date(2018, 11, day) for day in range(1, 31)]
    assert workspace.missing("actor:user") is None
    assert workspace.missing("role:plan_upgraded") is None
    assert workspace.missing("source:subscriptions") is not None


@needs_data
def test_ravenstack_has_accounts_without_people(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLG_DATA", str(DATA))
    workspace = load_workspace(REPOSITORY / "examples" / "ravenstack")
    assert workspace.missing("actor:user") is not None
    assert workspace.missing("source:subscriptions") is None
    used = {line.split(",")[3] for line in (DATA / "ravenstack/ravenstack_feature_usage.csv").read_text().splitlines()[1:]}
    assert {entry.event for entry in workspace.roles["core_feature"]} == used
