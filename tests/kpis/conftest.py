"""A warehouse with the tables that the KPI stage reads, filled by hand through one small writer."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.model import Kpi
from plg_orchestration.kpis.periods import NEWEST
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.kpis.registry import kpi as declared
from plg_orchestration.revenue.policy import RevenuePolicy
from plg_orchestration.warehouse import Warehouse, table

INGESTED = (
    "users", "accounts", "subscriptions", "invites", "tickets", "identities", "surveys", "spend", "finance", "exchange_rates",
    "crm_outcomes",
)  # fmt: skip
STORED = (
    "behavior.user_days", "behavior.user_features", "behavior.visitor_days", "behavior.milestones", "cohorts.activation_scores",
    "pql.decisions", "revenue.mrr_movements", "kpis.snapshot", "governance.suspicions",
)  # fmt: skip
EPOCH = "2025-01-01"


@dataclass
class Setting:
    """What the snapshot asks of a workspace, with the needs that are not met."""

    start: dt.date = dt.date(2025, 1, 1)
    taxonomy: Taxonomy = field(default_factory=Taxonomy)
    revenue: RevenuePolicy = field(default_factory=RevenuePolicy)
    unmet: dict[str, str] = field(default_factory=dict)
    kpis: KpiPolicy = field(default_factory=KpiPolicy)

    def missing(self, need: str) -> str | None:
        return self.unmet.get(need)


class World:
    """Users, accounts, subscriptions, invites, tickets and roll-ups by hand; times are UTC in ISO form."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.setting = Setting()
        self.configured = False

    def furnish(self) -> None:
        """The tables that the KPI stage reads, and the configuration that every test begins with."""
        for name in (*(f"ingest.{name}" for name in INGESTED), *STORED):
            self.warehouse.ensure(table(name))
        self.configure(load_default("kpis", KpiPolicy))
        self.channels(organic=("direct",), paid=("ads",))
        self.core_features("reports", "alerts")
        self.configured = False

    def clear(self) -> None:
        """Take away what a test left: rows, tables that the next one does not begin with, temporary relations, files."""
        self.warehouse.forget_lasting()
        self.warehouse.forget()
        begun = {*(f"ingest.{name}" for name in INGESTED), *STORED}
        connection = self.warehouse.connection
        of_stages = "from duckdb_tables() where not temporary and schema_name <> 'config'"
        found = connection.execute(f"select schema_name || '.' || table_name, estimated_size {of_stages}").fetchall()
        for name, rows in found:
            if name.startswith("meta.") or (name in begun and rows):
                connection.execute(f"delete from {name}")
            elif name not in begun:
                connection.execute(f"drop table {name}")
        if self.configured:
            for (name,) in connection.execute("select table_name from duckdb_tables() where schema_name = 'config'").fetchall():
                connection.execute(f"drop table config.{name}")
            self.furnish()
        shutil.rmtree(self.warehouse.published, ignore_errors=True)

    def _configuring(self) -> None:
        self.configured = True
        self.warehouse.forget_lasting()

    def configure(self, policy: KpiPolicy) -> None:
        self._configuring()
        for name, rows in policy.config_tables().items():
            self.warehouse.connection.register("config_rows", rows)
            self.warehouse.connection.execute(f"create or replace table config.{name} as select * from config_rows")

    def channels(self, *, organic: tuple[str, ...], paid: tuple[str, ...]) -> None:
        self._configuring()
        rows = [(name, True) for name in organic] + [(name, False) for name in paid]
        self.warehouse.connection.execute("create or replace table config.channels (channel varchar, organic boolean)")
        self.warehouse.connection.executemany("insert into config.channels values (?, ?)", rows)

    def core_features(self, *items: str) -> None:
        self._configuring()
        self.warehouse.connection.execute("create or replace table config.event_roles (role varchar, item varchar)")
        self.warehouse.connection.executemany("insert into config.event_roles values ('core_feature', ?)", [(i,) for i in items])

    def put(self, name: str, **values: object) -> None:
        """One row of `name`; what is not named is null."""
        assert values.keys() <= set(table(name).column_names)
        self.warehouse.forget_lasting(name)
        marks, named = ", ".join("?" for _ in values), ", ".join(f'"{column}"' for column in values)
        self.warehouse.connection.execute(f"insert into {name} ({named}) values ({marks})", list(values.values()))

    def ingested(self, name: str, *, known: str = EPOCH, **values: object) -> None:
        """One row of a source, known since `known`."""
        line = self.warehouse.scalar(f"select count(*) from ingest.{name}")
        self.put(f"ingest.{name}", **values, known_at=known, known_date=known[:10], file_id="f", line=line)

    def user(
        self,
        name: str,
        signup: str,
        account: str | None = None,
        *,
        channel: str | None = None,
        known: str = EPOCH,
        **more: object,
    ) -> None:
        self.ingested(
            "users", known=known, user_id=name, account_id=account, signup_at=signup, acquisition_channel=channel,
            origin="source", **more,
        )  # fmt: skip

    def account(self, name: str, signup: str = EPOCH, *, segment: str | None = None, known: str = EPOCH, **more: object) -> None:
        self.put(
            "ingest.accounts", account_id=name, signup_at=signup, segment=segment, known_at=known, known_date=known[:10],
            file_id="f", line=1, origin="source", **more,
        )  # fmt: skip

    def pays(
        self, account: str, mrr: float, start: str, end: str | None = None, *, currency: str = "USD", plan: str | None = None
    ) -> None:
        number = self.warehouse.scalar("select count(*) from ingest.subscriptions")
        self.put(
            "ingest.subscriptions", subscription_id=f"s{number}", account_id=account, mrr=mrr, currency=currency,
            plan=plan,
            started_at=start, ended_at=end, trial=False, known_at=EPOCH, known_date=EPOCH, file_id="f", line=1,
        )  # fmt: skip

    def invite(
        self, inviter: str, invitee: str | None, sent: str, *, known: str | None = None, accepted: str | None = None
    ) -> None:
        number = self.warehouse.scalar("select count(*) from ingest.invites")
        self.put(
            "ingest.invites", invite_id=f"i{number}", inviter_id=inviter, invitee_user_id=invitee, sent_at=sent,
            accepted_at=accepted,
            known_at=known or sent, known_date=(known or sent)[:10], file_id="f", line=1,
        )  # fmt: skip

    def ticket(self, opened: str, *, user: str | None = None, account: str | None = None, closed: str | None = None) -> None:
        number = self.warehouse.scalar("select count(*) from ingest.tickets")
        self.put(
            "ingest.tickets", ticket_id=f"t{number}", user_id=user, account_id=account, opened_at=opened, closed_at=closed,
            known_at=opened,
            known_date=opened[:10], file_id="f", line=1,
        )  # fmt: skip

    def activates(self, user: str, at: str, *, received: str | None = None, role: str = "activation", unit: str = "user") -> None:
        self.put(
            "behavior.milestones", received_date=received or at[:10], unit=unit, unit_id=user, role=role, item="", first_at=at,
            times=1,
        )  # fmt: skip

    def active(
        self, user: str | None, *days: str, account: str | None = None, help_views: int = 0, qualifying: int = 1, **counts: int
    ) -> None:
        for day in days:
            self.put(
                "behavior.user_days", received_date=day, event_date=day, user_id=user, account_id=account, events=1,
                qualifying_events=qualifying, help_views=help_views, **counts,
            )  # fmt: skip

    def rows(self, kpis: tuple[str, ...], as_of: str, period: str = "week", **chosen: str) -> dict[str, pd.Series]:
        """`row` of several KPIs, computed together."""
        found = self.snapshot(as_of, kpis=tuple(declared(kpi) for kpi in kpis))
        return {kpi: chosen_row(found[found["kpi"] == kpi], period, **chosen) for kpi in kpis}

    def snapshot(self, as_of: str, *, timezone: str = "UTC", kpis: tuple[Kpi, ...] = KPIS) -> pd.DataFrame:
        """The snapshot of the newest periods; what was known about people is read once between two changes by `put`."""
        query = queries.snapshot(
            as_of=AsOf(dt.date.fromisoformat(as_of), timezone), workspace=self.setting, kpis=kpis, back=NEWEST
        )
        self.warehouse.reuse = True
        try:
            return self.warehouse.frame(query)
        finally:
            self.warehouse.reuse = False

    def row(
        self, kpi: str, as_of: str, period: str = "week", segment: str = "all", start: str | None = None, *, where: str = ""
    ) -> pd.Series:
        """The snapshot's one row of that KPI, period and segment (of the newest period unless `start` names one).

        `where` names the value of a dimension, as `channel=ads`.
        """
        return chosen_row(self.snapshot(as_of, kpis=(declared(kpi),)), period, segment, start, where=where)


def chosen_row(rows: pd.DataFrame, period: str, segment: str = "all", start: str | None = None, *, where: str = "") -> pd.Series:
    """The one row of that period and segment, or of that value of a dimension, of the newest period unless `start` names one."""
    dimension, _, value = where.partition("=")
    there = (rows["dimension"] == dimension) & (rows["dimension_value"] == value)
    rows = rows[there & (rows["period"] == period) & (rows["segment"] == segment)].sort_values("period_start")
    if start is not None:
        rows = rows[rows["period_start"] == pd.Timestamp(start)]
    assert len(rows), (period, segment, start, where)
    return rows.iloc[-1]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One warehouse for a module's tests, since making one takes longer than most of them."""
    with Warehouse.open(tmp_path_factory.mktemp("kpis")) as warehouse:
        made = World(warehouse)
        made.furnish()
        yield made


@pytest.fixture
def world(furnished: World) -> Iterator[World]:
    """The tables without rows, as every test finds them."""
    made = World(furnished.warehouse)
    yield made
    made.clear()
