"""Fixtures shared by the tests that run whole nights: a small demonstration workspace, and copies of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

NIGHT_USERS, NIGHT_DAYS = 160, 42
TWO_NIGHTS = ("tests/e2e/test_auditors_questions.py", "tests/e2e/test_privacy_nights.py", "tests/e2e/test_two_nights.py")
"""Files that share one run of two nights."""
LONGEST = (
    *TWO_NIGHTS, "tests/e2e/test_kills.py", "tests/governance/test_privacy_erasure.py",
    "tests/demo/test_planted_truth_is_found.py",
    "tests/pql/test_pql_promotion_kills.py", "tests/demo/test_unjust_region_is_found.py",
    "tests/demo/test_planted_drivers_are_learnt.py", "tests/kpis/test_more_kpi_values.py", "tests/kpis/test_snapshot.py",
    "tests/governance/test_privacy_interrupted.py", "tests/pql/test_pql_champion.py",
)  # fmt: skip
"""Files that take long, the longest first: workers begin with them, so that none is left alone with one at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """One thread for the warehouses of a worker: the workers share the cores, and threads over tiny tables wait for each other.

    Whole nights, and what runs in processes of its own, keep DuckDB's number. Examples of properties are the same in every
    run, so that a build that passes passes again; `--hypothesis-profile=search` looks for new ones.
    """
    settings.register_profile("same", derandomize=True)
    settings.register_profile("search")
    settings.load_profile(config.getoption("--hypothesis-profile", default=None) or "same")
    if hasattr(config, "workerinput"):
        from plg_orchestration.warehouse.engine import SETTINGS

        SETTINGS["threads"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the others as they were collected."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.split("::", 1)[0], len(places)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any):
    """A file goes to one worker, so that what its tests share is made once; so do the files of the two nights."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return TWO_NIGHTS[0] if file in TWO_NIGHTS else file

    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated workspace that no test may write to."""
    from plg_orchestration.demo import generate

    folder = tmp_path_factory.mktemp("demo")
    generate(folder, users=NIGHT_USERS, days=NIGHT_DAYS)
    return folder


@pytest.fixture
def workspace_copy(demo_data: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a fresh copy of the small workspace, by name, and returns its plg.yaml."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(demo_data, tmp_path / name)) / "plg.yaml"

    return copy


@pytest.fixture(scope="session")
def definitions(demo_data: Path):
    """The project's definitions over the small workspace: the partitions begin and end with its data."""
    os.environ["PLG_WORKSPACE"] = str(demo_data / "plg.yaml")
    from plg_orchestration import definitions as module

    return module
