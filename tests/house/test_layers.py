"""The house's own rules: one direction between the layers, every SQL file portable and tried, every asset accounted for."""

import ast
import re
import sys
from pathlib import Path

import pytest
import sqlglot

from plg_orchestration import STAGES

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "plg_orchestration"
KNOWS_DAGSTER = {LIBRARY / "definitions.py", LIBRARY / "resources.py"}
SQL_FILES = sorted(LIBRARY.rglob("*.sql"))


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def test_the_library_knows_no_dagster_and_no_layer_above_it():
    for path in modules(LIBRARY):
        if path not in KNOWS_DAGSTER:
            assert not imported(path) & {"dagster", "assets", "jobs"}, path


def test_assets_know_no_jobs():
    for path in modules(ROOT / "assets"):
        assert "jobs" not in imported(path), path


def test_only_tracking_imports_mlflow():
    for folder in ("plg_orchestration", "assets", "jobs"):
        for path in modules(ROOT / folder):
            if "mlflow" in imported(path):
                assert path.parent.name == "tracking", path


def test_what_leads_and_alerts_are_sent_with_knows_no_stage():
    for path in modules(LIBRARY / "sending"):
        found = re.findall(r"^\s*(?:from|import) plg_orchestration(?:\.(\w+)| import (\w+))", path.read_text(), re.MULTILINE)
        assert not {name for names in found for name in names} & {*STAGES}, path
    for path in modules(LIBRARY / "kpis" / "alerts" / "telling"):
        assert "plg_orchestration.pql" not in path.read_text(), path


def test_every_module_says_what_belongs_there():
    for folder in ("plg_orchestration", "assets", "jobs"):
        for path in modules(ROOT / folder):
            assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no module docstring"


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_every_sql_file_transpiles_to_spark(path: Path):
    statements = sqlglot.transpile(
        path.read_text(), read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE, comments=False
    )  # fmt: skip
    assert len(statements) == 1, "one file, one statement"
    assert statements[0].upper().startswith(("SELECT", "WITH", "("))


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_every_sql_file_has_a_test_that_names_it(path: Path):
    stage = path.relative_to(LIBRARY).parts[0]
    texts = [test.read_text() for test in (ROOT / "tests" / stage).rglob("*.py")]
    assert any(path.stem in text for text in texts), f"no test under tests/{stage} runs {path.name}"


def test_definitions_import_no_heavy_library():
    import subprocess

    heavy = ("mlflow", "sklearn", "scipy", "altair", "fairlearn", "vl_convert")
    code = f"import sys, plg_orchestration.definitions; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip().splitlines()[-1] == "[]"
