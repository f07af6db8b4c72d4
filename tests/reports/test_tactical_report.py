"""The tactical report on a small company, on an empty warehouse, and what its numbers lead to."""

import base64
import datetime as dt
import hashlib
import itertools
import re
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.reports import tactical_report, write_tactical_report
from plg_orchestration.reports.extracts import read_all, read_extract
from plg_orchestration.reports.sheets import Sheet
from plg_orchestration.reports.tactical.extracts import FOLDER, TACTICAL
from plg_orchestration.reports.tactical.material import Material
from plg_orchestration.reports.tactical.page import components
from plg_orchestration.warehouse import Warehouse, table
from tests.reports.test_executive_report import Page, Tide, squeezed


@pytest.fixture(scope="module")
def written(whole: Warehouse, day: AsOf) -> str:
    return tactical_report(whole, as_of=day, workspace=Tide())


@pytest.fixture(scope="module")
def page(written: str) -> Page:
    return Page(written)


@pytest.fixture(scope="module")
def sheets(whole: Warehouse, day: AsOf) -> dict[str, Sheet]:
    shown = components(Material(read_all(whole, day, TACTICAL)))
    listed = [*(s for c in shown for s in c.sheets), *(f.numbers for c in shown for f in c.figures if f.numbers)]
    return {sheet.id: sheet for sheet in listed}


def line(sheet: Sheet, first: str) -> list[str]:
    return [cell.text.replace("\u202f", " ") for row in sheet.rows for cell in row if row[0].text == first]


def test_the_page_is_well_formed_and_every_component_shows_something(page: Page, whole: Warehouse, day: AsOf) -> None:
    assert page.open == []
    shown = components(Material(read_all(whole, day, TACTICAL)))
    assert len(shown) >= 18
    assert [component.id for component in shown if component.absent] == []
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))


def test_each_link_has_its_anchor(page: Page) -> None:
    anchors = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
    assert {link.removeprefix("#") for link in page.links} <= anchors
    assert "kpi-fake_account_ratio" in anchors


