"""Figures of groups and across them are Fairlearn's, on raw rows and on weighted counts, on real data and random tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.bias.contrasts import audit
from plg_orchestration.pql.bias.policy import BiasPolicy
from plg_orchestration.pql.policy import PqlPolicy

TELCO = Path(__file__).resolve().parents[3] / "shared/data/telco/Telco-Customer-Churn.csv"
SHIPPED = load_default("pql", PqlPolicy).bias
OPEN = BiasPolicy.model_validate({**SHIPPED.model_dump(), "min_group": 1, "bootstrap_rounds": 20, "buckets": 50})
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "base_rate")


def frame_of(rows: pd.DataFrame, weights: str | None = None):
    """Fairlearn's `MetricFrame` on the rows by their column group, weighted where a column of weights is named."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import precision_score

    def base_rate(y_true, y_pred, sample_weight=None):
        return np.average(y_true, weights=sample_weight)

    def precision(y_true, y_pred, sample_weight=None):
        return precision_score(y_true, y_pred, sample_weight=sample_weight, zero_division=np.nan)

    metrics = {
        "selection_rate": selection_rate, "true_positive_rate": true_positive_rate, "precision": precision,
        "false_positive_rate": false_positive_rate, "base_rate": base_rate,
    }  # fmt: skip
    given = {name: {"sample_weight": rows[weights]} for name in metrics} if weights else None
    return MetricFrame(
        metrics=metrics, y_true=rows["label"].astype(int), y_pred=rows["selected"].astype(int),
        sensitive_features=rows["group"], sample_params=given,
    )  # fmt: skip


def assert_same(rows: pd.DataFrame, attributes: list[str]) -> None:
    """Every figure of the audit of one attribute, or of two together, is Fairlearn's to 1e-12, or undefined for a reason."""
    name = " & ".join(attributes)
    found = audit(rows, attributes=[name], policy=OPEN)
    table = found.groups.set_index("grp")
    joined = rows.assign(group=rows[attributes].agg(" & ".join, axis=1))
    weighted = joined.groupby(["group", "label", "selected"]).size().rename("weight").reset_index()
    for peer in (frame_of(joined), frame_of(weighted, "weight")):
        assert list(peer.by_group.index) == list(table.index)
        for group, theirs in peer.by_group.iterrows():
            ours = table.loc[group]
            for metric in RATES:
                if pd.isna(ours[metric]):
                    rows_there = {"true_positive_rate": ours["positives"], "false_positive_rate": ours["n"] - ours["positives"]}
                    assert rows_there.get(metric, 0) == 0 and (pd.isna(theirs[metric]) or theirs[metric] == 0)
                else:
                    assert ours[metric] == pytest.approx(theirs[metric], abs=1e-12), (group, metric)
        wide, ratio = peer.difference(), peer.ratio()
        odds = max(wide["true_positive_rate"], wide["false_positive_rate"])
        expected = {
            "demographic_parity_difference": wide["selection_rate"], "demographic_parity_ratio": ratio["selection_rate"],
            "equal_opportunity_difference": wide["true_positive_rate"], "equalized_odds_difference": odds,
        }  # fmt: skip
        for gap in found.gaps[found.gaps["metric"].isin(expected)].to_dict("records"):
            if pd.isna(gap["value"]):
                nobody = gap["metric"] == "demographic_parity_ratio" and not joined["selected"].any()
                assert gap["undefined"] or len(table) == 1 or nobody, gap
            elif not gap["undefined"]:
                assert gap["value"] == pytest.approx(expected[gap["metric"]], abs=1e-12), gap


def rows_of(values: list[tuple[bool, bool, str, str]]) -> pd.DataFrame:
    rows = pd.DataFrame(values, columns=["label", "selected", "region", "segment"])
    return rows.assign(score=0.5, account_id=(np.arange(len(rows)) % 7).astype(str))


DECISION = st.tuples(st.booleans(), st.booleans(), st.sampled_from(["a", "b", "c"]), st.sampled_from(["x", "y"]))


@settings(max_examples=4, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.lists(DECISION, min_size=2, max_size=60))
def test_every_figure_on_random_tables_is_fairlearns(values):
    assert_same(rows_of(values), ["region"])
    assert_same(rows_of(values), ["region", "segment"])


def test_no_positives_in_a_group_is_no_parity_where_fairlearn_says_zero():
    from fairlearn.metrics import equal_opportunity_difference

    rows = rows_of([(True, False, "a", "x")] * 40 + [(False, True, "b", "x")] * 40)
    found = audit(rows, attributes=["region"], policy=OPEN)
    gap = found.gaps.set_index("metric").loc["equal_opportunity_difference"]
    theirs = equal_opportunity_difference(rows["label"], rows["selected"], sensitive_features=rows["region"])
    assert theirs == 0.0 and pd.isna(gap["value"]) and gap["undefined"] == "b"
    assert gap["reason"] == "1 of 2 groups have the metric and are large enough; two are needed"
    group = found.groups.set_index("grp").loc["b"]
    assert pd.isna(group["true_positive_rate"]) and group["reason"] == "undefined: true_positive_rate, calibration_gap"


@pytest.mark.skipif(not TELCO.exists(), reason="the telephone company's customers are not there")
def test_a_churn_model_on_real_customers_is_audited_as_fairlearn_audits_it():
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import brier_score_loss

    customers = pd.read_csv(TELCO)
    label = customers["Churn"].eq("Yes")
    usage = pd.get_dummies(customers[["tenure", "MonthlyCharges", "Contract", "InternetService"]], dtype=float)
    usage = (usage - usage.mean()) / usage.std()
    churn = LogisticRegression(max_iter=500).fit(usage, label).predict_proba(usage)[:, 1]
    rows = pd.DataFrame({
        "label": label, "selected": churn >= 0.5, "score": churn, "probability": churn, "account_id": customers["customerID"],
        "gender": customers["gender"], "senior": customers["SeniorCitizen"].map({0: "no", 1: "yes"}),
    })  # fmt: skip
    for attributes in (["gender"], ["senior"], ["gender", "senior"]):
        assert_same(rows, attributes)
    found = audit(rows, attributes=["gender", "senior"], policy=SHIPPED)
    groups = found.groups.set_index("grp")
    own = rows[rows["senior"] == "yes"]
    gap = own["score"].mean() - own["label"].mean()
    assert groups.loc["yes", "calibration_gap"] == pytest.approx(gap, abs=1e-12)
    assert groups.loc["yes", "mean_score"] == pytest.approx(own["score"].mean(), abs=1e-12)
    assert (groups.loc["yes", "n"], groups.loc["yes", "positives"]) == (1142, 476) and brier_score_loss(label, churn) < 0.16
    verdicts = found.contrasts[found.contrasts["verdict"].notna()].set_index(["grp", "metric"])["verdict"]
    assert verdicts["Female", "selection_rate"] == "pass" and verdicts["yes", "selection_rate"] == "fail"
