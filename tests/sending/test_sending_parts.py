"""The parts of sending: signatures that other libraries verify, waits, the token bucket, and what may be shown."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plg_orchestration.sending.answers import judge
from plg_orchestration.sending.deliveries import canonical
from plg_orchestration.sending.pacing import TokenBucket, backoff, retry_after
from plg_orchestration.sending.secrets import shown
from plg_orchestration.sending.signing import signature, signed_headers, verified
from tests.sending.still import RAW_KEY, StillClock

SENT = int(dt.datetime(2025, 4, 1, 2, 30, tzinfo=dt.UTC).timestamp())
BODY = b'{"type":"pql.leads","leads":[]}'


def test_the_signature_is_that_of_the_standardwebhooks_library():
    # Computed with standardwebhooks 1.1.0: Webhook(base64 of the key).sign("msg_1", 2025-04-01 02:30 UTC, BODY).
    assert signature(RAW_KEY, message="msg_1", timestamp=SENT, body=BODY) == "v1,dfGweG6aH6q5YdWQOXGNESXOtNgn0ZfBYFe2uue51a0="


def test_a_receiver_accepts_either_key_and_nothing_that_was_changed():
    other = b"another key another key another!"
    headers = signed_headers((RAW_KEY, other), message="m", timestamp=SENT, body=BODY)
    for key in (RAW_KEY, other):
        assert verified((key,), headers, BODY, now=SENT + 299)
    assert not verified((b"wrong" * 6,), headers, BODY, now=SENT)
    assert not verified((RAW_KEY,), headers, BODY + b" ", now=SENT)
    assert not verified((RAW_KEY,), headers, BODY, now=SENT + 301)
    for name, value in (
        ("webhook-id", "n"),
        ("webhook-timestamp", str(SENT + 1)),
        ("webhook-signature", "v1,é"),
        ("webhook-timestamp", "x"),
    ):
        assert not verified((RAW_KEY,), {**headers, name: value}, BODY, now=SENT)
    assert not verified((RAW_KEY,), {}, BODY, now=SENT)


@settings(max_examples=30, derandomize=True)
@given(st.text(max_size=5), st.integers(1, 12))
def test_a_wait_is_between_nothing_and_the_doubled_limit_and_never_above_the_longest(key, attempt):
    wait = backoff(key, attempt, first=0.5, longest=20)
    assert 0 <= wait <= min(20, 0.5 * 2 ** (attempt - 1)) and wait == backoff(key, attempt, first=0.5, longest=20)


def test_waits_of_many_keys_are_spread_evenly_over_the_whole_span():
    waits = sorted(backoff(str(number), 4, first=1, longest=60) for number in range(2000))
    assert all(abs(waits[place] - 8 * place / 2000) < 0.35 for place in range(0, 2000, 50))


NO_WISH = (None, "", "-1", "1e9", "tomorrow", "²", "9" * 400, "Tue, 99 Apr 2025 02:30:30 GMT")
DATES = {"Tue, 01 Apr 2025 02:30:30 GMT": 30.0, "Tue, 01 Apr 2025 02:00:00 GMT": 0.0}


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), (" 17 ", 17.0), *DATES.items(), *((text, None) for text in NO_WISH)])
def test_retry_after_is_read_as_seconds_or_date_and_anything_else_is_no_wish(text, seconds):
    assert retry_after(text, now=dt.datetime(2025, 4, 1, 2, 30)) == seconds


def test_the_bucket_gives_its_burst_at_once_and_then_so_many_a_second():
    clock = StillClock()
    bucket = TokenBucket(per_second=4, burst=2, clock=clock)
    times = []
    for _ in range(6):
        bucket.take()
        times.append(clock.passed)
    assert times == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1.0])
    clock.passed += 100
    bucket.take(), bucket.take(), bucket.take()
    assert clock.passed == pytest.approx(101.25)


@pytest.mark.parametrize(("status", "result"), [(200, "delivered"), (204, "delivered"), (299, "delivered")] + [
    (status, "again") for status in (408, 409, 425, 429, 500, 502, 503, 504, 599)] + [
    (status, "refused") for status in (301, 302, 307, 308, 400, 401, 402, 403, 404, 405, 410, 411, 413, 422, 451)])  # fmt: skip
def test_every_status_is_delivered_tried_again_or_refused(status, result):
    outcome = judge(status, "said")
    assert outcome.result == result and (outcome.remedy is None) == (result == "delivered")


def test_what_is_not_a_number_never_becomes_json():
    with pytest.raises(ValueError, match="JSON"):
        canonical({"score": float("nan")})


@settings(max_examples=30, derandomize=True)
@given(st.text(max_size=500), st.text(min_size=8, max_size=20))
def test_shown_text_is_short_printable_and_without_the_secret(text, secret):
    made = shown(text + secret + text, (secret,))
    assert len(made) <= 300 and (secret not in made or secret in "[secret]") and "\n" not in made and "\x1b" not in made
