"""The leakiest layer by hand: which gap costs most, what cannot be weighed and why, ties, and what changed since last week."""

import datetime as dt

import pandas as pd
import pytest
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.policy import Benchmark, KpiPolicy
from plg_orchestration.kpis.review.policy import ReviewLayer, ReviewMetric, ReviewPolicy
from plg_orchestration.kpis.review.queries import weekly_review
from plg_orchestration.warehouse import table

SUNDAY = "2025-03-16"
WEEK_BEFORE = "2025-03-09"
WEEK, MONTH = "2025-03-10", "2025-02-01"
UNITS = {"viral_coefficient": "ratio", "arpu": "usd_per_month", "arpa": "usd_per_month", "time_to_value": "days"}
COLUMNS = ["distance", "affected_accounts", "arpu", "money_at_stake", "leak"]


def layer(name: str, *metrics: tuple[str, str, str]) -> ReviewLayer:
    made = tuple(ReviewMetric(kpi=kpi, period=period, affects=affects) for kpi, period, affects in metrics)
    return ReviewLayer(layer=name, label=name.capitalize(), question="What?", owner="team:product", metrics=made)


def median(kpi: str, p50: float, *, segment: str = "all", kind: str = "percentile", unit: str = "", **more: object) -> Benchmark:
    direction = "lower" if kpi in ("gross_churn", "time_to_value") else "higher"
    return Benchmark(
        kpi=kpi, segment=segment, period="any", unit=unit or UNITS.get(kpi, "percent"), direction=direction, kind=kind, p50=p50,
        source="hand", **more,
    )  # fmt: skip


ACTIVATION = layer("activation", ("activation_rate", "week", "new_accounts"))
RETENTION = layer("retention", ("gross_churn", "month", "paying_accounts"))
FREE = layer("free_to_paid", ("free_to_paid_conversion", "month", "free_accounts"))


class Reviewed:
    """A world with accounts, of which some pay 50, and figures put into stored snapshots."""

    def __init__(self, world) -> None:
        self.world = world
        world.warehouse.ensure(table("kpis.weekly_review"))

    def accounts(self, *, paying: int = 0, free: int = 0, new: int = 0, segment: str | None = None) -> None:
        """Accounts named by segment and number: those that pay first, then the other old ones, then the new ones."""
        put, old = self.world.warehouse.connection.execute, paying + free
        told = "timestamp '2025-01-01' as known_at, date '2025-01-01' as known_date, 'f' as file_id, 1 as line"
        named = f"concat(coalesce($s, 'None'), n) as account_id, {told}"
        signed = "timestamp '2025-01-05' + case when n >= $old then 55 else 0 end * interval 1 day as signup_at"
        rows = f"select {named}, {signed}, $s as segment, 'source' as origin from range($all) as r(n)"
        put(f"insert into ingest.accounts by name {rows}", {"s": segment, "old": old, "all": old + new})
        price = "50 as mrr, 'USD' as currency, timestamp '2025-01-06' as started_at, false as trial"
        rows = f"select {named}, concat($s, n) as subscription_id, {price} from range($paying) as r(n)"
        put(f"insert into ingest.subscriptions by name {rows}", {"s": segment, "paying": paying})

    def layers(self, *layers: ReviewLayer, benchmarks: tuple[Benchmark, ...]) -> None:
        """The review's own configuration; every test of this file begins with it."""
        for name, rows in ReviewPolicy(layers=layers).tables_beside(benchmarks).items():
            self.world.warehouse.connection.register("review_rows", rows)
            self.world.warehouse.connection.execute(f"create or replace table config.{name} as select * from review_rows")

    def told(
        self, kpi: str, value: float | None, *, period: str = "month", segment: str = "all", as_of: str = SUNDAY,
        start: str = MONTH, mature: float = 1.0, **more: object,
    ) -> None:  # fmt: skip
        row = {"unit": UNITS.get(kpi, "percent"), "definition_hash": "one"} | more
        self.world.put(
            "kpis.snapshot", as_of=as_of, kpi=kpi, period=period, period_start=start, segment=segment, dimension="",
            dimension_value="", value=value, mature_share=mature, **row,
        )  # fmt: skip

    def review(self, as_of: str = SUNDAY, *, store: bool = False) -> pd.DataFrame:
        query = weekly_review(as_of=AsOf(dt.date.fromisoformat(as_of)), currency="USD")
        rows = self.world.warehouse.arrow(query)
        if store:
            self.world.warehouse.insert(table("kpis.weekly_review"), rows)
        return rows.to_pandas()

    def layer_rows(self, as_of: str = SUNDAY) -> pd.DataFrame:
        rows = self.review(as_of)
        return rows[rows["kind"] == "layer"].set_index("layer")


