"""The audit's group metrics equal the reference implementation, a planted gap fails, and too little data never passes."""

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.policy import PqlPolicy

POLICY = load_default("pql", PqlPolicy).bias


def decisions(rows_per_group, selection, *, hit=0.5, seed=7, accounts=400):
    """Rows of groups with the given selection rates; half of everybody converts."""
    generator = np.random.default_rng(seed)
    parts = []
    for group, rate in selection.items():
        size = rows_per_group
        parts.append(
            pd.DataFrame(
                {
                    "label": generator.random(size) < hit,
                    "selected": generator.random(size) < rate,
                    "score": generator.random(size),
                    "account_id": [f"{group}{i % accounts}" for i in range(size)],
                    "region": group,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def verdicts(predictions, policy=POLICY):
    made = audit_bias(predictions, attributes=["region"], policy=policy)
    return made[made["metric"] == "selection_rate"].set_index("grp")["verdict"].to_dict()


def test_a_planted_gap_fails_and_its_absence_passes():
    assert verdicts(decisions(3000, {"emea": 0.10, "amer": 0.40, "apac": 0.40}))["emea"] == "fail"
    assert set(verdicts(decisions(3000, {"emea": 0.30, "amer": 0.30, "apac": 0.30})).values()) == {"pass"}


def test_the_four_fifths_rule_fails_where_the_difference_cannot():
    """At 4 % against 1 % the difference is far under 0.10, yet one group is chosen four times as often."""
    found = audit_bias(decisions(6000, {"emea": 0.01, "amer": 0.04}), attributes=["region"], policy=POLICY)
    row = found[(found["grp"] == "emea") & (found["metric"] == "selection_rate")].iloc[0]
    assert abs(row["difference"]) < 0.10 and row["ratio_high"] < 0.80 and row["verdict"] == "fail"


def test_a_gap_within_chance_warns():
    found = verdicts(decisions(500, {"emea": 0.21, "amer": 0.30, "apac": 0.30}))
    assert found["emea"] == "warn"


def test_small_groups_are_listed_without_figures_and_never_pass():
    predictions = pd.concat([decisions(2000, {"emea": 0.3, "amer": 0.3}), decisions(29, {"tiny": 0.3})])
    found = audit_bias(predictions, attributes=["region"], policy=POLICY)
    tiny = found[found["grp"] == "tiny"]
    assert set(tiny.loc[tiny["metric"] == "selection_rate", "verdict"]) == {"insufficient"}
    assert tiny[["n", "positives", "value_group", "ratio", "detectable"]].isna().all(axis=None)


def test_too_few_expected_selections_are_insufficient_and_say_so():
    found = audit_bias(decisions(40, {"emea": 0.05, "amer": 0.05}), attributes=["region"], policy=POLICY)
    row = found[(found["grp"] == "emea") & (found["metric"] == "selection_rate")].iloc[0]
    assert row["verdict"] == "insufficient" and "are expected in the group; 5 are needed" in row["reason"]


def test_rows_of_a_few_accounts_count_as_few_however_many_they_are():
    """Sixty accounts that are each wholly selected or not have 60 independent rows, not 6,000: too few for a contrast at 5 %."""
    generator = np.random.default_rng(5)
    chosen = generator.permutation(np.arange(120) < 6)
    rows = pd.DataFrame({"account_id": np.arange(120).astype(str), "selected": chosen, "region": np.repeat(["emea", "amer"], 60)})
    rows = rows.loc[rows.index.repeat(100)].assign(label=True, score=0.0)
    found = audit_bias(rows, attributes=["region"], policy=POLICY)
    row = found[(found["grp"] == "emea") & (found["metric"] == "selection_rate")].iloc[0]
    assert row["n"] == 6000 and row["verdict"] == "insufficient" and pd.isna(row["difference"])
    assert "only 3." in row["reason"] or "only 2." in row["reason"]


def test_a_handful_of_accounts_forms_no_contrast():
    predictions = pd.concat(
        [decisions(900, {"emea": 0.3, "amer": 0.3}), decisions(900, {"apac": 0.3}, accounts=POLICY.min_accounts - 1)]
    )
    found = audit_bias(predictions, attributes=["region"], policy=POLICY).set_index(["grp", "metric"])
    said = f"only {POLICY.min_accounts - 1} accounts have n on one side; {POLICY.min_accounts} are needed"
    assert found.loc[("apac", "selection_rate"), "reason"].startswith(said)
    assert found.loc[("emea", "selection_rate"), "verdict"] == "pass"


def test_a_group_without_positives_has_no_true_positive_rate_rather_than_parity():
    predictions = decisions(2000, {"emea": 0.3, "amer": 0.3})
    predictions.loc[predictions["region"] == "emea", "label"] = False
    found = audit_bias(predictions, attributes=["region"], policy=POLICY)
    row = found[(found["grp"] == "emea") & (found["metric"] == "true_positive_rate")].iloc[0]
    assert pd.isna(row["value_group"]) and row["verdict"] == "insufficient"


def test_rows_of_one_account_widen_the_interval():
    """The same rates, once from 3,000 accounts and once from 30 that each decide for 100 rows alike."""

    def width(accounts):
        generator = np.random.default_rng(1)
        chosen = generator.random(2 * accounts) < 0.3
        repeat = 3000 // accounts
        region = np.repeat(["emea", "amer"], accounts)
        rows = pd.DataFrame({"account_id": np.arange(2 * accounts).astype(str), "selected": chosen, "region": region})
        rows = rows.loc[rows.index.repeat(repeat)].assign(label=True, score=0.0)
        found = audit_bias(rows, attributes=["region"], policy=POLICY)
        row = found[(found["grp"] == "emea") & (found["metric"] == "selection_rate")].iloc[0]
        return row["ci_high"] - row["ci_low"]

    assert width(30) > 5 * width(3000)


def test_a_missing_attribute_value_is_its_own_group_and_gates_nothing():
    predictions = decisions(1000, {"emea": 0.3, "amer": 0.3, "x": 0.3})
    predictions["region"] = predictions["region"].replace("x", None)
    found = audit_bias(predictions, attributes=["region"], policy=POLICY)
    assert dict(zip(found["grp"], found["status"], strict=True)) == {
        "amer": "protected", "emea": "protected", "unknown": "monitored"}  # fmt: skip


def test_unknown_figures_and_columns_are_refused():
    predictions = decisions(50, {"emea": 0.3})
    with pytest.raises(ValueError, match="no column 'zodiac'"):
        audit_bias(predictions, attributes=["zodiac"], policy=POLICY)
    with pytest.raises(ValueError, match="'score' has missing or infinite values"):
        audit_bias(predictions.assign(score=np.nan), attributes=["region"], policy=POLICY)


def test_the_audit_is_deterministic_whatever_the_order_of_the_rows():
    predictions = decisions(400, {"emea": 0.2, "amer": 0.3})
    first = audit_bias(predictions, attributes=["region"], policy=POLICY)
    pd.testing.assert_frame_equal(first, audit_bias(predictions, attributes=["region"], policy=POLICY))
    shuffled = predictions.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(first, audit_bias(shuffled, attributes=["region"], policy=POLICY))
