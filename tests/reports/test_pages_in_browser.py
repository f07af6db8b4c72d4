"""The reports in a real browser: offline, without an error, accessible in light and dark, on a phone, in print, by keyboard."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.reports import executive_report, tactical_report
from plg_orchestration.reports.experiments import write_experiment_pages
from plg_orchestration.warehouse import Warehouse
from tests.reports.test_executive_report import Tide
from tests.reports.test_experiment_page import DAY, fill
from tests.reports.test_experiment_page import Tide as ExperimentTide

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: pip install -e '.[dev]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PHONE, DESKTOP = 320, 1280
ALIKE = """() => {
  const bodies = document.querySelectorAll(".scroll:not(.heat) tbody");
  for (const body of bodies) [...body.rows].slice(3).forEach((row) => row.remove());
  for (const list of document.querySelectorAll(".definitions")) [...list.children].slice(2).forEach((entry) => entry.remove());
}"""
"""Leaves the first of the rows and definitions that are made alike: checking the colors of each takes seconds. The links to the
definitions that go are checked without a browser."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(whole: Warehouse, tmp_path_factory: pytest.TempPathFactory, day: AsOf) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"executive": executive_report, "tactical": tactical_report}
    for name, write in made.items():
        (folder / f"{name}.html").write_text(write(whole, as_of=day, workspace=Tide()), encoding="utf-8")
    with Warehouse.open(folder / "state") as warehouse:
        fill(warehouse)
        row = write_experiment_pages(warehouse, as_of=AsOf(DAY), workspace=ExperimentTide(folder)).iloc[0]
    return {**{name: folder / f"{name}.html" for name in made}, "experiment": folder / str(row["path"])}


@contextmanager
def shown(browser: Any, page: Path, *, width: int = DESKTOP, scheme: str = "light", script: bool = True) -> Iterator[Any]:
    """The page, opened offline; whatever it asked for or complained about fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=script, offline=True
    )
    tab = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(page.as_uri())
    yield tab
    context.close()
    assert [url for url in asked if url.split("#")[0] != page.as_uri()] == []
    assert said == []


def told(violations: list[dict[str, Any]]) -> list[str]:
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in violations for node in one["nodes"][:3]]


@pytest.mark.parametrize(("scheme", "width"), [("light", DESKTOP), ("dark", PHONE)])
@pytest.mark.parametrize("name", ["executive", "tactical", "experiment"])
def test_axe_finds_nothing(name: str, scheme: str, width: int, pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages[name], width=width, scheme=scheme) as page:
        page.evaluate(ALIKE)
        assert told(axe.Axe().run(page).response["violations"]) == []


@pytest.mark.parametrize("width", [PHONE, 390, DESKTOP])
@pytest.mark.parametrize("name", ["executive", "tactical", "experiment"])
def test_the_page_never_scrolls_sideways_and_fetches_nothing(name: str, width: int, pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages[name], width=width) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_heading_sorts_its_table_and_says_so(pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages["tactical"]) as page:
        heading = page.locator("#by-channel thead th").nth(1)
        values = "#by-channel tbody td:nth-child(2)"
        heading.get_by_role("button").press("Enter")
        assert heading.get_attribute("aria-sort") == "ascending"
        assert [text.split("n =")[0].strip() for text in page.locator(values).all_text_contents()] == ["120", "300"]
        heading.get_by_role("button").press("Enter")
        assert heading.get_attribute("aria-sort") == "descending"
        assert [text.split("n =")[0].strip() for text in page.locator(values).all_text_contents()] == ["300", "120"]
        assert page.locator("#by-channel th[aria-sort=none]").count() == page.locator("#by-channel thead th").count() - 1


def test_a_filter_hides_other_rows_and_counts_them(pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages["tactical"]) as page:
        tools = page.get_by_role("group", name="Filter of: Gates and prompts: associations, not effects")
        rows = page.locator("#gates-and-prompts tbody tr")
        tools.get_by_role("searchbox").fill("NUDGE")
        assert [row.is_visible() for row in rows.all()] == [False, True]
        assert tools.get_by_role("status").text_content() == "1 of 2 rows"
        tools.get_by_role("searchbox").fill("")
        tools.get_by_label("Kind").select_option("Gate")
        assert [row.is_visible() for row in rows.all()] == [True, False]


def test_long_tables_begin_short_and_open_at_a_press(pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages["tactical"]) as page:
        rows = page.locator("#kpis-by-group tbody tr")
        tools = page.get_by_role("group", name="Filter of: KPIs by channel, region, device and plan")
        assert [row.is_visible() for row in rows.all()].count(True) == 12 < rows.count()
        tools.get_by_role("button", name="Show all").click()
        assert all(row.is_visible() for row in rows.all())


def test_without_its_script_every_row_is_there(pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages["tactical"], script=False) as page:
        assert page.locator("thead button, .tools").count() == 0
        assert all(row.is_visible() for row in page.locator("#kpis-by-group tbody tr").all())


def test_a_number_leads_to_its_definition(pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages["executive"]) as page:
        page.locator(".tile .value a").first.click()
        assert page.url.endswith("#kpi-activation_rate")
        assert page.locator("#kpi-activation_rate").is_visible()
        assert "n = 400" in (page.locator("#kpi-activation_rate").text_content() or "")


@pytest.mark.parametrize("name", ["executive", "tactical"])
def test_print_shows_every_row_on_white_within_the_sheet(name: str, pages: dict[str, Path], browser: Any) -> None:
    with shown(browser, pages[name], width=703, scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert all(row.is_visible() for row in page.locator("tr[hidden]").all())
        wide = "[...document.querySelectorAll('table')].filter(t => t.getBoundingClientRect().right > innerWidth).map(t => t.id)"
        assert page.evaluate(wide) == []
