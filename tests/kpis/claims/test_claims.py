"""Every claim by hand on tiny worlds: who is compared with whom, from which moment on, and only when the window is over."""

import datetime as dt

import pandas as pd
import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config.section import load_default
from plg_orchestration.kpis.claims.policy import ClaimPolicy, PublishedClaim
from plg_orchestration.kpis.claims.published import claim_rows, claims
from plg_orchestration.kpis.claims.queries import claim_clusters
from plg_orchestration.kpis.claims.registry import CLAIMS
from plg_orchestration.kpis.policy import KpiPolicy
from plg_orchestration.warehouse import table

LAST = "2025-06-30"
SMALL = ClaimPolicy(min_units=1, min_events=1, published=load_default("kpis", KpiPolicy).claims.published)
SQL_FILES = ("claim_members", "claim_leads", "claim_revenue", "claim_clusters", "claim_model")
NOBODY = pd.DataFrame(columns=["claim", "n", "hits", "others", "other_hits", "currency", "clusters"])
COUNTS = ["n", "outcomes", "others", "other_outcomes"]


def day(text: str) -> AsOf:
    return AsOf(dt.date.fromisoformat(text))


def claims_of(world, as_of: str = LAST, *, policy: ClaimPolicy = SMALL) -> pd.DataFrame:
    world.warehouse.ensure(table("kpis.what_if"))
    rows = claims(world.warehouse, as_of=day(as_of), policy=policy, workspace=world.setting)
    return rows.set_index("claim")


def counts(world, claim: str, as_of: str = LAST) -> list[float]:
    return claims_of(world, as_of).loc[claim, COUNTS].tolist()


# -- the first key action ---------------------------------------------------------------------------------------------


def person(world, name: str, signup: str, *, activates: str | None = None, pays: str | None = None) -> None:
    world.account(name, signup)
    world.user("u" + name, signup, name)
    if activates:
        world.activates("u" + name, activates)
    if pays:
        world.pays(name, 10, pays)


def test_conversion_is_compared_from_the_landmark_on(world) -> None:
    """Day 7 is the landmark: activation by then makes early, and only who has not paid by then is in either group."""
    person(world, "early", "2025-03-01 10:00", activates="2025-03-08 09:00", pays="2025-03-20 12:00")
    person(world, "early_not", "2025-03-01 10:00", activates="2025-03-02 09:00")
    person(world, "late_action", "2025-03-01 10:00", activates="2025-03-08 11:00", pays="2025-04-01 12:00")
    person(world, "never", "2025-03-01 10:00")
    person(world, "third", "2025-03-01 10:00")
    person(world, "paid_by_then", "2025-03-01 10:00", activates="2025-03-01 11:00", pays="2025-03-02 12:00")
    person(world, "too_late", "2025-03-01 10:00", pays="2025-05-07 10:30")
    row = claims_of(world).loc["early_action_converts"]
    assert row[COUNTS].tolist() == [2, 1, 4, 1]
    assert (row["value"], row["rate"], row["other_rate"]) == (pytest.approx(2.0), 50, 25)
    assert (row["nature"], row["published_low"], row["unit"]) == ("association", 5, "ratio")


def test_users_whose_window_is_still_open_are_in_no_group(world) -> None:
    person(world, "mature", "2025-04-24 23:59", activates="2025-04-25 09:00")
    person(world, "open", "2025-04-25 00:01", activates="2025-04-25 09:00")
    assert counts(world, "early_action_converts")[0] == 1, "7 + 60 days end with the night of 30 June"


def test_an_account_that_two_users_share_is_one_cluster(world) -> None:
    person(world, "a", "2025-03-01 10:00", activates="2025-03-02", pays="2025-03-20 12:00")
    world.user("second", "2025-03-01 11:00", "a")
    person(world, "b", "2025-03-01 10:00")
    row = claims_of(world).loc["early_action_converts"]
    assert row[COUNTS].tolist() == [1, 1, 2, 1] and row["clusters"] == 2


def test_what_becomes_known_later_changes_only_later_nights(world) -> None:
    person(world, "a", "2025-03-01 10:00")
    world.activates("ua", "2025-03-02", received="2025-07-01")
    assert counts(world, "early_action_converts")[0] == 0
    assert counts(world, "early_action_converts", "2025-07-01")[0] == 1


# -- revenue, retention, referral -------------------------------------------------------------------------------------


def test_the_share_of_revenue_is_that_of_one_day_for_everybody(world) -> None:
    for name, paid, mrr in (("fast", "2025-03-03 09:00", 60), ("slow", "2025-04-20 12:00", 140), ("after", "2025-05-20", 500)):
        world.account(name, "2025-03-01 10:00")
        world.pays(name, mrr, paid)
    world.account("gone", "2025-03-01 10:00")
    world.pays("gone", 900, "2025-03-02", "2025-04-01")
    row = claims_of(world).loc["fast_converters_revenue"]
    assert (row["value"], row["n"]) == (pytest.approx(30), 2), "60 of 200 on day 60; who left by then or came later brings none"


