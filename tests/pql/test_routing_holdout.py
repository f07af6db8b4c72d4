"""What a holdout can detect, checked by simulation, and how its accounts are counted (holdout_accounts, tested_precision)."""

import datetime as dt

import numpy as np
import pytest

from plg_orchestration.cohorts.statistics import newcombe
from plg_orchestration.pql.routing.power import detectable_lift, holdout_rows
from tests.pql.routing_nights import MONDAY, opened, policy

DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("treated", "held_out", "base_rate"), [(950, 50, 0.10), (9500, 500, 0.05), (400, 400, 0.20), (60, 12, 0.15), (300, 30, 0.02)]
)
def test_the_lift_that_is_said_to_be_detectable_is_found_four_times_in_five(treated, held_out, base_rate):
    able = detectable_lift(treated=treated, held_out=held_out, base_rate=base_rate, alpha=0.05, power=0.80)
    assert able.lift == pytest.approx((base_rate + able.difference) / base_rate)
    draws = np.random.default_rng(11)

    def found(rate):
        hits, others = draws.binomial(treated, rate, 20_000), draws.binomial(held_out, base_rate, 20_000)
        low, _ = newcombe(hits, np.full(20_000, treated), others, np.full(20_000, held_out))
        return (low > 0).mean()

    assert found(base_rate + able.difference) == pytest.approx(0.80, abs=0.012)
    assert found(base_rate) < 0.06  # without any lift, one is seldom claimed


def test_more_accounts_detect_less_and_too_few_detect_nothing():
    lifts = [detectable_lift(treated=19 * n, held_out=n, base_rate=0.1, alpha=0.05, power=0.8).lift for n in (5, 20, 80, 320)]
    assert lifts == sorted(lifts, reverse=True) and lifts[-1] < 1.7
    few = detectable_lift(treated=1, held_out=1, base_rate=0.1, alpha=0.05, power=0.8)
    assert few.lift is None and few.reason == "1 accounts held out and 1 treated are too few to detect any lift"
    none = detectable_lift(treated=40, held_out=0, base_rate=0.1, alpha=0.05, power=0.8)
    assert none.difference is None and "an arm is empty" in none.reason
    never = detectable_lift(treated=400, held_out=100, base_rate=0.0, alpha=0.05, power=0.8)
    assert never.lift is None and never.difference > 0
    with pytest.raises(ValueError, match=r"base_rate 1\.0 leaves no room for a lift"):
        detectable_lift(treated=4, held_out=4, base_rate=1.0, alpha=0.05, power=0.8)


def rows(made, day):
    found = holdout_rows(made.warehouse, as_of=made.as_of(day), policy=made.policy)
    return found.set_index("quarter").to_dict("index")


def test_accounts_count_once_a_quarter_in_their_arm_and_mature_with_the_targets_window(tmp_path):
    chosen = policy(share=0.5)
    days = (dt.date(2025, 3, 25), dt.date(2025, 3, 26), dt.date(2025, 4, 2))
    accounts = {f"u{n}": f"a{n // 2}" for n in range(20)}
    with opened(tmp_path, chosen) as made:
        for day in days:
            leads = dict.fromkeys(accounts, 70) | ({"late": 70} if day == days[1] else {})
            decided = made.night(day, leads, accounts=accounts)
            if day == days[0]:
                arm = decided.set_index("account_id")["holdout"].to_dict()
        late = made.read("pql.decisions", days[1])["holdout"]["late"]
        held = [name for name in arm if arm[name]]
        treated = [name for name in arm if not arm[name]]
        # The window of conversion is (day + 1, day + 31]: the first counts, one is too early, one too late.
        for account, paid in ((held[0], dt.datetime(2025, 3, 27)), (treated[0], dt.datetime(2025, 3, 26, 23)),
                              (treated[1], dt.datetime(2025, 4, 25, 23)), (treated[2], dt.datetime(2025, 4, 26))):  # fmt: skip
            made.add("ingest.subscriptions", subscription_id=account, account_id=account, mrr=40, trial=False, started_at=paid,
                     known_at=paid, known_date=paid.date(), file_id="f", line=1)  # fmt: skip
        found = rows(made, dt.date(2025, 4, 25))["2025-Q1"]
        assert (found["accounts"], found["held_out"], found["treated"]) == (11, len(held) + late, 11 - len(held) - late)
        assert (found["mature_held_out"], found["mature_treated"]) == (len(held), len(treated))
        assert (found["converted_held_out"], found["converted_treated"]) == (1, 1)
        assert found["holdout_share"] == 0.5
        assert {"2025-Q1", "2025-Q2"} == set(rows(made, dt.date(2025, 4, 25)))
        assert rows(made, dt.date(2026, 2, 1)).keys() == {"2025-Q2"}  # four quarters are shown


def test_the_base_rate_is_the_best_known_one_and_says_where_from(tmp_path):
    chosen = policy(share=0.5)
    with opened(tmp_path, chosen) as made:
        made.night(MONDAY, {f"u{n}": 70 for n in range(100)})
        tonight = rows(made, MONDAY)["2025-Q1"]
        assert (tonight["base_rate"], tonight["base_rate_of"]) == (None, "none")
        assert tonight["detectable_lift"] is None and "no base rate is known yet" in tonight["reason"]
        made.add("pql.candidate", as_of=MONDAY, target="conversion", scorer="rules", precision=0.12)
        tested = rows(made, MONDAY)["2025-Q1"]
        assert (tested["base_rate"], tested["base_rate_of"], tested["reason"]) == (0.12, "test", "") and tested[
            "detectable_lift"
        ] > 2
        later = rows(made, MONDAY + 31 * DAY)["2025-Q1"]
        assert (later["base_rate"], later["base_rate_of"]) == (0.0, "held_out")
        made.policy = policy(share=0.5).model_copy(update={"holdout": chosen.holdout.model_copy(update={"min_accounts": 80})})
        assert rows(made, MONDAY + 31 * DAY)["2025-Q1"]["base_rate_of"] == "both"
