"""Fixtures of the ingest tests; the helpers themselves stand in `places.py`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plg_orchestration.warehouse import Warehouse
from tests.ingest.places import Place, segment


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A workspace of Segment files with an open warehouse."""
    made = Place(tmp_path / "data", segment())
    made.root.mkdir()
    with Warehouse.open(tmp_path / "state") as warehouse:
        made.warehouse = warehouse
        yield made
