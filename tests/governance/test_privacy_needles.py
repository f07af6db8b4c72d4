"""Finding what leads to people in bytes, whoever wrote them, and taking it out."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plg_orchestration.governance.privacy.needles import ERASED, Needles

PLAIN = st.text("abcdefgh ,;", min_size=0, max_size=40)


def found(texts: list[str], data: bytes) -> list[str]:
    return [hit.text for hit in Needles(texts).find(data)]


def test_a_text_is_found_as_a_whole_word_and_not_inside_a_longer_name():
    data = b"person-1, person-12 person-1-2 xperson-1 (person-1) person-1@home.example person-1."
    assert found(["person-1"], data) == ["person-1", "person-1", "person-1"]


def test_a_text_is_found_as_json_html_and_addresses_write_it():
    name = 'Zoë "Z" O\'Hara & Söhne'
    for data in (
        json.dumps(name),
        json.dumps(name, ensure_ascii=False),
        json.dumps(json.dumps(name)),
        "q=Zo%C3%AB%20%22Z%22%20O%27Hara%20%26%20S%C3%B6hne",
    ):
        assert found([name], data.encode()) == [name], data
    assert found([name], "<td>Zoë &quot;Z&quot; O&#x27;Hara &amp; Söhne</td>".encode()) == [name]


def test_a_line_end_that_json_writes_as_a_letter_does_not_hide_a_name():
    assert found(["person-1"], json.dumps("seen:\nperson-1\n").encode()) == ["person-1"]


def test_texts_too_short_to_mean_anything_are_not_looked_for():
    assert not Needles(["42", "ann"]) and found(["42"], b"42 42 42") == []


def test_what_is_embedded_as_base64_is_found_and_replaced():
    picture = base64.b64encode(b"<svg><text>lead of person-1 today</text></svg>")
    data = b'{"chart": "data:image/svg+xml;base64,' + picture + b'"}'
    needles = Needles(["person-1"])
    assert needles.everywhere(data) == ["person-1"]
    clean = needles.redacted(data)
    assert (
        needles.everywhere(clean) == []
        and base64.b64decode(clean.split(b"base64,")[1][:-2]) == b"<svg><text>lead of [erased] today</text></svg>"
    )


def test_a_row_of_a_table_about_a_person_goes_whole():
    needles = Needles(["person-1"])
    sample = "| who | score |\n|---|---|\n| person-1 | 97 |\n| person-2 | 12 |"
    assert needles.redacted(sample.encode(), rows=True).decode() == "| who | score |\n|---|---|\n| person-2 | 12 |"
    assert (
        json.loads(needles.redacted(json.dumps({"md": sample}).encode(), rows=True))["md"]
        == "| who | score |\n|---|---|\n| person-2 | 12 |"
    )
    page = b"<table><tr><td>person-1</td><td>97</td></tr><tr><td>person-2</td></tr></table> person-1"
    assert needles.redacted(page, rows=True) == b"<table><tr><td>person-2</td></tr></table> [erased]"


@given(st.lists(st.tuples(PLAIN, st.sampled_from(["person-1", "ann.lee@example.org", "Zoë Ümlaut"])), max_size=30), PLAIN)
def test_every_mention_is_found_and_the_rest_stays_as_it_was(pieces, end):
    text = "".join(f"{before} {name} " for before, name in pieces) + end
    needles = Needles(name for _, name in pieces)
    assert [hit.text for hit in needles.find(text.encode())] == [name for _, name in pieces]
    assert needles.redacted(text.encode()).decode() == "".join(f"{before} {ERASED} " for before, _ in pieces) + end


@pytest.mark.parametrize("offset", [0, 1, (1 << 18) - 3, (1 << 18) - 1, 1 << 18])
def test_a_text_across_the_border_of_two_blocks_is_found_once(offset):
    names = [f"somebody-{number:03d}" for number in range(100)]
    data = b"." * offset + b" somebody-007 " + b"." * 100
    assert [(hit.start, hit.text) for hit in Needles(names).find(data)] == [(offset + 1, "somebody-007")]


def test_hits_are_told_by_the_cell_that_they_stand_in():
    hits = Needles(["person-1"]).find_in([b"", b"a person-1", b"nobody", b"person-1 person-1"])
    assert {number: [(hit.start, hit.end) for hit in of_cell] for number, of_cell in hits.items()} == {
        1: [(2, 10)],
        3: [(0, 8), (9, 17)],
    }
