"""The reader of YAML: what it understands, what it refuses, and that it knows every line."""

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.config.strict_yaml import read_yaml


def refused(text: str) -> list[tuple[int, str, str]]:
    return [(p.line, p.where, p.message) for p in read_yaml(text, file="f.yaml").problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("04:00", "04:00"), ("12:30:45", "12:30:45"),
        ("2025-01-01", "2025-01-01"), ("1_000", "1_000"), ("0x1F", "0x1F"), ("1e999999x", "1e999999x"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("7", 7), ("-7", -7), ("012", 12),
        ("0.5", 0.5), ("1e3", 1000.0), (".5", 0.5), (".inf", math.inf), ("-.inf", -math.inf),
        ("'true'", "true"), ('"7"', "7"), ("12345678901234567890", 12345678901234567890),
    ],
)  # fmt: skip
def test_unquoted_words_mean_what_they_look_like(written: str, value: object):
    document = read_yaml(f"key: {written}\n", file="f.yaml")
    assert document.problems == ()
    assert document.data == {"key": value}
    assert type(document.data["key"]) is type(value)


def test_keys_are_text_whatever_they_look_like():
    assert read_yaml("on: 1\nyes: 2\n7: 3\nnull: 4\n", file="f").data == {"on": 1, "yes": 2, "7": 3, "null": 4}


def test_every_key_and_item_has_its_line():
    text = "a: 1\nb:\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n"
    document = read_yaml(text, file="f.yaml")
    assert document.data == {"a": 1, "b": {"c": ["x", {"d": 2, "e": 3}]}}
    lines = {path: mark.line for path, mark in document.marks.items()}
    assert lines == {
        (): 1, ("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 0): 4, ("b", "c", 1): 5, ("b", "c", 1, "d"): 5,
        ("b", "c", 1, "e"): 6,
    }  # fmt: skip


def test_a_duplicate_key_names_both_lines():
    document = read_yaml("a:\n  k: 1\n  m: 2\n  k: {n: 3}\n", file="f.yaml")
    assert [str(p) for p in document.problems] == ["f.yaml:4: a.k: key 'k' is already on line 2; keep one of the two"]
    assert document.data == {"a": {"k": 1, "m": 2}}


def test_tags_are_refused_and_never_run():
    text = "a: !!python/object/apply:os.system ['exit 1']\nb: !secret x\nc: !!str 7\nd: !!map {}\n"
    found = refused(text)
    assert [(line, where) for line, where, _ in found] == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    assert "python/object/apply:os.system" in found[0][2]


def test_an_alias_bomb_is_refused_without_being_expanded():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 12):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n"
    document = read_yaml(bomb, file="f.yaml")
    assert [p.message for p in document.problems][:2] == ["anchor '&a0' is not allowed", "anchor '&a1' is not allowed"]
    assert document.data["a11"] == [None] * 9


def test_a_key_may_not_be_an_alias_or_a_merge():
    found = refused("base: &b {x: 1}\nother:\n  <<: *b\n  y: 2\n*b : 3\n")
    assert (3, "other", "merge key '<<' is not allowed") in found
    assert (5, "", "a key is not plain text") in found


def test_deep_nesting_stops_the_reader():
    assert refused("k: " + "[" * 200 + "]" * 200)[0][2] == "nested deeper than 32 levels"


def test_a_second_document_is_refused():
    assert refused("a: 1\n---\nb: 2\n") == [(2, "", "a second document begins ('---')")]


def test_broken_syntax_names_its_line():
    document = read_yaml("a: 1\nb: [1, 2\nc: 3\n", file="f.yaml")
    assert [(p.line, "not valid YAML" in p.message) for p in document.problems] == [(3, True)]


def test_a_tab_or_control_character_names_its_line():
    assert refused("a: 1\nb: 2\nc: \x07\n") == [(3, "", "a character that YAML does not allow")]


def test_not_a_number_is_no_figure():
    assert refused("a: .nan\nb: 1e999\n") == [(1, "a", "'.nan' is not a figure"), (2, "b", "'1e999' is not a figure")]


def test_a_list_at_the_top_is_refused():
    assert refused("- a\n- b\n") == [(1, "", "the file is not a mapping of keys to values")]


def test_a_huge_file_is_refused_unread():
    assert refused("# " + "x" * 1_000_000)[0][2] == "the file has 1,000,002 characters"


def test_all_refusals_of_a_file_are_found_at_once():
    assert [line for line, *_ in refused("a: &x 1\nb: !t 2\na: 3\nc: *x\n")] == [1, 2, 3, 4]


def test_laying_one_document_over_another_merges_mappings_and_replaces_lists():
    base = read_yaml("p: {a: 1, b: [1, 2, 3]}\nq: 1\n", file="base.yaml")
    over = read_yaml("\n\np:\n  b: [9]\n  c: 4\n", file="over.yaml")
    merged = base.merged(over)
    assert merged.data == {"p": {"a": 1, "b": [9], "c": 4}, "q": 1}
    assert (merged.mark(("p", "a")).file, merged.mark(("p", "b", 0)).file) == ("base.yaml", "over.yaml")
    assert merged.mark(("p", "b", 0)).line == 4


def test_what_was_replaced_leaves_no_marks_behind():
    base = read_yaml("p:\n  - {a: 1}\n  - {a: 2}\nq: {r: {s: 1}}\n", file="base.yaml")
    merged = base.merged(read_yaml("p: [{b: 1}]\nq: {r: 5}\n", file="over.yaml"))
    assert {path for path, mark in merged.marks.items() if mark.file == "base.yaml"} == set()
    assert merged.mark(("p", 0, "a")).file == "over.yaml"


words = st.text(st.characters(codec="utf-8", exclude_categories=("C",), exclude_characters="\u2028\u2029\x85"), max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False) | words
values = st.recursive(scalars, lambda v: st.lists(v, max_size=4) | st.dictionaries(words, v, max_size=4), max_leaves=20)


class Quoting(yaml.SafeDumper):
    """Writes every text in quotes and never an anchor."""

    def ignore_aliases(self, data: object) -> bool:
        return True


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@settings(max_examples=40)
@given(st.dictionaries(words, values, max_size=5))
def test_what_is_written_is_read_back(data: dict[str, object]):
    document = read_yaml(yaml.dump(data, Dumper=Quoting, allow_unicode=True), file="f")
    assert document.problems == ()
    assert document.data == data


@given(st.text(max_size=60))
def test_no_text_whatsoever_makes_the_reader_raise(text: str):
    document = read_yaml(text, file="f")
    assert isinstance(document.data, dict)
    assert all(problem.line >= 1 and problem.remedy for problem in document.problems)
