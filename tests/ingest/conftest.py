"""Fixtures of the ingest tests; the helpers themselves stand in `places.py`."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plg_orchestration.ingest import ensure_tables
from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import Place, segment


@pytest.fixture(scope="session")
def prepared_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace's state with empty ingest tables, to copy: quicker than making them anew for every test."""
    folder = tmp_path_factory.mktemp("prepared")
    with Warehouse.open(folder) as warehouse:
        ensure_tables(warehouse)
    return folder


@pytest.fixture
def store(prepared_state: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """An open warehouse with empty ingest tables."""
    with Warehouse.open(Path(shutil.copytree(prepared_state, tmp_path / "state"))) as warehouse:
        yield warehouse


@pytest.fixture
def place(store: Warehouse, tmp_path: Path) -> Place:
    """A workspace of Segment files with an open warehouse."""
    (tmp_path / "data").mkdir()
    return Place(tmp_path / "data", segment(), warehouse=store)
