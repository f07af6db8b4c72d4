"""Fixtures shared by the tests that run whole nights: a small demonstration workspace, and copies of it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

NIGHT_USERS, NIGHT_DAYS = 160, 42


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
