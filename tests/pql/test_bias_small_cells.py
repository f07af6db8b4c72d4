"""No cell under the minimum is shown, and none can be had by subtracting what is shown from the totals."""

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.bias.contrasts import audit
from plg_orchestration.pql.bias.small_cells import TOO_SMALL, WITHHELD, hidden
from plg_orchestration.pql.policy import PqlPolicy

POLICY = load_default("pql", PqlPolicy).bias


def test_one_small_group_takes_the_smallest_other_with_it():
    found = hidden({"region": {"emea": 900, "amer": 400, "tiny": 3}}, 30)
    assert found == {("region", "tiny"): TOO_SMALL, ("region", "amer"): WITHHELD}


def test_rows_of_unknown_region_are_withheld_before_any_named_group():
    found = hidden({"region": {"emea": 900, "amer": 400, "unknown": 600, "tiny": 3}}, 30)
    assert found == {("region", "tiny"): TOO_SMALL, ("region", "unknown"): WITHHELD}


def test_small_groups_that_are_large_enough_together_hide_nobody_else():
    assert hidden({"region": {"emea": 900, "a": 20, "b": 15}}, 30) == {("region", "a"): TOO_SMALL, ("region", "b"): TOO_SMALL}
    assert ("region", "emea") in hidden({"region": {"emea": 900, "a": 9, "b": 9}}, 30)


def test_a_small_intersection_does_not_follow_from_its_row_or_column():
    pairs = {"emea & smb": 5.0, "emea & large": 200.0, "amer & smb": 300.0, "amer & large": 400.0}
    sizes = {"region": {"emea": 205.0, "amer": 700.0}, "segment": {"smb": 305.0, "large": 600.0}, "region & segment": pairs}
    found = hidden(sizes, 30)
    assert {group for attribute, group in found if attribute == "region & segment"} == set(pairs)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 200), min_size=1), st.integers(2, 60))
def test_what_is_hidden_is_at_least_two_groups_of_the_minimum_together(sizes, minimum):
    found = hidden({"x": sizes}, minimum)
    held = [group for _, group in found]
    assert all(sizes[group] >= minimum for group in set(sizes) - set(held))
    exposed = held and len(held) < len(sizes)
    assert not exposed or (len(held) >= 2 and sum(sizes[group] for group in held) >= minimum)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 90), min_size=3, max_size=3), min_size=3, max_size=3), st.integers(5, 40))
def test_no_small_intersection_can_be_solved_for_from_shown_cells_and_totals(counts, minimum):
    assume(sum(map(sum, counts)) >= minimum)  # of fewer people altogether, their number itself is the small cell
    table = {f"{r} & {c}": float(n) for r, row in zip("abc", counts, strict=True) for c, n in zip("xyz", row, strict=True) if n}
    rows = {r: float(sum(row)) for r, row in zip("abc", counts, strict=True) if sum(row)}
    columns = {c: float(sum(col)) for c, col in zip("xyz", zip(*counts, strict=True), strict=True) if sum(col)}
    found = hidden({"row": rows, "column": columns, "row & column": table}, minimum)
    cells = [cell for cell in table if ("row & column", cell) in found]
    known = [[float(cell.startswith(f"{r} &")) for cell in cells] for r in rows if ("row", r) not in found]
    known += [[float(cell.endswith(f"& {c}")) for cell in cells] for c in columns if ("column", c) not in found]
    known += [[1.0] * len(cells)]
    if cells:
        matrix = np.array(known)
        for place, cell in enumerate(cells):
            alone = np.eye(len(cells))[place]
            solved = np.linalg.matrix_rank(np.vstack([matrix, alone])) == np.linalg.matrix_rank(matrix)
            assert not (solved and table[cell] < minimum), cell


def test_hidden_groups_give_no_figure_anywhere_and_withheld_ones_are_still_judged():
    generator = np.random.default_rng(3)
    region = np.repeat(["amer", "emea", "tiny"], [900, 600, 4])
    rows = pd.DataFrame({"region": region, "label": generator.random(1504) < 0.5, "selected": generator.random(1504) < 0.5,
                         "score": 0.5, "account_id": np.arange(1504).astype(str)})  # fmt: skip
    rows.loc[rows["region"] == "emea", "selected"] = False
    found = audit(rows, attributes=["region"], policy=POLICY)
    hidden_rows = found.contrasts[found.contrasts["grp"].isin(["tiny", "emea"])]
    figures = ["n", "positives", "value_group", "value_rest", "difference", "ci_low", "ci_high", "ratio", "detectable", "p_value"]
    assert hidden_rows[figures].isna().all(axis=None)
    judged = hidden_rows[hidden_rows["metric"] == "selection_rate"].set_index("grp")
    assert judged["verdict"].to_dict() == {"tiny": "insufficient", "emea": "fail"} and judged["formed"].to_dict()["emea"]
    assert "0." not in " ".join(hidden_rows["reason"])
    groups = found.groups.set_index("grp")
    assert groups.loc[["tiny", "emea"]].drop(columns=["attribute", "hidden", "reason"]).isna().all(axis=None)
    assert found.gaps["value"].isna().all() and set(found.gaps["worst_group"]) == {None}
