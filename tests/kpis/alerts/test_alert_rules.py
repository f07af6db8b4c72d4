"""What a rule finds in a series: a breach that chance does not explain, one that it may, or nothing that can be judged."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from plg_orchestration.config import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.alerts.judging import PER_WEEK, chance_limit, judge
from plg_orchestration.kpis.alerts.policy import JUDGED
from plg_orchestration.kpis.alerts.series import Point, Series
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.registry import KPIS
from tests.kpis.alerts.night_rows import ANOMALY, CHANGE, LEVEL, MONDAY, STEADY, TARGET, of_smb, one, only, policy, shares

DROP = (*STEADY, (2, 64))


# -- the three kinds --------------------------------------------------------------------------------------------------


def test_a_collapse_breaks_the_level_the_change_and_the_expectation() -> None:
    level, change, anomaly = (one(policy(rule=rule), shares(DROP)) for rule in (LEVEL, CHANGE, ANOMALY))
    assert all(found.beyond_chance and found.reason is None for found in (level, change, anomaly))
    assert (level.threshold, level.value) == (25.0, 3.125)
    assert level.evidence == "activation rate of smb is 3.1 % (2 of 64) in the week of 2025-06-23, below 25.0 % (target)"
    assert change.evidence.endswith("after 44.4 % (28 of 63) in the week of 2025-06-16: -93 %")
    assert change.threshold == pytest.approx(28 / 63 * 85)
    assert anomaly.expected_low is not None and anomaly.expected_low > 25
    assert anomaly.threshold is None


def test_forty_signups_do_not_page_anybody() -> None:
    """9 of 40 are under the target of 25 %, and half of the week before: both may be chance."""
    points = shares((*((18, 40),) * 7, (9, 40)))
    level = one(policy(rule=LEVEL), points)
    assert (level.verdict, level.beyond_chance) == ("breach", False)
    assert level.reason is not None and "within the sampling interval" in level.reason
    change = one(policy({"false_alarms_per_week": 0.001}, rule=CHANGE), points)
    assert (change.verdict, change.beyond_chance) == ("breach", False)
    assert change.reason is not None and "by chance alone 1 in" in change.reason


def test_the_same_shares_of_a_hundred_times_as_many_do() -> None:
    points = shares((*((1800, 4000),) * 7, (900, 4000)))
    assert one(policy(rule=LEVEL), points).beyond_chance
    assert one(policy(rule=CHANGE), points).beyond_chance


def test_at_the_limit_nothing_is_broken() -> None:
    assert one(policy(rule=LEVEL), shares((*STEADY, (16, 64)))).verdict == "quiet"
    assert one(policy(rule=CHANGE), shares(((40, 100), (34.1, 100)))).verdict == "quiet"


def test_a_level_says_since_when() -> None:
    found = one(policy(rule=LEVEL), shares((*STEADY, (20, 100), (10, 100), (5, 100))))
    assert found.since == dt.date(2025, 6, 9)
    assert found.evidence.endswith(", since the week of 2025-06-09")


def test_a_rise_is_no_alarm_where_higher_is_better_unless_both_directions_are_asked_for() -> None:
    rise = shares((*STEADY, (60, 64)))
    assert one(policy(rule=ANOMALY), rise).verdict == "quiet"
    assert one(policy(rule={**ANOMALY, "direction": "both"}), rise).beyond_chance


def test_lower_is_better_turns_the_anomaly_around() -> None:
    rule = {**ANOMALY, "kpi": "gross_churn", "segments": ["all"]}
    worse = Series(JUDGED["gross_churn"], "week", "all", shares((*((40, 1000),) * 7, (140, 1000))))
    better = Series(JUDGED["gross_churn"], "week", "all", shares((*((40, 1000),) * 7, (2, 1000))))
    key = ("gross_churn", "week", "all")
    found = [only(judge(policy(rule=rule), {key: line}, targets={}, as_of=dt.date(2025, 7, 1))) for line in (worse, better)]
    assert [one.beyond_chance for one in found] == [True, False]


def test_days_are_compared_with_their_weekday() -> None:
    """A Sunday with 40 where weekdays have 100 is as usual; a Friday with 40 is not."""
    friday = dt.date(2025, 6, 27)
    days = [friday - dt.timedelta(days=back) for back in reversed(range(37))]
    usual = {day: 40.0 if day.weekday() >= 5 else 100.0 + day.weekday() for day in days}
    rule = {**ANOMALY, "kpi": "signups", "period": "day", "segments": ["all"]}

    def judged(through: dt.date, value: float):
        points = [Point(day, usual[day], usual[day], n=int(usual[day])) for day in days if day < through]
        line = Series(JUDGED["signups"], "day", "all", (*points, Point(through, value, value)))
        return only(judge(policy(rule=rule), {("signups", "day", "all"): line}, targets={}, as_of=through))

    sunday = friday - dt.timedelta(days=5)
    assert judged(sunday, 40).verdict == "quiet"
    fallen = judged(friday, 40)
    assert fallen.beyond_chance
    assert "its earlier Fridays led to expect" in fallen.evidence


def test_a_median_is_judged_by_its_interval() -> None:
    rule = {"kind": "level", "above": 5, "kpi": "time_to_value", "segments": ["all"]}
    key = ("time_to_value", "week", "all")

    def judged(low: float, high: float):
        line = Series(JUDGED["time_to_value"], "week", "all", (Point(MONDAY, 8.0, n=50, ci_low=low, ci_high=high),))
        return only(judge(policy(rule=rule), {key: line}, targets={}, as_of=dt.date(2025, 7, 1)))

    assert judged(7.2, 9.0).beyond_chance
    assert not judged(4.0, 16.0).beyond_chance


# -- what is not judged -----------------------------------------------------------------------------------------------


def test_an_immature_value_never_alerts() -> None:
    *past, last = shares(DROP)
    found = one(policy(rule=LEVEL), [*past, replace(last, mature_share=0.4)], as_of=dt.date(2025, 7, 3))
    assert (found.verdict, found.period_start) == ("quiet", dt.date(2025, 6, 16))


def test_what_is_not_known_is_said_and_no_alert() -> None:
    nothing = only(judge(policy(rule=LEVEL), {}, targets=TARGET, as_of=MONDAY))
    assert (nothing.verdict, nothing.reason) == ("not_judged", "no data: nothing is known of any period")
    missing = one(policy(rule=LEVEL), [Point(MONDAY, None, reason="needs role 'activation'")])
    assert missing.reason == "needs role 'activation'"
    no_target = only(judge(policy(rule=LEVEL), of_smb(*shares(STEADY)), targets={}, as_of=dt.date(2025, 7, 7)))
    assert no_target.reason == "there is no target of activation_rate for smb and a week"
    alone = one(policy(rule=CHANGE), shares(((2, 64),)))
    assert alone.reason == "there is no value of the week before 2025-06-23"
    short = one(policy(rule=ANOMALY), shares(DROP[-3:]))
    assert short.reason == "2 earlier values are known; 5 are needed"
    zero = one(policy(rule=CHANGE), shares(((0, 64), (3, 64))))
    assert zero.reason is not None and "no change in percent can be told" in zero.reason


def test_an_old_value_is_not_judged_again_for_ever() -> None:
    assert one(policy(rule=LEVEL), shares(DROP), as_of=dt.date(2025, 7, 27)).verdict == "breach"
    old = one(policy(rule=LEVEL), shares(DROP), as_of=dt.date(2025, 7, 28))
    assert old.reason == "the newest value that could be judged is of the week of 2025-06-23"


def test_values_under_another_definition_are_not_compared_silently() -> None:
    *past, last = shares(DROP)
    redefined = [*past, replace(last, definition_hash="new")]
    change, anomaly = (one(policy(rule=rule), redefined) for rule in (CHANGE, ANOMALY))
    assert (change.comparable, anomaly.comparable) == (False, False)
    assert one(policy(rule=LEVEL), redefined).comparable


# -- how many are judged ----------------------------------------------------------------------------------------------


def test_every_value_of_a_week_has_an_equal_share_of_the_false_alarms() -> None:
    rules = policy(
        {"false_alarms_per_week": 0.04}, week=LEVEL, day={**ANOMALY, "kpi": "dau", "period": "day", "segments": ["all"]}
    )
    assert chance_limit(rules) == pytest.approx(0.04 / 8)
    assert PER_WEEK["month"] == pytest.approx(12 / 52.18, rel=1e-3)


# -- the configuration ------------------------------------------------------------------------------------------------


def test_the_packaged_rules_are_those_that_the_metrics_page_asks_for() -> None:
    rules = load_default("kpis", KpiPolicy).alerts.rules
    asked = {
        ("level", "activation_rate"), ("level", "time_to_value"), ("level", "free_to_paid_conversion"), ("level", "gross_churn"),
        ("level", "viral_coefficient"), ("change", "viral_coefficient"), ("level", "fake_account_ratio"),
        ("level", "support_deflection"), ("change", "activation_rate"),
    }  # fmt: skip
    assert asked <= {(rule.kind, rule.kpi) for rule in rules.values()}
    limits = {name: (rule.below, rule.above, rule.falls_by) for name, rule in rules.items()}
    assert limits["slow_time_to_value"] == (None, 5, None) and limits["low_conversion"] == (4, None, None)
    assert limits["high_churn"] == (None, 5, None) and limits["fake_accounts"] == (None, 2, None)
    assert limits["low_deflection"] == (20, None, None) and limits["activation_falls"] == (None, None, 15)
    lagging = {kpi.name for kpi in KPIS if kpi.kind == "lagging"}
    assert all(rule.lagging_kpi in lagging and rule.owner.startswith("team:") for rule in rules.values())


PLG = """\
workspace: acme
start: 2025-01-01
sources:
  events: {path: "data/*.jsonl", format: segment}
