"""The viral loop of a workspace: each measure by hand, against independent arithmetic, and on a planted loop.

Exercised here: viral_invites, viral_units, viral_tallies, viral_medians, viral_waits, sample_waits, viral_loop, invite_rates,
projection_inputs.
"""

import datetime as dt
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts import project_viral_growth, viral_sensitivity
from plg_orchestration.cohorts.virality import queries
from plg_orchestration.cohorts.virality.policy import ViralityPolicy
from plg_orchestration.cohorts.virality.projection import projection_rows, sensitivity_rows
from plg_orchestration.config.section import load_default
from plg_orchestration.governance.policy import Limits
from plg_orchestration.governance.queries import limit_parameters
from plg_orchestration.governance.registry import metric
from plg_orchestration.ingest.known import known_subscriptions
from plg_orchestration.kpis.populations import populations
from plg_orchestration.kpis.registry import KPIS
from plg_orchestration.warehouse import Query, sql_file, table
from plg_orchestration.warehouse.scratch import scratch

POLICY = load_default("virality", ViralityPolicy)
REFERENCE = Path(__file__).parent / "reference"
JUNE_30 = AsOf(dt.date(2025, 6, 30))


@pytest.fixture
def loop(world):
    world.warehouse.connection.register("goals", POLICY.config_tables()["viral_goals"])
    world.warehouse.connection.execute("create or replace table config.viral_goals as select * from goals")

    def measured(as_of=JUNE_30, policy=POLICY):
        rows = world.records(queries.viral_loop(as_of=as_of, policy=policy))
        return {(row["measure"], row["cohort_by"], row["cohort"]): row for row in rows}

    return measured


def network(world):
    """Four members of April, one of June: ann invites after 1 day, bob after 9, cem after 40, dan never; eve is too new."""
    for user in ("ann", "bob", "cem", "dan"):
        world.user(user, "2025-04-01 12:00")
    world.user("eve", "2025-06-20 12:00", referred_by="ann")
    world.user("gus", "2025-04-03 12:00", referred_by="ann")
    world.user("hal", "2025-04-05 12:00")
    world.invite("ann", "2025-04-02 12:00", "gus", "2025-04-03 12:00")
    world.invite("ann", "2025-04-02 13:00", "hal", "2025-04-05 12:00")
    world.invite("ann", "2025-04-03 12:00")
    world.invite("bob", "2025-04-10 12:00", "dan", "2025-04-11 12:00")
    world.invite("cem", "2025-05-11 12:00")
    world.invite("eve", "2025-06-25 12:00")
    world.reached("user", "gus", "activation", "2025-04-04 12:00")
    world.reached("user", "dan", "activation", "2025-04-02 12:00")
    world.reached("user", "bob", "invite_sent", "2025-04-10 12:00")


def test_each_measure_by_hand(world, loop):
    network(world)
    found = loop()
    value = {measure: row["value"] for (measure, cohort_by, _), row in found.items() if cohort_by == "all"}
    # Six members have had their 30 days (eve has not): ann and bob invited in them, with 3 and 1 invites.
    assert value["inviting_share"] == pytest.approx(2 / 6)
    assert value["invites_per_inviter"] == 2
    assert value["invites_per_member"] == pytest.approx(4 / 6)
    assert value["time_to_invite"] == 5
    # Five invites are 14 days old, three were accepted; dan had signed up before bob's invite and was brought by nobody.
    assert value["acceptance_rate"] == pytest.approx(3 / 5)
    assert value["invite_to_activation"] == pytest.approx(1 / 2)
    assert value["k_per_member"] == pytest.approx(1 / 6)
    assert value["accepted_per_user_so_far"] == pytest.approx(3 / 7)
    assert value["referral_share"] == pytest.approx(3 / 7)
    assert found["inviting_share", "all", "all"]["mature_share"] == pytest.approx(6 / 7)
    assert found["acceptance_rate", "all", "all"]["mature_share"] == pytest.approx(5 / 6)
    goals = {measure: row["goal"] for (measure, cohort_by, _), row in found.items() if cohort_by == "all" and row["goal"]}
    assert goals == {"time_to_invite": 7, "time_to_invite_with_waiting": 7, "invite_to_activation": 0.3}


