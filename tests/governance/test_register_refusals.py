"""A register that could not work is refused when the workspace is loaded, with the file and the line."""

from pathlib import Path

import pytest

from plg_orchestration.config import InvalidConfiguration, check_workspace, load_workspace

HEAD = "workspace: acme\nstart: 2025-01-01\nsources:\n  events: {path: '*.jsonl', format: segment}\ngovernance:\n"
OWN = "risk: R1, question: 'Is it so?', passes_when: '> 1', severity: low"
FAULTS = {
    "an unknown metric": (
        f"  controls:\n    MINE:\n      {{{OWN}, owner: 'team:us', metric: consent_rat}}", 8, "unknown metric 'consent_rat'"),
    "an unknown metric of a packaged control": ("  controls:\n    R1-C1: {metric: nothing}", 7, "unknown metric 'nothing'"),
    "a control without an owner": (f"  controls:\n    MINE: {{{OWN}, metric: consent_rate}}", 7, "'owner' is missing"),
    "an accepted risk without an expiry": (
        "  risks:\n    R4: {treatment: accept}", 7, "risk R4 is accepted without an expiry; add acceptance: {by,"),
    "an acceptance without an end": (
        "  risks:\n    R4: {treatment: accept, acceptance: {by: cfo, rationale: small}}", 7, "'until' is missing"),
    "an unknown risk": (
        "  controls:\n    R1-C1: {risk: R9}", 6, "control R1-C1: unknown risk 'R9'; choose one of R1, R2, R3, R4, R5"),
    "an id that stands twice in a mapping": (
        "  controls:\n    R1-C1: {severity: low}\n    R1-C1: {severity: high}", 8, "R1-C1"),
    "an id that stands twice in a list": (
        "  risks:\n    - {id: R9, title: x}\n    - {id: R9, title: y}", 6, "the id R9 stands twice"),
    "an unknown metric of a target": (
        "  targets:\n    mine: {target: x, source_area: y, metric: nothing, passes_when: ['> 1']}", 7,
        "unknown metric 'nothing'"),
}  # fmt: skip


@pytest.mark.parametrize(("added", "line", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_it_is_refused_with_file_and_line(tmp_path: Path, added: str, line: int, said: str) -> None:
    (tmp_path / "plg.yaml").write_text(f"{HEAD}{added}\n")
    found = [str(problem) for problem in check_workspace(tmp_path)]
    assert any(f"plg.yaml:{line}: " in text and said in text for text in found), found
    with pytest.raises(InvalidConfiguration):
        load_workspace(tmp_path)
