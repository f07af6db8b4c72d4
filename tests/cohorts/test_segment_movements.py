"""Movements between segments within seven days: both days by the same query, and nobody lost on the way."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.segmentation import queries
from plg_orchestration.cohorts.segmentation.tables import SEGMENT_MOVEMENTS, SEGMENTS
from plg_orchestration.warehouse import sql_file, table
from plg_orchestration.warehouse.scratch import scratch
from tests.cohorts.segment_world import DAY, JUNE_30, POLICY, product_with

SCHEMA = pa.schema([("unit", pa.string()), ("unit_id", pa.string()), ("segment", pa.string())])
SEGMENT = st.sampled_from(["high_touch", "tech_touch", "risk_touch", "unclassified"])
POPULATION = st.dictionaries(st.tuples(st.sampled_from(["user", "account"]), st.sampled_from("abcdefgh")), SEGMENT)


def moved(product, as_of=JUNE_30, **options):
    product.write()
    query = queries.segment_movements(product.world.warehouse, as_of=AsOf(as_of), policy=POLICY, **options)
    rows = product.world.records(query)
    return {(row["unit"], row["from_segment"], row["to_segment"]): row["units"] for row in rows}


@pytest.fixture(scope="module")
def shared():
    with product_with("core_feature") as made:
        yield made


@pytest.fixture
def product(shared):
    return shared.emptied()


@pytest.fixture
def empty():
    with scratch() as warehouse:
        yield warehouse


def risky(product):
    """acme's core events come to an end on 15 June, beta's go on, corp signs up in the last week."""
    for account, days in (("acme", 41), ("beta", 56)):
        product.world.user(f"{account}1", "2025-01-06 09:00", account_id=account)
        product.does(f"{account}1", account, JUNE_30 - 55 * DAY, core=2, times=days)
    product.does("acme1", "acme", "2025-06-16", times=15)
    product.world.user("corp1", "2025-06-25 09:00", account_id="corp")


def test_who_fell_within_the_week_moved_to_risk_and_who_signed_up_came_from_none(product):
    risky(product)
    # As of the 30th: 13 days of 28 against 28 days of 28; seven days before 20 of 28 against 21 of 21 (acme began on 6 May).
    assert moved(product) == {
        (unit, *flow): 1
        for unit in ("account", "user")
        for flow in (("tech_touch", "risk_touch"), ("tech_touch", "tech_touch"), ("none", "unclassified"))
    }


def test_movements_of_a_past_day_come_out_the_same_later(product):
    risky(product)
    before = moved(product)
    product.does("beta1", "beta", "2025-06-29", core=500, received="2025-07-02")
    product.world.user("dan", "2025-07-01 09:00", account_id="acme")
    assert moved(product) == before


def test_stored_segments_of_the_day_give_the_same_movements(product):
    risky(product)
    computed = moved(product)
    warehouse = product.world.warehouse
    warehouse.ensure(table("cohorts.segments"))
    warehouse.insert(SEGMENTS, queries.segments(as_of=AsOf(JUNE_30), policy=POLICY))
    assert moved(product, stored=True) == computed
    assert sum(row["units"] for row in product.world.records(queries.segment_counts(AsOf(JUNE_30)))) == 6
    warehouse.connection.execute("update cohorts.segments set segment = 'high_touch'")
    assert {to for _, _, to in moved(product, stored=True)} == {"high_touch"}  # they are read as stored_segments.sql finds them


def test_the_53rd_week_names_the_first_days_of_january(empty):
    for name in ("segments_before", "segments_after"):
        empty.connection.register(name, pa.Table.from_pylist([{"unit": "user", "unit_id": "ann", "segment": "x"}], schema=SCHEMA))
    for as_of in (dt.date(2020, 12, 28), dt.date(2021, 1, 3)):
        query = sql_file("cohorts/segmentation/segment_movements.sql", requires=(), as_of=as_of)
        assert [row["week"] for row in empty.arrow(query).to_pylist()] == [dt.date(2020, 12, 28)]


def test_nobody_moves_where_nobody_is(product):
    query = queries.segment_movements(product.world.warehouse, as_of=AsOf(JUNE_30), policy=POLICY)
    rows = product.world.warehouse.arrow(query)
    assert (tuple(rows.column_names), rows.num_rows) == (SEGMENT_MOVEMENTS.column_names, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=POPULATION, after=POPULATION)
def test_movements_sum_to_both_populations(empty, before, after):
    for name, population in (("segments_before", before), ("segments_after", after)):
        given_rows = [{"unit": unit, "unit_id": who, "segment": segment} for (unit, who), segment in population.items()]
        empty.connection.register(name, pa.Table.from_pylist(given_rows, schema=SCHEMA))
    query = sql_file("cohorts/segmentation/segment_movements.sql", requires=(), as_of=JUNE_30)
    rows = empty.arrow(query).to_pylist()
    for population, side, other in ((before, "from_segment", "to_segment"), (after, "to_segment", "from_segment")):
        for unit in ("user", "account"):
            for segment in ("high_touch", "tech_touch", "risk_touch", "unclassified"):
                counted = sum(row["units"] for row in rows if row["unit"] == unit and row[side] == segment)
                assert counted == sum(key[0] == unit and value == segment for key, value in population.items())
        missing = sum(row["units"] for row in rows if row[side] == "none")
        assert missing == len((after if population is before else before).keys() - population.keys())
        assert all(row[other] != "none" for row in rows if row[side] == "none")