def test_cohorts_are_signup_months_and_ages_in_months(world, loop):
    network(world)
    found = loop()
    assert found["referral_share", "signup_month", "2025-06"]["value"] == 1
    assert found["k_per_member", "signup_month", "2025-06"]["value"] is None
    ages = {
        int(c): (row["value"], row["n"]) for (m, by, c), row in found.items() if (m, by) == ("invites_per_member", "age_months")
    }
    # In the first month of age ann and bob sent 4 invites, in the second cem one; a third one is over for the first four alone.
    assert ages == {0: (pytest.approx(4 / 6), 6), 1: (pytest.approx(1 / 6), 6), 2: (0, 4), 3: (None, 0)}
    assert found["k_per_member", "age_months", "0"]["value"] == found["k_per_member", "all", "all"]["value"]


def test_who_signed_up_longer_ago_than_the_months_looked_at_is_left_out(world, loop):
    world.user("old", "2025-04-30 23:59")
    world.user("new", "2025-05-01 00:00")
    row = loop(policy=POLICY.model_copy(update={"signup_months": 2}))["time_to_invite_with_waiting", "all", "all"]
    assert row["denominator"] == 1


@pytest.mark.parametrize(("zone", "month"), [("Etc/GMT+12", "2025-04"), ("UTC", "2025-05"), ("Pacific/Kiritimati", "2025-05")])
def test_the_signup_month_is_the_workspaces_own(world, loop, zone, month):
    world.user("ann", "2025-05-01 00:01")
    assert loop(AsOf(dt.date(2025, 6, 30), zone))["time_to_invite_with_waiting", "signup_month", month]["n"] == 1


def test_a_share_without_anybody_is_null_and_has_no_interval(world, loop):
    assert loop() == {}
    world.user("ann", "2025-06-29 12:00")
    row = loop()["inviting_share", "all", "all"]
    assert (row["value"], row["ci_low"], row["ci_high"], row["n"], row["mature_share"]) == (None, None, None, 0, 0)
    one = loop(AsOf(dt.date(2025, 8, 30)))["inviting_share", "all", "all"]
    assert (one["value"], one["ci_low"], one["ci_high"]) == (0, 0, pytest.approx(0.7935, abs=1e-4))


def test_with_invite_events_alone_what_invites_brought_is_left_out_and_not_zero(world, loop):
    world.user("ann", "2025-04-01 12:00")
    world.reached("user", "ann", "invite_sent", "2025-04-02 12:00")
    found = loop()
    assert {measure for measure, *_ in found} == {
        "inviting_share", "invites_per_inviter", "time_to_invite", "time_to_invite_with_waiting",
    }  # fmt: skip
    assert (found["inviting_share", "all", "all"]["value"], found["time_to_invite", "all", "all"]["value"]) == (1, 1)
    assert found["invites_per_inviter", "all", "all"]["value"] is None
    world.user("bob", "2025-04-01 12:00", referred_by="ann")
    assert loop()["referral_share", "all", "all"]["value"] == 0.5


def test_a_late_event_changes_tomorrow_and_not_yesterday(world, loop):
    network(world)
    before = loop()
    world.reached("user", "cem", "invite_sent", "2025-04-02 12:00", received="2025-07-01")
    assert loop() == before
    assert loop(AsOf(dt.date(2025, 7, 1)))["inviting_share", "all", "all"]["numerator"] == 3


def tell(world, name, **columns):
    """Many versions of a reference table at once, known when they say so."""
    declared = table(f"ingest.{name}")
    frame = pd.DataFrame(columns)
    frame["known_date"] = [at.date() for at in frame["known_at"]]
    if len(frame):
        world.warehouse.insert(declared, frame.reindex(columns=list(declared.column_names)))


