"""The house rule of the register: every control has a test in which it passes, one in which it fails, and one without data.

A test function exercises a control when it names the control or its metric and the status: `ControlStatus.FAILED`, `FAILED`, or
the word in a table of cases. Values that are None stand for missing data. Helpers of a module count for the tests that call them.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.policy import Control

FOLDER = Path(__file__).parent
POLICY = load_default("governance", GovernancePolicy)
STATUSES = ("effective", "failed", "no_data")
BY_FIGURES = {"invite_fields_past_retention": "test_invite_fields_past_retention_passes_fails_and_wants_the_purge"}
"""Metrics whose one test shows a figure that passes, one that fails and none, on the source that they come from."""


def words_of(node: ast.AST) -> set[str]:
    """Every text and every member of `ControlStatus` that the code names; `x.value is None` names `no_data`."""
    found = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    found |= {n.attr.lower() for n in ast.walk(node) if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "ControlStatus"}
    found |= {n.id.lower() for n in ast.walk(node) if isinstance(n, ast.Name) and n.id.lower() in STATUSES}
    for n in ast.walk(node):
        if isinstance(n, ast.Compare) and ast.unparse(n.left).endswith("value") and "is None" in ast.unparse(n):
            found.add("no_data")
    return found


@cache
def tests() -> tuple[tuple[str, frozenset[str]], ...]:
    """Every test below the folder with the words that it and the functions it calls name."""
    made: list[tuple[str, frozenset[str]]] = []
    for path in sorted(FOLDER.rglob("test_*.py")):
        if path == Path(__file__):
            continue
        body = ast.parse(path.read_text()).body
        functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
        constants = {
            target.id: words_of(node) for node in body if isinstance(node, ast.Assign)
            for target in node.targets if isinstance(target, ast.Name)
        }  # fmt: skip
        for name, node in functions.items():
            if not name.startswith("test_"):
                continue
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            words = set(words_of(node))
            for other in used & set(functions):
                words |= words_of(functions[other])
            for other in used & set(constants):
                words |= constants[other]
            made.append((f"{path.name}::{name}", frozenset(words)))
    return tuple(made)


def exercised(control: Control) -> set[str]:
    """The statuses in which some test shows the control."""
    return {status for _, words in tests() if {control.id, control.metric} & words for status in STATUSES if status in words}


@pytest.mark.parametrize("control", POLICY.controls.values(), ids=lambda control: control.id)
def test_a_control_passes_fails_and_lacks_data_in_some_test(control: Control) -> None:
    if control.metric in BY_FIGURES:
        assert any(name.endswith(f"::{BY_FIGURES[control.metric]}") for name, _ in tests())
        return
    missing = [status for status in STATUSES if status not in exercised(control)]
    assert not missing, f"no test below {FOLDER.name}/ shows {control.id} {control.metric} as {', '.join(missing)}"


def test_a_control_that_no_test_names_would_be_found() -> None:
    nobody = POLICY.controls["R1-C1"].model_copy(update={"id": "R9-C9", "metric": "unheard_of"})
    assert exercised(nobody) == set()