def test_revenue_in_two_currencies_without_a_rate_is_unavailable(world) -> None:
    for name, currency in (("a", "USD"), ("b", "EUR")):
        world.account(name, "2025-03-01")
        world.pays(name, 10, "2025-03-02", currency=currency)
    row = claims_of(world).loc["fast_converters_revenue"]
    assert (row["verdict"], row["reason"]) == ("unavailable", "accounts pay in EUR, USD, and no exchange rate is known")


def test_day_1_retention_of_those_with_value_within_5_minutes_against_all_others(world) -> None:
    for name, activates, back in (
        ("a", "2025-06-01 10:04", "2025-06-02"), ("b", "2025-06-01 10:04:59", "2025-06-02"),
        ("c", "2025-06-01 10:05", "2025-06-02"), ("d", None, "2025-06-03"),
    ):  # fmt: skip
        person(world, name, "2025-06-01 10:00", activates=activates)
        world.active("u" + name, "2025-06-01", back)
    person(world, "yesterday", "2025-06-29 10:00", activates="2025-06-29 10:01")
    row = claims_of(world).loc["fast_value_retains"]
    assert row[COUNTS].tolist() == [2, 2, 2, 1] and row["value"] == pytest.approx(100), "100 % against 50 % is 100 % better"


def test_a_first_active_day_after_the_signups_still_counts_as_day_1(world) -> None:
    person(world, "a", "2025-06-01 10:00")
    world.active("ua", "2025-06-02")
    person(world, "b", "2025-06-01 10:00")
    world.active("ub", "2025-06-05")
    assert counts(world, "fast_value_retains")[2:] == [2, 1]


def test_referred_are_those_invited_before_they_signed_up(world) -> None:
    world.user("told", "2025-06-01 10:00", referred_by="someone")
    world.user("invited", "2025-06-01 10:00")
    world.invite("someone", "invited", "2025-05-30")
    world.user("afterwards", "2025-06-01 10:00")
    world.invite("someone", "afterwards", "2025-06-10")
    world.user("alone", "2025-06-01 10:00")
    world.activates("told", "2025-06-02 09:59")
    world.activates("invited", "2025-06-02 10:00")
    world.activates("alone", "2025-06-01 11:00")
    rows = claims_of(world)
    assert rows.loc["referred_activate_more", COUNTS].tolist() == [2, 1, 2, 1]
    assert rows.loc["referred_activation_24h", ["value", "n"]].tolist() == [50, 2]


# -- leads ------------------------------------------------------------------------------------------------------------


def lead(world, name: str, origin: str, at: str, *, outcome: str = "accepted", pays: str | None = None) -> None:
    if not world.warehouse.scalar("select count(*) from ingest.users where user_id = $u", u="u" + name):
        person(world, name, "2025-02-01", pays=pays)
    number = world.warehouse.scalar("select count(*) from ingest.crm_outcomes")
    world.ingested("crm_outcomes", outcome_id=f"o{number}", user_id="u" + name, outcome=outcome, at=at, origin=origin)


def test_leads_convert_when_their_account_first_pays_after_the_first_report(world) -> None:
    lead(world, "won", "pql", "2025-03-01", pays="2025-03-20 12:00")
    lead(world, "won", "pql", "2025-03-21", outcome="won")
    lead(world, "lost", "pql", "2025-03-01", outcome="rejected")
    lead(world, "later", "pql", "2025-03-01", pays="2025-05-01 12:00")
    lead(world, "customer", "pql", "2025-03-01", pays="2025-02-10 12:00")
    lead(world, "end_only", "pql", "2025-03-01", outcome="won", pays="2025-03-02 12:00")
    lead(world, "open", "pql", "2025-05-02", pays="2025-05-05 12:00")
    lead(world, "cold", "mql", "2025-03-01")
    lead(world, "cold", "pql", "2025-03-05")
    lead(world, "bought", "mql", "2025-03-01", pays="2025-03-09 12:00")
    rows = claims_of(world)
    assert rows.loc["pql_over_mql", COUNTS].tolist() == [3, 1, 2, 1]
    assert rows.loc["pql_conversion_rate", ["n", "value"]].tolist() == [3, pytest.approx(100 / 3)]
    assert rows.loc["mql_conversion_rate", ["n", "value"]].tolist() == [2, 50]
    assert (rows.loc["pql_conversion_rate", "source"], rows.loc["mql_conversion_rate", "rule"]) == ("ProductLed 2025", "within")


# -- verdicts and reasons ---------------------------------------------------------------------------------------------


def planted(early: int, hits: int, others: int, other_hits: int) -> pd.DataFrame:
    rows = [(1, 1, 0, 0, hits), (1, 0, 0, 0, early - hits), (0, 0, 1, 1, other_hits), (0, 0, 1, 0, others - other_hits)]
    names = ["n", "hits", "others", "other_hits", "clusters"]
    return pd.DataFrame(rows, columns=names).assign(claim="early_action_converts", currency=None)


