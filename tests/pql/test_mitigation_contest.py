"""When the challenger fails a protected contrast, variants meet it; one that mends it is chosen, or nobody, with the reason."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plg_orchestration.pql.mitigation.choice import Standing, choose_variant, why_left
from plg_orchestration.pql.mitigation.contest import Contested, mitigate
from plg_orchestration.pql.mitigation.fairness import fairness_of
from plg_orchestration.pql.training.artifacts import StoredModel, load_model, model_bytes, store_model
from plg_orchestration.pql.training.model import WORDS
from tests.pql.unfair_rows import PROXY, night, quick, unfair


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in a night: more threads only wait for one another on such small rows."""
    import sklearn.ensemble
    from threadpoolctl import threadpool_limits

    _ = sklearn.ensemble
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="module")
def contested() -> Contested:
    """Unfair rows with a proxy, every method and the cheap bound."""
    return mitigate(night(accounts=120, policy=quick(bounds=("group_thresholds",), strengths=(0.5,))))


def rows_by(contested: Contested) -> dict[str, dict[str, object]]:
    frame = contested.rows.astype(object).where(contested.rows.notna(), None)
    return {str(row["variant"]): {str(k): v for k, v in row.items()} for row in frame.to_dict("records")}


def test_the_plain_challenger_fails_and_a_variant_that_passes_takes_its_place(contested: Contested):
    rows = rows_by(contested)
    assert rows["plain"]["verdict"] == "fail" and rows["plain"]["disparity"] > 3 and not rows["plain"]["chosen"]
    chosen = rows[contested.variant]
    assert chosen["chosen"] and chosen["kind"] == "variant" and chosen["disparity"] < 1 and chosen["verdict"] != "fail"
    assert chosen["validation_verdict"] in ("pass", "warn", "insufficient") and chosen["validation_disparity"] <= 1
    assert 1.2 < chosen["lift"] < rows["plain"]["lift"]
    assert sum(bool(row["chosen"]) for row in rows.values()) == 1


def test_the_choice_and_everybody_elses_fate_are_on_record_with_reasons(contested: Contested):
    rows = rows_by(contested)
    assert set(rows) == {
        "plain", "proxies_dropped", "reweighed", "grid_search 0.5", "correlation_removed", "group_thresholds",
    }  # fmt: skip
    assert all(row["reason"] for row in rows.values())
    said = str(rows[contested.variant]["reason"])
    assert (
        said.startswith("fails on test rows: selection_rate of region=north: +0.") and "highest lift or within 5% of it" in said
    )
    assert json.loads(str(rows["proxies_dropped"]["settings"])) == {"dropped": [PROXY]}
    judged = json.loads(str(rows["plain"]["contrasts"]))
    assert {(one["grp"], one["verdict"]) for one in judged if one["metric"] == "selection_rate"} == {
        ("north", "fail"),
        ("south", "fail"),
    }


def test_a_bound_shows_what_could_be_had_and_is_never_chosen(contested: Contested):
    bound = rows_by(contested)["group_thresholds"]
    assert bound["kind"] == "bound" and bound["attribute_at_prediction"] and not bound["chosen"]
    assert bound["disparity"] == pytest.approx(0.0, abs=0.02) and bound["verdict"] is None and bound["validation_lift"] is None


def test_the_variant_is_stored_and_loaded_like_any_model_and_asks_nobody_for_a_region(contested: Contested, tmp_path):
    model = contested.challenger.model
    stored = store_model(tmp_path / "v", model_bytes(model), {})
    loaded = load_model(StoredModel(stored.folder, stored.digest))
    inputs = night(accounts=40).test_inputs
    np.testing.assert_array_equal(loaded.log_odds(inputs), model.log_odds(inputs))
    assert "region" not in loaded.pipeline.feature_names_in_
    assert not any(row["attribute_at_prediction"] for row in rows_by(contested).values() if row["kind"] == "variant")


def test_equal_inputs_give_equal_contests():
    policy = quick(methods=("reweighed",), bounds=())
    first, second = mitigate(night(accounts=40, policy=policy)), mitigate(night(accounts=40, policy=policy))
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert model_bytes(first.challenger.model) == model_bytes(second.challenger.model)


def test_where_no_variant_passes_the_plain_challenger_stays_for_the_gates_to_reject_and_the_record_says_so():
    """Every outcome of the south was prevented and the only method is too weak to mend it."""
    made = night(accounts=60, policy=quick(methods=("grid_search",), strengths=(0.01,), bounds=()), direct=True)
    contested = mitigate(made)
    rows = rows_by(contested)
    assert contested.variant == "plain" and contested.challenger is made.plain
    assert (
        rows["plain"]["chosen"]
        and rows["plain"]["verdict"] == "fail"
        and "no variant mends what fails" in str(rows["plain"]["reason"])
    )
    assert not rows["grid_search 0.01"]["chosen"]


def test_nothing_is_tried_on_a_night_on_which_nothing_fails():
    made = night(accounts=50)
    made.test["region"] = np.where(np.arange(len(made.test)) % 4 < 2, "south", "north")

    def untouched(_: object) -> None:
        raise AssertionError("the choice of an algorithm was read, so something was fitted")

    contested = mitigate(replace(made, selection=untouched))  # pyright: ignore[reportArgumentType]
    (row,) = rows_by(contested).values()
    assert contested.challenger is made.plain and row["chosen"] and "nothing was tried" in str(row["reason"])
    assert row["lift"] == 2.0 and row["verdict"] != "fail"