@pytest.fixture
def made(world) -> Reviewed:
    return Reviewed(world)


def leaking(made: Reviewed, *, activation: float = 20, churn: float = 9, as_of: str = SUNDAY) -> None:
    """Two layers over 100 new, 60 free and 40 paying accounts at 50 each: p50 of activation 30 %, of churn 4 %."""
    made.told("activation_rate", activation, period="week", start="2025-03-03", as_of=as_of, target=25.0)
    made.told("gross_churn", churn, as_of=as_of)
    made.told("arpa", 50.0, period="day", start=as_of, as_of=as_of)


BOTH = (median("activation_rate", 30), median("gross_churn", 4))


# -- which layer leaks most -------------------------------------------------------------------------------------------


def test_the_planted_leak_is_named_with_every_term(made) -> None:
    made.accounts(paying=40, free=60, new=100)
    made.layers(ACTIVATION, RETENTION, benchmarks=BOTH)
    leaking(made)
    rows = made.review()
    named = rows[rows["leakiest"]]
    assert list(named["layer"]) == ["activation"], "10 points of 100 new accounts at 50 are 500; 5 of 40 paying ones are 100"
    metrics = rows[(rows["kind"] == "metric") & (rows["segment"] == "all")].set_index("layer")
    assert list(metrics.loc["activation", COLUMNS]) == pytest.approx([0.10, 100, 50, 5000, 500])
    assert list(metrics.loc["retention", COLUMNS]) == pytest.approx([0.05, 40, 50, 2000, 100])
    assert list(named.iloc[0][COLUMNS]) == pytest.approx([0.10, 100, 50, 5000, 500])
    assert (named.iloc[0]["kpi"], named.iloc[0]["target"], named.iloc[0]["currency"]) == ("activation_rate", 25, "USD")
    assert set(rows["week_start"].astype(str)) == {WEEK}


def test_less_is_better_leaks_above_its_median_and_not_below(made) -> None:
    made.accounts(paying=10)
    made.layers(RETENTION, benchmarks=(median("gross_churn", 4),))
    leaking(made, churn=9)
    high = made.layer_rows().loc["retention"]
    made.world.warehouse.connection.execute("update kpis.snapshot set value = 3 where kpi = 'gross_churn'")
    low = made.layer_rows().loc["retention"]
    assert (high["gap"], high["leak"], high["leakiest"]) == (-5, pytest.approx(0.05 * 10 * 50), True)
    assert (low["gap"], low["leak"], low["leakiest"]) == (1, 0, False)
    assert low["note"] == "every metric that can be weighed stands at its published median or better"


def test_segments_are_added_up_and_all_together_only_counts_without_them(made) -> None:
    made.accounts(paying=10, segment="smb")
    made.accounts(paying=4, segment="enterprise")
    medians = (median("gross_churn", 4), *(median("gross_churn", 2, segment=name) for name in ("smb", "enterprise")))
    made.layers(RETENTION, benchmarks=medians)
    leaking(made, churn=12)
    for segment, churn, arpa in (("smb", 12.0, 40.0), ("enterprise", 7.0, 100.0)):
        made.told("gross_churn", churn, segment=segment)
        made.told("arpa", arpa, period="day", start=SUNDAY, segment=segment)
    row = made.layer_rows().loc["retention"]
    assert row["leak"] == pytest.approx(0.10 * 10 * 40 + 0.05 * 4 * 100), "not 8 points of 14 accounts"
    assert (row["affected_accounts"], row["money_at_stake"], row["note"]) == (14, 800, "weighed in 2 of 3 segments")
    assert row["distance"] == pytest.approx(60 / 800)


def test_a_layer_is_its_worst_metric_and_not_the_sum(made) -> None:
    both = layer("activation", ("activation_rate", "week", "new_accounts"), ("activation_24h", "week", "new_accounts"))
    made.accounts(paying=1, new=10)
    made.layers(both, benchmarks=(median("activation_rate", 30), median("activation_24h", 58, kind="range")))
    leaking(made, activation=25)
    made.told("activation_24h", 48.0, period="week", start="2025-03-03")
    row = made.layer_rows().loc["activation"]
    assert (row["kpi"], row["p50_kind"], row["leak"]) == ("activation_24h", "range", pytest.approx(0.10 * 10 * 50))


def test_of_equals_the_one_that_customers_pass_first_is_named_and_says_so(made) -> None:
    made.accounts(paying=20, new=20)
    made.layers(ACTIVATION, RETENTION, benchmarks=BOTH)
    leaking(made, activation=25, churn=9)
    rows = made.layer_rows()
    assert list(rows["leak"]) == pytest.approx([50, 50])
    assert list(rows["leakiest"]) == [True, False]
    assert rows.loc["activation", "note"].startswith("another layer leaks as much")