@given(data=st.data())
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_is_irrelevant_and_a_stranger_changes_nobodys_row(world, loop, data):
    people = [f"u{i}" for i in range(6)]
    signups = data.draw(st.lists(st.integers(0, 150), min_size=6, max_size=6))
    invites = data.draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60), st.integers(0, 5)), max_size=10, unique=True))
    start = dt.datetime(2025, 2, 1, 12)

    def told(order):
        world.clear()
        joined = [start + dt.timedelta(days=day) for day in signups]
        tell(world, "users", user_id=people, signup_at=joined, known_at=joined)
        sent = [joined[inviter] + dt.timedelta(days=day) for inviter, day, _ in order]
        tell(
            world, "invites", invite_id=[str(entry) for entry in order], inviter_id=[people[entry[0]] for entry in order],
            invitee_user_id=[people[entry[2]] for entry in order], sent_at=sent, known_at=sent,
            accepted_at=[at + dt.timedelta(days=1) for at in sent],
        )  # fmt: skip

    told(invites)
    units = queries.viral_loop(as_of=JUNE_30, policy=POLICY).requires[0]
    rows, before = loop(), world.records(units)
    told(data.draw(st.permutations(invites)))
    assert loop() == rows
    world.user("stranger", "2025-03-01 12:00")
    world.invite("stranger", "2025-03-02 12:00")
    assert [row for row in world.records(units) if row["user_id"] != "stranger"] == before


# -- intervals -----------------------------------------------------------------------------------------------------------


def kaplan_meier(days, invited):
    """The median by the textbook's product, with the log-log interval; written without the SQL."""
    survival, variance = 1.0, 0.0
    median, low, high = None, None, None
    for moment in np.unique(days):
        at_risk, hits = (days >= moment).sum(), ((days == moment) & invited).sum()
        if hits == at_risk:
            survival, distance = 0.0, None
        else:
            survival *= 1 - hits / at_risk
            variance += hits / (at_risk * (at_risk - hits))
            error = math.sqrt(variance) / -math.log(survival) if 0 < survival < 1 and variance else None
            distance = (math.log(-math.log(survival)) - math.log(math.log(2))) / error if error else None
        median = moment if median is None and survival <= 0.5 + 1e-12 else median
        low = moment if low is None and distance is not None and distance >= -1.959963984540054 else low
        high = moment if high is None and distance is not None and distance > 1.959963984540054 else high
    return median, low, high


