"""The published plan is packaged as it was published, and the audit says which of its rows do not hold together."""

import csv
from pathlib import Path

import pytest

from plg_orchestration.experiments import PlannedTest, audit_plan, published_plan
from plg_orchestration.verdicts import Verdict

SOURCE = Path(__file__).parent / "reference" / "experiments_plan.csv"
FOUND = {finding.experiment: finding for finding in audit_plan()}


def test_the_packaged_plan_is_the_published_one() -> None:
    with SOURCE.open() as file:
        published = list(csv.DictReader(file))
    packaged = published_plan().tests
    assert [(t.experiment, t.arms, t.null_hypothesis, t.alternative, t.origin) for t in packaged] == [
        (row["experiment"], row["arms"], row["h0"], row["h1"], row["origin"]) for row in published
    ]
    assert [(t.sample_size, t.mde) for t in packaged] == [
        (int(row["sample_size_per_variant"]), float(row["mde"])) for row in published
    ]  # fmt: skip
    assert [t.baseline for t in packaged] == [float(row["baseline"].split()[0]) if row["baseline"] else None for row in published]
    assert [t.mde_kind for t in packaged] == [row["mde_kind"].replace("usd_delta", "absolute") for row in published]
    assert [t.unit for t in packaged] == ["USD" if "USD" in row["baseline"] else "" for row in published]
    uplifts = [row["expected_revenue_uplift_pct"] for row in published]
    assert [t.expected_revenue_uplift for t in packaged] == [float(text) / 100 if text else None for text in uplifts]


@pytest.mark.parametrize(
    ("experiment", "verdict", "planned", "needed"),
    [
        ("upgrade_prompt_timing", Verdict.PASS, 15_000, 13_911),
        ("email_nurture", Verdict.FAIL, 20_000, 24_190),
        ("cohort_specific_gating", Verdict.FAIL, 11_000, 17_024),
        ("feature_gating_strategy", Verdict.WARN, 12_000, 690),
        ("feature_gating_design", Verdict.WARN, 10_000, 1_562),
    ],
)
def test_rows_with_a_baseline_are_judged(experiment: str, verdict: Verdict, planned: int, needed: int) -> None:
    found = FOUND[experiment]
    assert (found.verdict, found.planned, found.needed) == (verdict, planned, needed)
    assert f"{needed:,} per arm" in found.reason and f"{planned:,}" in found.reason


def test_too_few_units_say_what_they_would_find() -> None:
    assert FOUND["email_nurture"].reason.endswith("too few; 20,000 find +16.6% at the least")
    assert FOUND["email_nurture"].finds == pytest.approx(0.03 * 0.1655, rel=1e-3)


@pytest.mark.parametrize(
    ("experiment", "reason"),
    [
        ("usage_caps_adjustment", "its baseline was never stated; 10,000 per arm do for 0.1 at any baseline (389 at the most)"),
        ("progressive_disclosure", "its baseline was never stated; 18,000 per arm do from a baseline of 1.54% on"),
        ("plan_design", "its baseline was never stated; 14,000 per arm do from a baseline of 0.83% on"),
        (
            "in_app_pricing",
            "the spread of its units was never stated; 8,000 per arm do for 6 USD up to a standard deviation of 135 USD",
        ),
        (
            "price_plan_design",
            "the spread of its units was never stated; 8,000 per arm do for 5 USD up to a standard deviation of 113 USD",
        ),
    ],
)
def test_rows_that_cannot_be_judged_say_what_was_never_stated(experiment: str, reason: str) -> None:
    found = FOUND[experiment]
    assert (found.verdict, found.needed, found.finds, found.reason) == (Verdict.INSUFFICIENT, None, None, reason)


def row(**changes: object) -> PlannedTest:
    return PlannedTest.model_validate({
        "experiment": "x", "arms": "a vs b", "null_hypothesis": "none", "alternative": "some", "mde": 0.1, "mde_kind": "relative",
        "sample_size": 1000, "origin": "here", **changes,
    })  # fmt: skip


def test_own_rows_are_audited_like_the_published_ones() -> None:
    mean = row(kind="mean", baseline=20, standard_deviation=20, mde=2, mde_kind="absolute", sample_size=1600)
    bare = row(kind="mean")
    relative = row(kind="mean", baseline=20, mde=0.1)
    absolute = row(mde=0.02, mde_kind="absolute")
    hopeless = row(mde=0.0001)
    found = audit_plan([mean, bare, relative, absolute, hopeless])
    assert (found[0].verdict, found[0].needed) == (Verdict.PASS, 1570)
    assert [one.reason for one in found[1:]] == [
        "neither its baseline nor the spread of its units was ever stated",
        "the spread of its units was never stated; 1,000 per arm do for 2 up to a standard deviation of 16",
        "its baseline was never stated; 1,000 per arm do not do for 0.02 at every baseline (up to 9,808)",
        "its baseline was never stated; 1,000 per arm do at none",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mde": 2, "mde_kind": "absolute"}, "mde: 2 is no difference"),
        ({"baseline": 0.95}, "the treatment's rate would be 1.045"),
    ],
)
def test_a_row_that_is_impossible_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        row(**changes)
