"""The executive report on a small company, on an empty warehouse, and what its page must never do."""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.reports import executive_report, write_executive_report
from plg_orchestration.reports.executive import headlines
from plg_orchestration.reports.extracts import CHARTED, EXTRACTS, Extracted, read
from plg_orchestration.reports.figures import revenue
from plg_orchestration.reports.formats import figure
from plg_orchestration.reports.kpi_parts import TILES, newest, series, tiles
from plg_orchestration.reports.kpi_parts import stated as stated_rows
from plg_orchestration.reports.trust_parts import ledger
from plg_orchestration.warehouse import Warehouse, sql_file, table
from plg_orchestration.warehouse.engine import WHOLE


class Page(HTMLParser):
    """The page's tags that were opened and not closed, its links, its text, and how often each tag stands."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.links += [str(value) for name, value in attrs if name in ("href", "src") and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data + " "


@dataclass(frozen=True)
class Tide:
    """A workspace whose name must be escaped."""

    name: str = "Tide & Co <demo>"
    state: Path = Path()


@pytest.fixture(scope="module")
def written(filled: Warehouse, day: AsOf) -> str:
    return executive_report(filled, as_of=day, workspace=Tide())


@pytest.fixture(scope="module")
def page(written: str) -> Page:
    return Page(written)


def squeezed(page: Page) -> str:
    return re.sub(r"\s+", " ", page.text.replace("\u202f", " "))


def test_the_page_is_well_formed_and_escapes_names(page: Page) -> None:
    assert page.open == []
    assert "Tide & Co <demo>" in page.text


def test_the_page_needs_nothing_from_outside_and_runs_nothing(page: Page) -> None:
    assert all(link.startswith("#") for link in page.links)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "img", "object", "embed"}


def test_no_style_or_picture_points_outside(written: str) -> None:
    namespaces = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"'\s)<]+", written)) <= namespaces
    assert "@import" not in written
    assert not re.search(r"url\((?!#)", written)


def test_whoever_listens_hears_landmarks_headings_and_what_each_chart_shows(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    assert all(tags.count(tag) == 1 for tag in ("h1", "header", "main", "footer"))
    charts = [attrs for tag, attrs in page.tags if tag == "svg"]
    assert [attrs["class"] for attrs in charts].count("drawn") == 6
    assert [attrs["class"] for attrs in charts].count("strip") == 3
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in charts)
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    assert ("html", {"lang": "en"}) in page.tags


def test_tiles_show_the_closed_period_its_interval_and_its_change(page: Page) -> None:
    text = squeezed(page)
    assert "Activation rate 24.3 % +1.5 points on the week before week of 2025-08-18 95 % interval 20.1 % to 29.0 %" in text
    assert "Free to paid conversion 4.1 % \u22120.5 points on the month before August 2025" in text
    assert "Gross churn 2.9 % August 2025, target 5.0 % 95 % interval 1.4 % to 5.8 % target met" in text
    assert "ARPU $53.20 +4.3 % on the month before August 2025, per month" in text


def test_segments_stand_in_their_bands(page: Page) -> None:
    text = squeezed(page)
    assert "21.9 % target 25.0 % n = 90 25th to 50th percentile" in text
    assert "17.0 % target 20.0 % n = 90 below the 25th percentile" in text


def test_a_target_is_met_in_the_direction_that_is_better(page: Page) -> None:
    assert "Net churn August 2025 \u22122.1 % target \u22125.0 % n = 400 target missed" in squeezed(page)


def test_the_champion_its_gates_and_the_contest_are_named(page: Page) -> None:
    text = squeezed(page)
    assert "Leads for conversion are scored by the model (logistic-20250831, from 0.310)" in text
    assert "Lift 3.420 1.200 pass lift at capacity 3.42 [2.61, 4.30]" in text
    assert "The model 0.83 (0.79 to 0.87) 3.42 (2.61 to 4.30) 22.0 % 52.0 % 0.012" in text
    assert "Region protected warn 3 LATAM, selection rate: difference -0.110, limit 0.1" in text


def test_the_queue_counts_people_by_route(page: Page) -> None:
    text = squeezed(page)
    assert "24 people qualified tonight." in text
    assert "Sales 4 h 9 1 1 Success 24 h 15 0 0 Not qualified – 16 0 0" in text


def test_risks_and_controls_say_where_they_stand(page: Page) -> None:
    text = squeezed(page)
    assert "2 of 4 risks are under control; not so R1, R4." in text
    assert "open 9 of 9 executive" in text
    assert "R1-C1, team:legal, failed since 2025-08-29 failed 87.4 % ≥ 95 %" in text
    assert "no data – ≥ \u22123 % no watched experiment has 100 units" in text


def test_the_ledger_adds_up_in_print(page: Page) -> None:
    lines = sum(1012 + i for i in range(35)) + 300
    accepted = sum(1000 + i for i in range(35)) + 300
    text = squeezed(page)
    assert f"{lines // 1000} {lines % 1000:03} lines = {accepted // 1000} {accepted % 1000:03} accepted + 245 duplicates" in text
    assert "json syntax 70 35 the line is no JSON text" in text
    assert "line ends inside" not in text
    assert "Usage before subscription events 214 5.2 %" in text


def test_what_could_not_be_computed_is_listed_with_its_reason(page: Page) -> None:
    text = squeezed(page)
    assert "cohorts.viral table needs source 'invites' or role 'invite_sent'" in text
    assert "NPS KPI needs source 'surveys': add sources.surveys to plg.yaml" in text
    assert "R4-C1 retention variance control no watched experiment has 100 units" in text


def test_a_ledger_that_does_not_add_up_is_said() -> None:
    row = {"source": "events", "files": 1, "lines": 10, "accepted": 8, "duplicates": 1, "quarantined": 0, "blank": 0, "erased": 0}
    none = Extracted(pd.DataFrame(), "")
    account = ledger(Extracted(pd.DataFrame([{**row, "received_from": None, "received_to": None}]), ""), none)
    assert account is not None
    assert not account.holds
    assert account.equation == "10 lines ≠ 8 accepted + 1 duplicates + 0 quarantined + 0 blank + 0 erased"
    said = headlines({"risks": [], "champion": None, "routes": [], "qualified": 0, "ledger": account})
    assert [(line.tone, line.text) for line in said] == [("bad", "The ledger does not add up: 10 lines in 1 files.")]


def test_an_empty_warehouse_says_so_everywhere_and_never_stops(warehouse: Warehouse, day: AsOf) -> None:
    page = Page(executive_report(warehouse, as_of=day, workspace=Tide()))
    text = squeezed(page)
    assert page.open == []
    assert "Nothing to show: cohorts.retention has not been built." in text
    assert "Nothing to show: governance.risks has not been built." in text
    assert "pql.champion table pql.champion has not been built" in text
    assert "0 %" not in text.split("What the numbers mean")[0].replace("95 %", "")


def test_a_table_that_is_empty_for_a_reason_gives_it(warehouse: Warehouse, day: AsOf) -> None:
    warehouse.ensure(table("revenue.mrr_months"))
    warehouse.connection.execute(
        "insert into meta.publications values ('revenue.mrr_months', date '2025-08-31', 'unavailable', 'no subscriptions', 0)"
    )
    text = squeezed(Page(executive_report(warehouse, as_of=day, workspace=Tide())))
    assert "Nothing to show: no subscriptions." in text
    assert "revenue.mrr_months table no subscriptions" in text


def test_what_was_not_yet_known_is_not_on_the_page(filled: Warehouse) -> None:
    earlier = AsOf(dt.date(2025, 8, 1))
    text = squeezed(Page(executive_report(filled, as_of=earlier, workspace=Tide())))
    assert "Free to paid conversion 4.6 % July 2025" in text
    assert "pql.scores was not built for 2025-08-01" in text


def test_the_written_file_is_the_page_and_the_same_again(filled: Warehouse, written: str, tmp_path: Path, day: AsOf) -> None:
    made = write_executive_report(filled, as_of=day, workspace=Tide(state=tmp_path))
    row = made.to_dict("records")[0]
    content = (tmp_path / row["path"]).read_bytes()
    assert row["path"] == "reports/2025-08-31/executive.html"
    assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert row["unavailable"] == 5
    assert list(made.columns) == list(table("reports.executive").column_names)
    assert content.decode() == written


def test_every_number_of_a_tile_is_the_tables_value_and_leads_to_its_definition(whole: Warehouse, day: AsOf) -> None:
    shown = Page(executive_report(whole, as_of=day, workspace=Tide()))
    stated = whole.rows(sql_file("reports/kpi_history.sql", requires=(), **day.parameters()))
    values = {(row[0], row[1], row[2], row[3]): (row[4], row[10]) for row in stated}
    rows = stated_rows(read(whole, "kpi_history", day), read(whole, "earlier_periods", day))
    for tile, (kpi, _) in zip(tiles(rows, []), TILES, strict=True):
        assert tile.link == f"kpi-{kpi}"
        period = newest(kpi, [row for row in rows if row["kpi"] == kpi and row["segment"] == "all"])
        if period is None:
            assert (tile.value, bool(tile.reason)) == ("–", True)
            continue
        value, unit = values[kpi, "all", period[0], period[1].to_pydatetime().date()]  # type: ignore[attr-defined]
        assert tile.value == figure(value, unit)
        assert tile.value.replace("\u202f", " ") in squeezed(shown)


def test_each_definition_link_has_its_anchor_and_each_definition_its_hash(whole: Warehouse, day: AsOf) -> None:
    text = executive_report(whole, as_of=day, workspace=Tide())
    found = Page(text)
    anchors = {attrs["id"] for _, attrs in found.tags if attrs.get("id")}
    assert {link.removeprefix("#") for link in found.links} <= anchors
    ids = [attrs["id"] for _, attrs in found.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    entry = text[text.index('id="kpi-activation_rate"') :].split("</article>")[0]
    assert "within 7 days" in entry
    assert "n = 400" in entry
    assert "20.1\u202f% to 29.0\u202f%" in entry


def test_the_waterfall_adds_up_and_one_that_does_not_is_said(whole: Warehouse, warehouse: Warehouse, day: AsOf) -> None:
    shown = revenue({"mrr_months": read(whole, "mrr_months", day)})
    steps = {cells[0].text: cells[1].sort for cells in shown.figures[0].numbers.rows}  # type: ignore[union-attr]
    assert steps == {"Opening": 14470.5, "New": 2420, "Expansion": 1220, "Reactivation": 440, "Contraction": -20, "Churn": -330,
                     "Closing": 18200.5}  # fmt: skip
    assert sum(steps.values()) - steps["Closing"] == steps["Closing"]
    assert "do not add up" not in shown.said
    whole.connection.execute("update revenue.mrr_months set closing = closing + 0.01 where month = date '2025-07-01'")
    shown = revenue({"mrr_months": read(whole, "mrr_months", day)})
    whole.connection.execute("update revenue.mrr_months set closing = closing - 0.01 where month = date '2025-07-01'")
    assert "do not add up to closing in July 2025." in shown.said


def test_alerts_stand_at_the_top_and_suppressed_ones_are_counted(whole: Warehouse, day: AsOf) -> None:
    text = squeezed(Page(executive_report(whole, as_of=day, workspace=Tide())))
    assert "1 alert stands, 1 of high severity: Activation rate." in text
    assert "24.3 % of 400 <signups>, wanted 25 %" in text
    assert "1 more is suppressed, held or resolved" in text


def test_a_night_without_history_shows_what_history_knows_and_published_values_come_first(whole: Warehouse, day: AsOf) -> None:
    rows = stated_rows(read(whole, "kpi_history", day), read(whole, "earlier_periods", day))
    activation = series(
        [row for row in rows if row["kpi"] == "activation_rate" and row["segment"] == "all"], "week", pd.Timestamp(2025, 8, 18)
    )
    assert [row["value"] for row in activation] == [27.0, 26.0, 25.0, 24.0, 23.0, 22.0, 22.8, 24.3]


FIGURES: dict[str, tuple[str, object]] = {
    "kpi_history": ("select count(*) from x where kpi = 'activation_rate' and segment = 'all'", 3),
    "activation_weeks": (
        "select signups || '/' || activated_7d || '/' || mature_7d from x order by cohort_week limit 1",
        "120/24/120",
    ),
    "activation_band": ("select p25 || '/' || p75 from x", "0.125/0.375"),
    "retention_weeks": ("select count(*) from x", 105),
    "mrr_months": ("select closing from x where month = date '2025-08-01' and currency = 'USD'", 18200.5),
    "earlier_periods": ("select count(*) from x where kpi = 'activation_rate'", 8),
    "percentiles": ("select p25 || '/' || p50 || '/' || p75 from x where segment = 'smb'", "15.0/25.0/40.0"),
    "alert_rows": ("select alert_id || state from x limit 1", "a1open"),
    "score_bins": ("select sum(people) || '/' || round(max(top), 3) || '/' || max(bin) from x", "400/99.252/23"),
    "champion_row": ("select version from x", "logistic-20250831"),
    "contest_rows": ("select scorer || auc from x limit 1", "model0.83"),
    "calibration_bins": ("select round(predicted, 4) || '/' || observed || '/' || n from x where bin = 10", "0.3795/0.3/40"),
    "bias_rows": ("select count(*) from x where group_value = 'LATAM' and verdict = 'warn'", 1),
    "score_values": ("select count(*) from x", 400),
    "queue": ("select people || '/' || holdout || '/' || suppressed from x where sla_hours = 4", "9/1/1"),
    "risk_rows": ("select risk_id from x limit 1", "R1"),
    "control_rows": ("select control_id || status from x limit 1", "R1-C1failed"),
    "ledger_sources": ("select lines - accepted - duplicates - quarantined - blank - erased from x where source = 'events'", 0),
    "ledger_days": ("select accepted from x where day = date '2025-07-30'", 1002),
    "quarantine_reasons": ("select reason || lines from x limit 1", "json_syntax70"),
    "finding_rows": ("select rows from x", 214),
    "unavailable_outputs": ("select table_name from x", "cohorts.viral"),
}


def test_every_extract_has_a_figure_here() -> None:
    assert set(FIGURES) == {extract.name for extract in (*EXTRACTS, *CHARTED)}


@pytest.mark.parametrize("name", FIGURES)
def test_extracts_count_what_a_hand_counts(name: str, whole: Warehouse, day: AsOf) -> None:
    filled = whole
    text, expected = FIGURES[name]
    query = sql_file(f"reports/{name}.sql", requires=(), **day.parameters(), whole=WHOLE)
    filled.connection.execute(f"create or replace temp table x as {query.text}", query.bound())
    assert filled.scalar(text) == expected


def test_an_unknown_extract_is_refused(filled: Warehouse, day: AsOf) -> None:
    with pytest.raises(ValueError, match="no extract 'nothing'; choose one of kpi_history"):
        read(filled, "nothing", day)
