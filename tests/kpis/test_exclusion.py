"""Suspects are left out of every KPI, as declared: counted before, gone after, back when a person clears them."""

import datetime as dt

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.kpis import queries
from plg_orchestration.kpis.exclusion import Excluded, excluded, excluded_on, left_out_on
from plg_orchestration.kpis.periods import NEWEST
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.kpis.populations import populations
from plg_orchestration.kpis.registry import KPIS

MONDAY = AsOf(dt.date(2025, 3, 17))
SUSPECTS = ("suspects",)


def suspects(world, *users: str, day: str = "2025-03-16", status: str = "suspected") -> None:
    for user in users:
        world.put(
            "governance.suspicions", as_of=day, unit_id=user, signup_date="2025-03-10", first_day=day, last_day=day, status=status
        )


def crowd(world) -> None:
    """A real user and a fake one, each alone in an account, who both did everything; and a fake one of an account that paid."""
    for user, account in (("real", "a"), ("fake", "b"), ("payer", "c")):
        world.account(account, "2025-03-10")
        world.user(user, "2025-03-10", account)
        world.active(user, "2025-03-11", "2025-03-12", "2025-03-13", account=account, help_views=2)
        world.activates(user, "2025-03-11 10:00")
        world.activates(user, "2025-03-11 11:00", role="tour_started")
        world.ticket("2025-03-12 09:00", user=user, account=account)
        world.invite(user, None, "2025-03-12")
        number = world.warehouse.scalar("select count(*) from ingest.surveys")
        world.ingested("surveys", known="2025-03-12", survey_id=f"v{number}", kind="nps", user_id=user, score=9,
                       answered_at="2025-03-12")  # fmt: skip
        world.put("pql.decisions", decision_id=user, as_of="2025-03-12", user_id=user, account_id=account, qualified=True)
        world.put("cohorts.activation_scores", as_of="2025-03-17", user_id=user, reached_at="2025-03-12", hours_to_threshold=9)
        world.ingested("crm_outcomes", known="2025-03-12", outcome_id=user, user_id=user, outcome="accepted", origin="mql",
                       at="2025-03-12")  # fmt: skip
        known = "2025-03-10 12:00"
        world.put("ingest.identities", anonymous_id=f"v-{user}", user_id=user, known_at=known, known_date="2025-03-10")
        world.put("behavior.visitor_days", received_date="2025-03-10", event_date="2025-03-10", anonymous_id=f"v-{user}",
                  events=1, first_at="2025-03-10 08:00")  # fmt: skip
    world.pays("c", 50, "2025-03-12")


def people_in(world, exclude: tuple[str, ...]) -> dict[str, set[str]]:
    """Whom the rows of each population name, by its name."""
    found: dict[str, set[str]] = {}
    names = ("user_id", "inviter_id", "account_id", "anonymous_id")
    for query in populations(as_of=MONDAY, back=NEWEST, exclude=exclude):
        world.warehouse.prepare(query)
        columns = [row[0] for row in world.warehouse.connection.execute(f"describe {query.name}").fetchall()]
        for name in (column for column in columns if column in names):
            text = f"select distinct {name} from {query.name} where {name} is not null"
            found.setdefault(query.name, set()).update(row[0] for row in world.warehouse.connection.execute(text).fetchall())
    return found


def test_no_population_has_a_row_about_a_suspect_and_money_stays_counted(world) -> None:
    """Each population by name: new_users, activated_users, active_users, account_periods, and so on."""
    crowd(world)
    suspects(world, "fake", "payer")
    before, after = people_in(world, ()), people_in(world, SUSPECTS)
    concerned = {name for name, people in before.items() if people & {"fake", "b"}}
    assert concerned >= {
        "new_users", "activated_users", "active_users", "account_periods", "qualified_leads", "marketing_leads",
        "sent_invites", "first_inviters", "toured_users", "support_incidents", "help_and_tickets", "survey_answers",
        "scored_users", "threshold_crossings", "visitors",
    }  # fmt: skip
    assert {name: people & {"fake", "payer", "b", "v-fake", "v-payer"} for name, people in after.items()} == {
        name: set() for name in before
    }
    assert all("real" in after[name] or "a" in after[name] or not after[name] for name in concerned)
    assert "c" in after["account_periods"]


