"""The registry: every published KPI is in it, one entry is enough, its SQL runs on both engines, and its page is up to date."""

import csv
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlglot
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.coming import COMING
from plg_orchestration.kpis.measures import measures_text, samples_text
from plg_orchestration.kpis.model import Kpi
from plg_orchestration.kpis.pages import registry_markdown, scans_of
from plg_orchestration.kpis.policy import Benchmark, KpiPolicy
from plg_orchestration.kpis.queries import definitions_text
from plg_orchestration.kpis.registry import ALSO_CALLED, KPIS, known_names, kpi

REFERENCE = Path(__file__).parent / "reference"
ORIGINAL = Path(__file__).parents[3] / "shared" / "spec" / "reference"
COMPUTED = {entry.name: entry for entry in KPIS}


def published(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.csv")), ids=lambda path: path.name)
def test_the_reference_tables_are_the_published_ones(path: Path) -> None:
    if not ORIGINAL.is_dir():
        pytest.skip(f"{ORIGINAL} is not there")
    assert path.read_bytes() == (ORIGINAL / path.name).read_bytes()


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("kpi_benchmarks.csv", "kpi"), ("kpi_cadence_and_targets.csv", "kpi"), ("dashboard_example.csv", "metric"),
        ("initiatives.csv", "primary_kpis"),
    ],
)  # fmt: skip
def test_every_published_kpi_is_registered(file: str, column: str) -> None:
    names = {name.strip() for row in published(file) for name in row[column].split(";")}
    assert names and names <= known_names() | ALSO_CALLED.keys()
    assert set(ALSO_CALLED.values()) <= known_names() and not ALSO_CALLED.keys() & known_names()


def test_names_are_unique_and_every_entry_asks_a_question() -> None:
    names = [entry.name for entry in (*KPIS, *COMING)]
    assert len(names) == len(set(names))
    assert all(entry.question.endswith("?") for entry in (*KPIS, *COMING))


def test_kpi_finds_the_computed_and_says_what_is_still_to_come() -> None:
    assert kpi("gross_churn").better == "lower"
    assert not COMING, "every published KPI is computed, or says why not"
    with pytest.raises(ValueError, match="'mrrr' is unknown"):
        kpi("mrrr")


def test_the_registry_agrees_with_the_published_tables() -> None:
    cadences = {row["kpi"]: (row["kind"], row["review_cadence"]) for row in published("kpi_cadence_and_targets.csv")}
    computed = [entry for entry in KPIS if entry.name in cadences]
    assert len(computed) == 13
    assert all((entry.kind, entry.cadence) == cadences[entry.name] for entry in computed)
    for row in published("kpi_benchmarks.csv"):
        entry = COMPUTED.get(row["kpi"])
        assert entry is None or (entry.unit, entry.better) == (row["unit"], row["direction"])


def test_every_packaged_target_is_the_published_one() -> None:
    policy = load_default("kpis", KpiPolicy)
    rows = published("kpi_cadence_and_targets.csv")
    assert list(policy.targets) == [row["kpi"] for row in rows]
    for row in rows:
        entry = policy.targets[row["kpi"]]
        assert (entry.kind, entry.review_cadence, entry.tactical_cadence, entry.origin) == (
            row["kind"], row["review_cadence"], row["tactical_cadence"], row["origin"],
        )  # fmt: skip
        stated = {segment: number(row[f"{segment}_target"]) for segment in ("smb", "mid_market", "enterprise")}
        assert dict(entry.targets) == {segment: target for segment, target in stated.items() if target is not None}


def test_every_packaged_benchmark_is_the_published_one() -> None:
    policy = load_default("kpis", KpiPolicy)
    rows = published("kpi_benchmarks.csv")
    assert len(policy.benchmarks) == len(rows) == 44
    for entry, row in zip(policy.benchmarks, rows, strict=True):
        dimension = f"{entry.dimension}={entry.dimension_value}" if entry.dimension else ""
        assert (
            entry.kpi, entry.segment, dimension, entry.unit, entry.direction, entry.kind, entry.p25, entry.p50, entry.p75,
            entry.source, entry.note,
        ) == (
            row["kpi"], row["segment"], row["dimension"], row["unit"], row["direction"], row["kind"], number(row["p25"]),
            number(row["p50"]), number(row["p75"]), row["source"], row["note"],
        )  # fmt: skip


