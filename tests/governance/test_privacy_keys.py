"""The secret, and pseudonyms under keys that can be forgotten."""

import pytest

from plg_orchestration.errors import ConfigurationError
from plg_orchestration.governance.privacy.keyring import FILE, open_keyring
from plg_orchestration.governance.privacy.secret import lies_beside, secret_in

SECRET = "0123456789abcdef-environment"


def test_without_a_variable_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    first, again = secret_in(tmp_path, None), secret_in(tmp_path, None)
    assert first == again and first.source == "file" and len(first.key) == 32
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert lies_beside(tmp_path, None)


def test_the_environments_secret_leaves_no_trace_of_itself_in_the_folder(tmp_path):
    secret = secret_in(tmp_path, SECRET)
    assert secret.source == "environment" and not lies_beside(tmp_path, SECRET)
    assert all(
        SECRET.encode() not in path.read_bytes() and secret.key.hex() not in path.read_text()
        for path in (tmp_path / "keys").iterdir()
    )
    assert secret.key.hex() not in repr(secret) and str(secret.key) not in repr(secret)


def test_another_secret_than_the_first_is_refused_with_the_remedy(tmp_path):
    secret_in(tmp_path, SECRET)
    with pytest.raises(ConfigurationError, match="set PLG_PSEUDONYM_KEY to the secret with which this workspace began"):
        secret_in(tmp_path, SECRET + "!")
    with pytest.raises(ConfigurationError, match="not the one under which these keys were made"):
        secret_in(tmp_path, None)


def test_a_workspace_that_began_with_a_file_goes_on_with_the_same_secret_in_the_environment(tmp_path):
    began = secret_in(tmp_path, None)
    with pytest.raises(ConfigurationError, match="unset PLG_PSEUDONYM_KEY"):
        secret_in(tmp_path, SECRET)
    text = (tmp_path / "keys" / "secret").read_text().strip()
    (tmp_path / "keys" / "secret").unlink()
    assert secret_in(tmp_path, text).key == began.key


def test_a_short_secret_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="15 characters, 16 are the fewest"):
        secret_in(tmp_path, "x" * 15)


def test_a_person_keeps_the_pseudonym_over_openings_and_no_two_share_one(tmp_path):
    secret = secret_in(tmp_path, SECRET)
    with open_keyring(tmp_path, secret) as keys:
        first = keys.pseudonyms(["ann", "bob", "ann"])
    with open_keyring(tmp_path, secret) as keys:
        assert keys.pseudonyms(["bob", "ann"]) == [first[1], first[0]] and first[0] == first[2]
        assert keys.known("ann") and not keys.known("cid") and len(keys) == 2
    assert len({first[0], first[1]}) == 2 and all(name.startswith("p_") and len(name) == 34 for name in first)


def test_the_file_holds_neither_ids_nor_bare_keys_and_its_owner_alone_reads_it(tmp_path):
    secret = secret_in(tmp_path, SECRET)
    with open_keyring(tmp_path, secret) as keys:
        keys.pseudonym("needle-person")
        body = keys.body()
    raw = (tmp_path / "keys" / FILE).read_bytes()
    assert b"needle-person" not in raw and body[16:48] not in raw
    assert (tmp_path / "keys" / FILE).stat().st_mode & 0o777 == 0o600


def test_a_forgotten_person_gets_another_pseudonym_and_all_others_keep_theirs(tmp_path):
    secret = secret_in(tmp_path, SECRET)
    with open_keyring(tmp_path, secret) as keys:
        ann, bob = keys.pseudonyms(["ann", "bob"])
    with open_keyring(tmp_path, secret) as keys:
        assert keys.forget("ann") and not keys.forget("ann") and not keys.known("ann")
    with open_keyring(tmp_path, secret) as keys:
        assert not keys.known("ann") and keys.pseudonym("ann") != ann and keys.pseudonym("bob") == bob


def test_keys_made_before_an_error_are_kept_since_their_pseudonyms_may_be_in_use(tmp_path):
    secret, given = secret_in(tmp_path, SECRET), ""
    with pytest.raises(RuntimeError), open_keyring(tmp_path, secret) as keys:
        given = keys.pseudonym("ann")
        raise RuntimeError
    with open_keyring(tmp_path, secret) as keys:
        assert keys.pseudonym("ann") == given


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-1], lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:], lambda raw: b""])
def test_a_damaged_keyring_is_a_clear_error_and_is_not_overwritten(tmp_path, spoil):
    secret = secret_in(tmp_path, SECRET)
    with open_keyring(tmp_path, secret) as keys:
        keys.pseudonyms(["ann", "bob"])
    path = tmp_path / "keys" / FILE
    path.write_bytes(spoil(path.read_bytes()))
    damaged = path.read_bytes()
    with pytest.raises(ConfigurationError, match="cannot be opened"), open_keyring(tmp_path, secret):
        pass
    assert path.read_bytes() == damaged


def test_keys_that_another_workspaces_secret_made_cannot_be_opened(tmp_path):
    with open_keyring(tmp_path / "a", secret_in(tmp_path / "a", SECRET)) as keys:
        keys.pseudonym("ann")
    with pytest.raises(ConfigurationError, match="another secret"), open_keyring(tmp_path / "a", secret_in(tmp_path / "b", None)):
        pass


def test_what_leads_to_a_person_has_an_alias_that_goes_with_the_persons_key(tmp_path):
    secret = secret_in(tmp_path, SECRET)
    with open_keyring(tmp_path, secret) as keys:
        first = keys.alias("ann", "decision-1")
        assert first == keys.alias("ann", "decision-1") != keys.alias("bob", "decision-1") and first.startswith("x_")
        keys.forget("ann")
        assert keys.alias("ann", "decision-1") != first
