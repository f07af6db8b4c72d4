"""Drawings stay within their frame, in order, escaped, and broken where definitions change."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from plg_orchestration.reports.drawings import (
    Bin,
    Estimate,
    Marks,
    Moment,
    Spot,
    Step,
    calibration,
    forest,
    histogram,
    place,
    sparkline,
    strip,
    trend,
    waterfall,
)
from plg_orchestration.reports.drawings.marks import element, ticks

FIGURE = st.floats(-1e6, 1e6, allow_nan=False)
MARKS = st.lists(st.floats(0.01, 1e4), min_size=3, max_size=3, unique=True).map(sorted)


def money(amount: float, total: bool) -> str:
    return f"{amount:.0f}"


def numbers(drawn: Markup, name: str) -> list[float]:
    return [float(found) for found in re.findall(rf' {name}="([-\d.]+)"', drawn)]


@given(marks=MARKS, values=st.tuples(FIGURE, FIGURE), lower=st.booleans())
def test_a_better_value_never_stands_further_left(marks: list[float], values: tuple[float, float], lower: bool) -> None:
    ordered = list(reversed(marks)) if lower else marks
    worse, better = sorted(values, reverse=lower)
    left, right = (place(value, Marks(*ordered)) for value in (worse, better))
    assert 0.0 <= left <= right <= 1.0


@given(marks=MARKS)
def test_percentiles_stand_on_the_borders_of_the_quarters(marks: list[float]) -> None:
    assert [place(mark, Marks(*marks)) for mark in marks] == pytest.approx([0.25, 0.5, 0.75])


def test_with_the_median_alone_there_are_two_halves() -> None:
    assert place(9.0, Marks(None, 9.0, None)) == 0.5
    drawn = strip(24.0, Marks(None, 9.0, None), label="x")
    assert drawn.count("<rect") == 3
    assert strip(24.0, Marks(None, 9.0, 24.0), label="x").count("<rect") == 5


def test_a_line_breaks_where_the_definition_changes() -> None:
    spots = [Spot("a", 1, "old"), Spot("b", 2, "old"), Spot("c", 3, "new"), Spot("d", 2, "new")]
    drawn = sparkline(spots, label="two definitions")
    assert drawn.count("<polyline") == 2
    assert drawn.count("stroke-dasharray") == 1
    assert sparkline(spots[:1], label="one value") == ""
    assert (
        trend([Moment(s.label, s.value, definition=s.definition) for s in spots], label="x", shown=str).count('stroke-width="2"')
        == 2
    )


@given(opening=st.floats(0, 1e6), moves=st.lists(st.floats(-1e5, 1e5), max_size=6))
def test_a_waterfall_stays_within_its_frame_and_ends_where_it_closes(opening: float, moves: list[float]) -> None:
    closing = opening + sum(moves)
    steps = [Step("Opening", opening, total=True), *(Step("m", move) for move in moves), Step("Closing", closing, total=True)]
    drawn, base = waterfall(steps, label="x", shown=money)
    assert 0 <= base <= max(opening, closing, 0.0) + 1e-6
    assert all(-1e-6 <= x <= 360 for x in numbers(drawn, "x"))
    assert all(width >= 0 for width in numbers(drawn, "width"))


def test_a_cut_axis_is_told_and_torn() -> None:
    steps = [Step("Opening", 10_000, total=True), Step("New", 300), Step("Closing", 10_300, total=True)]
    drawn, base = waterfall(steps, label="x", shown=money)
    assert 0 < base < 10_000
    assert drawn.count("<path") == 2
    whole, uncut = waterfall(
        [Step("Opening", 100, total=True), Step("New", 300), Step("Closing", 400, total=True)], label="x", shown=money
    )
    assert (uncut, whole.count("<path")) == (0.0, 0)


@given(low=FIGURE, width=st.floats(0, 1e6))
def test_ticks_cover_the_range_and_are_few(low: float, width: float) -> None:
    found = ticks(low, low + width)
    hair = 1e-8 * (found[1] - found[0])
    assert found[0] <= low + hair and found[-1] >= low + width - hair
    assert 2 <= len(found) <= 9
    assert found == sorted(found)


@given(counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=24), logarithmic=st.booleans())
def test_bars_of_a_histogram_stay_within_its_frame(counts: list[int], logarithmic: bool) -> None:
    drawn = histogram([Bin(str(i), n) for i, n in enumerate(counts)], label="x", axis="y", logarithmic=logarithmic)
    assert all(0 <= height <= 170 for height in numbers(drawn, "height"))
    assert drawn.count("<rect") == sum(n > 0 for n in counts)


def test_estimates_keep_their_names_and_shapes_escaped() -> None:
    drawn = forest(
        [Estimate("<b>", 0.1, 0.0, 0.2, "bad"), Estimate("ok", -0.1, None, None, "good")], label='a "b"', shown=str, axis="<x>"
    )
    assert "&lt;b&gt;" in drawn and "<b>" not in drawn and "&lt;x&gt;" in drawn
    assert 'aria-label="a &#34;b&#34;"' in drawn
    assert (drawn.count("<rect"), drawn.count("<circle")) == (1, 1)


def test_a_perfect_calibration_lies_on_its_diagonal() -> None:
    drawn = calibration([(0.1, 0.1, 10), (0.2, 0.2, 10)], label="x", size=360)
    assert len(numbers(drawn, "cx")) == 2


def test_elements_escape_whatever_they_are_given() -> None:
    assert element("text", "<script>", class_='"') == '<text class="&#34;">&lt;script&gt;</text>'
