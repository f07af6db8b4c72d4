"""CSV folders: one file a night and team, whole or not at all, the same bytes every time, nothing a spreadsheet would run."""

import csv
import datetime as dt

import pytest

from tests.pql.leads_world import Leads

FILES = {"name": "files", "kind": "csv", "folder": "leads"}


@pytest.fixture
def leads(tmp_path):
    return Leads(tmp_path, FILES | {"columns": ["user_id", "score", "due_at", "top_reasons"]})


HEADER = '"user_id","score","due_at","top_reasons"\n'


def written(leads):
    return {path.name: path.read_bytes().decode() for path in sorted((leads.folder / "leads").iterdir())}


def test_each_team_has_a_file_of_the_night_in_the_order_of_its_queue(leads):
    leads.decide("b", "a")
    leads.decide("big", route="account_executive", due_at=None)
    assert leads.deliver()["files"].states == {"delivered": 3}
    assert written(leads) == {
        "2025-03-31_account_executive.csv": HEADER + '"big",70.0,"","hit a limit of the free plan"\n',
        "2025-03-31_inside_sales.csv": HEADER + '"b",70.0,"2025-04-01T04:00:00Z","hit a limit of the free plan"\n'
        '"a",70.0,"2025-04-01T04:00:00Z","hit a limit of the free plan"\n',
    }  # fmt: skip


def test_again_the_same_bytes_and_a_lead_that_comes_later_is_added(leads):
    leads.decide("a")
    leads.deliver()
    before = written(leads)
    leads.deliver()
    assert written(leads) == before
    leads.decide("late", queue_rank=2)
    leads.deliver()
    assert [row["user_id"] for row in csv.DictReader(written(leads)["2025-03-31_inside_sales.csv"].splitlines())] == ["a", "late"]


@pytest.mark.parametrize("evil", ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(leads, evil):
    leads.decide(evil, top_reasons=evil)
    leads.deliver()
    (text,) = written(leads).values()
    assert text.count(f"'{evil}") == 2


def test_a_team_cannot_lead_out_of_the_folder(leads):
    leads.decide("a", route="../../etc/cron d")
    leads.deliver()
    assert [*written(leads)] == ["2025-03-31_..%2F..%2Fetc%2Fcron d.csv"]


def test_a_folder_that_cannot_be_written_leaves_the_leads_for_the_next_run(leads):
    (leads.folder / "leads").write_text("in the way")
    leads.decide("a")
    leads.decide("b", route="account_executive")
    done = leads.deliver()["files"]
    assert (
        done.states == {"pending": 2} and "cannot be written" in str(done.left) and str(leads.folder / "leads") in str(done.left)
    )
    (leads.folder / "leads").unlink()
    assert leads.deliver(dt.date(2025, 4, 1))["files"].complete and len(written(leads)) == 2
