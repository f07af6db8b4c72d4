"""Writing small workspaces and reading what is said about them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from plg_orchestration.config import InvalidConfiguration, Problem, load_workspace

TEN_LINES = """\
workspace: tiny
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
roles:
  signup: [Signed Up]
  activation: [Report Shared]
  core_feature:
    - {event: Report Created, item: reports}
    - Chart Drawn
"""


@pytest.fixture
def ten_lines() -> str:
    """A workspace that says only what must be said."""
    return TEN_LINES


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a plg.yaml and returns its path."""

    def made(text: str) -> Path:
        path = tmp_path / "plg.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return made


@pytest.fixture
def problems(write: Callable[[str], Path]) -> Callable[[str], list[Problem]]:
    """Everything that is wrong with a plg.yaml of this text; empty when it loads."""

    def found(text: str) -> list[Problem]:
        try:
            load_workspace(write(text))
        except InvalidConfiguration as error:
            return list(error.problems)
        return []

    return found