def test_a_ratio_is_weighed_per_account_and_a_price_by_its_share_of_the_median(made) -> None:
    market = layer("market", ("viral_coefficient", "month", "new_accounts"))
    price = layer("price", ("arpu", "month", "paying_accounts"))
    made.accounts(paying=10, new=40)
    made.layers(market, price, benchmarks=(median("viral_coefficient", 0.4), median("arpu", 80)))
    made.told("viral_coefficient", 0.3)
    made.told("arpu", 20.0)
    made.told("arpa", 50.0, period="day", start=SUNDAY)
    rows = made.layer_rows()
    assert rows.loc["market", "leak"] == pytest.approx(0.1 * 40 * 50)
    assert rows.loc["price", "leak"] == pytest.approx(0.75 * 10 * 50)


# -- what cannot be weighed -------------------------------------------------------------------------------------------


def test_layers_without_data_stand_there_with_the_reason_and_never_win(made) -> None:
    days = layer("slow", ("time_to_value", "week", "new_accounts"))
    made.accounts(paying=1, new=5)
    made.layers(ACTIVATION, FREE, RETENTION, days, benchmarks=(*BOTH, median("time_to_value", 3)))
    made.told("activation_rate", None, period="week", start="2025-03-03", reason="nobody signed up in the period")
    made.told("free_to_paid_conversion", 1.0)
    made.told("gross_churn", 9.0)
    made.told("time_to_value", 9.0, period="week", start="2025-03-03")
    made.told("arpa", 50.0, period="day", start=SUNDAY)
    rows = made.layer_rows()
    assert list(rows.index) == ["activation", "free_to_paid", "retention", "slow"]
    assert list(rows["leakiest"]) == [False, False, True, False]
    assert rows.loc["activation", "reason"] == "none of its 1 metrics can be weighed; nobody signed up in the period"
    assert rows.loc["free_to_paid", "reason"].endswith("no published median for this segment and period")
    assert rows.loc["slow", "reason"].endswith("a gap in days is no share of accounts: shown, and not weighed")
    assert rows["leak"].isna().sum() == 3


def test_when_nothing_can_be_weighed_no_layer_is_named(made) -> None:
    packaged = load_default("kpis", KpiPolicy)
    made.layers(*packaged.review.layers, benchmarks=packaged.benchmarks)
    rows = made.layer_rows()
    assert len(rows) == 7 and not rows["leakiest"].any() and rows["leak"].isna().all()
    assert set(rows["reason"].str.partition(";")[2].str.strip()) == {"tonight's snapshot has no such row"}


def test_another_currency_than_the_median_and_an_unknown_price_are_reasons(made) -> None:
    price = layer("price", ("arpu", "month", "paying_accounts"))
    made.accounts(paying=10, new=3)
    made.layers(price, ACTIVATION, benchmarks=(median("arpu", 80), median("activation_rate", 30)))
    made.told("arpu", 20.0, unit="eur_per_month")
    made.told("activation_rate", 20.0, period="week", start="2025-03-03")
    made.told("arpa", None, period="day", start=SUNDAY, reason="no account was paying at the period's end")
    rows = made.layer_rows()
    assert "the published median is in usd_per_month, the value in eur_per_month" in rows.loc["price", "reason"]
    assert "what an account pays is not known: no account was paying" in rows.loc["activation", "reason"]


def test_the_newest_wholly_mature_period_is_taken(made) -> None:
    made.accounts(paying=1, new=10)
    made.layers(ACTIVATION, benchmarks=BOTH)
    leaking(made, activation=20)
    made.told("activation_rate", 90.0, period="week", start=WEEK, mature=0.3)
    assert made.layer_rows().loc["activation", "value"] == 20


def test_accounts_with_a_lead_of_the_last_30_days_feel_the_conversion_of_leads(made) -> None:
    made.accounts(paying=1, free=5)
    made.layers(layer("leads", ("pql_conversion", "month", "lead_accounts")), benchmarks=(median("pql_conversion", 15),))
    for name, night, qualified in (("None1", "2025-02-01", True), ("None2", "2025-03-01", True), ("None3", SUNDAY, False)):
        made.world.put("pql.decisions", decision_id=name, as_of=night, user_id="u" + name, account_id=name, qualified=qualified)
    made.told("pql_conversion", 5.0)
    made.told("arpa", 50.0, period="day", start=SUNDAY)
    row = made.layer_rows().loc["leads"]
    assert (row["affected_accounts"], row["leak"]) == (1, pytest.approx(0.10 * 50))