kpis:
  alerts:
    rules:
      mine:
"""


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (["kind: level", "kpi: activation_rat", "period: week", "below: 3"], 10, "unknown KPI 'activation_rat'; did you mean"),
        (["kind: level", "kpi: dau", "period: week", "below: 3"], 11, "dau is not computed for a week; write one of: day"),
        (["kind: level", "kpi: dau", "period: day", "below: 3", "owner: null"], 13, "a text belongs here"),
        (["kind: level", "kpi: dau", "period: day"], 8, "a rule of kind level needs one limit; write below or above"),
        (["kind: change", "kpi: dau", "period: day", "below: 3"], 8, "a rule of kind change has no 'below'"),
        (["kind: level", "kpi: dau", "period: day", "below: 3", "lagging_kpi: dau"], 13, "'dau' is no lagging KPI"),
        (["kind: level", "kpi: cac_by_channel", "period: month", "above: 3", "segments: [smb]"], 13, "is not known by segment"),
        (["kind: level", "kpi: dau", "period: day", "below: 3", "severety: high"], 13, "unknown key 'severety'"),
        (["kind: change", "kpi: dau", "period: day", "falls_by: 3", "direction: both"], 8, "has one direction"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_with_file_and_line(tmp_path: Path, lines: list[str], line: int, said: str) -> None:
    keys = {text.split(":")[0] for text in lines}
    rest = [text for text in ("severity: high", "owner: team:x", "lagging_kpi: gross_churn") if text.split(":")[0] not in keys]
    (tmp_path / "plg.yaml").write_text(PLG + "".join(f"        {text}\n" for text in (*lines, *rest)))
    with pytest.raises(InvalidConfiguration) as refused:
        load_workspace(tmp_path)
    problem = refused.value.problems[0]
    assert (problem.line, problem.file.endswith("plg.yaml")) == (line, True)
    assert said in str(problem)


def test_a_rule_without_an_owner_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plg.yaml").write_text(
        PLG + "        {kind: level, kpi: dau, period: day, below: 3, severity: high, lagging_kpi: arpa}\n"
    )
    with pytest.raises(InvalidConfiguration, match="'owner' is missing"):
        load_workspace(tmp_path)


def test_a_workspace_changes_one_limit_or_turns_a_rule_off(tmp_path: Path) -> None:
    text = PLG.replace("      mine:\n", "      high_churn: {above: 7}\n      unusual_signups: {enabled: false}\n")
    (tmp_path / "plg.yaml").write_text(text)
    alerts = load_workspace(tmp_path).kpis.alerts
    assert alerts.rules["high_churn"].above == 7 and alerts.rules["high_churn"].owner == "team:customer-success"
    assert "unusual_signups" not in alerts.live
