"""What the sections that say whereto something is sent share: refusals in the section's words, which never repeat a secret."""

import re
from dataclasses import dataclass

import pytest

from plg_orchestration.errors import ConfigurationError
from plg_orchestration.sending.policy import check_distinct, check_one_address, checked_address, checked_kind
from plg_orchestration.sending.secrets import secret

SECRETS = {"pigeon": {"coop": "coop_from"}, "post": {}}


@dataclass(frozen=True)
class Entry:
    name: str


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://evil.example/x", "the host 'evil.example' is not allowed; add it to mail.hosts, or correct the address"),
        ("http://good.example/x", "letters would go to 'good.example' unencrypted; write https"),
        ("https://good.example/x?y", "this is no plain web address"),
    ],
)
def test_an_address_is_refused_in_the_words_of_its_section(address, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        checked_address(address, ("good.example",), key="mail.hosts", what="letters")


def test_an_address_on_the_list_is_given_back_as_it_is():
    assert checked_address("https://Good.example/x", ("good.example",), key="k", what="w") == "https://Good.example/x"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "a letter needs a kind; known kinds: pigeon, post"),
        ({"kind": "pigeom"}, "'pigeom' is no kind of letter; did you mean 'pigeon'?"),
        ({"kind": ["post"]}, "['post'] is no kind of letter"),
        ({"kind": "pigeon", "coop": "s3cret"}, "'coop' would hold a secret, which must not stand in a file; set an environment"),
    ],
)
def test_an_entry_needs_a_known_kind_and_no_secret_of_that_kind(written, words):
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        checked_kind(written, entry="letter", secrets=SECRETS)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("written", [{"kind": "post", "coop": "none of its secrets"}, "no mapping"])
def test_what_is_no_secret_of_its_kind_and_what_is_no_entry_is_left_to_the_other_checks(written):
    assert checked_kind(written, entry="letter", secrets=SECRETS) is written


def test_names_are_distinct_and_the_address_is_given_once():
    check_distinct((Entry("a"), Entry("b")), entry="letter")
    with pytest.raises(ValueError, match="two letters are named 'b'; give each a name of its own"):
        check_distinct((Entry("b"), Entry("a"), Entry("b")), entry="letter")
    check_one_address("letter a", url=None, url_from="X")
    for given in (None, "X"):
        with pytest.raises(ValueError, match="letter a: give either url or url_from; write one of the two"):
            check_one_address("letter a", url=given, url_from=given)


def test_a_missing_secret_says_what_to_do_then():
    with pytest.raises(ConfigurationError) as caught:
        secret({"KEY": " "}, "KEY", what="the stamp", then="then post it again")
    assert str(caught.value) == (
        "the environment variable KEY, which is to hold the stamp, is not set; set it where the night runs, then post it again"
    )