def test_tallies_of_active_users_leave_suspects_out(world) -> None:
    crowd(world)
    suspects(world, "fake")
    for exclude, users in (((), 3), (SUSPECTS, 2)):
        (tallies,) = (q for q in populations(as_of=MONDAY, back=NEWEST, exclude=exclude) if q.name == "active_tallies")
        world.warehouse.prepare(tallies)
        assert world.warehouse.scalar("select max(users_7) from active_tallies where period = 'week'") == users


def test_the_snapshot_follows_the_setting_and_its_hash_tells(world) -> None:
    crowd(world)
    suspects(world, "fake")
    everybody = world.row("signups", "2025-03-17")
    world.setting.kpis = KpiPolicy(exclude=SUSPECTS)
    world.warehouse.forget_lasting()
    others = world.row("signups", "2025-03-17")
    assert (everybody["value"], others["value"]) == (3, 2)
    assert everybody["definition_hash"] != others["definition_hash"]
    with_all = queries.definition_hashes(as_of=MONDAY, mapping=Taxonomy())
    without = queries.definition_hashes(as_of=MONDAY, mapping=Taxonomy(), exclude=SUSPECTS)
    assert all(with_all[kpi.name] != without[kpi.name] for kpi in KPIS)


def test_a_suspicion_counts_from_its_night_on_and_until_a_person_clears_it(world) -> None:
    crowd(world)
    suspects(world, "fake", day="2025-03-18")
    world.setting.kpis = KpiPolicy(exclude=SUSPECTS)
    assert world.row("signups", "2025-03-17")["value"] == 3
    assert world.row("signups", "2025-03-18")["value"] == 2
    suspects(world, "fake", day="2025-03-19", status="cleared")
    world.warehouse.forget_lasting()
    assert world.row("signups", "2025-03-18")["value"] == 2
    assert world.row("signups", "2025-03-19")["value"] == 3


def test_an_account_is_left_out_when_all_of_it_is_suspected_and_it_never_paid(world) -> None:
    for user, account in (("f1", "fake"), ("f2", "fake"), ("m1", "mixed"), ("m2", "mixed"), ("p1", "paid")):
        world.user(user, "2025-03-10", account)
    world.pays("paid", 10, "2025-03-11", "2025-03-12")
    suspects(world, "f1", "f2", "m1", "p1")
    world.warehouse.prepare(excluded(as_of=MONDAY, groups=SUSPECTS))
    rows = world.warehouse.connection.execute("select * from excluded order by all").fetchall()
    assert rows == [("account", "fake"), ("user", "f1"), ("user", "f2"), ("user", "m1"), ("user", "p1")]
    assert excluded_on(world.warehouse, as_of=MONDAY, groups=SUSPECTS) == Excluded(SUSPECTS, 4, 1)
    assert excluded_on(world.warehouse, as_of=MONDAY, groups=()) == Excluded((), 0, 0)


def test_without_a_night_that_screened_nobody_is_left_out_and_nothing_is_read(world) -> None:
    assert excluded(as_of=MONDAY, groups=()).reads() == frozenset()
    assert excluded(as_of=MONDAY, groups=()).name == "excluded"
    world.user("u", "2025-03-10")
    world.setting.kpis = KpiPolicy(exclude=SUSPECTS)
    assert world.row("signups", "2025-03-17")["value"] == 1


def test_suspects_are_left_out_unless_the_workspace_says_otherwise() -> None:
    assert load_default("kpis", KpiPolicy).exclude == SUSPECTS
    assert KpiPolicy.model_validate({"exclude": []}).exclude == ()
    with pytest.raises(ValueError, match="'suspects'"):
        KpiPolicy.model_validate({"exclude": ["bots"]})


def test_reports_say_whom_kpis_leave_out(world) -> None:
    """By kpis/left_out.sql."""
    suspects(world, "a", "b")
    suspects(world, "c", status="cleared")
    world.configure(KpiPolicy(exclude=SUSPECTS))
    said = left_out_on(world.warehouse, as_of=MONDAY)
    assert said == "KPIs leave out 2 people under suspicion of abuse (kpis.exclude: [suspects])."
    world.configure(KpiPolicy())
    assert left_out_on(world.warehouse, as_of=MONDAY) == "KPIs leave nobody out (kpis.exclude: [])."


def test_the_same_sql_files_serve_both_settings() -> None:
    """kpis/excluded.sql and kpis/nobody_excluded.sql make one relation of the same name."""
    names = {one.name for groups in ((), SUSPECTS) for one in [excluded(as_of=MONDAY, groups=groups)]}
    assert names == {"excluded"}
