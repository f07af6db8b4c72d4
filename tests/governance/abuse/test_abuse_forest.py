"""The anomaly model beside the rules: what it knows, what it may not do, and that it is the same every time."""

import numpy as np
import pandas as pd

from plg_orchestration.governance.abuse.forest import WORDS, behavior, odd_scores
from plg_orchestration.governance.abuse.screening import screen
from tests.governance.abuse.scenes import DAY, POLICY, THROW_AWAY, evidence, person

RNG = np.random.default_rng(5)


def ordinary(count: int, domain: str = "") -> list[dict[str, object]]:
    days = RNG.integers(1, 28, count)
    return [
        person(
            f"p{n:03}", f"a{n}", domain or f"firm{n}.com", f"2025-05-{days[n]:02} {n % 24:02}:{n * 7 % 60:02}",
            events=float(RNG.poisson(8)), core=float(RNG.poisson(3)), active_days=float(RNG.integers(1, 5)),
            busy_seconds=float(RNG.integers(600, 6000)), sessions=2.0,
        )
        for n in range(count)
    ]  # fmt: skip


def bots(count: int, domain: str) -> list[dict[str, object]]:
    counts = {"events": 90.0, "core": 80.0, "sent": 12.0, "busy_seconds": 90.0, "active_days": 7.0, "sessions": 40.0}
    return [person(f"z{n}", f"b{n}", domain, f"2025-06-10 09:0{n}", **counts) for n in range(count)]


def test_features_hold_no_text_and_nothing_that_the_rules_look_at() -> None:
    features = behavior(pd.DataFrame(ordinary(5)))
    assert set(features.columns) == set(WORDS)
    assert all(kind == np.dtype(float) for kind in features.dtypes)
    assert not {"email_domain", "account_id", "user_id", "mark"} & set(features.columns)


def test_bots_are_the_oddest_and_their_oddness_is_told_in_words() -> None:
    scored = odd_scores(pd.DataFrame([*ordinary(300), *bots(4, "x.com")]), policy=POLICY.forest).rows
    oddest = scored.sort_values("score", ascending=False).head(4)
    assert set(oddest["user_id"]) == {"z0", "z1", "z2", "z3"}
    assert scored["score"].between(0, 1).all() and scored["percentile"].max() == 100
    assert all(said.startswith("much ") for said in oddest["unusual"])


def test_the_same_people_in_another_order_have_the_same_scores() -> None:
    people = pd.DataFrame(ordinary(250))
    one, other = (odd_scores(rows, policy=POLICY.forest).rows for rows in (people, people.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one, other)


def test_the_model_alone_makes_nobody_a_suspect_and_is_told_beside_the_rules() -> None:
    given = evidence([*ordinary(300), *bots(2, "clean.com"), person("f", "f", "mailinator.com", events=8.0, core=3.0)])
    made = screen(given, as_of=DAY, policy=POLICY, disposable=THROW_AWAY)
    assert list(made.suspects["unit_id"]) == ["f"]
    first = made.screening.iloc[0]
    assert (first["rule"], first["suspects"], first["also_by_model"], first["model_only"]) == ("any", 1, 0, 1)
    agreement = made.scores.set_index("user_id")["agreement"]
    assert agreement["f"] == "rules_only" and sorted(agreement[["z0", "z1"]]) == ["model_only", "neither"]
    assert int(made.scores["by_model"].sum()) == int(made.scores["by_rules"].sum()) == 1


def test_a_handful_of_people_is_not_scored_and_the_rules_still_judge_them() -> None:
    made = screen(evidence(bots(3, "mailinator.com")), as_of=DAY, policy=POLICY, disposable=THROW_AWAY)
    assert made.unscored == "3 people are known for 7 days; the model wants 200"
    assert len(made.scores) == 0 and made.suspects["unit_id"].nunique() == 3
    assert made.screening["also_by_model"].isna().all()