def unit_rows(days, invited, settled=True):
    count = len(days)
    return pa.table(
        {
            "user_id": [f"u{i}" for i in range(count)], "signup_month": [dt.date(2025, 4, 1)] * count,
            "settled": [settled] * count,
            "days_to_invite": [float(d) if i else None for d, i in zip(days, invited, strict=True)],
            "days_known": [float(d) for d in days], "invited_soon": [bool(i) for i in invited],
        }
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_waiting_count_in_the_median_as_by_kaplan_and_meier(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    waited, known = np.ceil(rng.exponential(8, count)), np.ceil(rng.uniform(1, 40, count))
    days, invited = np.minimum(waited, known), waited <= known
    with scratch(viral_units=unit_rows(days, invited)) as warehouse:
        rows = warehouse.arrow(queries.viral_waiting()).to_pylist()
    assert len(rows) == 2
    for row in rows:
        assert (row["median"], row["ci_low"], row["ci_high"]) == kaplan_meier(days, invited)


def test_half_who_never_invite_leave_the_median_unreached():
    with scratch(viral_units=unit_rows([2, 30, 30], [True, False, False])) as warehouse:
        (row, _) = warehouse.arrow(queries.viral_waiting()).to_pylist()
    assert row["median"] is None


def test_the_medians_interval_lies_between_order_statistics():
    # Of 10 values the binomial interval runs from the second to the ninth (97.9 %).
    with scratch(viral_units=unit_rows([9, 1, 4, 2, 3, 5, 8, 6, 7, 20], [True] * 10)) as warehouse:
        rows = warehouse.arrow(sql_file("cohorts/virality/viral_medians.sql", requires=())).to_pylist()
    assert {(row["median"], row["ci_low"], row["ci_high"], row["n"]) for row in rows} == {(5.5, 2, 9, 10)}
    with scratch(viral_units=unit_rows([1, 2, 3, 4, 5], [True] * 5)) as warehouse:
        (row, _) = warehouse.arrow(sql_file("cohorts/virality/viral_medians.sql", requires=())).to_pylist()
    assert (row["median"], row["ci_low"], row["ci_high"]) == (3, None, None)


@pytest.mark.parametrize("count", [999, 1000, 1001, 1500])
def test_above_a_thousand_values_the_ends_go_on_where_the_exact_ones_stop(count):
    """The exact rank by the binomial distribution itself; the values are their own ranks."""
    below, exact = 1, 0
    while 40 * below <= 2**count:  # the number of outcomes with at most `exact` values under the median
        exact += 1
        below += math.comb(count, exact)
    with scratch(viral_units=unit_rows(range(1, count + 1), [True] * count)) as warehouse:
        (row, _) = warehouse.arrow(sql_file("cohorts/virality/viral_medians.sql", requires=())).to_pylist()
    assert abs(row["ci_low"] - exact) <= (count > 1000)
    assert row["ci_low"] + row["ci_high"] == count + 1


def intervals(activated, sent, stayed):
    """k by form with the ends of its interval, by numpy, one row a sample; `stayed` among 80 referred users."""
    found = {}
    for form, counted in (("basic", np.ones_like(sent, bool)), ("playbook", sent > 0)):
        n = counted.sum(axis=1)
        mean = (activated * counted).sum(axis=1) / n
        error = np.sqrt((((activated - mean[:, None]) ** 2) * counted).sum(axis=1) / (n - 1) / n)
        found[form] = (mean, error)
    (mean, error), kept = found["basic"], stayed.mean(axis=1)
    adjusted = np.sqrt(kept**2 * error**2 + mean**2 * kept * (1 - kept) / stayed.shape[1])
    found["adjusted"] = (mean * kept, adjusted)
    return {form: (k, np.maximum(k - 1.959964 * e, 0), k + 1.959964 * e) for form, (k, e) in found.items()}


def test_the_intervals_of_k_cover_a_planted_k():
    """2000 workspaces of 400 users: each sends Poisson(1.2) invites, 30 % bring an activated user, 40 % of 80 referred stay."""
    rng = np.random.default_rng(84)
    truth = {"basic": 0.36, "adjusted": 0.144, "playbook": 0.36 / (1 - math.exp(-1.2))}
    sent = rng.poisson(1.2, (2000, 400))
    activated, stayed = rng.binomial(sent, 0.3), rng.random((2000, 80)) < 0.4
    by_numpy = intervals(activated, sent, stayed)
    for form, (_, low, high) in by_numpy.items():
        assert 0.93 <= ((low <= truth[form]) & (truth[form] <= high)).mean() <= 0.965, form
    retained = pa.array([*stayed[0].tolist(), *[None] * 320], pa.bool_())
    counts = {"invites": sent[0], "invitees_accepted": sent[0], "invitees_activated": activated[0], "retained": retained}
    with scratch(viral_members=pa.table(counts)) as warehouse:
        rows = warehouse.arrow(sql_file("cohorts/virality/viral.sql", as_of=dt.date(2025, 6, 30), window_days=30)).to_pylist()
    for row in rows:
        assert (row["k"], row["ci_low"], row["ci_high"]) == pytest.approx([end[0] for end in by_numpy[row["form"]]], abs=1e-6)


def test_the_true_k_of_the_demonstration_lies_within_the_measured_interval(world, loop):
    """The truth counts accepted invites per user over the whole span, fakes left out: accepted_per_user_so_far in our words."""
    from plg_orchestration.demo import findings, reference
    from plg_orchestration.demo.population import populate
    from plg_orchestration.demo.sizes import Calendar, resolve

    size = resolve("demo", users=1500, days=150, events=None)
    calendar = Calendar(dt.date(2025, 1, 1), size.days)
    population = populate(size, calendar, 11)
    for name, make in (("ingest.users", reference.users), ("ingest.invites", reference.invites)):
        frame = make(population, calendar).to_pandas()
        for column in frame.columns:
            if column.endswith("_at"):
                frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601").dt.tz_localize(None)
        frame["known_date"] = frame["known_at"].dt.date
        frame["line"], frame["file_id"], frame["origin"] = range(len(frame)), "demo", "source"
        world.warehouse.insert(table(name), frame.reindex(columns=list(table(name).column_names)))
    truth = findings.viral(population)
    row = loop(AsOf(dt.date(2025, 1, 1) + dt.timedelta(days=size.days - 1)))["accepted_per_user_so_far", "all", "all"]
    assert row["ci_low"] <= truth.k <= row["ci_high"]
    assert 0 <= row["numerator"] - truth.accepted <= len(population.users.fingerprint) - truth.users


# -- one definition --------------------------------------------------------------------------------------------------------


def test_over_the_same_month_the_kpi_and_the_playbook_form_are_one(world):
    """The KPI's period is a month of the calendar; `cohorts.viral` as of 14 May covers the invites of April too."""
    network(world)
    rng = np.random.default_rng(9)
    sent = [dt.datetime(2025, 3, 20) + dt.timedelta(hours=int(hours)) for hours in rng.integers(0, 1300, 90)]
    invitees = [f"n{number}" for number in rng.integers(0, 60, 90)]
    accepted = [at + dt.timedelta(hours=int(hours)) for at, hours in zip(sent, rng.integers(1, 90, 90), strict=True)]
    tell(
        world, "invites", invite_id=[str(number) for number in range(90)], inviter_id=[f"i{n}" for n in rng.integers(0, 20, 90)],
        invitee_user_id=invitees, sent_at=sent, accepted_at=accepted, known_at=sent,
    )  # fmt: skip
    joined = {
        user: min(at for at, other in zip(accepted, invitees, strict=True) if other == user) for user in sorted(set(invitees))
    }
    tell(world, "users", user_id=list(joined), signup_at=list(joined.values()), known_at=list(joined.values()))
    for number, (user, at) in enumerate(joined.items()):
        if number % 2:
            world.reached("user", user, "activation", str(at + dt.timedelta(hours=int(rng.integers(1, 400)))))
    as_of = AsOf(dt.date(2025, 5, 14))
    world.warehouse.connection.execute("create or replace table config.channels (channel varchar, organic boolean)")
    (population,) = [query for query in populations(as_of=as_of) if query.name == "sent_invites"]
    kpi = next(entry for entry in KPIS if entry.name == "viral_coefficient")
    counted = f"select {kpi.numerator} as a, {kpi.denominator} as b, count(*) as c from sent_invites where period = 'month' and "
    april = Query("kpi", counted + "period_start = $april", {"april": dt.date(2025, 4, 1)}, (population,))
    ((activated, inviters, invites),) = world.warehouse.rows(april)
    (form,) = [row for row in world.records(queries.viral(as_of=as_of)) if row["form"] == "playbook"]
    assert (form["invitees_activated"], form["inviters"], form["invites"]) == (activated, inviters, invites)
    assert activated >= 5
    assert form["k"] == activated / inviters
    assert kpi.matures_after == dt.timedelta(days=POLICY.wait_days)


def test_an_invitee_who_was_there_before_the_invite_was_brought_by_nobody(world):
    world.user("ann", "2025-03-01 09:00")
    world.user("bob", "2025-03-01 09:00")
    world.invite("ann", "2025-04-10 09:00", "bob", "2025-04-11 09:00")
    world.reached("user", "bob", "activation", "2025-03-02 09:00")
    (first, *_) = world.records(queries.viral(as_of=AsOf(dt.date(2025, 5, 14))))
    assert (first["invites"], first["invitees_activated"]) == (1, 0)


def sends(world, user, day, count, *, received=None):
    date = dt.date.fromisoformat(day)
    world.insert(
        "behavior.user_days", received_date=dt.date.fromisoformat(received or day), event_date=date, user_id=user,
        account_id="a", events=count, qualifying_events=count, invites_sent=count,
    )  # fmt: skip


def test_invite_rates_are_what_the_caps_of_governance_count(world):
    for day in range(1, 31):
        sends(world, "steady", f"2025-06-{day:02d}", 4)
    sends(world, "burst", "2025-06-30", 6)
    sends(world, "burst", "2025-06-30", 5, received="2025-06-30")
    sends(world, "gone", "2025-05-31", 50)
    sends(world, "quiet", "2025-06-10", 0)
    rates = {row["user_id"]: row for row in world.records(queries.invite_rates(as_of=JUNE_30))}
    counts = ("invites_30_days", "inviting_days", "busiest_day_invites", "invites_on_day")
    assert {user: tuple(row[name] for name in counts) for user, row in rates.items()} == {
        "steady": (120, 30, 4, 4), "burst": (11, 1, 11, 11),
    }  # fmt: skip
    limits = Limits()
    over = {
        user for user, row in rates.items()
        if row["busiest_day_invites"] > limits.invites_per_day or row["invites_30_days"] > limits.invites_per_month
    }  # fmt: skip
    control = metric("inviters_over_cap")
    parameters = JUNE_30.parameters() | limit_parameters(limits, JUNE_30)
    judged = sql_file(control.path, requires=(known_subscriptions(JUNE_30),), **parameters)
    ((value, _, inviters, _),) = world.warehouse.rows(judged)
    assert (len(over), len(rates)) == (value, inviters)
    assert over == {"steady", "burst"}


# -- projection --------------------------------------------------------------------------------------------------------------


def test_the_published_example_comes_out_exactly():
    printed = pd.read_csv(REFERENCE / "viral_worked_example.csv")
    rows = projection_rows(pd.DataFrame(columns=["new_users", "k", "k_low", "k_high"]), as_of=JUNE_30, policy=POLICY)
    published = rows[rows["form"] == "published"].head(len(printed))
    for column in ("month", "new_users", "cumulative_users"):
        assert published[column].tolist() == printed[column].tolist()
    assert set(rows["k"]) == {0.84}
    assert published["revenue"].tolist()[0] == 1000
    # One round: 84 % of the last month's newcomers alone: 100, 84, 71, 60, 50.
    assert rows[rows["form"] == "one_round"]["new_users"].tolist()[:5] == [100, 84, 71, 60, 50]


def test_the_sensitivity_has_the_printed_k_and_shows_the_printed_multipliers_beside_ours():
    printed = pd.read_csv(REFERENCE / "viral_sensitivity.csv")
    rows = sensitivity_rows(as_of=JUNE_30, policy=POLICY)
    assert rows["k"].tolist() == printed["k"].tolist()
    assert rows["invite_conversion"].tolist() == printed["invite_conversion"].tolist()
    assert rows["printed_arr_multiplier"].tolist() == printed["printed_12_month_arr_multiplier"].tolist()
    assert rows["published_multiplier"].tolist() == [216.06, 819.55, 2685.36, 7860.19]
    assert rows["one_round_multiplier"].round(2).tolist() == [2.71, 5.46, 15.93, 57.78]
    assert (rows["published_multiplier"] > 10 * rows["printed_arr_multiplier"]).all()


def test_one_round_below_one_levels_off_at_the_geometric_series():
    grown = project_viral_growth(0.5, 1_000_000, 40)
    assert grown["one_round_cumulative_users"].iloc[-1] == pytest.approx(2_000_000, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"conversions": [1.2]}, "conversions"), ({"invites_per_user": -1}, "invites_per_user"), ({"months": 0}, "months"),
     ({"activation": math.nan}, "activation"), ({"start": -5}, "start")],
)  # fmt: skip
def test_a_wrong_argument_of_the_sensitivity_is_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        viral_sensitivity(**arguments)