def test_no_protected_attribute_means_nothing_to_mend():
    policy = quick()
    monitored = tuple(a.model_copy(update={"status": "monitored"}) for a in policy.bias.attributes)
    policy = policy.model_copy(update={"bias": policy.bias.model_copy(update={"attributes": monitored})})
    contested = mitigate(replace(night(accounts=40), policy=policy))
    assert rows_by(contested)["plain"]["reason"] == "no attribute is protected; nothing was tried"


def test_a_variant_that_would_begin_after_the_budget_is_skipped_and_says_so():
    ticks = iter(range(0, 100_000, 200))
    policy = quick(methods=("reweighed", "correlation_removed"), bounds=())
    made = replace(night(accounts=50, policy=policy), clock=lambda: float(next(ticks)))
    rows = rows_by(mitigate(made))
    assert rows["reweighed"]["status"] == "evaluated" and rows["correlation_removed"]["status"] == "skipped"
    assert "the time budget of 300 s was spent" in str(rows["correlation_removed"]["reason"])


def test_a_protected_attribute_that_is_an_input_has_no_effect_in_a_variant():
    """The plain challenger sees the word that is protected; what replaces it gives the same score whatever the word is."""
    name = WORDS[0]
    policy = quick(methods=("reweighed",), bounds=())
    protected = tuple(
        a.model_copy(update={"status": "protected" if a.attribute == name else "monitored"}) for a in policy.bias.attributes
    )
    policy = policy.model_copy(update={"bias": policy.bias.model_copy(update={"attributes": protected})})
    made = word_night(name, policy)
    contested = mitigate(made)
    assert rows_by(contested)["plain"]["attribute_at_prediction"] and contested.variant == "reweighed"
    inputs = made.test_inputs
    others = inputs.assign(**{name: "somewhere else"})
    np.testing.assert_array_equal(contested.challenger.model.log_odds(inputs), contested.challenger.model.log_odds(others))
    assert not np.array_equal(made.plain.model.log_odds(inputs), made.plain.model.log_odds(others))


def word_night(name: str, policy):
    """Unfair rows without a proxy number, whose protected group is the word `name` that the model sees."""
    from tests.pql.training_rows import part_of
    from tests.pql.unfair_rows import plain_of

    parts = []
    for seed in (3, 103):
        rows = unfair(seed, accounts=70)
        rows[name], rows[PROXY] = rows["region"], 1
        parts.append(rows)
    part = part_of(parts[0])
    return replace(night(accounts=20), plain=plain_of(part, policy), part=part, test=parts[1], policy=policy)


def standing(name: str, lift: float, disparity: float | None, verdict: str = "pass", barred: str = "") -> Standing:
    return Standing(name, lift, disparity, verdict, barred)


PLAIN = standing("plain", 3.0, 2.0, "fail")


def test_the_highest_lift_within_every_limit_is_chosen():
    choice = choose_variant(PLAIN, [standing("a", 2.0, 0.9), standing("b", 2.5, 0.8), standing("c", 2.9, 1.2, "warn")])
    assert choice.variant == "b" and "lift 2.50 at 0.80 times the limit" in choice.reason


def test_a_little_lift_is_given_up_for_a_smaller_gap():
    tried = [standing("a", 2.0, 0.9), standing("b", 1.95, 0.3), standing("c", 1.5, 0.1)]
    assert choose_variant(PLAIN, tried, lift_given_up=0.05).variant == "b"


def test_without_one_within_the_limits_the_least_disparity_that_fails_nothing_is_chosen():
    choice = choose_variant(
        PLAIN, [standing("a", 2.0, 1.1, "warn"), standing("b", 2.5, 1.4, "warn"), standing("c", 1.0, 0.5, "fail")]
    )
    assert choice.variant == "a"


def test_nobody_is_chosen_who_fails_who_is_barred_who_is_no_fairer_or_whose_gap_is_unknown():
    tried = [
        standing("a", 2.0, 1.5, "fail"), standing("b", 2.0, 0.1, barred="its predictions use a protected attribute"),
        standing("c", 2.0, 2.0), standing("d", 2.0, None),
    ]  # fmt: skip
    choice = choose_variant(PLAIN, tried)
    assert choice.variant is None and "nearest is a" in choice.reason
    said = [why_left(one, PLAIN) for one in tried]
    assert said[0].startswith("fails a protected limit") and said[1].startswith("its predictions use")
    assert said[3] == "no protected contrast can be formed on validation rows"


def test_a_gap_that_shows_on_later_rows_only_is_met_by_the_least_disparity():
    """The plain one is within the limits on validation rows, so a higher lift there says nothing about what failed."""
    choice = choose_variant(standing("plain", 3.0, 0.9), [standing("a", 2.9, 0.7), standing("b", 2.0, 0.2)])
    assert choice.variant == "b"


def test_groups_under_the_minimum_size_give_no_figures():
    rows = unfair(3, accounts=60)
    rows.loc[rows.index[:20], "region"] = "tiny"
    selected = np.arange(len(rows)) % 3 == 0
    found = fairness_of(rows, selected.astype(float), selected, attributes=["region"], policy=quick().bias)
    tiny = [one for one in json.loads(found.contrasts) if one["grp"] == "tiny"]
    assert tiny and all(one["difference"] is None and one["ratio"] is None for one in tiny)


def test_a_failing_group_whose_figures_are_withheld_is_mended_but_not_told():
    rows = unfair(3, accounts=60)
    rows.loc[rows.index[:20], "region"] = "tiny"
    selected = (rows["region"] == "north").to_numpy()
    found = fairness_of(rows, selected.astype(float), selected, attributes=["region"], policy=quick().bias)
    told = {failure.group: failure for failure in found.failures}
    assert any(failure.withheld for failure in told.values())
    for failure in told.values():
        assert failure.said.endswith("withheld") == failure.withheld and abs(failure.difference) > 0.3