@pytest.mark.parametrize(
    ("group", "verdict", "said"),
    [
        ((1000, 300, 1000, 30), "holds", "above what was published"),
        ((1000, 100, 1000, 50), "does_not_hold", "an effect, but a smaller one"),
        ((200, 20, 400, 8), "too_little_data", "figures that do not"),
        ((29, 20, 400, 8), "too_little_data", "29 and 400 units whose window is over; a verdict needs 30 of each"),
        ((300, 90, 300, 4), "too_little_data", "90 and 4 outcomes; a comparison needs 5 of each"),
    ],
)
def test_planted_effects_get_their_verdicts(world, group: tuple[int, int, int, int], verdict: str, said: str) -> None:
    policy = ClaimPolicy(published=SMALL.published)
    rows = claim_rows(planted(*group), pd.DataFrame(), as_of=day(LAST), policy=policy, workspace=world.setting)
    row = rows.set_index("claim").loc["early_action_converts"]
    assert (row["verdict"], said in row["reason"]) == (verdict, True), row["reason"]


def test_every_claim_stands_there_with_what_was_published_even_when_nothing_is_known(world) -> None:
    rows = claims_of(world)
    assert list(rows.index) == [claim.name for claim in CLAIMS] and rows["value"].isna().all()
    assert set(rows["verdict"]) == {"too_little_data", "unavailable"}
    assert list(rows[rows["verdict"] == "unavailable"].index) == ["activation_lifts_arr"]
    assert rows["published_low"].notna().all() and rows["source"].notna().all() and rows["reason"].notna().all()


def test_a_missing_source_or_role_makes_its_claims_unavailable(world) -> None:
    world.setting.unmet = {"source:crm_outcomes": "needs source 'crm_outcomes'", "role:activation": "needs role 'activation'"}
    rows = claim_rows(NOBODY, pd.DataFrame(), as_of=day(LAST), policy=SMALL, workspace=world.setting).set_index("claim")
    gone = rows[rows["verdict"] == "unavailable"]
    assert len(gone) == 8 and rows.loc["fast_converters_revenue", "verdict"] == "too_little_data"
    assert gone.loc["pql_over_mql", "reason"] == "needs source 'crm_outcomes'"


def test_the_claim_about_arr_is_the_nights_what_if(world) -> None:
    world.warehouse.ensure(table("kpis.what_if"))
    figures = {"effect_percent": 17.0, "percent_low": 15.5, "percent_high": 18.5}
    world.put("kpis.what_if", as_of=LAST, lever="activation", change=10, users=900, **figures)
    row = claims_of(world).loc["activation_lifts_arr"]
    assert (row["verdict"], row["value"], row["nature"], row["n"]) == ("holds", 17, "model", 900)


def test_a_claim_without_a_published_figure_is_unavailable_and_says_so(world) -> None:
    policy = ClaimPolicy(published={"mql_conversion_rate": PublishedClaim(low=5, high=10)})
    rows = claim_rows(NOBODY, pd.DataFrame(), as_of=day(LAST), policy=policy, workspace=world.setting).set_index("claim")
    assert rows.loc["pql_over_mql", "reason"] == "kpis.claims.published has no figure for pql_over_mql"


def test_every_claim_has_a_packaged_figure_and_every_figure_a_claim() -> None:
    assert set(SMALL.published) == {claim.name for claim in CLAIMS}
    with pytest.raises(ValueError, match=r"low 5\.0 is above high 4\.0"):
        PublishedClaim(low=5, high=4)


def test_the_definition_follows_the_windows_and_not_the_published_figures(world) -> None:
    def hashes(policy: ClaimPolicy) -> dict[str, str]:
        rows = claim_rows(NOBODY, pd.DataFrame(), as_of=day(LAST), policy=policy, workspace=world.setting)
        return rows.set_index("claim")["definition_hash"].to_dict()

    same = hashes(SMALL.model_copy(update={"published": {}}))
    assert same == hashes(SMALL) and len(set(same.values())) == len(CLAIMS)
    assert not set(hashes(SMALL.model_copy(update={"landmark_days": 8})).values()) & set(same.values())


def test_stored_activity_gives_the_same_counts(world) -> None:
    from plg_orchestration.behavior.queries import activity

    person(world, "a", "2025-06-01 10:00", activates="2025-06-01 10:01")
    world.active("ua", "2025-06-01", "2025-06-02")
    world.warehouse.ensure(table("behavior.activity"))
    computed = world.warehouse.frame(claim_clusters(as_of=day(LAST), policy=SMALL))
    world.warehouse.insert(table("behavior.activity"), world.warehouse.arrow(activity(as_of=day(LAST))))
    stored = world.warehouse.frame(claim_clusters(as_of=day(LAST), policy=SMALL, stored=True))
    pd.testing.assert_frame_equal(computed, stored)