def test_what_is_there_at_a_periods_start_is_benchmarked_by_the_month() -> None:
    policy = load_default("kpis", KpiPolicy)
    monthly = {entry.kpi for entry in policy.benchmarks if entry.period == "month"}
    assert monthly == {"free_to_paid_conversion", "gross_churn", "expansion_mrr", "arpu"}
    assert {name for name, entry in policy.targets.items() if entry.period == "month"} == {*monthly, "net_churn"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kpi": "activation"}, "unknown KPI 'activation'"),
        ({"p25": 50.0}, "do not improve from p25 to p75"),
        ({"p25": None, "p50": None, "p75": None}, "says nothing"),
        ({"p50": None}, "without p50 makes no band"),
        ({"dimension": "channel"}, "dimension and dimension_value belong together"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_benchmark_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    row = {
        "kpi": "activation_rate", "segment": "smb", "period": "any", "unit": "percent", "direction": "higher",
        "kind": "percentile", "p25": 10.0, "p50": 20.0, "p75": 30.0, "source": "somebody",
    }  # fmt: skip
    assert Benchmark.model_validate(row).p75 == 30
    with pytest.raises(ValidationError, match=message):
        Benchmark.model_validate(row | change)


def test_a_benchmark_stands_once() -> None:
    entry = load_default("kpis", KpiPolicy).benchmarks[0]
    with pytest.raises(ValidationError, match="stands here twice"):
        KpiPolicy(benchmarks=(entry, entry))


def test_a_yardstick_is_one_for_each_kpi_segment_and_period() -> None:
    shape = {
        "kpi": "activation_rate", "segment": "smb", "unit": "percent", "direction": "higher", "kind": "percentile",
    }  # fmt: skip
    figures = [("any", 20.0, "first"), ("month", 30.0, "second"), ("any", 40.0, "third")]
    rows = [Benchmark.model_validate({**shape, "period": period, "p50": p50, "source": by}) for period, p50, by in figures]
    policy = KpiPolicy(benchmarks=tuple(rows), targets=load_default("kpis", KpiPolicy).targets)
    yardsticks = policy.config_tables()["kpi_yardsticks"].to_pylist()
    assert len({(row["kpi"], row["segment"], row["period"]) for row in yardsticks}) == len(yardsticks)
    of_smb = [row for row in yardsticks if (row["kpi"], row["segment"]) == ("activation_rate", "smb")]
    found = {row["period"]: (row["p50"], row["target"]) for row in of_smb}
    assert found == {"day": (20, 25), "week": (20, 25), "month": (30, 25), "quarter": (20, 25), "year": (20, 25)}


def test_empty_configuration_gives_empty_tables_with_their_columns() -> None:
    tables = KpiPolicy().config_tables()
    assert {"kpi_targets", "benchmarks", "kpi_yardsticks"} <= tables.keys()
    assert not any(rows.num_rows for rows in tables.values())
    filled = load_default("kpis", KpiPolicy).config_tables()
    assert all(tables[name].schema == filled[name].schema for name in tables)
    assert filled["kpi_targets"].num_rows == 36, "12 KPIs with 3 segments each; cac_by_channel has none"


@pytest.mark.parametrize(
    "generated", [measures_text, samples_text, definitions_text], ids=["kpi_measures", "kpi_samples", "kpi_definitions"]
)
@pytest.mark.parametrize("kpis", [KPIS, KPIS[:1], ()], ids=["all", "one", "none"])
def test_generated_sql_is_valid_for_spark(generated: Callable[[tuple[Kpi, ...]], str], kpis: tuple[Kpi, ...]) -> None:
    if generated is definitions_text and not kpis:
        pytest.skip("there are no definitions without a KPI")
    assert sqlglot.transpile(generated(kpis), read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def test_one_entry_is_enough_for_a_new_kpi(world) -> None:
    added = replace(
        kpi("activation_24h"), name="activation_3d", matures_after=dt.timedelta(days=3),
        numerator="count(*) filter (where activated_at < signup_at + interval 3 day)",
    )  # fmt: skip
    world.user("u1", "2025-03-04")
    world.activates("u1", "2025-03-06")
    query = queries.snapshot(as_of=AsOf(dt.date(2025, 3, 16)), workspace=world.setting, kpis=(added, *KPIS[:2]))
    wanted = "kpi == 'activation_3d' and segment == 'all' and period == 'week' and dimension == ''"
    rows = world.warehouse.frame(query).query(wanted)
    assert rows.sort_values("period_start")["numerator"].tolist() == [1, 0]


def test_only_one_kind_of_measure_is_enough_for_a_snapshot(world) -> None:
    world.user("u1", "2025-03-10 00:00")
    world.activates("u1", "2025-03-11 12:00")
    for name, value in (("time_to_value", 1.5), ("signups", 1)):
        query = queries.snapshot(as_of=AsOf(dt.date(2025, 3, 16)), workspace=world.setting, kpis=(kpi(name),))
        rows = world.warehouse.frame(query).query("segment == 'all' and period == 'week' and dimension == ''")
        assert rows["value"].tolist() == [value]


def test_all_kpis_of_a_night_take_few_scans(world) -> None:
    """Every relation is prepared once, for snapshot and history together: the texts say how often a table is read."""
    made = [query(as_of=AsOf(dt.date(2025, 3, 16)), workspace=world.setting) for query in (queries.snapshot, queries.history)]
    scans = scans_of(*made)
    assert scans["behavior.user_days"] == 3, "active days, days with help, and who of the referred stayed"
    assert scans["behavior.user_features"] == 2, "the features that there are, and their days"
    assert scans["behavior.milestones"] == 5
    assert max(scans.values()) == 5
    assert set(scans) >= {"ingest.subscriptions", "ingest.users", "pql.decisions", "revenue.mrr_movements"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"denominator": None}, "denominator: a proportion needs one"),
        ({"measure": "count"}, "denominator: a count has none"),
        ({"matures_after": dt.timedelta(hours=5)}, "matures_after"),
        ({"per": replace(kpi("activation_rate").per, clock=None)}, "matures_after"),
    ],
)
def test_a_declaration_that_cannot_be_computed_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"KPI activation_rate: {message}"):
        replace(kpi("activation_rate"), **change)