def test_nobody_at_the_start_has_no_multiplier():
    assert viral_sensitivity(start=0)["published_multiplier"].isna().all()
    assert len(viral_sensitivity(conversions=[])) == 0


def test_the_workspace_starts_from_its_newcomers_and_its_own_k(world, loop):
    network(world)
    rows = pd.DataFrame(loop().values())
    world.warehouse.ensure(table("cohorts.viral_loop"))
    world.warehouse.insert(table("cohorts.viral_loop"), rows)
    measured = world.warehouse.frame(queries.projection_inputs(as_of=JUNE_30))
    assert measured["new_users"].tolist() == [1]
    assert measured["k"].tolist() == [pytest.approx(1 / 6)]
    policy = POLICY.model_copy(update={"revenue_per_user": 3.0})
    made = projection_rows(measured, as_of=JUNE_30, policy=policy)
    assert set(made["scenario"]) == {"published_example", "workspace", "workspace_low", "workspace_high"}
    first = made[(made["scenario"] == "workspace") & (made["month"] == 1) & (made["form"] == "published")]
    assert (first["new_users"].item(), first["revenue"].item()) == (1, 3.0)


def test_without_a_measured_k_only_the_example_is_projected(world, loop):
    world.warehouse.ensure(table("cohorts.viral_loop"))
    measured = world.warehouse.frame(queries.projection_inputs(as_of=JUNE_30))
    rows = projection_rows(measured, as_of=JUNE_30, policy=POLICY)
    assert set(rows["scenario"]) == {"published_example"}
