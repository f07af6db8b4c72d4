"""Coverage and properties of the events themselves, counted by hand.

Exercised here: coverage, coverage_days, coverage_volumes, property_days, property_drift.
"""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.ingest import queries
from plg_orchestration.ingest.instrumentation import coverage_findings, drift_findings
from plg_orchestration.ingest.policy import InstrumentationPolicy
from plg_orchestration.warehouse import Query, Warehouse, sql_file, table
from plg_orchestration.warehouse.scratch import scratch

POLICY = load_default("instrumentation", InstrumentationPolicy)
DAY = dt.date(2025, 3, 10)
NOW = AsOf(DAY)
ROLES = "create or replace table config.event_roles (event varchar, role varchar, step integer, item varchar)"


class Lake:
    """Events by hand: `came` adds a number of one event on one received day."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        for name in ("ingest.events", "ingest.coverage", "ingest.property_drift"):
            warehouse.ensure(table(name))
        warehouse.connection.execute(ROLES)
        warehouse.connection.execute("create table config.passive_events (event varchar)")
        self.configure(POLICY)

    def configure(self, policy: InstrumentationPolicy) -> None:
        for name, rows in policy.config_tables().items():
            self.warehouse.connection.register("given", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from given")
            self.warehouse.connection.unregister("given")

    def role(self, *events: str) -> None:
        for event in events:
            self.warehouse.connection.execute("insert into config.event_roles values (?, 'item_created', null, null)", [event])

    def passive(self, event: str) -> None:
        self.warehouse.connection.execute("insert into config.passive_events values (?)", [event])

    def came(
        self, event: str, day: dt.date = DAY, times: int = 1, *, kind: str = "track", lag_hours: float = 0.0, users: int = 1,
        properties: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        at = dt.datetime.combine(day, dt.time(12))
        text = None if properties is None else json.dumps(properties)
        self.warehouse.connection.execute(
            "insert into ingest.events (received_date, kind, event, user_id, event_at, received_at, properties) "
            "select $day, $kind, $event, 'u' || (n % $users), $happened, $at, $text from range($times) as r (n)",
            {
                "day": day, "kind": kind, "event": event, "users": users, "happened": at - dt.timedelta(hours=lag_hours),
                "at": at, "text": text, "times": times,
            },
        )  # fmt: skip

    def rows(self, query: Query) -> dict[Any, dict[str, Any]]:
        found = self.warehouse.arrow(query).to_pylist()
        return {(row["event"], row["property"]) if "property" in row else row["event"]: row for row in found}

    def coverage(self, as_of: AsOf = NOW, policy: InstrumentationPolicy = POLICY) -> dict[str, dict[str, Any]]:
        return self.rows(queries.coverage(as_of=as_of, policy=policy))

    def drift(self, as_of: AsOf = NOW) -> dict[tuple[str, str], dict[str, Any]]:
        return self.rows(queries.property_drift(as_of=as_of, policy=POLICY))

    def findings(self, policy: InstrumentationPolicy = POLICY) -> dict[str, Any]:
        rows = self.warehouse.frame(queries.coverage(as_of=NOW, policy=policy))
        return {finding.name: finding for finding in coverage_findings(rows, policy)}


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with Warehouse.open(tmp_path) as warehouse:
        yield Lake(warehouse)


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


def test_coverage_tells_what_came_from_what_was_expected_in_vain(lake: Lake) -> None:
    lake.role("Report Created", "Report Shared", "Plan Upgraded")
    lake.passive("Digest Delivered")
    lake.came("Report Created", times=3, users=2, lag_hours=1.5)
    lake.came("Plan Upgraded", ago(27))
    lake.came("Odd Thing", times=2)
    lake.came("Home", kind="page")
    lake.came("identify", kind="identify")
    rows = lake.coverage()
    assert {event: (row["expected"], row["events"], row["seen"], row["unknown"]) for event, row in rows.items()} == {
        "Report Created": (True, 3, True, False), "Report Shared": (True, 0, False, False), "Odd Thing": (False, 2, True, True),
        "Plan Upgraded": (True, 0, True, False), "Home": (False, 1, True, False),
    }  # fmt: skip
    created = rows["Report Created"]
    assert (created["users"], created["median_lag_hours"], created["longest_lag_hours"]) == (2, 1.5, 1.5)
    assert (rows["Plan Upgraded"]["events_7_days"], rows["Plan Upgraded"]["events_28_days"]) == (0, 1)
    assert (rows["Report Shared"]["last_seen"], rows["Report Shared"]["longest_lag_hours"]) == (None, None)


def test_an_event_that_is_seldom_is_not_missing_every_night(lake: Lake) -> None:
    lake.role("Report Created", "Plan Upgraded")
    lake.came("Report Created")
    lake.came("Plan Upgraded", ago(27))
    assert lake.findings()["coverage_goal"].passed
    lake.warehouse.connection.execute(
        "update ingest.events set received_date = $day where event = 'Plan Upgraded'", {"day": ago(28)}
    )
    goal = lake.findings()["coverage_goal"]
    assert not goal.passed
    assert goal.figures == {"expected events": 2, "missing events": 1, "coverage": 0.5}
    assert "missing: Plan Upgraded" in goal.reason
    seldom = POLICY.model_copy(update={"seldom_events": ("Plan Upgraded",)})
    lake.configure(seldom)
    assert lake.findings(seldom)["coverage_goal"].figures["expected events"] == 1


def test_a_misspelled_event_is_unknown_and_gets_a_hint(lake: Lake) -> None:
    lake.role("Report Created", "Report Shared")
    lake.came("report_created", times=4)
    lake.came("Zebra Painted")
    rows = lake.coverage()
    assert (rows["report_created"]["nearest_known"], rows["Zebra Painted"]["nearest_known"]) == ("Report Created", None)
    found = lake.findings()["no_unknown_events"]
    assert not found.passed
    assert "'report_created' (perhaps 'Report Created'); 'Zebra Painted'" in found.reason
    known = POLICY.model_copy(update={"known_events": ("report_created", "Zebra Painted")})
    lake.configure(known)
    assert lake.findings(known)["no_unknown_events"].passed


@pytest.mark.parametrize(
    ("naming", "misnamed"),
    [("title_case", {"report_created", "Report", "reportCreated"}), ("any", set()),
     ("snake_case", {"Report Created", "Report", "reportCreated", "Report 2 Shared"})],
)  # fmt: skip
def test_names_follow_the_convention_of_the_workspace(lake: Lake, naming: str, misnamed: set[str]) -> None:
    for event in ("report_created", "Report Created", "Report", "reportCreated", "Report 2 Shared"):
        lake.came(event)
    lake.came("/pricing", kind="page")
    policy = InstrumentationPolicy.model_validate({"naming": naming})
    rows = lake.coverage(policy=policy)
    assert {event for event, row in rows.items() if not row["well_named"]} == misnamed
    assert lake.findings(policy)["naming_convention"].passed is (not misnamed)


def test_names_beyond_the_most_are_summed_but_never_a_named_one(lake: Lake) -> None:
    lake.role("Rare Kind")
    for number in range(15):
        lake.came(f"view {number:02d}", times=2)
    lake.came("Rare Kind")
    rows = lake.coverage(policy=POLICY.model_copy(update={"most_names": 10}))
    assert len(rows) == 12
    assert (rows["(other names)"]["events"], rows["(other names)"]["users"], rows["Rare Kind"]["events"]) == (10, 1, 1)


def test_lag_counts_the_share_of_late_events(lake: Lake) -> None:
    lake.came("Report Created", times=94)
    lake.came("Report Created", times=6, lag_hours=25)
    found = lake.findings()["lag"]
    assert not found.passed
    assert found.figures == {"events": 100, "late events": 6, "late share": 0.06}
    assert lake.coverage()["Report Created"]["p95_lag_hours"] == 25


def history(lake: Lake, event: str, numbers: list[int]) -> None:
    """Numbers of an event on the days before the day, the last one yesterday."""
    for back, number in enumerate(reversed(numbers), start=1):
        lake.came(event, ago(back), number)


def test_a_monday_is_compared_with_mondays(lake: Lake) -> None:
    week = [100, 100, 100, 100, 100, 20, 20]  # Monday to Sunday; the day is a Monday
    history(lake, "Report Created", week * 5)
    lake.came("Report Created", times=97)
    row = lake.coverage()["Report Created"]
    assert (row["usual"], row["history_days"], row["volume"]) == (pytest.approx(100), 5, "usual")
    # 2 sqrt(100.375) -+ 4 * 1.2 and back: 57.7 and 153.8.
    assert (row["usual_low"], row["usual_high"]) == (pytest.approx(57.67, abs=0.01), pytest.approx(153.85, abs=0.01))


@pytest.mark.parametrize(("number", "volume"), [(0, "low"), (40, "low"), (75, "usual"), (140, "usual"), (170, "high")])
def test_a_planted_drop_and_spike_are_found(lake: Lake, number: int, volume: str) -> None:
    history(lake, "Report Created", [96, 104, 99, 101, 98, 21, 19] * 5)
    lake.came("Report Created", times=number)
    found = lake.findings()["volume_anomalies"]
    assert lake.coverage()["Report Created"]["volume"] == volume
    assert found.passed is (volume == "usual")


def test_a_new_event_is_not_judged_before_three_same_weekdays(lake: Lake) -> None:
    history(lake, "Report Created", [50] * 20)
    row = lake.coverage()["Report Created"]
    assert (row["volume"], row["history_days"], row["usual"]) == ("too_new", 0, None)
    lake.came("Report Created", ago(21), 50)
    row = lake.coverage()["Report Created"]
    assert (row["volume"], row["history_days"]) == ("low", 3)


def test_one_bad_day_in_the_past_moves_nothing(lake: Lake) -> None:
    history(lake, "Report Created", [100] * 35)
    before = lake.coverage()["Report Created"]
    lake.came("Report Created", ago(7), 5000)
    after = lake.coverage()["Report Created"]
    names = ("usual", "usual_low", "usual_high")
    assert [after[name] for name in names] == [pytest.approx(before[name]) for name in names]


def volumes(numbers: np.ndarray) -> pd.Series:
    """The verdict on the last day of each series of daily numbers."""
    series, days = numbers.shape
    frame = pd.DataFrame(
        {
            "event": np.repeat([f"e{i}" for i in range(series)], days), "events": numbers.ravel(),
            "day": np.tile([ago(days - 1 - n) for n in range(days)], series),
        }
    )  # fmt: skip
    parameters = NOW.parameters() | {"volume_from": ago(35)} | POLICY.volume.model_dump()
    with scratch(coverage_days=pa.Table.from_pandas(frame[frame["events"] > 0])) as warehouse:
        found = warehouse.frame(sql_file("ingest/coverage_volumes.sql", requires=(), **parameters))
    return found["volume"]


@pytest.mark.parametrize(("mean", "spread"), [(2, 0.0), (12, 0.0), (80, 0.0), (600, 0.15)])
def test_false_alarms_are_rare_and_real_breaks_are_found(mean: float, spread: float) -> None:
    """Poisson days with a weekday pattern (and days that vary beyond it): at most 4 alarms in 1000."""
    rng = np.random.default_rng(20250310)
    weekdays = np.array([1.0, 1.1, 1.0, 0.95, 0.9, 0.5, 0.4])
    means = mean * weekdays[np.arange(36) % 7] * rng.lognormal(0, spread, (2000, 36))
    quiet = rng.poisson(means)
    assert (volumes(quiet) != "usual").mean() <= 0.004
    if mean >= 80:
        for factor, verdict in ((0.3, "low"), (3.0, "high")):
            broken = quiet[:300].copy()
            broken[:, -1] = rng.poisson(factor * means[:300, -1])
            assert (volumes(broken) == verdict).mean() > 0.85


# -- one day alone, or night after night ---------------------------------------------------------------------------------


SHORT = InstrumentationPolicy.model_validate({"seen_days": 14, "volume": {"weeks": 3}, "properties": {"days": 14}})


def busy(lake: Lake) -> None:
    rng = np.random.default_rng(5)
    lake.role("Report Created", "Report Shared", "Never Seen")
    rows: list[dict[str, Any]] = []
    for back in range(30, -1, -1):
        at = dt.datetime.combine(ago(back), dt.time(12))
        for event, mean in (("Report Created", 20), ("Report Shared", 3), ("Home", 8), ("typo", 1)):
            values: dict[str, Any] = {"n": 1, "kind": "a" if back > 3 else 2, "late": None} | ({"extra": [1]} if back < 2 else {})
            row = {
                "received_date": ago(back), "kind": "page" if event == "Home" else "track", "event": event, "user_id": "u",
                "event_at": at - dt.timedelta(hours=back), "received_at": at, "properties": json.dumps(values),
            }  # fmt: skip
            rows += [row] * int(rng.poisson(mean))
    events = table("ingest.events")
    lake.warehouse.insert(events, pd.DataFrame(rows, columns=list(events.column_names)))


def test_a_day_is_the_same_alone_and_after_any_stored_nights(lake: Lake) -> None:
    busy(lake)

    def both(as_of: AsOf, noted: dt.date | None) -> tuple[Query, Query]:
        properties = queries.property_drift(as_of=as_of, policy=SHORT, noted_to=noted, counted_to=noted)
        return queries.coverage(as_of=as_of, policy=SHORT, noted_to=noted), properties

    def found(noted: dt.date | None) -> list[dict[Any, Any]]:
        return [lake.rows(query) for query in both(NOW, noted)]

    alone = found(None)
    (days, properties) = both(AsOf(ago(2)), None)[1].requires
    for name, counted, columns in (
        ("ingest.coverage", days, "event, kind, events"),
        ("ingest.property_drift", properties, "event, property, events, texts, numbers, booleans, structures"),
    ):
        earlier = Query("earlier", f"select day as as_of, {columns} from {counted.name}", {}, (counted,))
        lake.warehouse.insert_given(table(name), earlier)
    for name, query in zip(("ingest.coverage", "ingest.property_drift"), both(AsOf(ago(1)), ago(2)), strict=True):
        lake.warehouse.insert(table(name), query)
    assert found(ago(1)) == alone
    assert found(ago(12)) == alone
    lake.warehouse.connection.execute("delete from ingest.events where received_date < $day", {"day": DAY})
    assert found(ago(1)) == alone


def test_what_is_received_tomorrow_changes_nothing_today(lake: Lake) -> None:
    busy(lake)
    before = lake.coverage(), lake.drift()
    lake.came("Report Created", ago(-1), 500, properties={"brand_new": 1}, lag_hours=30)
    assert (lake.coverage(), lake.drift()) == before


# -- properties ----------------------------------------------------------------------------------------------------------


def test_a_property_that_appears_or_vanishes_is_reported_for_a_week(lake: Lake) -> None:
    for back in range(28, 5, -1):
        lake.came("Report Created", ago(back), 10, properties={"template": "a", "old": 1})
    for back in range(5, -1, -1):
        lake.came("Report Created", ago(back), 10, properties={"template": "a", "fresh": True})
    changes = {name: row["change"] for (_, name), row in lake.drift().items()}
    assert changes == {"template": "none", "old": "vanished", "fresh": "new"}
    (finding,) = drift_findings(pd.DataFrame(lake.drift().values()), POLICY)
    assert finding.reason == "Report Created.fresh is new; Report Created.old has vanished"
    for back in range(-1, -4, -1):
        lake.came("Report Created", ago(back), 10, properties={"template": "a", "fresh": True})
    later = {name: row["change"] for (_, name), row in lake.drift(AsOf(ago(-3))).items()}
    assert later == {"template": "none", "old": "none", "fresh": "none"}


def test_a_rare_property_that_happens_to_be_away_has_not_vanished(lake: Lake) -> None:
    for back in range(28, -1, -1):
        lake.came("Report Created", ago(back), 40, properties={"template": "a"})
    lake.came("Report Created", ago(3), 2, properties={"template": "a", "coupon": "x"})
    row = lake.drift()["Report Created", "coupon"]
    assert (row["events"], row["of_events"], row["change"], row["last_seen"]) == (0, 40, "none", ago(3))


def test_a_changed_type_is_reported_and_a_null_is_no_value(lake: Lake) -> None:
    for back in range(28, 0, -1):
        lake.came("Report Created", ago(back), 5, properties={"size": 3, "note": None, "a/b~c": "odd name"})
    lake.came("Report Created", times=5, properties={"size": "3", "note": None, "a/b~c": "odd name"})
    rows = lake.drift()
    row = rows["Report Created", "size"]
    assert (row["type_before"], row["type"], row["change"]) == ("number", "text", "type")
    assert (row["texts"], row["numbers"]) == (5, 0)
    assert ("Report Created", "note") not in rows
    assert rows["Report Created", "a/b~c"]["change"] == "none"


def test_a_property_of_mixed_types_is_no_change(lake: Lake) -> None:
    for back in range(28, 0, -1):
        lake.came("Report Created", ago(back), 6, properties={"size": 3})
        lake.came("Report Created", ago(back), 5, properties={"size": "3"})
    lake.came("Report Created", times=7, properties={"size": "3"})
    assert lake.drift()["Report Created", "size"]["change"] == "none"


def test_nothing_received_gives_no_rows_and_reasons(lake: Lake) -> None:
    assert (lake.coverage(), lake.drift()) == ({}, {})
    found = lake.findings()
    assert all(finding.passed for finding in found.values())
    assert found["lag"].reason == "Nothing was received on the day."
    (drift,) = drift_findings(lake.warehouse.frame(queries.property_drift(as_of=NOW, policy=POLICY)), POLICY)
    assert (drift.passed, drift.reason) == (True, "No property changed in the last 7 days.")


def test_a_list_names_each_event_once() -> None:
    with pytest.raises(ValueError, match="'Signed Up' is listed twice"):
        InstrumentationPolicy(expected_events=("Signed Up",), seldom_events=("Signed Up",))
    with pytest.raises(ValueError, match="minimum_weeks 5 is more than weeks 4"):
        InstrumentationPolicy.model_validate({"volume": {"weeks": 4, "minimum_weeks": 5}})
