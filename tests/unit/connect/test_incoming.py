"""Events from outside: believed when signed, fresh and new; refused when a single byte is another."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.connect.incoming import sign, verify
from flowkit.connect.secret import MissingSecretError
from flowkit.errors import RefusedError
from tests.unit.connect.conftest import NOW, ready

CONNECTOR = ready("""
connector: supplier
base: https://supplier.example.com
secrets: ["${env:NEW}", "${env:OLD}"]
events:
  shipped:   {when: event.ref == call.key, gives: {tracking: text}}
  delivered: {when: event.data.no == order_no}
""")
NEW, OLD, OTHER = ("whsec_" + b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
ENVIRONMENT = {"NEW": NEW, "OLD": OLD}
BODY = b'{"ref": "k1", "tracking": "SF123"}'


def take(body=BODY, headers=None, event="shipped", now=NOW, seen=lambda event_id: False, environment=ENVIRONMENT):
    headers = sign(NEW, "msg_1", NOW, body) if headers is None else headers
    return verify(CONNECTOR, event, body, headers, now, seen, environment)


def refusal(**how) -> str:
    with pytest.raises(RefusedError) as refused:
        take(**how)
    return refused.value.code


def test_the_signature_is_that_of_the_standard() -> None:
    """The example that Standard Webhooks' own libraries are tested with gives its signature."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_signed_event_is_believed() -> None:
    """It says who it is, which case it is for and what it brings."""
    received = take()
    assert (received.id, received.at, received.match, received.values) == ("msg_1", NOW, "k1", {"tracking": "SF123"})
    numbered = b'{"data": {"no": 1007}}'
    assert take(numbered, event="delivered").match == "1007"


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_two_secrets_are_live(secret) -> None:
    """While one secret replaces the other, both are believed, also beside signatures of others; a third is not."""
    headers = sign(secret, "msg_1", NOW, BODY)
    headers["webhook-signature"] = f"v1,AAAA v2,x {headers['webhook-signature']}"
    assert take(headers={k.title(): v for k, v in headers.items()}).id == "msg_1"
    assert refusal(headers=sign(OTHER, "msg_1", NOW, BODY)) == "bad-signature"


def test_an_event_is_believed_for_five_minutes() -> None:
    """300 s in either direction, not one more."""
    for step in (-300, 300):
        assert take(now=NOW + timedelta(seconds=step)).id == "msg_1"
    for step in (-301, 301):
        assert refusal(now=NOW + timedelta(seconds=step)) == "stale-event"


def test_an_event_is_taken_once() -> None:
    """The same id again is a replay, also under the name of another event; a forged one is not even looked up."""
    taken: set[str] = set()
    taken.add(take().id)
    assert refusal(seen=taken.__contains__) == "replayed"
    assert refusal(seen=taken.__contains__, event="delivered") == "replayed"
    assert refusal(seen=taken.__contains__, body=BODY + b" ", headers=sign(NEW, "msg_1", NOW, BODY)) == "bad-signature"


@given(st.data())
def test_any_changed_byte_is_refused(data) -> None:
    """One byte of the body, of the id, the time or the signature changed, taken away or put in: not believed."""
    headers, body = sign(NEW, "msg_1", NOW, BODY), BODY
    part = data.draw(st.sampled_from(["body", *headers]))
    raw = bytearray(body if part == "body" else headers[part].encode())
    at, byte = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 255))
    how = data.draw(st.sampled_from(["change", "drop", "insert"]))
    if how == "change":
        raw[at] = byte if byte != raw[at] else byte ^ 1
    elif how == "drop":
        del raw[at]
    else:
        raw.insert(at, byte)
    if part == "body":
        body = bytes(raw)
    else:
        headers[part] = raw.decode("latin-1")
    if how == "insert" and part == "webhook-signature" and byte == 32 and at == 0:
        return  # a blank before the signature separates nothing from it
    with pytest.raises(RefusedError) as refused:
        verify(CONNECTOR, "shipped", body, headers, NOW, lambda event_id: False, ENVIRONMENT)
    assert refused.value.code == "bad-signature"


@given(
    st.binary(max_size=100),
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text(max_size=40)),
)
def test_whatever_comes_is_refused_in_our_words(body, headers) -> None:
    """Strange headers end in a refusal, never in another exception."""
    assert refusal(body=body, headers=headers) == "bad-signature"


def test_bytes_cannot_move_from_the_id_into_the_time() -> None:
    """The dots between the signed parts cannot be shifted: an id has none."""
    headers = sign(NEW, "msg.1", NOW, BODY)
    assert refusal(headers=headers) == "bad-signature"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"tracking": "SF1"}', "缺少 ref"),
        (b'{"ref": {"a": 1}, "tracking": "SF1"}', "缺少 ref"),
        (b'{"ref": "", "tracking": "SF1"}', "缺少 ref"),
        (b'{"ref": "k1"}', "缺少 tracking"),
        (b"[]", "应为一组数据"),
        (b"junk", "不是 JSON"),
        (b"[" * 60 + b"]" * 60, "层次过深"),
    ],
)
def test_a_well_signed_event_must_hold_what_it_promises(body, words) -> None:
    """Content that cannot be used is refused with the reason, and never taken for another case's."""
    with pytest.raises(RefusedError, match=words) as refused:
        take(body)
    assert refused.value.code == "invalid"


def test_other_reasons_to_refuse() -> None:
    """An event nobody knows, and one that is too large, before anything is computed."""
    assert refusal(event="shiped") == "unknown-event"
    assert refusal(body=b"x" * 2_000_000) == "too-large"


def test_a_secret_that_is_none_is_not_repeated() -> None:
    """A variable that is missing or no key is the host's mistake, told without its content."""
    for value in ("", "whsec_short", "not base64 !!", "whsec_" + b64encode(b"short").decode()):
        with pytest.raises(MissingSecretError) as missing:
            take(environment={"NEW": value, "OLD": OLD})
        assert not value or value not in str(missing.value)
