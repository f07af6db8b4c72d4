"""The packaged initiatives equal their source, and what could never be judged is refused with file, line and remedy."""

import csv
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from plg_orchestration.config.load import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.section import load_default
from plg_orchestration.governance import GovernancePolicy
from plg_orchestration.governance.initiatives.policy import COMPUTED
from plg_orchestration.governance.initiatives.roadmap import totals
from tests.governance.initiatives.conftest import plan

HERE, ORIGINAL = Path(__file__).parent, Path(__file__).parents[4] / "shared" / "spec" / "reference"
POLICY = load_default("governance", GovernancePolicy)
INITIATIVES = list(csv.DictReader((HERE / "initiatives.csv").read_text().splitlines()))
ROADMAP = {row["quarter"]: row for row in csv.DictReader((HERE / "roadmap.csv").read_text().splitlines())}
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.parametrize("name", ["initiatives.csv", "roadmap.csv"])
def test_the_copies_are_the_published_tables(name: str) -> None:
    if not (ORIGINAL / name).exists():
        pytest.skip("the published tables are not at hand")
    assert (HERE / name).read_text() == (ORIGINAL / name).read_text()


@pytest.mark.parametrize("row", INITIATIVES, ids=lambda row: row["initiative"])
def test_a_packaged_initiative_says_what_its_source_says(row: dict[str, str]) -> None:
    one = POLICY.initiatives[row["initiative"]]
    assert (one.quarter, one.impact, one.effort) == (row["quarter"], row["impact"], row["effort"])
    assert one.priority_score == (int(row["priority_score"]) if row["priority_score"] else None)
    assert (one.budget.fte, one.budget.engineering_hours, one.budget.tooling_usd) == (
        float(row["fte"]), float(row["engineering_hours"]), float(row["tooling_usd"]),
    )  # fmt: skip
    assert list(dict.fromkeys(aim.named or aim.kpi for aim in one.kpis)) == row["primary_kpis"].split("; ")
    said = one.published
    assert (said.target, said.rollback_when, said.go_no_go) == (row["target"], row["rollback_when"], row["go_no_go"])


@pytest.mark.parametrize("row", INITIATIVES, ids=lambda row: row["initiative"])
def test_every_figure_of_the_free_text_is_a_limit_of_a_condition(row: dict[str, str]) -> None:
    one = POLICY.initiatives[row["initiative"]]
    assert [abs(aim.condition.limit) for aim in one.kpis] == [float(n) for n in NUMBER.findall(row["target"])]
    limits = [] if one.rollback is None else [abs(one.rollback.condition.limit)]
    stated = [float(n) for n in NUMBER.findall(row["rollback_when"])]
    assert limits == ([80.0] if row["initiative"] == "pql_implementation" else stated)  # false positives above 20: under 80 true


def test_initiatives_are_all_and_only_the_published_ones() -> None:
    assert list(POLICY.initiatives) == [row["initiative"] for row in INITIATIVES]
    unmeasured = {aim.metric for one in POLICY.initiatives.values() for _, aim in one.aims() if aim.unavailable}
    assert unmeasured == {"spam_reports"}
    asked = {aim.kpi for one in POLICY.initiatives.values() for _, aim in one.aims() if aim.kpi}
    assert {name for name in asked if COMPUTED[name].unavailable} == {"data_accuracy", "query_time", "cs_efficiency"}


@pytest.mark.parametrize("name", ["Q1", "Q2", "Q3", "Q4", "cross", "total_as_printed"])
def test_the_roadmap_says_what_its_source_says(name: str) -> None:
    row = ROADMAP[name]
    found = POLICY.roadmap.printed_total if name == "total_as_printed" else POLICY.roadmap.quarters[name]  # type: ignore[index]
    assert found is not None
    assert (found.milestones, found.deliverables, found.kpis) == (row["milestones"], row["deliverables"], row["kpis"])
    assert (found.fte, found.budget_usd) == (float(row["fte"]), float(row["budget_usd"]))


def test_the_printed_people_are_one_fewer_than_the_rows_sum_to_and_the_money_agrees() -> None:
    assert totals(POLICY.roadmap) == (16.5, 115_000.0)
    assert POLICY.roadmap.printed_total is not None
    assert (POLICY.roadmap.printed_total.fte, POLICY.roadmap.printed_total.budget_usd) == (15.5, 115_000.0)


MINE = """\
workspace: mine
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
governance:
  initiatives:
    mine:
      quarter: Q1
      impact: high
      effort: low
      kpis:
        - {kpi: activation_rate, when: "> 30"}
      budget: {fte: 1, engineering_hours: 10, tooling_usd: 100}
      milestones: [{name: first}]
      go_no_go: {milestones: 0.8}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("kpi: activation_rate", "kpi: activation_rat", 12, "unknown KPI 'activation_rat'; did you mean 'activation_rate'?"),
        ("kpi: activation_rate", "kpi: mrr_growth", 12, "unknown KPI 'mrr_growth'; write 'arr_growth_in_period'"),
        ("milestones: [{name: first}]", "milestones: []", 7, "go_no_go without milestones"),
        ("tooling_usd: 100", "tooling_usd: -100", 13, "-100"),
        ("      go_no_go:", "      experiment: nowhere\n      go_no_go:", 15, "the experiment 'nowhere' is not registered"),
    ],
)
def test_what_could_never_be_judged_is_refused_with_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    file = tmp_path / "plg.yaml"
    file.write_text(MINE)
    assert "mine" in load_workspace(file).governance.initiatives
    file.write_text(MINE.replace(old, new, 1))
    with pytest.raises(InvalidConfiguration) as refused:
        load_workspace(file)
    assert f"plg.yaml:{line}: " in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kpis": [{"kpi": "activation_rate", "when": "< 30"}]}, "points the wrong way, higher is better"),
        ({"kpis": [{"kpi": "activation_rate", "when": "== 30"}]}, "write an inequality"),
        ({"kpis": [{"kpi": "activation_rate", "when": "> 30", "period": "day"}]}, "activation_rate is not computed by day"),
        ({"kpis": [{"kpi": "activation_rate", "when": "> 30"}] * 2}, "activation_rate is compared twice by level as target"),
        ({"kpis": [{"kpi": "dau_mau", "when": "> 30", "unavailable": "never"}]}, "is named and called unavailable at once"),
        ({"rollback": {"named": "spam", "when": "> 5"}}, "a condition without a KPI"),
        ({"rollback": {"kpi": "dau_mau", "when": "> 5"}}, "rollback: 'dau_mau > 5' points the wrong way"),
        ({"ends": "2025-02-01"}, "ends 2025-02-01 without an earlier start"),
        ({"experiment": None, "worth": {"usd": 3, "basis": "me"}}, "worth without an experiment"),
        ({"milestones": [{"name": "first"}] * 2}, "the milestone 'first' stands twice"),
        ({"budget": {"fte": -1, "engineering_hours": 1, "tooling_usd": 1}}, "greater than or equal to 0"),
    ],
)
def test_what_contradicts_itself_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        plan(**changes)


def test_a_workspace_changes_single_keys_of_a_packaged_initiative(tmp_path: Path) -> None:
    file = tmp_path / "plg.yaml"
    file.write_text(
        MINE.split("governance:", maxsplit=1)[0] + "governance:\n  initiatives: {referral_loop: {starts: 2025-02-01}}\n"
    )
    one = load_workspace(file).governance.initiatives["referral_loop"]
    assert (str(one.starts), one.budget.tooling_usd) == ("2025-02-01", 12000)
