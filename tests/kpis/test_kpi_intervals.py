"""How often the intervals of ratios cover the truth, simulated over the designs that KPIs have; a repetition is a channel."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from plg_orchestration.kpis.measures import spread
from plg_orchestration.kpis.registry import KPIS, kpi

REPEATED = 500
MEAN_PRICE = 100 * np.exp(0.5 * 0.8**2)
KEPT = 0.94 + 0.04 * 1.5
"""Of MRR on average: 2 % of accounts leave, 4 % pay half as much again, the rest stays; whatever they paid before."""


def simulated(world, accounts: int, seed: int) -> dict[str, pd.DataFrame]:
    """The KPIs' rows of as many repetitions, over accounts with log-normal prices and active users in proportion to nothing."""
    generator, size = np.random.default_rng(seed), REPEATED * accounts
    names = [f"a{number}" for number in range(size)]
    channels = np.repeat([f"r{number:03}" for number in range(REPEATED)], accounts)
    before = np.round(100 * np.exp(0.8 * generator.standard_normal(size)), 2)
    after = np.round(before * generator.choice([0, 1, 1.5], size, p=[0.02, 0.94, 0.04]), 2)
    users = 1 + generator.poisson(3, size)
    connection = world.warehouse.connection
    for name, frame in (
        ("ingest.accounts", pd.DataFrame({"account_id": names, "acquisition_channel": channels, "signup_at": "2025-01-05"})),
        ("ingest.subscriptions", pd.concat([
            pd.DataFrame({"subscription_id": [f"{name}-{place}" for name in names], "account_id": names, "mrr": mrr,
                          "currency": "USD", "started_at": start, "ended_at": end, "trial": False})
            for place, (mrr, start, end) in enumerate([(before, "2025-01-10", "2025-02-10"), (after, "2025-02-10", None)])
        ])),
    ):  # fmt: skip
        rows = frame.assign(known_at="2025-01-01", known_date="2025-01-01", file_id="f", line=range(len(frame)))
        connection.register("incoming", pa.Table.from_pandas(rows, preserve_index=False))
        connection.execute(f"insert into {name} by name from incoming")
        connection.unregister("incoming")
    days = pd.DataFrame({"user_id": [f"{name}-{one}" for name, many in zip(names, users, strict=True) for one in range(many)]})
    days = days.assign(account_id=days["user_id"].str.split("-").str[0], event_date="2025-02-20", received_date="2025-02-20")
    connection.register("incoming", pa.Table.from_pandas(days.assign(events=1, qualifying_events=1), preserve_index=False))
    connection.execute("insert into behavior.user_days by name from incoming")
    rows = world.snapshot("2025-03-16", kpis=tuple(kpi(name) for name in ("arpa", "arpu", "net_revenue_retention")))
    rows = rows[(rows["period"] == "month") & (rows["dimension"] == "channel")]
    return {str(name): part for name, part in rows.groupby("kpi")}


def coverage(rows: pd.DataFrame, truth: float) -> float:
    assert len(rows) == REPEATED
    return float(((rows["ci_low"] <= truth) & (truth <= rows["ci_high"])).mean())


def test_intervals_of_money_cover_the_truth_in_93_to_97_percent_from_80_accounts_on(world) -> None:
    rows = simulated(world, 80, seed=4)
    found = {
        "arpa": coverage(rows["arpa"], MEAN_PRICE * KEPT / 0.98), "arpu": coverage(rows["arpu"], MEAN_PRICE * KEPT / (0.98 * 4)),
    }  # fmt: skip
    assert all(0.93 <= share <= 0.97 for share in found.values()), found


def test_with_few_accounts_that_change_intervals_of_retention_cover_less_and_never_nothing(world) -> None:
    rows = simulated(world, 20, seed=5)
    found = coverage(rows["net_revenue_retention"], 100 * KEPT), coverage(rows["arpa"], MEAN_PRICE * KEPT / 0.98)
    assert 0.5 < found[0] < 0.93 and 0.88 < found[1] < 0.95, found


def test_which_ratios_have_no_interval() -> None:
    none = {entry.name for entry in KPIS if entry.measure == "ratio" and not entry.unavailable and not spread(entry)}
    assert none == {"viral_coefficient", "cac_by_channel", "cac_payback", "ltv_to_cac", "arpu_90d_delta", "friction_score"}


@pytest.mark.parametrize("name", ["arpu", "nps", "dau_mau", "arr_growth", "net_churn_with_reactivation"])
def test_ratios_of_sums_have_three_moments(name: str) -> None:
    assert set(spread(kpi(name))) == {"squares", "products", "others"}
