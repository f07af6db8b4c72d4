"""`plg demo`: it replaces a demonstration, and nothing else."""

from pathlib import Path

import pytest

from plg_orchestration.cli import demo

SMALL = {"size": "demo", "users": 120, "days": 30, "seed": 7, "events": None}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "thesis.txt").write_text("mine")
    assert demo.make(tmp_path, **SMALL) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert "holds no demonstration" in capsys.readouterr().out


def test_an_earlier_demonstration_is_replaced_by_the_same_data(tmp_path: Path):
    folder = tmp_path / "demo"
    assert demo.make(folder, **SMALL) == 0
    first = (folder / "truth.json").read_bytes()
    (folder / "data" / "left_over.csv").write_text("a")
    assert demo.make(folder, **SMALL) == 0
    assert (folder / "truth.json").read_bytes() == first
    assert not (folder / "data" / "left_over.csv").exists()


def test_when_no_data_could_be_made_no_night_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "thesis.txt").write_text("mine")
    monkeypatch.setattr(demo, "NEEDED_LATER", ())
    assert demo.make_and_run(tmp_path, ["--users", "120"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