def test_only_the_pages_own_script_may_run(written: str, page: Page) -> None:
    script = written.split("<script>")[1].split("</script>", maxsplit=1)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(str(attrs["content"]) for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert written.count("<script") == 1
    assert not re.search(r"\bon\w+=", written.replace(script, ""))


def test_text_of_the_data_stays_text(written: str) -> None:
    assert "Workspace &lt;created&gt;" in written
    assert "<created>" not in written


def test_headings_go_down_one_level_at_a_time_and_tables_are_captioned(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("caption") == tags.count("table")


def test_the_leakiest_layer_is_named_with_its_money(page: Page) -> None:
    text = squeezed(page)
    assert (
        "The leakiest layer in the week of 2025-08-18 is Activation, by Activation rate: $812.00 a month; owner team:growth."
        in text
    )


def test_the_dashboard_keeps_the_layout_and_says_what_lies_within_error(sheets: dict[str, Sheet]) -> None:
    cells = line(sheets["dashboard-metrics"], "Activation rate")
    assert cells[1:8] == ["activation", "24.3 %", "25.0 %", "−0.7 points", "~+1.5 points", "–", "–"]
    assert cells[8] == "62 of 100"
    missing = sheets["dashboard-metrics"].rows[1]
    assert (missing[0].text, missing[2].text, missing[0].note) == ("Weekly active users", "–", "no event")


def test_every_alert_stands_with_its_state_and_reason(sheets: dict[str, Sheet]) -> None:
    first, second = sheets["alert-rows"].rows
    assert [first[1].text.replace("\u202f", " "), first[2].text.replace("\u202f", " "), first[4].text] == [
        "24.3 %",
        "25.0 %",
        "high",
    ]
    assert first[3].picture.startswith("<svg")
    assert (second[5].text, second[5].note) == ("suppressed", "chance explains it")
    assert second[2].text.replace("\u202f", " ") == "expected 0.1 % to 2.0 %"


def test_a_restatement_names_both_values_and_why(sheets: dict[str, Sheet]) -> None:
    cells = line(sheets["restated"], "Activation rate")
    assert cells[3:] == ["23.9 %", "24.3 %", "+0.4 points", "Late events", "17", "17 events of 1 file, received 2025-08-31"]


def test_a_day_that_was_built_again_names_what_it_said_first(sheets: dict[str, Sheet]) -> None:
    assert len(sheets["revised"].rows) == 1
    cells = [cell.text.replace("\u202f", " ") for cell in sheets["revised"].rows[0]]
    assert (cells[1], cells[4:]) == ("Activation rate", ["23.5 %", "23.9 %", "same"])


def test_claims_and_what_if_stand_beside_what_was_published(sheets: dict[str, Sheet]) -> None:
    claim = sheets["claims-tested"].rows[0]
    assert [claim[1].text, claim[2].text, claim[2].note, claim[4].text] == ["5.00", "3.10", "2.20 to 4.40", "does_not_hold"]
    lever = [cell.text.replace("\u202f", " ") for cell in sheets["what-if-levers"].rows[0]]
    assert lever == ["Activation", "$218 886", "$9 300", "+4.2 %", "15.0 % to 20.0 %", "over 12 months; mrr $18 240; prices stay"]


def test_channels_show_what_they_cost(sheets: dict[str, Sheet]) -> None:
    assert line(sheets["by-channel"], "Paid search") == ["Paid search", "300", "$218.75"]


def test_the_funnel_names_the_step_where_most_are_lost(page: Page, sheets: dict[str, Sheet]) -> None:
    assert "most users are lost between “set up” and “activated” (25.0 % go on)" in squeezed(page)
    assert line(sheets["funnel-signup_to_paid-user"], "3. activated") == ["3. activated", "60", "15.0 %", "25.0 %", "1.5 hours"]


def test_time_to_value_counts_those_who_still_wait(page: Page, sheets: dict[str, Sheet]) -> None:
    assert "6 of 10 users who signed up in the last 90 days have activated (60.0 %)." in squeezed(page)
    people = {row[0].text: row[1].sort for row in sheets["value-times"].rows}
    assert (people["4 h"], people["2 d"], sum(people.values())) == (4, 2, 6)  # type: ignore[arg-type]


def test_open_windows_of_a_cohort_are_dashes(whole: Warehouse, sheets: dict[str, Sheet]) -> None:
    assert [cell.text for cell in sheets["cohorts-by-week"].rows[0]][1] == "120"
    assert [cell.text for cell in sheets["cohorts-by-week"].rows[0]][4] == "–"


def test_deflection_stands_by_week_and_segment_with_its_definition(sheets: dict[str, Sheet]) -> None:
    row = sheets["deflection-weeks"].rows[0]
    assert [row[1].text, row[2].text, row[3].text] == ["88.0\u202f%", "88.0\u202f%", "–"]
    assert row[1].link == "kpi-support_deflection"


def test_gates_without_enough_people_say_so(sheets: dict[str, Sheet]) -> None:
    rates = {
        row[0].text: (row[5].text.replace("\u202f", " "), row[5].note.replace("\u202f", " "))
        for row in sheets["gates-and-prompts"].rows
    }
    assert rates == {"Gate": ("20.0 %", "10.0 % to 35.0 %"), "Nudge": ("–", "a rate needs 10")}


def test_an_empty_warehouse_is_said_component_by_component(warehouse: Warehouse, day: AsOf) -> None:
    found = Page(tactical_report(warehouse, as_of=day, workspace=Tide()))
    text = squeezed(found)
    assert found.open == []
    for name in ("kpis.trends", "kpis.weekly_review", "kpis.alerts", "cohorts.funnel", "revenue.mrr_months", "kpis.claims"):
        assert f"Nothing to show: {name} has not been built." in text
    assert "svg" not in [tag for tag, _ in found.tags]


def test_an_unavailable_table_gives_its_reason(warehouse: Warehouse, day: AsOf) -> None:
    warehouse.ensure(table("cohorts.viral"))
    warehouse.connection.execute(
        "insert into meta.publications values ('cohorts.viral', date '2025-08-31', 'unavailable', 'needs source ''invites''', 0)"
    )
    assert "Nothing to show: needs source 'invites'." in squeezed(Page(tactical_report(warehouse, as_of=day, workspace=Tide())))


def test_the_written_file_is_the_page(whole: Warehouse, written: str, tmp_path: Path, day: AsOf) -> None:
    row = write_tactical_report(whole, as_of=day, workspace=Tide(state=tmp_path)).to_dict("records")[0]
    content = (tmp_path / row["path"]).read_bytes()
    assert (row["path"], row["bytes"]) == ("reports/2025-08-31/tactical.html", len(content))
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    assert content.decode() == written
    assert (row["components"], row["empty"]) == (22, 0)
    assert list(row) == list(table("reports.tactical").column_names)


ROWS = {
    "trend_rows": 2,
    "review_rows": 3,
    "due_rows": 1,
    "restatement_rows": 1,
    "revision_rows": 1,
    "claim_rows": 1,
    "what_if_rows": 1,
    "dimension_rows": 19,
    "funnel_steps": 3,
    "funnel_groups": 2,
    "signup_weeks": 15,
    "value_times": 3,
    "retention_unbounded": 2,
    "lifecycle_weeks": 3,
    "onboarding_steps": 1,
    "friction_rows": 1,
    "dropoff_rows": 1,
    "gate_rows": 2,
    "play_counts": 2,
    "play_outcomes": 1,
    "segment_counts": 2,
    "viral_forms": 1,
}


def test_every_file_of_the_report_has_a_count_here() -> None:
    assert set(ROWS) == {extract.name for extract in TACTICAL if extract.folder == FOLDER}


@pytest.mark.parametrize("name", ROWS)
def test_files_read_their_rows_of_the_day_and_none_of_another(name: str, whole: Warehouse, day: AsOf) -> None:
    extract = next(extract for extract in TACTICAL if extract.name == name)
    assert len(read_extract(whole, extract, day).rows) == ROWS[name]
    earlier = read_extract(whole, extract, AsOf(dt.date(2025, 1, 1)))
    assert len(earlier.rows) == 0 and earlier.reason


def test_a_table_with_no_rows_for_the_day_never_reads_another_days(whole: Warehouse) -> None:
    later = Page(tactical_report(whole, as_of=AsOf(dt.date(2025, 9, 15)), workspace=Tide()))
    assert "kpis.trends was not built for 2025-09-15" in squeezed(later)
    assert isinstance(read_extract(whole, TACTICAL[0], AsOf(dt.date(2025, 9, 15))).rows, pd.DataFrame)