def test_a_window_named_in_the_numerator_is_the_one_that_matures() -> None:
    windows = {
        "activation_rate": "7 day", "activation_24h": "24 hour", "viral_coefficient": "14 day", "free_to_paid_30d": "30 day",
        "referral_conversion": "14 day", "invite_to_activation": "14 day", "onboarding_completion": "7 day",
        "guidance_completion": "7 day", "guidance_uplift": "7 day",
    }  # fmt: skip
    maturing = {entry.name: entry for entry in KPIS if entry.matures_after and not entry.per.calendar}
    assert maturing.keys() - {"arpu_90d", "arpu_90d_delta"} == windows.keys(), "the rows of new_accounts name their 90 days"
    for name, window in windows.items():
        count, unit = window.split()
        assert f"interval {window})" in maturing[name].numerator
        assert maturing[name].matures_after == dt.timedelta(**{f"{unit}s": int(count)})


def test_every_kpi_is_reviewed_in_a_period_that_it_has() -> None:
    assert all(isinstance(entry, Kpi) and entry.review_period in entry.periods for entry in KPIS)
    assert (kpi("activation_rate").review_period, kpi("arpu").review_period, kpi("dau").review_period) == ("week", "month", "day")


def test_the_page_is_made_from_the_registry() -> None:
    page = Path(__file__).parents[2] / "docs" / "kpis.md"
    made = registry_markdown()
    assert page.read_text(encoding="utf-8") == made, "run python -m plg_orchestration.kpis.pages"
    assert all(f"`{name}`" in made for name in known_names())
    assert "| `behavior.user_days` | 3 |" in made, "it shows how often the large tables are read"
