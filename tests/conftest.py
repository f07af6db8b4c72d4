"""Fixtures shared by the tests that run whole nights: a small demonstration workspace, and copies of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

NIGHT_USERS, NIGHT_DAYS = 160, 42
TOGETHER = {
    "tests/e2e/test_auditors_questions.py": "two nights", "tests/e2e/test_privacy_nights.py": "two nights",
    "tests/e2e/test_two_nights.py": "two nights", "tests/demo/test_planted_drivers_are_learnt.py": "demo trained",
    "tests/demo/test_unjust_region_is_found.py": "unjust region", "tests/governance/test_privacy_erasure.py": "erasure",
}  # fmt: skip
"""Files whose tests share a world that takes long to make: they go to one worker, so that it is made once."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Tests one by one to whichever worker is free, but those of `TOGETHER` by group, the groups first."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER.get(nodeid.split("::", 1)[0], nodeid)

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