# -- since last week --------------------------------------------------------------------------------------------------


def reviewed_twice(made: Reviewed, **changed: object) -> pd.DataFrame:
    made.accounts(paying=40, free=60, new=100)
    made.layers(ACTIVATION, RETENTION, benchmarks=BOTH)
    leaking(made, activation=24, churn=10, as_of=WEEK_BEFORE)
    made.review(WEEK_BEFORE, store=True)
    leaking(made)
    for column, value in changed.items():
        made.world.warehouse.connection.execute(f"update kpis.snapshot set {column} = ? where as_of = ?", [value, SUNDAY])
    return made.review()


def test_what_changed_is_told_against_the_review_published_a_week_before(made) -> None:
    rows = reviewed_twice(made)
    metrics = rows[(rows["kind"] == "metric") & (rows["segment"] == "all")].set_index("kpi")
    layers = rows[rows["kind"] == "layer"].set_index("layer")
    assert list(metrics.loc[["activation_rate", "gross_churn"], "change_since_last_week"]) == [-4, -1]
    assert layers.loc["activation", "change_since_last_week"] == pytest.approx(500 - 0.06 * 100 * 50)
    assert layers.loc["retention", "change_since_last_week"] == pytest.approx(100 - 0.06 * 40 * 50)
    assert list(layers["leakiest_last_week"]) == [True, False] and layers["change_reason"].isna().all()
    assert set(layers["last_week"].astype(str)) == {WEEK_BEFORE}


def test_a_changed_definition_breaks_the_comparison(made) -> None:
    rows = reviewed_twice(made, definition_hash="two")
    assert rows["change_since_last_week"].isna().all()
    metric = rows[(rows["kpi"] == "gross_churn") & (rows["kind"] == "metric") & (rows["segment"] == "all")].iloc[0]
    assert metric["change_reason"] == "its definition has changed since"
    assert set(rows[rows["kind"] == "layer"]["change_reason"]) == {
        "its metrics, a definition or a published median have changed since"
    }


def test_without_a_night_of_a_week_before_there_is_no_change(made) -> None:
    made.accounts(paying=1, new=10)
    made.layers(ACTIVATION, benchmarks=BOTH)
    leaking(made)
    leaking(made, as_of="2025-03-15")
    row = made.layer_rows().loc["activation"]
    assert pd.isna(row["change_since_last_week"]) and row["change_reason"] == "no review of a week before is published"


def test_rows_of_later_nights_are_not_read(made) -> None:
    made.accounts(paying=1, new=10)
    made.layers(ACTIVATION, benchmarks=BOTH)
    leaking(made)
    before = made.review()
    leaking(made, activation=1, as_of="2025-03-17")
    pd.testing.assert_frame_equal(before, made.review())


# -- configuration ----------------------------------------------------------------------------------------------------


def test_the_packaged_layers_are_the_seven_in_a_customers_order_with_their_owners() -> None:
    layers = load_default("kpis", KpiPolicy).review.layers
    assert [entry.layer for entry in layers] == [
        "go_to_market", "information_for_decision", "free_to_paid", "activation", "retention", "monetization", "expansion",
    ]  # fmt: skip
    assert {entry.owner for entry in layers} == {"team:marketing", "team:sales", "team:product", "team:customer-success"}


@pytest.mark.parametrize(
    ("kpi", "period", "said"),
    [("activation", "week", "unknown KPI 'activation'"), ("arpu", "day", "arpu is not computed by day; choose one of month")],
)
def test_a_metric_that_is_not_computed_is_refused(kpi: str, period: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ReviewMetric(kpi=kpi, period=period, affects="new_accounts")


def test_a_layer_or_metric_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="'activation' stands here twice"):
        ReviewPolicy(layers=(ACTIVATION, ACTIVATION))
    with pytest.raises(ValidationError, match="names the metric 'arpu' twice"):
        layer("price", ("arpu", "month", "paying_accounts"), ("arpu", "quarter", "paying_accounts"))


def test_a_percentile_goes_before_a_median_and_a_range_and_a_target_is_no_median() -> None:
    listed = (
        median("arpu", 1, kind="range"),
        median("arpu", 2, kind="median"),
        median("arpu", 3),
        median("arpu", 9, kind="target"),
    )
    policy = ReviewPolicy(layers=(layer("price", ("arpu", "month", "paying_accounts")),))
    for left, p50 in ((listed, 3), (listed[:2], 2), (listed[:1], 1)):
        assert policy.tables_beside(left)["review_medians"]["p50"].to_pylist() == [p50]
    assert policy.tables_beside(listed[3:])["review_medians"].num_rows == 0


SQL_FILES = ("affected_accounts", "reviewed_metrics", "weekly_review")
