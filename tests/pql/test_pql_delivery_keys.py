"""Keys and pseudonyms of delivered leads: stable, and different wherever the deliveries are."""

from plg_orchestration.pql.destinations.leads import idempotency_key, pseudonym


def test_keys_differ_by_destination_decision_and_team_and_by_nothing_else():
    keys = {idempotency_key(a, b, c) for a in ("x", "y") for b in ("1", "2") for c in ("s", "t")}
    assert len(keys) == 8 and idempotency_key("x", "1", "s") in keys
    assert pseudonym(b"k", "user_id", "1") != pseudonym(b"k", "account_id", "1") != pseudonym(b"l", "account_id", "1")
