"""Building a day's snapshot again never changes silently what was published: `kpis.revisions` keeps what it said.

The SQL: `revisions`, `kept_revisions` and `revised`.
"""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.periods import NEWEST
from plg_orchestration.kpis.registry import kpi
from plg_orchestration.warehouse import table

DAY = AsOf(dt.date(2025, 3, 16))
KPIS = (kpi("wau"), kpi("signups"))


class Mornings:
    """The snapshot of one day, built again and again."""

    def __init__(self, world) -> None:
        self.world, self.warehouse = world, world.warehouse
        for name in ("kpis.revisions", "kpis.snapshot"):
            self.warehouse.ensure(table(name))
            self.warehouse.connection.execute(f"delete from {name}")

    def build(self, kpis=KPIS) -> list[tuple]:
        """Keep what would be replaced, then replace it; gives the revisions of the day."""
        asked = {"as_of": DAY, "workspace": self.world.setting, "kpis": kpis, "back": NEWEST}
        self.warehouse.forget_lasting()
        for name, rows in (
            ("kpis.revisions", self.warehouse.arrow(queries.revisions(**asked))),
            ("kpis.snapshot", self.warehouse.arrow(queries.snapshot(**asked))),
        ):
            self.warehouse.connection.execute(f"delete from {name}")
            self.warehouse.insert(table(name), rows)
        assert self.warehouse.arrow(queries.kept_revisions(as_of=DAY)).num_rows == self.replaced[0]
        text = """select revision, kpi, published_value, value_now, numerator_now, same_definition from kpis.revisions
            where period = 'week' and segment = 'all' and dimension = '' order by revision, kpi"""
        return self.warehouse.connection.execute(text).fetchall()

    @property
    def replaced(self) -> tuple[object, ...]:
        return self.warehouse.rows(queries.revised(as_of=DAY))[0]


@pytest.fixture
def mornings(world) -> Mornings:
    world.user("u1", "2025-02-01")
    world.active("u1", "2025-03-12")
    return Mornings(world)


def test_what_is_built_again_to_the_same_end_is_no_revision(mornings):
    assert [mornings.build(), mornings.build()] == [[], []]
    assert mornings.replaced == (0, 0)


def test_a_file_of_that_day_handed_in_after_its_night_leaves_what_was_published(mornings):
    mornings.build()
    mornings.world.user("u2", "2025-02-01")
    mornings.world.active("u2", "2025-03-13")
    first = (1, "wau", 1.0, 2.0, 2.0, True)
    assert mornings.build() == [first]
    assert mornings.build() == [first], "the third time finds nothing more and loses nothing"
    mornings.world.user("u3", "2025-03-12")
    assert mornings.build() == [first, (2, "signups", 0.0, 1.0, 1.0, True)]
    assert mornings.replaced[1] == 2


def test_a_value_that_vanishes_and_another_definition_are_told(mornings):
    mornings.build()
    mornings.warehouse.connection.execute("update kpis.snapshot set definition_hash = 'before', value = 5 where kpi = 'wau'")
    assert mornings.build() == [(1, "wau", 5.0, 1.0, 1.0, False)]
    assert mornings.build(kpis=KPIS[1:])[-1] == (2, "wau", 1.0, None, None, False)


def test_a_new_kpi_takes_nothing_back(mornings):
    mornings.build(kpis=KPIS[:1])
    assert mornings.build() == []
